"""The post-mortem draft in Markdown: facts first, all of them from the record; gaps listed, never filled in.

Valid at any moment: while the incident is open it says "as of". Text from outside is escaped, so that a commit
message or a note cannot become a heading, a link or a table cell.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from incidentui.core import events as e
from incidentui.core.format import count, duration, latency, short, size
from incidentui.core.model import Attempt, Ms
from incidentui.core.words import light_mark, row
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.gaps import candidates, gaps, not_covered

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~])")


def render(facts: Facts) -> str:
    parts = [
        _head(facts),
        _section("Summary", _summary(facts)),
        _section("Impact", _impact(facts)),
        _section("Metrics", _metrics(facts)),
        _section("Commits", _commits(facts)),
        _section("Attempts", _attempts(facts)),
        _section("Code state", _code(facts)),
        _section("Component state", _components(facts)),
        _section("Root causes and contributing factors", _causes(facts)),
        _section("What went well, what went wrong, where we were lucky", ["_unknown: for the people who were there_"]),
        _section("Action items", _items(facts)),
        _section("Gaps", [f"- {text(gap)}" for gap in gaps(facts)]),
        _section("Timeline", _timeline(facts)),
    ]
    return "\n\n".join(parts) + "\n"


def text(outside: str) -> str:
    """Text from outside as Markdown that shows it literally, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(outside.split()))


def stamp(ms: Ms | None) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") if ms is not None else "_unknown_"


def _section(title: str, lines: list[str]) -> str:
    return f"## {title}\n\n" + "\n".join(lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        "| " + " | ".join(head) + " |",
        "| " + " | ".join("---" for _ in head) + " |",
        *("| " + " | ".join(cells) + " |" for cells in rows),
    ]


def _head(facts: Facts) -> str:
    incident = facts.incident
    status = f"open ({incident.stage}), as of {stamp(facts.as_of)}" if facts.open else "closed"
    if not facts.open:
        status += ", resolved" if incident.resolved is not None else f", not resolved: {text(incident.closed_reason)}"
    rows = [
        ("Severity", incident.severity),
        ("Status", status),
        ("Project", text(f"{facts.state.project.name} {facts.state.project.environment}".strip())),
        ("Start (first failed look)", stamp(incident.first_red)),
        ("Window from", stamp(incident.window_from)),
        ("Opened", f"{stamp(incident.opened)} by {text(incident.by)}"),
        ("Acknowledged", stamp(incident.acknowledged)),
        ("Recovered", stamp(facts.recovered) if facts.recovered else "not yet"),
        ("Closed", stamp(incident.closed) if incident.closed else "not yet"),
        ("Responders", text(", ".join(incident.responders))),
    ]
    note = "All times are UTC. Everything below was recorded by the program, unless it is marked as a note."
    return "\n".join([f"# {incident.id}: {text(incident.title)}", "", *_table(("", ""), rows), "", note])


def _summary(facts: Facts) -> list[str]:
    red = [o for o in facts.outages if o.failing_ms]
    out = []
    for outage in red:
        out.append(f"{text(outage.service)} failed for {duration(outage.failing_ms)}, from {stamp(outage.first)}.")
    deploy = next((r.event for r in facts.records if isinstance(r.event, e.Deployed)), None)
    if isinstance(deploy, e.Deployed):
        what = f"`{short(deploy.now)}`"
        commit = deploy.commit or next((c for c in facts.commits if c.sha == deploy.now), None)
        if commit is not None:
            what += f" ({size(commit.added, commit.deleted)} by {text(commit.author)}: {text(commit.subject)})"
        out.append(f"Before it, {what} was deployed.")
    changing = [a for a in facts.attempts if a.plan.changes]
    if changing:
        out.append(f"{count(len(changing), 'attempt')} to recover; the last one: {_verdict(changing[-1])}.")
    out.append(
        f"Users were answered again at {stamp(facts.recovered)}." if facts.recovered else "Recovery was not seen yet."
    )
    return [" ".join(out)] if red else ["No check of the user's path was seen failing.", *out[-1:]]


def _impact(facts: Facts) -> list[str]:
    if not facts.outages:
        return ["No outage was seen by the checks."]
    rows = [
        (
            text(o.service),
            duration(o.failing_ms) if o.failing_ms else "none",
            str(round(o.failing_ms / 1000)),
            duration(o.slow_ms) if o.slow_ms else "none",
            duration(o.unknown_ms) if o.unknown_ms else "none",
            stamp(o.first) if o.first else "",
            (stamp(o.last) if o.last else "not yet") if o.first else "",
        )
        for o in facts.outages
    ]
    every = max((c.every_ms for c in facts.state.project.checks), default=0)
    head = ("Service", "Failing", "Seconds", "Slow", "Unknown", "First failed look", "First good look")
    exact = f"From the checks, which look every {latency(every)}: so ±{latency(every)}." if every else ""
    quiet = [s.name for s in facts.state.services.values() if all(o.service != s.name for o in facts.outages)]
    out = [*_table(head, rows), "", exact]
    if quiet:
        out.append(f"No outage seen: {text(', '.join(quiet))}.")
    return out


def _metrics(facts: Facts) -> list[str]:
    rows = [(m.name, duration(m.ms) if m.ms is not None else "not yet", m.rule) for m in facts.metrics]
    return _table(("Time", "", "Rule"), rows)


def _commits(facts: Facts) -> list[str]:
    if not facts.commits:
        return ["No commit is known to be involved."]
    rows = []
    for commit in facts.commits:
        role = _role(facts, commit.sha)
        change = size(commit.added, commit.deleted)
        files = count(commit.file_count, "file")
        rows.append(
            (f"`{short(commit.sha)}`", role, stamp(commit.at), text(commit.author), change, files, text(commit.subject))
        )
    return _table(("Commit", "Role", "Committed", "Author", "Lines", "Files", "Subject"), rows)


def _role(facts: Facts, sha: str) -> str:
    state = facts.state
    if state.good is not None and state.good.sha == sha:
        return "known-good"
    if any(a.revision == sha for a in facts.attempts):
        return "written by " + next(a.plan.action for a in facts.attempts if a.revision == sha)
    if any(isinstance(r.event, e.SuspectNamed) and r.event.suspect.sha == sha for r in facts.records):
        return "suspect"
    return "deployed" if any(isinstance(r.event, e.Deployed) and r.event.now == sha for r in facts.records) else ""


def _attempts(facts: Facts) -> list[str]:
    if not facts.attempts:
        return ["Nothing was tried."]
    out: list[str] = []
    for attempt in facts.attempts:
        title = f"{attempt.number}. {attempt.plan.title}" if attempt.number else attempt.plan.title
        took = duration(attempt.ended - attempt.asked) if attempt.ended is not None else "not over"
        out += [f"### {text(title)}", ""]
        out.append(f"{stamp(attempt.asked)} by {text(attempt.by)}, {took}: **{_verdict(attempt)}**.")
        moved = _moved(facts, attempt)
        if moved:
            out.append(moved)
        if attempt.verdict is not None and attempt.plan.changes:
            out += ["", *_lights(attempt)]
            out += _delta(attempt)
        out.append("")
    return out[:-1]


def _verdict(attempt: Attempt) -> str:
    if attempt.verdict is None:
        return "no verdict yet"
    return text(f"{attempt.verdict.word}: {attempt.verdict.why}" if attempt.verdict.why else attempt.verdict.word)


def _moved(facts: Facts, attempt: Attempt) -> str:
    ended = next(
        (r.event for r in facts.records if isinstance(r.event, e.ActionEnded) and r.event.run == attempt.run), None
    )
    if not isinstance(ended, e.ActionEnded) or not ended.revision:
        return ""
    return f"Before `{short(ended.was)}`, after `{short(ended.revision)}`: {text(ended.why)}."


def _lights(attempt: Attempt) -> list[str]:
    assert attempt.verdict is not None
    rows = [
        (
            light_mark(light),
            light.name.replace("_", " "),
            text(light.finding),
            text(light.how),
            stamp(light.at) if light.at else "",
        )
        for light in attempt.verdict.lights
    ]
    return _table(("", "Light", "Finding", "Looked at by", "At"), rows)


def _delta(attempt: Attempt) -> list[str]:
    assert attempt.verdict is not None
    delta = attempt.verdict.delta
    said = [
        ("Newly red", delta.newly_red),
        ("Newly green", delta.newly_green),
        ("Red before", delta.red_before),
        ("Unknown", delta.unknown),
    ]
    lines = [f"- {name}: {text(', '.join(names))}" for name, names in said if names]
    return ["", *lines] if lines else []


def _code(facts: Facts) -> list[str]:
    repo = facts.state.repository
    if repo is None:
        return ["Git was not seen."]
    running = {s.running for s in facts.state.services.values() if s.running}
    taken = [f"`{short(c.sha)}`" for a in facts.attempts for c in a.plan.takes_back if a.outcome == "done"]
    dirty = text(", ".join(repo.dirty)) if repo.dirty else "nothing uncommitted"
    good = facts.state.good
    return [
        f"- Branch: {text(repo.branch or 'detached')}",
        f"- HEAD: `{short(repo.head)}`, {dirty}",
        f"- Remote ({text(repo.remote or 'none')}): `{short(repo.upstream)}`",
        f"- Running: {', '.join(f'`{short(r)}`' for r in sorted(running)) or '_unknown_'}",
        f"- Known-good: {f'`{short(good.sha)}` ({text(good.why)})' if good else '_unknown_'}",
        f"- Taken back: {', '.join(dict.fromkeys(taken)) or 'nothing'}",
    ]


def _components(facts: Facts) -> list[str]:
    rows: list[tuple[str, ...]] = []
    for service in facts.state.services.values():
        seen = service.since is not None and service.state != "unknown"
        how = (
            f"verified by {service.check}, {service.layer.replace('user', 'user path')}"
            if seen
            else "assumed: nobody looked"
        )
        rows.append((text(service.name), service.state if seen else "_unknown_", text(service.why), text(how)))
    for workload in facts.state.workloads.values():
        how = f"seen in {workload.engine}" if workload.state != "unknown" else "assumed: the engine does not answer"
        rows.append((text(workload.name), workload.state, text(workload.note), how))
    rows += [
        (text(what), "_unknown_", text(why), "assumed: not covered by the rollback") for what, why in not_covered(facts)
    ]
    return _table(("Component", "State", "Says", "How it is known"), rows) if rows else ["No component is configured."]


def _causes(facts: Facts) -> list[str]:
    suspect = facts.state.suspect or next(
        (r.event.suspect for r in reversed(facts.records) if isinstance(r.event, e.SuspectNamed)), None
    )
    if suspect is None:
        return ["_unknown_"]
    return [
        f"Suspected, not confirmed: `{short(suspect.sha)}`, because",
        "",
        *(f"- {text(r)}" for r in suspect.reasons),
    ]


def _items(facts: Facts) -> list[str]:
    found = candidates(facts)
    lines = [f"- [ ] {text(item)} (owner: _unknown_, due: _unknown_)" for item in found]
    return ["Suggested by the record; accept, reword or drop:", "", *lines] if lines else ["- [ ] _none yet_"]


def _timeline(facts: Facts) -> list[str]:
    rows = []
    for recorded in facts.records:
        said = row(recorded, facts.commits)
        kind = "note" if isinstance(recorded.event, e.NoteAdded) else ""
        loud = f"**{text(said.text)}**" if recorded.moment == "key" and not kind else text(said.text)
        rows.append((stamp(recorded.at), said.mark.replace("|", "\\|"), text(said.subject), loud, kind))
    more = [f"Only the first {len(rows)} rows; `export --format jsonl` has all of them.", ""] if facts.cut else []
    return [*more, *_table(("Time (UTC)", "", "Subject", "What", ""), rows)]
