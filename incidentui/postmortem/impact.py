"""The draft's impact: how long each service failed, and what users could not do meanwhile."""

from incidentui.core.format import duration, latency
from incidentui.core.functions import functions
from incidentui.core.metrics import Outage
from incidentui.core.model import Ms
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import UNKNOWN, stamp, table, text


def impact(facts: Facts) -> list[str]:
    services = facts.state.services
    quiet = [text(name) for name in services if all(o.service != name for o in facts.outages)]
    none_seen = [f"No outage seen: {', '.join(quiet)}."] if quiet else []
    if not facts.outages:
        return [*(none_seen or ["No service is watched."]), *_functions(facts)]
    rows = [
        (
            text(o.service),
            duration(o.failing_ms) if o.failing_ms else "none",
            _seconds(o.failing_ms),
            duration(o.slow_ms) if o.slow_ms else "none",
            duration(o.unknown_ms) if o.unknown_ms else "none",
            stamp(o.first) if o.first is not None else "none",
            _good_again(o.first, o.last),
            _exact(facts, o.service),
        )
        for o in facts.outages
    ]
    head = ("Service", "Failing", "Seconds", "Slow", "Unknown", "First failed look", "First good look", "Exact to")
    return [*table(head, rows), "", "Measured by the checks, from look to look.", *none_seen, *_functions(facts)]


def _seconds(ms: Ms) -> str:
    return f"{ms / 1000:.1f}" if ms % 1000 else str(ms // 1000)


def _good_again(first: Ms | None, last: Ms | None) -> str:
    if first is None:
        return "none"
    return stamp(last) if last is not None else "not seen"


def _exact(facts: Facts, service: str) -> str:
    every = [c.every_ms for c in facts.state.project.checks if c.service == service]
    return f"±{took(max(every))}" if every else UNKNOWN


def _functions(facts: Facts) -> list[str]:
    """Per user function, where checks name what they stand for."""
    named = functions(facts.state)
    if not named:
        return []
    lost = {o.service: o for o in facts.functions}
    rows = [_function(f.name, lost[f.name]) for f in named if f.name in lost]
    worked = [text(f.name) for f in named if f.name not in lost and f.since is not None]
    unseen = [text(f.name) for f in named if f.name not in lost and f.since is None]
    head = ("What users do", "Broken", "Slow", "Unknown", "First failed look", "First good look")
    out = ["", *table(head, rows)] if rows else []
    out += ["", f"What users could do all the time: {', '.join(worked)}."] if worked else []
    return [*out, *(["", f"Nobody looked whether users could: {', '.join(unseen)}."] if unseen else [])]


def _function(name: str, o: Outage) -> tuple[str, ...]:
    for_ms = (o.failing_ms, o.slow_ms, o.unknown_ms)
    first = stamp(o.first) if o.first is not None else "none"
    return (text(name), *(duration(ms) if ms else "none" for ms in for_ms), first, _good_again(o.first, o.last))


def took(ms: Ms) -> str:
    """A drill is over in seconds: there the parts of one count."""
    return duration(ms) if ms >= 1000 else latency(ms)
