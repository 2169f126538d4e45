"""What differs from what was declared, in a few words: beside a red service it is nearer to the cause than a commit."""

from incidentui.core.drift import DriftRow
from incidentui.core.drift_told import rows_of
from incidentui.core.model import ServiceStatus
from incidentui.core.not_found import tied
from incidentui.core.state import State

_SOONEST = ("mount", "age", "port", "network", "env", "health", "image", "revision")
"""Which kind is told first: what was built from other code runs at least, a mount that is missing does not."""


def drifted(state: State, service: ServiceStatus) -> list[str]:
    """Of each workload of a service the difference to look at first: "agent: mount /config empty (compose.yml:26)".
    Before all of them the mount under which a file should lie that is not found."""
    spec = next((s for s in state.project.services if s.name == service.name), None)
    lost = {one.workload: one for one in tied(state, service.name)}
    found = ((name, _bad(state, name)) for name in (spec.workloads if spec else ()) if name not in lost)
    rest = [_told("" if name == service.name else f"{name}: ", rows[0]) for name, rows in found if rows]
    return [*(one.text for one in lost.values()), *rest]


def _bad(state: State, name: str) -> list[DriftRow]:
    workload, drift = state.workloads.get(name), state.drift.get(name)
    if workload is None or drift is None:
        return []
    bad = [row for row in rows_of(workload, drift, state.repository) if row.level == "bad"]
    return sorted(bad, key=_order)


def _order(row: DriftRow) -> int:
    kind = row.what.partition(" ")[0]
    return _SOONEST.index(kind) if kind in _SOONEST else len(_SOONEST)


def _told(name: str, row: DriftRow) -> str:
    """The end of what runs says it: "lab_data, empty"."""
    place = f" ({row.place.rpartition('/')[2]})" if row.place else ""
    return f"{name}{row.what} {row.running.rpartition(', ')[2]}{place}"
