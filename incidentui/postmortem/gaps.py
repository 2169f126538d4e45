"""What the record does not know. Listed in the draft for people to answer, never filled in."""

from incidentui.core import events as e
from incidentui.core.format import short, size
from incidentui.postmortem.facts import Facts


def gaps(facts: Facts) -> tuple[str, ...]:
    """Questions for people, most important first."""
    out = []
    incident, state = facts.incident, facts.state
    if state.suspect is not None:
        out.append(f"Cause: {short(state.suspect.sha)} is suspected; nobody confirmed it.")
    else:
        out.append("Cause: unknown; no deploy was seen before the first failed look.")
    if incident.first_red is None:
        out.append("Start: unknown; no check was red when the incident was opened.")
    if incident.acknowledged is None:
        out.append("Acknowledged: nobody said that they were on it.")
    out += [f"{m.name.capitalize()}: not yet." for m in facts.metrics[3:] if m.ms is None]
    out += [
        f"{o.service}: unknown for a part of the time; nobody saw whether it answered."
        for o in facts.outages
        if o.unknown_ms
    ]
    if not any(isinstance(r.event, e.NoteAdded) for r in facts.records):
        out.append("What users saw: no note says it.")
    out += [f"Not looked at: {what} ({why})." for what, why in not_covered(facts)]
    out += [
        f"{service.name}: nothing says which revision it runs."
        for service in state.services.values()
        if not service.ran
    ]
    out.append("Action items: none has an owner or a due date yet.")
    out.append("Why was this not caught before the deploy? Ask, do not guess.")
    return tuple(out)


def not_covered(facts: Facts) -> tuple[tuple[str, str], ...]:
    """What the rollbacks did not touch, each once."""
    seen: dict[str, str] = {}
    for attempt in facts.attempts:
        for what, why in attempt.plan.not_covered:
            seen.setdefault(what, why)
    return tuple(seen.items())


def candidates(facts: Facts) -> tuple[str, ...]:
    """Action items that the record itself suggests. A person accepts them, or not."""
    out = []
    limit = facts.state.project.size_limit
    for commit in facts.commits:
        if commit.added + commit.deleted > limit and not _ours(facts, commit.sha):
            change = size(commit.added, commit.deleted)
            out.append(f"{short(commit.sha)} changed {change} in one commit (limit {limit}): deploy in smaller steps")
    for attempt in facts.attempts:
        verdict = attempt.verdict
        if verdict is not None and "nothing deployed" in verdict.why:
            out.append(
                f"{attempt.plan.action} was pushed and nothing was deployed: find out why the pipeline skipped it"
            )
    out += [
        f"{w.name} has no health check"
        for w in facts.state.workloads.values()
        if w.health == "none" and w.engine == "docker"
    ]
    return tuple(out)


def _ours(facts: Facts, sha: str) -> bool:
    return any(a.revision == sha for a in facts.attempts)
