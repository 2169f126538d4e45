"""Checkpoints that are taken because all is good."""

from typing import assert_never

from incidentui.core import events as e
from incidentui.core.words.tone import Said


def told(event: e.CheckpointEvent) -> Said:
    match event:
        case e.CheckpointDue():
            return "○", f"one is taken: {event.why}", "text"
        case e.CheckpointTaken():
            return "★", f"{event.id}, {event.why}: {event.told}", "text"
        case e.CheckpointMissed():
            return "!", f"none was kept, {event.wrong} ({event.why})", "slow"
        case _:
            assert_never(event)
