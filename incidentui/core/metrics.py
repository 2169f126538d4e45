"""What the record measures: outage per service, and the times to detect, acknowledge, act, mitigate, resolve.

Every number comes with the rule that gave it; what the record does not say is None, never zero.
"""

from collections.abc import Iterable, Mapping, Sequence

from incidentui.core import events as e
from incidentui.core.model import CheckState, Incident, Ms, ServiceStatus
from incidentui.core.suspects import NEAR_MS, before_red
from incidentui.core.value import dataclass

HANDOVER_MS = 10_000
"""A shorter time without a watcher is one process taking over from another, not a gap."""


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
    """Or the function of users that it is of."""
    failing_ms: Ms
    slow_ms: Ms
    unknown_ms: Ms
    """Judged unknown, or nobody watched."""
    first: Ms | None
    """First failed look."""
    last: Ms | None
    """First good look after the last failure; None while it lasts."""
    now: CheckState


@dataclass(frozen=True, slots=True)
class Detection:
    at: Ms
    how: str
    """In words: by which check, or by whom."""


Before = Mapping[str, ServiceStatus]
"""The services as they were before the first record."""
Stretch = tuple[Ms, Ms]
Runs = list[tuple[Ms, CheckState]]
"""Each state with the time it began, oldest first."""


def outages(
    records: Iterable[e.Recorded], until: Ms, since: Ms | None = None, before: Before | None = None
) -> tuple[Outage, ...]:
    """Outage per service that was ever not ok between `since` and `until`, from the judged states in `records`."""
    found = list(records)
    runs: dict[str, Runs] = {s.name: [(s.since, s.state)] for s in (before or {}).values() if s.since is not None}
    for recorded in found:
        event = recorded.event
        if isinstance(event, e.ServiceChanged):
            _add(runs.setdefault(event.service, []), _since(event, recorded), event.now)
    return measured(runs, until, since, unwatched(found, until))


def measured(runs: Mapping[str, Runs], until: Ms, since: Ms | None, blind: Sequence[Stretch]) -> tuple[Outage, ...]:
    """The outage of each that was ever not ok. `blind`: when nobody watched."""
    found = (_outage(name, each, since, until, blind) for name, each in runs.items() if each)
    return tuple(o for o in found if o.failing_ms or o.slow_ms or o.unknown_ms)


def _add(runs: Runs, start: Ms, state: CheckState) -> None:
    if not runs:
        runs.append((start, state))
    elif runs[-1][1] != state:
        runs.append((max(start, runs[-1][0]), state))


def _since(event: e.ServiceChanged, recorded: e.Recorded) -> Ms:
    return event.since if event.since is not None else recorded.at


def _outage(name: str, runs: Runs, since: Ms | None, until: Ms, blind: Sequence[Stretch]) -> Outage:
    total: dict[CheckState, Ms] = {"ok": 0, "slow": 0, "failing": 0, "unknown": 0}
    ends = [start for start, _ in runs[1:]] + [until]
    for (start, state), end in zip(runs, ends, strict=True):
        span = (start if since is None else max(start, since), min(end, until))
        unseen = sum(_overlap(span, stretch) for stretch in blind)
        total[state] += max(0, span[1] - span[0]) - unseen
        total["unknown"] += unseen
    red = [k for k, (_, state) in enumerate(runs) if state == "failing"]
    good = [start for start, state in runs[red[-1] + 1 :] if state in ("ok", "slow")] if red else []
    first = runs[red[0]][0] if red else None
    last = good[0] if good else None
    return Outage(name, total["failing"], total["slow"], total["unknown"], first, last, runs[-1][1])


def _overlap(one: Stretch, other: Stretch) -> Ms:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def unwatched(records: Iterable[e.Recorded], until: Ms) -> tuple[Stretch, ...]:
    """When nobody watched: what was judged before did not have to hold."""
    found: list[Stretch] = []
    stopped: Ms | None = None
    for recorded in records:
        if isinstance(recorded.event, e.WatchStopped):
            stopped = recorded.at
        elif isinstance(recorded.event, e.WatchStarted) and stopped is not None:
            found.append((stopped, recorded.at))
            stopped = None
    if stopped is not None:
        found.append((stopped, until))
    return tuple((start, end) for start, end in found if end - start > HANDOVER_MS)


def metrics(incident: Incident, records: Sequence[e.Recorded], before: Before | None = None) -> tuple[Metric, ...]:
    """The five times. `records`: the incident's window, in order of time."""
    start, begin = _start(incident, records)
    deploy = last_deploy(records, start)
    began = min(deploy.at, start) if deploy is not None else start
    seen = detection(incident, records)
    action = next((r for r in records if _acts(r)), None)
    good = recovered(records, before)
    return (
        Metric("to detect", _between(began, seen.at), f"{begin if deploy is None else 'deploy'} → {seen.how}"),
        Metric("to acknowledge", _between(start, incident.acknowledged), f"{begin} → somebody is on it"),
        Metric("to first action", _between(start, action.at if action else None), f"{begin} → action asked"),
        Metric("to mitigate", _between(start, good), f"{begin} → first good look of the last that failed"),
        Metric("to resolve", _between(start, incident.resolved), f"{begin} → verified, or closed as resolved"),
    )


def _start(incident: Incident, records: Iterable[e.Recorded]) -> tuple[Ms, str]:
    """Where the clock starts, and its name. Without a red look at the opening: whichever came first after all."""
    if incident.first_red is not None:
        return incident.first_red, "first failed look"
    red = [_since(r.event, r) for r in records if isinstance(r.event, e.ServiceChanged) and r.event.now == "failing"]
    if red and min(red) < incident.opened:
        return min(red), "first failed look"
    return incident.opened, "opened"


def last_deploy(records: Iterable[e.Recorded], start: Ms) -> e.Recorded | None:
    """The deploy that the start of the clock is dated to (a look at what runs may come a little after the first red).

    What was deployed after somebody began to act on it is a way back, however quickly it came.
    """
    found = list(records)
    acted = [r.at for r in found if _acts(r) and r.at >= start]
    until = min([start + NEAR_MS, *acted])
    near = sorted((r for r in found if isinstance(r.event, e.Deployed) and r.at <= until), key=lambda r: (r.at, r.seq))
    at = before_red([r.at for r in near], start)
    return None if at is None else near[at]


def _acts(recorded: e.Recorded) -> bool:
    return isinstance(recorded.event, e.ActionRequested) and recorded.event.plan.changes


def detection(incident: Incident, records: Iterable[e.Recorded]) -> Detection:
    """Who noticed first: the look that settled a service as failing, or whoever opened the incident."""
    for recorded in records:
        event = recorded.event
        if isinstance(event, e.ServiceChanged) and event.now == "failing" and recorded.at <= incident.opened:
            looks = f"{event.looks} failed looks in a row" if event.looks > 1 else "a failed look"
            return Detection(recorded.at, f"{looks} of {event.check}" if event.check else looks)
    return Detection(incident.opened, f"{incident.by} opened the incident")


def recovered(records: Iterable[e.Recorded], before: Before | None = None) -> Ms | None:
    """When the last failing service answered again, back-dated to its first good look; None while one fails."""
    red = {s.name for s in (before or {}).values() if s.state == "failing"}
    at: Ms | None = None
    for recorded in records:
        event = recorded.event
        if not isinstance(event, e.ServiceChanged):
            continue
        if event.now == "failing":
            red.add(event.service)
        elif event.now in ("ok", "slow") and event.service in red:
            red.discard(event.service)
            at = max(_since(event, recorded), at or 0)
    return None if red else at


def _between(start: Ms, end: Ms | None) -> Ms | None:
    return max(0, end - start) if end is not None else None
