"""The parts of the draft about what people and the program did: commits, attempts, runbooks, where the code stands."""

from incidentui.core import events as e
from incidentui.core.acts import NAMES
from incidentui.core.format import change_size, count, duration
from incidentui.core.kinds import parts
from incidentui.core.model import Attempt
from incidentui.core.words import light_mark, marker
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import UNKNOWN, sha, stamp, table, text


def commits(facts: Facts) -> list[str]:
    if not facts.commits:
        return ["No commit is known to be involved."]
    rows = [
        (
            sha(c.sha),
            ", ".join(roles(facts, c.sha)),
            stamp(c.at),
            text(c.author),
            change_size(c),
            str(c.file_count) if c.sized else UNKNOWN,
            ", ".join(parts(file.path for file in c.files)),
            text(c.subject),
        )
        for c in facts.commits
    ]
    return table(("Commit", "Role", "Committed", "Author", "Lines", "Files", "Touches", "Subject"), rows)


def roles(facts: Facts, name: str) -> list[str]:
    out = []
    if facts.good is not None and facts.good.sha == name:
        out.append("known-good")
    if facts.suspect is not None and facts.suspect.sha == name:
        out.append("suspect")
    out += [f"written by {_name(a)}" for a in facts.attempts if a.revision == name]
    deployed = [r.event.now for r in facts.timeline if isinstance(r.event, e.Deployed)]
    out += ["deployed"] if name in deployed else []
    back = [a for a in facts.attempts if a.outcome == "done" and any(c.sha == name for c in a.plan.takes_back)]
    out += [f"taken back by {_name(a)}" for a in back if name not in a.in_force]
    return out


def fixes(facts: Facts) -> list[str]:
    """What was marked as a fix, where it stands, and how often it was lost."""
    rows = [
        (
            sha(status.fix.commit),
            text(status.fix.subject),
            text(marker(status.fix)),
            ", ".join(text(f"{p.place.replace(':', ' ')}: {p.state}") for p in status.places) or UNKNOWN,
            count(status.lost, "time") if status.lost else "never seen",
        )
        for status in facts.state.fixes.values()
    ]
    return table(("Commit", "Subject", "Marker", "Where", "Lost"), rows)


def _name(attempt: Attempt) -> str:
    word = attempt.plan.action.rpartition(".")[2]
    return text(f"{word} {attempt.number}" if attempt.number else word)


def verdict(attempt: Attempt) -> str:
    if attempt.verdict is None:
        return "without a verdict yet"
    return text(f"{attempt.verdict.word}: {attempt.verdict.why}" if attempt.verdict.why else attempt.verdict.word)


def attempts(facts: Facts) -> list[str]:
    out: list[str] = []
    changing = [a for a in facts.attempts if a.plan.changes]
    if changing:
        out += [f"{count(len(changing), 'attempt')} that changed something.", ""]
    for attempt in facts.attempts:
        out += [*_attempt(facts, attempt), ""]
    return out[:-1] or ["Nothing was tried."]


def _attempt(facts: Facts, attempt: Attempt) -> list[str]:
    plan = attempt.plan
    took = f"after {duration(attempt.ended - attempt.asked)}" if attempt.ended is not None else "not over"
    ended = f" at {stamp(attempt.ended)}" if attempt.ended is not None else ""
    out = [
        f"### {text(f'{_name(attempt).capitalize()}: {plan.title}' if attempt.number else plan.title)}",
        "",
        f"Asked at {stamp(attempt.asked)} by {text(attempt.by)}. **{verdict(attempt)}**{ended}, {took}.",
    ]
    out += _moved(facts, attempt)
    out += _rehearsed(attempt)
    out += _did(attempt)
    if attempt.verdict is not None and attempt.verdict.lights:
        out += ["", *_lights(attempt)]
    lines = [*_delta(attempt), *_left(attempt)]
    out += ["", *lines] if lines else []
    if plan.changes and plan.undo:
        out += ["", f"To undo it: {text(plan.undo)}"]
    return out


def _moved(facts: Facts, attempt: Attempt) -> list[str]:
    if not attempt.revision:
        return [f"Outcome: {text(attempt.why)}."] if attempt.why and attempt.plan.changes else []
    target = text(attempt.plan.target)
    return [f"{target}: {sha(facts.was.get(attempt.run))} → {sha(attempt.revision)}, {text(attempt.why)}."]


def _rehearsed(attempt: Attempt) -> list[str]:
    tried = attempt.plan.rehearsal
    if tried is None or not (tried.skipped or tried.commands):
        return []
    if tried.skipped:
        return ["", f"The rehearsal's commands were skipped by {text(attempt.by)}: {text(tried.skipped)}."]
    ran = ", ".join(f"{text(' '.join(c.argv))} {c.why or c.state}" for c in tried.commands)
    return ["", f"Rehearsed before: {text(tried.text)}; {ran}."]


def _did(attempt: Attempt) -> list[str]:
    done = {p.n: p for p in attempt.progress}
    lines = []
    for n, step in enumerate(attempt.plan.steps, 1):
        seen = done.get(n)
        if seen is None and step.verb == "look":
            continue  # the lights below are that look
        state = seen.state if seen is not None else "no word of it"
        took = f", {seen.took_ms} ms" if seen is not None and seen.took_ms is not None else ""
        lines.append(f"{n}. {text(step.verb)}: {text(seen.text if seen and seen.text else step.text)} ({state}{took})")
    return ["", *lines] if lines and attempt.plan.changes else []


def _lights(attempt: Attempt) -> list[str]:
    assert attempt.verdict is not None
    rows = [
        (
            light_mark(light),
            NAMES[light.name],
            text(light.finding),
            text(light.how),
            stamp(light.at) if light.at is not None else "",
        )
        for light in attempt.verdict.lights
    ]
    return table(("", "Light", "Finding", "Looked at by", "At"), rows)


def _delta(attempt: Attempt) -> list[str]:
    if attempt.verdict is None:
        return []
    delta = attempt.verdict.delta
    said = (
        ("Newly red", delta.newly_red),
        ("Newly green", delta.newly_green),
        ("Red before", delta.red_before),
        ("Unknown", delta.unknown),
    )
    return [f"- {name}: {text(', '.join(names))}" for name, names in said if names]


def _left(attempt: Attempt) -> list[str]:
    """What a rollback left behind, and what it cannot reach."""
    lines = [f"- Still in force: {', '.join(sha(name) for name in attempt.in_force)}"] if attempt.in_force else []
    if attempt.verdict is not None:
        lines += [f"- Same error again: {text(said)}" for said in attempt.verdict.same_error]
        lines += [f"- Another error than before: {text(said)}" for said in attempt.verdict.other_error]
    lines += [f"- Still differs: {text(', '.join(attempt.differs))}"] if attempt.differs else []
    return lines + [f"- Not covered: {text(what)}, {text(why)}" for what, why in attempt.plan.not_covered]


def runbooks(facts: Facts) -> list[str]:
    out: list[str] = []
    for run in facts.runbooks:
        rows = [(str(s.n), text(s.title), s.state, stamp(s.since) if s.since else "", text(s.note)) for s in run.steps]
        out += [f"### {text(run.title)}", "", f"From {text(run.runbook)}, started at {stamp(run.started)} by"]
        then = f", then {text(run.who)}" if run.who != run.by else ""
        out[-1] += f" {text(run.by)}{then}."
        out += ["", *table(("Step", "", "State", "Since", "Said"), rows), ""]
    return out[:-1]


def code(facts: Facts) -> list[str]:
    repo, state = facts.state.repository, facts.state
    if repo is None:
        return ["Git was not seen."]
    taken = [sha(c.sha) for a in facts.attempts if a.outcome == "done" for c in a.plan.takes_back]
    dirty = f"uncommitted: {text(', '.join(repo.dirty))}" if repo.dirty else "nothing uncommitted"
    runs = [f"{text(s.name)} {sha(s.running)}" for s in state.services.values() if s.running or s.ran]
    lines = [
        f"- Branch: {text(repo.branch or 'detached')}",
        f"- HEAD: {sha(repo.head)}, {dirty}",
        f"- Remote {text(repo.remote)}: {sha(repo.upstream)}" if repo.remote else "- Remote: none",
        f"- Running: {', '.join(runs) or UNKNOWN}",
        f"- Known-good before it: {_good(facts)}",
        f"- Taken back: {', '.join(dict.fromkeys(taken)) or 'nothing'}",
    ]
    if state.good is not None and state.good != facts.good:
        lines.append(f"- Known-good since: {sha(state.good.sha)}, {text(state.good.why)}")
    if repo.operation:
        lines.append(f"- In progress: {text(repo.operation)}")
    if facts.moves:
        rows = [(stamp(m.at), text(m.where), sha(m.was), sha(m.now), text(m.by)) for m in facts.moves]
        lines += ["", *table(("Seen at", "What moved", "From", "To", "By"), rows)]
    return lines


def _good(facts: Facts) -> str:
    return f"{sha(facts.good.sha)}, {text(facts.good.why)}" if facts.good is not None else UNKNOWN
