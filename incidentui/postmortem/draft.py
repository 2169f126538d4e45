"""The post-mortem draft in Markdown: facts first, all of them from the record; gaps listed, never filled in.

Valid at any moment: while the incident is open it says "as of".
"""

from incidentui.core.format import change_size, count, duration
from incidentui.core.handover import handed_over
from incidentui.core.model import Commit, Incident, Ms
from incidentui.core.words.archive import came_from
from incidentui.postmortem.acted import attempts, code, commits, fixes, runbooks, verdict
from incidentui.postmortem.after import after_recovery
from incidentui.postmortem.conclusion import conclusion
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.gaps import candidates, gaps
from incidentui.postmortem.impact import impact, took
from incidentui.postmortem.infrastructure import infrastructure
from incidentui.postmortem.load import load
from incidentui.postmortem.markdown import UNKNOWN, section, sha, stamp, table, text
from incidentui.postmortem.restarted import restarts
from incidentui.postmortem.retold import retold
from incidentui.postmortem.seen import components, evidence, timeline
from incidentui.postmortem.suggested import lines as suggested
from incidentui.postmortem.theories import causes, hypotheses, remarks
from incidentui.postmortem.uncovered import lines as uncovered
from incidentui.postmortem.went import sections as went


def render(facts: Facts) -> str:
    if facts.incident.imported is not None:
        return retold(facts, facts.incident.imported)
    parts = [
        _head(facts),
        section("Summary", _summary(facts)),
        *([section("Hand-over", _handover(facts))] if facts.open else []),
        section("Impact", impact(facts)),
        section("Metrics", _metrics(facts)),
        section("Commits", commits(facts)),
        *([section("Infrastructure changes", rows)] if (rows := infrastructure(facts)) else []),
        section("Attempts", attempts(facts)),
        *([section("Hypotheses", hypotheses(facts))] if facts.incident.hypotheses else []),
        *remarks(facts),
        *([section("Runbooks", runbooks(facts))] if facts.runbooks else []),
        section("Code state", code(facts)),
        *([section("Fixes", fixes(facts))] if facts.state.fixes else []),
        section("Components", components(facts)),
        *([section("Restarts", rows)] if (rows := restarts(facts)) else []),
        *after_recovery(facts),
        section("Causes", _causes(facts)),
        *([section("Load on responders", rows)] if (rows := load(facts)) else []),
        *went(facts),
        section("Action items", _items(facts)),
        section("Gaps", [f"- {gap}" for gap in gaps(facts)]),
        *([section("Evidence", evidence(facts))] if facts.evidence else []),
        section("Timeline", timeline(facts)),
    ]
    return "\n\n".join(parts) + "\n"


def born(incident: Incident) -> str:
    """What stands in its draft and in no other's: when it was opened and by whom, or which file it came from."""
    if incident.imported is not None:
        return text(came_from(incident.imported))
    return f"{stamp(incident.opened)} by {text(incident.by)}"


def _head(facts: Facts) -> str:
    incident = facts.incident
    project = facts.state.project
    rows = [
        ("Severity", incident.severity),
        ("Status", _status(facts)),
        ("Project", text(f"{project.name} {project.environment}")),
        ("Start (first failed look)", stamp(incident.first_red)),
        ("Window from", stamp(incident.window_from)),
        ("Detected", f"{stamp(facts.detected.at)}, {text(facts.detected.how)}"),
        ("Opened", born(incident)),
        ("Acknowledged", _by(incident.acknowledged, incident.acknowledged_by)),
        ("Recovered", _recovered(facts)),
        ("Resolved", stamp(incident.resolved) if incident.resolved is not None else _not(facts)),
        ("Closed", stamp(incident.closed) if incident.closed is not None else "not yet"),
        ("Responders", text(", ".join(incident.responders))),
    ]
    note = "All times are UTC. What stands below was recorded by the program; what a person said is marked as a note."
    return "\n".join([f"# {incident.id}: {text(incident.title)}", "", *table(("", ""), rows), "", note])


def _status(facts: Facts) -> str:
    incident = facts.incident
    if facts.open:
        return f"open ({incident.stage}), as of {stamp(facts.as_of)}"
    how = "resolved" if incident.resolved is not None else "not resolved"
    return f"closed, {how}" + (f": {text(incident.closed_reason)}" if incident.closed_reason else "")


def _by(at: Ms | None, who: str | None) -> str:
    return f"{stamp(at)} by {text(who or '')}" if at is not None else "by nobody"


def _not(facts: Facts) -> str:
    return "not yet" if facts.open else "no"


def _recovered(facts: Facts) -> str:
    if facts.recovered is not None:
        return stamp(facts.recovered)
    return _not(facts) if any(o.first for o in facts.outages) else "nothing was seen failing"


def _summary(facts: Facts) -> list[str]:
    red = [o for o in facts.outages if o.failing_ms]
    out = [f"{text(o.service)} failed for {duration(o.failing_ms)}, from {stamp(o.first)}." for o in red]
    out += [f"Users could not {text(f.service)} for {duration(f.failing_ms)}." for f in facts.functions if f.failing_ms]
    if not red:
        out.append("No service was seen failing.")
    if facts.deploy is not None:
        out.append(f"{_deployed(facts)} was deployed at {stamp(facts.deploy.at)}, before that.")
    changing = [a for a in facts.attempts if a.plan.changes]
    if changing:
        last = verdict(changing[-1])
        out.append(f"{count(len(changing), 'attempt')} to recover, the last one {last}.")
    if red:
        at = facts.recovered
        out.append(f"All that failed answered again at {stamp(at)}." if at else "Recovery was not seen.")
    return [" ".join(out)]


def _handover(facts: Facts) -> list[str]:
    """While it is open: for whoever goes on with it."""
    it = handed_over(facts.state, facts.incident, facts.as_of)
    nexts = [f"{n}. {text(line)}" for n, line in enumerate(it.next, 1)]
    return [*(f"- {text(line)}" for line in it.now), "", "Next:", "", *nexts]


def _deployed(facts: Facts) -> str:
    assert facts.deploy is not None
    commit = _known(facts, facts.deploy.now)
    if commit is None:
        return sha(facts.deploy.now)
    return f"{sha(commit.sha)} ({change_size(commit)} by {text(commit.author)}: {text(commit.subject)})"


def _known(facts: Facts, name: str) -> Commit | None:
    return next((c for c in facts.commits if c.sha == name), None)


def _metrics(facts: Facts) -> list[str]:
    rows = [(m.name, took(m.ms) if m.ms is not None else _not(facts), text(m.rule)) for m in facts.metrics]
    return table(("", "Time", "Rule"), rows)


def _causes(facts: Facts) -> list[str]:
    suspect, found, hints = facts.suspect, causes(facts), suggested(facts.suggested)
    light = uncovered(facts.uncovered, facts.attempts)
    parts = [part for part in (conclusion(facts), found, light, hints) if part]
    by_people = [line for n, part in enumerate(parts) for line in ([""] if n else []) + part]
    said = [*by_people, ""] if by_people else []
    if suspect is None:
        return by_people or [UNKNOWN]
    n = max(suspect.count, len(suspect.window))
    ends = f", {sha(suspect.good)} to {sha(suspect.tip)}" if suspect.good and suspect.tip else ""
    window = f" It is one of {n} commits since known-good{ends}." if n > 1 else ""
    told = f"{sha(suspect.sha)} is suspected, by the program; nobody confirmed it.{window} The reasons:"
    return [*said, told, "", *(f"- {text(reason)}" for reason in suspect.reasons)]


def _items(facts: Facts) -> list[str]:
    found = candidates(facts)
    lines = [f"- [ ] {item} (owner: {UNKNOWN}, due: {UNKNOWN})" for item in found]
    return ["Suggested by the record; accept, reword or drop:", "", *lines] if lines else ["None was written."]
