"""Checkpoints that are taken because all is good."""

from dataclasses import replace

from incidentui.core import events as e
from incidentui.core.checkpoint import OnGreen
from incidentui.core.state import State


def fold(state: State, event: e.CheckpointEvent, recorded: e.Recorded) -> State:
    return replace(state, green=_green(state.green, event, recorded))


def _green(was: OnGreen, event: e.CheckpointEvent, recorded: e.Recorded) -> OnGreen:
    match event:
        case e.CheckpointDue():
            return replace(was, due=event.trigger)
        case e.CheckpointTaken():
            return OnGreen(event.id, recorded.at, event.trigger)
        case e.CheckpointMissed():
            return replace(was, due=None, missed=recorded.at)
