"""What the record measures: outage per service, and the times to detect, acknowledge, act, mitigate, resolve.

Every number comes with the rule that gave it; what the record does not say is None, never zero.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from incidentui.core import events as e
from incidentui.core.model import CheckState, Incident, Ms


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    ms: Ms | None
    rule: str
    """From which event to which, in words."""


@dataclass(frozen=True, slots=True)
class Outage:
    """One service over the window. Times are those of looks: exact to one interval of its checks."""

    service: str
    failing_ms: Ms
    slow_ms: Ms
    unknown_ms: Ms
    first: Ms | None
    """First failed look."""
    last: Ms | None
    """First good look after the last failure; None while it lasts."""
    now: CheckState


def outages(records: Iterable[e.Recorded], until: Ms) -> tuple[Outage, ...]:
    """Outage seconds per service that was ever not ok, from the judged states in `records`."""
    spans: dict[str, list[tuple[Ms, CheckState]]] = {}
    for recorded in records:
        event = recorded.event
        if isinstance(event, e.ServiceChanged):
            since = event.since if event.since is not None else recorded.at
            runs = spans.setdefault(event.service, [])
            if not runs or runs[-1][1] != event.now:
                runs.append((since, event.now))
    found = (_outage(name, runs, until) for name, runs in spans.items())
    return tuple(o for o in found if o.failing_ms or o.slow_ms or o.unknown_ms)


def _outage(name: str, runs: list[tuple[Ms, CheckState]], until: Ms) -> Outage:
    total: dict[CheckState, Ms] = {"ok": 0, "slow": 0, "failing": 0, "unknown": 0}
    ends = [since for since, _ in runs[1:]] + [until]
    for (since, state), end in zip(runs, ends, strict=True):
        total[state] += max(0, end - since)
    red = [k for k, (_, state) in enumerate(runs) if state == "failing"]
    first = runs[red[0]][0] if red else None
    last = ends[red[-1]] if red and red[-1] < len(runs) - 1 else None
    return Outage(name, total["failing"], total["slow"], total["unknown"], first, last, runs[-1][1])


def metrics(incident: Incident, records: Sequence[e.Recorded]) -> tuple[Metric, ...]:
    """The five times. `records`: the incident's window, in order of time."""
    deploy = _first(records, e.Deployed)
    red = next((r for r in records if isinstance(r.event, e.ServiceChanged) and r.event.now == "failing"), None)
    action = next((r for r in records if isinstance(r.event, e.ActionRequested) and r.event.plan.changes), None)
    start = incident.first_red
    began = deploy.at if deploy is not None and (start is None or deploy.at <= start) else start
    what = "deploy" if deploy is not None and began == deploy.at else "first failed look"
    return (
        Metric("to detect", _between(began, red.at if red else None), f"{what} → the look that settled it as failing"),
        Metric("to acknowledge", _between(start, incident.acknowledged), "first failed look → somebody is on it"),
        Metric("to first action", _between(start, action.at if action else None), "first failed look → action asked"),
        Metric("to mitigate", _between(start, recovered(records)), "first failed look → first of the good looks"),
        Metric("to resolve", _between(start, incident.resolved), "first failed look → verified, or closed as resolved"),
    )


def recovered(records: Iterable[e.Recorded]) -> Ms | None:
    """When the last failing service answered again, back-dated to its first good look; None while one fails."""
    red: set[str] = set()
    at: Ms | None = None
    for recorded in records:
        event = recorded.event
        if not isinstance(event, e.ServiceChanged):
            continue
        if event.now == "failing":
            red.add(event.service)
        elif event.now in ("ok", "slow") and event.service in red:
            red.discard(event.service)
            at = event.since if event.since is not None else recorded.at
    return None if red else at


def _first(records: Iterable[e.Recorded], kind: type[e.Event]) -> e.Recorded | None:
    return next((r for r in records if isinstance(r.event, kind)), None)


def _between(start: Ms | None, end: Ms | None) -> Ms | None:
    return max(0, end - start) if start is not None and end is not None else None
