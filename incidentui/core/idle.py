"""A service fails, and a workload that it is made of stands still, by whoever's hand: nearer than any commit. Pure."""

from collections.abc import Iterator, Sequence

from incidentui.core.model import Ms, ServiceSpec, Workload, is_bad
from incidentui.core.state import State
from incidentui.core.suspects import NEAR_MS

BEFORE_RED_MS: Ms = 15 * 60_000
"""What stands still for longer while users were served is not what they miss."""
_STILL = ("stopped", "exited", "paused")


def idle(state: State, service: str) -> list[Workload]:
    """Its workloads that do not run and did not fall: those that fell say so themselves."""
    spec = next((s for s in state.project.services if s.name == service), None)
    return _still(state, spec) if spec else []


def _still(state: State, spec: ServiceSpec) -> list[Workload]:
    named = [state.workloads.get(name) for name in spec.workloads]
    return [w for w in named if w is not None and w.state in _STILL and not is_bad(w) and not _done(w)]


def _done(workload: Workload) -> bool:
    """It ran to its end as it was meant to, as a migration does: nobody wants it running."""
    kept_up = workload.policy in ("always", "unless-stopped")
    return workload.state == "exited" and workload.exit_code == 0 and not kept_up


def idle_under_red(state: State) -> Iterator[Workload]:
    """Those of every service that fails, each once."""
    specs = {s.name: s for s in state.project.services}
    red = [specs[s.name] for s in state.services.values() if s.state == "failing" and s.name in specs]
    found = {w.name: w for spec in red for w in _still(state, spec)}
    yield from found.values()


def by_hand(state: State, workloads: Sequence[Workload]) -> list[Workload]:
    """Those that stopped well after the last deploy, and not long before their service failed: no deploy did it, and
    to take one back starts nothing."""
    last = max((d.at for d in state.deploys), default=None)
    return [
        w
        for w in workloads
        if w.since is not None and (last is None or w.since > last + NEAR_MS) and w.since >= _red_from(state, w)
    ]


def _red_from(state: State, workload: Workload) -> Ms:
    """From when on its end fits the first red of the services that it is part of."""
    served = [s.name for s in state.project.services if workload.name in s.workloads]
    red = [s.since or 0 for name in served if (s := state.services.get(name)) is not None and s.state == "failing"]
    return min(red, default=0) - BEFORE_RED_MS


def words(workload: Workload) -> str:
    return f"{workload.name} {'has ended' if workload.state == 'exited' else f'is {workload.state}'}"
