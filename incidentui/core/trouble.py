"""What is bad without any check being red: a volume that holds something else, a workload that is down. It stays known
when its engine cannot be asked any more: as it was seen last. Pure."""

from collections.abc import Iterable

from incidentui.core.drift_alarm import alarm, sentence
from incidentui.core.model import Ms, Workload, is_bad
from incidentui.core.state import State


def was_bad(state: State, workload: Workload) -> bool:
    """Whether nobody can see it now, and it was down when it was seen last."""
    return workload.state == "unknown" and workload.name in state.crashed


def down(state: State) -> list[Workload]:
    return [w for w in state.workloads.values() if is_bad(w) or was_bad(state, w)]


def troubles(state: State) -> list[str]:
    """ "db: volume shop_db-data was made anew", "worker is down"."""
    alarms = [sentence(drift, row) for drift in state.drift.values() if (row := alarm(drift)) is not None]
    return [*alarms, *_down([w.name for w in down(state)])]


def _down(names: list[str]) -> Iterable[str]:
    """What answers may do so from memory: a workload that is down is not for nobody."""
    if len(names) < 2:
        return [f"{name} is down" for name in names]
    said = f"{names[0]} and {names[1]}" if len(names) == 2 else f"{names[0]} and {len(names) - 1} more"
    return [f"{said} are down"]


def as_of(state: State) -> Ms | None:
    """Since when an engine that tells of them cannot be asked; None where all of them answer."""
    engines = {workload.engine for workload in state.workloads.values()}
    gone = (s.lost_since for s in state.sources.values() if s.name in engines and s.lost_since is not None)
    return min(gone, default=None)
