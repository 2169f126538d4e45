"""What the record does not know. Listed in the draft for people to answer, never filled in.

Each gap names its part of the draft before the colon. What is known is never listed.
"""

from incidentui.core.board import Hypothesis, cause_word, causes
from incidentui.core.board_words import OFTEN
from incidentui.core.format import count, duration, short, size
from incidentui.core.hypotheses import to_decide
from incidentui.core.metrics import HANDOVER_MS
from incidentui.postmortem.after import left
from incidentui.postmortem.conclusion import missing
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import sha, stamp, text
from incidentui.postmortem.went import unsaid


def gaps(facts: Facts) -> tuple[str, ...]:
    """Questions for people, most important first, as Markdown."""
    return (
        *_causes(facts),
        *missing(facts),
        *_impact(facts),
        *_times(facts),
        *_looks(facts),
        *_commits(facts),
        *_attempts(facts),
        *_hypotheses(facts),
        *_components(facts),
        *(f"After recovery: nobody saw that this is so: “{text(line)}”." for line in left(facts)),
        *_people(facts),
    )


def _causes(facts: Facts) -> list[str]:
    told = [line for h in causes(facts.incident.hypotheses) for line in _cause(facts, h)]
    if facts.suspect is None:
        if any(h.verdict == "confirmed" for h in facts.incident.hypotheses):
            return told
        why = "no deploy was seen before it" if facts.deploy is None else "no service failed after a deploy"
        return [f"Causes: unknown; {why}.", *told]
    return [
        f"Causes: {sha(facts.suspect.sha)} is suspected; nobody confirmed it.",
        f"Causes: why did nothing stop {sha(facts.suspect.sha)} before it was deployed? Ask, do not guess.",
        *told,
    ]


def _cause(facts: Facts, h: Hypothesis) -> list[str]:
    """Only of what is a cause: one that is to be tested has its own gap."""
    word = cause_word(h)
    if word == "suspected":
        return []
    where = f"Causes: was number {h.n} introduced by the change, or was it there before? “{text(h.thought)}”."
    open_ = [] if word == "fixed" else [f"Causes: how number {h.n} was fixed; nobody said that it is."]
    return [*open_, *([where] if h.origin == "unknown" else [])]


def _impact(facts: Facts) -> list[str]:
    out = ["Impact: how many users were affected."]
    if not facts.notes:
        out.append("Impact: what users saw; no note says it.")
    named = {c.service for c in facts.state.project.checks if c.function}
    out += [
        f"Impact: what users could not do while {text(o.service)} failed; no check of it names its `function`."
        for o in facts.outages
        if named and o.failing_ms and o.service not in named
    ]
    out += [
        f"Impact: {text(o.service)} was unknown for {duration(o.unknown_ms)}; nobody saw whether it answered."
        for o in facts.outages
        if o.unknown_ms
    ]
    return out


def _times(facts: Facts) -> list[str]:
    out = []
    if facts.incident.first_red is None:
        out.append("Metrics: the start is unknown; no check was red when the incident was opened.")
    if facts.incident.acknowledged is None:
        out.append("Metrics: nobody acknowledged it.")
    if facts.open:
        waits = ["recovered"] if facts.recovered is None and any(o.first for o in facts.outages) else []
        waits += ["resolved"] if facts.incident.resolved is None else []
        out += [f"Metrics: not {word} yet." for word in waits]
    return out


def _looks(facts: Facts) -> list[str]:
    """When nobody looked at all, or a source did not answer."""
    out = [
        f"Timeline: nobody watched from {stamp(start)} to {stamp(until)}; nothing was seen in that time."
        for start, until in facts.unwatched
    ]
    return out + [
        f"Timeline: {text(lost.source)} was lost from {stamp(lost.since)} to "
        f"{stamp(lost.until) if lost.until is not None else 'the end'}: {text(lost.why)}."
        for lost in facts.lost
        if lost.until is None or lost.until - lost.since > HANDOVER_MS
    ]


def _commits(facts: Facts) -> list[str]:
    return [f"Commits: {sha(name)} was never seen in git; author and size are unknown." for name in facts.unseen]


def _attempts(facts: Facts) -> list[str]:
    out = [
        f"Attempts: the outcome of “{text(a.plan.title)}” is unknown: {text(a.why)}."
        for a in facts.attempts
        if a.outcome == "unknown"
    ]
    return out + [
        f"Runbooks: what became of step {step.n} of {text(run.title)}."
        for run in facts.runbooks
        for step in run.steps
        if step.state == "unknown"
    ]


def _hypotheses(facts: Facts) -> list[str]:
    out = []
    for h in facts.incident.hypotheses:
        if h.verdict == "to test":
            out.append(f"Hypotheses: is number {h.n} true? It was never tested: “{text(h.thought)}”.")
        elif not h.saw:
            out.append(f"Hypotheses: what was seen that made number {h.n} {h.verdict}.")
    return out


def _components(facts: Facts) -> list[str]:
    out = [
        f"Components: no rollback covers the {text(what)} ({text(why)}); nobody looked."
        for what, why in not_covered(facts)
    ]
    services = facts.state.services
    out += [
        f"Components: {text(spec.name)} never said which revision it runs."
        for spec in facts.state.project.services
        if spec.has_revision and spec.name in services and not services[spec.name].ran
    ]
    user = {c.service for c in facts.state.project.checks if c.layer == "user"}
    watched = {c.service for c in facts.state.project.checks}
    for name in services:
        if name not in watched:
            out.append(f"Components: no check looks at {text(name)}.")
        elif name not in user:
            out.append(f"Components: no check goes the user's path to {text(name)}.")
    return out


def _people(facts: Facts) -> list[str]:
    items = candidates(facts)
    if items:
        owner = f"Action items: {len(items)} suggested, none has an owner or a due date."
    else:
        owner = "Action items: none was written."
    return [*(f"{title}: nobody said it yet." for title in unsaid(facts)), owner]


def not_covered(facts: Facts) -> tuple[tuple[str, str], ...]:
    """What the rollbacks did not touch, each once."""
    seen: dict[str, str] = {}
    for attempt in facts.attempts:
        if attempt.outcome in ("done", "unknown") and attempt.plan.changes:
            for what, why in attempt.plan.not_covered:
                seen.setdefault(what, why)
    return tuple(seen.items())


def candidates(facts: Facts) -> tuple[str, ...]:
    """Action items that the record itself suggests, as Markdown. A person accepts them, or not."""
    out = []
    limit = facts.state.project.size_limit
    ours = {a.revision for a in facts.attempts}
    suspected = {facts.suspect.sha, *facts.suspect.window} if facts.suspect is not None else set()
    for commit in facts.commits:
        if commit.sha in suspected and commit.added + commit.deleted > limit and commit.sha not in ours:
            change = size(commit.added, commit.deleted)
            out.append(f"`{short(commit.sha)}` changed {change} in one commit (limit {limit}): deploy in smaller steps")
    for h in facts.incident.hypotheses:
        for name in to_decide(h, facts.state):
            out.append(f"`{short(name)}` was made for hypothesis {h.n}, which is {h.verdict}: keep it or take it back")
    for attempt in facts.attempts:
        if attempt.verdict is not None and "nothing deployed" in attempt.verdict.why:
            action = text(attempt.plan.action)
            out.append(f"{action} was pushed and nothing was deployed: find out why the pipeline skipped it")
    out += [
        f"cause {h.n} came back {count(h.again, 'time')} (“{text(h.thought)}”): put a gate before it"
        for h in causes(facts.incident.hypotheses)
        if h.again >= OFTEN
    ]
    out += [
        f"{text(w.name)} has no health check"
        for w in facts.state.workloads.values()
        if w.health == "none" and w.engine == "docker"
    ]
    return tuple(out)
