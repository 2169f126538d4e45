"""What users do, as the project calls it ("make a booking"): which of it is broken, since when, and for how long.

A check says which function it stands for; of several the worst decides. One that nobody sees is unknown, not broken.
"""

from collections.abc import Iterable, Iterator, Mapping

from incidentui.core import events as e
from incidentui.core.metrics import Outage, Runs, measured, unwatched
from incidentui.core.model import BADNESS, CheckState, CheckStatus, Ms, ProjectSpec
from incidentui.core.state import State
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    state: CheckState
    since: Ms | None
    """Since when it is so; None: nobody looked yet."""
    why: str
    check: str
    """The check that decides."""
    services: tuple[str, ...]
    failed_ms: Ms | None = None
    """How long that check failed the last time, once it was over."""


def functions(state: State) -> tuple[Function, ...]:
    """Every function, those that are broken first, else in the order of the configuration."""
    found = (_function(name, checks, state) for name, checks in _checks(state.project).items())
    return tuple(sorted(found, key=lambda f: -BADNESS[f.state]))


def broken(state: State) -> tuple[Function, ...]:
    return tuple(f for f in functions(state) if f.state == "failing")


def cannot(function: Function) -> str:
    """ "users cannot make a booking"."""
    return f"users cannot {function.name}"


def cannot_in(state: State, service: str) -> str:
    """What users cannot do because of a service, in one line; empty where nobody said what it is for."""
    lost = [f for f in broken(state) if service in f.services]
    more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
    return cannot(lost[0]) + more if lost else ""


def _checks(project: ProjectSpec) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for check in project.checks:
        if check.function and check.layer == "user":  # an inner one does not see what users get
            out.setdefault(check.function, []).append(check.name)
    return out


def _function(name: str, checks: list[str], state: State) -> Function:
    found = [state.checks[c] for c in checks if c in state.checks]
    services = tuple(dict.fromkeys(c.service for c in found))
    if not found:
        return Function(name, "unknown", None, "not looked yet", checks[0], services)
    state_of = max((c.state for c in found), key=BADNESS.__getitem__)
    same = [c for c in found if c.state == state_of]
    # Broken since the first of its checks is; good again only since the last of them is.
    worst = (min if state_of == "failing" else max)(same, key=lambda c: c.since or 0)
    return Function(name, worst.state, worst.since, worst.why, worst.name, services, worst.failed_ms)


def function_outages(
    project: ProjectSpec,
    records: Iterable[e.Recorded],
    until: Ms,
    since: Ms | None = None,
    before: Mapping[str, CheckStatus] | None = None,
) -> tuple[Outage, ...]:
    """As `metrics.outages` per service, of each function that was ever not ok."""
    found = list(records)
    seen: dict[str, Runs] = {c.name: [(c.since, c.state)] for c in (before or {}).values() if c.since is not None}
    for recorded in found:
        event = recorded.event
        if isinstance(event, e.CheckChanged):
            at = event.since if event.since is not None else recorded.at
            seen.setdefault(event.check, []).append((at, event.now))
    runs = {name: list(_merged([seen[c] for c in checks if c in seen])) for name, checks in _checks(project).items()}
    return measured(runs, until, since, unwatched(found, until))


def _merged(of_checks: list[Runs]) -> Iterator[tuple[Ms, CheckState]]:
    """The worst state of several, whenever it becomes another one."""
    turns = sorted((at, n, state) for n, runs in enumerate(of_checks) for at, state in runs)
    now: dict[int, CheckState] = {}
    last: CheckState | None = None
    for at, n, state in turns:
        now[n] = state
        worst = max(now.values(), key=BADNESS.__getitem__)
        if worst != last:
            yield at, worst
        last = worst
