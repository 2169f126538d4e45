"""The record about itself, and what of it this program cannot read."""

from incidentui.core.model import Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class ClockMoved:
    """The wall clock moved against the monotonic one of the same boot: times before and after do not compare."""

    by_ms: Ms
    """Ahead when positive, back when negative."""


@dataclass(frozen=True, slots=True)
class DataErased:
    """The data of the event with this sequence held what must not be kept, and are gone for good."""

    seq: int
    reason: str
    by: str
    evidence: tuple[str, ...] = ()
    """Evidence that was erased with it."""


@dataclass(frozen=True, slots=True)
class JournalReplaced:
    """The file was damaged: it is kept, and this journal goes on from the last event that could be read."""

    kept: str
    """Where the damaged file is."""
    why: str
    taken: int = 0
    """How many events were taken over from it, with their sequence."""
    after: int = 0
    """How many that stood behind the damage, with a new one."""


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event that this program cannot read, kept whole, or one that was erased: it folds to nothing."""

    type: str
    data: str
    """Its JSON as it was written."""


RecordEvent = ClockMoved | DataErased | JournalReplaced | UnknownEvent
NAMED: dict[str, type[RecordEvent]] = {
    "clock.moved": ClockMoved,
    "data.erased": DataErased,
    "journal.replaced": JournalReplaced,
}
