"""The archive of the past: what came in from documents, and what is found there again."""

from incidentui.core.board import Origin
from incidentui.core.imported import Imported, Precision, Recurred
from incidentui.core.value import Ms, dataclass


@dataclass(frozen=True, slots=True)
class DocumentImported:
    """An incident of the past came into the archive: all that follows with its id is what the document says."""

    document: Imported


@dataclass(frozen=True, slots=True)
class EntryImported:
    """A row of a document's timeline. `at` of the event is its time; of `date` it is the begin of that day."""

    text: str
    line: int
    precision: Precision = "minute"
    said: str = ""
    """The time as it was written."""
    until: Ms | None = None
    trigger: bool = False
    commits: tuple[str, ...] = ()
    recovery: bool = False


@dataclass(frozen=True, slots=True)
class CauseImported:
    """A cause as a document tells it, or a theory that it calls wrong."""

    n: int
    thought: str
    by: str
    line: int = 0
    did: str = ""
    saw: str = ""
    why: str = ""
    origin: Origin = "unknown"
    lost_ms: Ms | None = None
    fix: str = ""
    again: bool = False
    refuted: bool = False


@dataclass(frozen=True, slots=True)
class RecurrenceFound:
    """When it was opened: incidents of the archive that are like it, newest first."""

    like: tuple[Recurred, ...]


ArchiveEvent = DocumentImported | EntryImported | CauseImported | RecurrenceFound
NAMED: dict[str, type[ArchiveEvent]] = {
    "document.imported": DocumentImported,
    "entry.imported": EntryImported,
    "cause.imported": CauseImported,
    "recurrence.found": RecurrenceFound,
}
