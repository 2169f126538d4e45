"""`evolve` folds one recorded event into the state, each subject in its own module. An event that
is forgotten here fails the type check.

It reads only what a decision already knows (sequence, time, subject, moment, incident, event), never the hash or
the clock of the writer: so the state published before the journal answered is the state of every later replay.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.evolve import (
    actions,
    archive,
    board,
    checkpoints,
    code,
    fixes,
    health,
    incidents,
    watching,
    workloads,
)
from incidentui.core.evolve.put import put_incident
from incidentui.core.state import State
from incidentui.core.steps import fold_run

__all__ = ["evolve", "fold"]


def fold(records: Iterable[e.Recorded], start: State | None = None) -> State:
    state = start or State()
    for recorded in records:
        state = evolve(state, recorded)
    return state


def evolve(state: State, recorded: e.Recorded) -> State:
    """The state after one more event."""
    state = replace(
        state,
        seq=recorded.seq,
        at=recorded.at,
        events=state.events + 1,
        moments=state.moments + (recorded.moment == "key"),
    )
    state = _by_subject(state, recorded)
    if recorded.incident and (incident := state.incidents.get(recorded.incident)):
        earliest = min(recorded.at, incident.earliest if incident.earliest is not None else recorded.at)
        return put_incident(state, replace(incident, events=incident.events + 1, earliest=earliest))
    return state


def _by_subject(state: State, recorded: e.Recorded) -> State:
    event = recorded.event
    if isinstance(event, e.HealthEvent):
        return health.fold(state, event, recorded)
    if isinstance(event, e.CodeEvent):
        return code.fold(state, event, recorded)
    if isinstance(event, e.WorkloadEvent):
        return workloads.fold(state, event, recorded)
    if isinstance(event, e.IncidentEvent):
        return incidents.fold(state, event, recorded)
    if isinstance(event, e.BoardEvent):
        return board.fold(state, event, recorded)
    if isinstance(event, e.ArchiveEvent):
        return archive.fold(state, event, recorded)
    if isinstance(event, e.ActionEvent):
        return actions.fold(state, event, recorded)
    if isinstance(event, e.RunbookEvent):
        return fold_run(state, event, recorded.at, recorded.incident)
    if isinstance(event, e.WatchEvent):
        return watching.fold(state, event, recorded)
    if isinstance(event, e.FixEvent):
        return fixes.fold(state, event, recorded)
    if isinstance(event, e.CheckpointEvent):
        return checkpoints.fold(state, event, recorded)
    if isinstance(event, e.RecordEvent):
        return state
    assert_never(event)
