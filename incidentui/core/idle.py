"""A service fails, and a workload that it is made of stands still, by whoever's hand: nearer than any commit. Pure."""

from collections.abc import Iterator, Sequence

from incidentui.core.model import Workload
from incidentui.core.state import State
from incidentui.core.suspects import NEAR_MS
from incidentui.core.words import is_bad

_STILL = ("stopped", "exited", "paused")


def idle(state: State, service: str) -> list[Workload]:
    """Its workloads that do not run and did not fall: those that fell say so themselves."""
    spec = next((s for s in state.project.services if s.name == service), None)
    named = [state.workloads.get(name) for name in spec.workloads] if spec else []
    return [w for w in named if w is not None and w.state in _STILL and not is_bad(w)]


def idle_under_red(state: State) -> Iterator[Workload]:
    """Those of every service that fails, each once."""
    red = [s.name for s in state.services.values() if s.state == "failing"]
    found = {w.name: w for name in red for w in idle(state, name)}
    yield from found.values()


def by_hand(state: State, workloads: Sequence[Workload]) -> list[Workload]:
    """Those that stopped well after the last deploy: no deploy did it, and to take one back starts nothing."""
    last = max((d.at for d in state.deploys), default=None)
    return [w for w in workloads if w.since is not None and (last is None or w.since > last + NEAR_MS)]


def words(workload: Workload) -> str:
    return f"{workload.name} {'has ended' if workload.state == 'exited' else f'is {workload.state}'}"
