"""What differs from what was declared, or from a checkpoint, as `status` prints it."""

from dataclasses import asdict
from typing import Any

from incidentui.core.drift import Drift
from incidentui.core.drift_told import reference, rows_of
from incidentui.core.model import Workload
from incidentui.core.state import State


def drift_objects(state: State) -> list[dict[str, Any]]:
    """Of every workload that can be compared, and of what only a checkpoint knows of."""
    listed = [_object(state, w) for w in state.workloads.values() if w.name in state.drift or w.revision]
    return [*listed, *(_object(state, Workload(name, "")) for name in _unlisted(state))]


def unlisted_lines(state: State) -> list[str]:
    """Containers that are gone and files, beside a checkpoint; and which one that is."""
    out = []
    for name in _unlisted(state):
        rows = drift_lines(state, Workload(name, "")) or _nowhere(state.drift[name])
        out += [f"! {name}", *rows] if rows else [f"✓ {name:<16} nothing differs"]
    then = next((d for d in state.drift.values() if d.checkpoint), None)
    return [*out, f"compared with {then.by}"] if then and then.by else out


def _nowhere(drift: Drift) -> list[str]:
    """Of a service that is declared and has no container."""
    rows = [row for row in drift.rows if row.what == "container"]
    return [f"  └ declared{f' ({row.place})' if row.place else ''}, and there is no container" for row in rows]


def _unlisted(state: State) -> list[str]:
    return [name for name, drift in state.drift.items() if name not in state.workloads and not drift.silent]


def _object(state: State, workload: Workload) -> dict[str, Any]:
    """`rows`: what differs, what to look at, what is as declared; `why`: why nothing is known."""
    drift = state.drift.get(workload.name, Drift(workload.name))
    rows = rows_of(workload, drift, state.repository)
    return {
        "workload": workload.name,
        "differs": sum(row.level == "bad" for row in rows),
        "by": drift.by,
        "checkpoint": drift.checkpoint or None,
        "why": drift.why or None,
        "rows": [asdict(row) for row in rows],
    }


def drift_lines(state: State, workload: Workload) -> list[str]:
    drift = state.drift.get(workload.name)
    if drift is None:
        return []
    if drift.why:
        return [
            f"  └ ? it cannot be compared: {drift.why}"
            if drift.checkpoint
            else f"  └ ? what is declared is not known: {drift.why}"
        ]
    rows = [row for row in rows_of(workload, drift, state.repository) if row.level == "bad"]
    return [
        f"  └ {row.what}: {row.running}, {reference(drift)} {row.declared}{f' ({row.place})' if row.place else ''}"
        for row in rows
    ]
