"""Checkpoints that are taken because all is good. Those taken by hand or before an action stand with their action."""

from incidentui.core.model import Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class CheckpointDue:
    """All was good for long enough: a checkpoint is about to be taken."""

    why: str
    trigger: Ms


@dataclass(frozen=True, slots=True)
class CheckpointTaken:
    """Because all was good. Those taken by hand or before an action stand with their action."""

    id: str
    why: str
    """ "green for 10m after deploy 59a77c4"."""
    told: str
    """What it holds, counted."""
    trigger: Ms


@dataclass(frozen=True, slots=True)
class CheckpointMissed:
    why: str
    wrong: str
    """Why it could not be kept."""
    trigger: Ms


CheckpointEvent = CheckpointDue | CheckpointTaken | CheckpointMissed
NAMED: dict[str, type[CheckpointEvent]] = {
    "checkpoint.due": CheckpointDue,
    "checkpoint.taken": CheckpointTaken,
    "checkpoint.missed": CheckpointMissed,
}
