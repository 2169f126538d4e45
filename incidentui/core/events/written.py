"""An event decided, and an event written: what each is put in."""

from incidentui.core.events.names import Event
from incidentui.core.model import Moment, Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """An event decided but not yet written: what the journal needs to make an envelope of it."""

    event: Event
    at: Ms
    """When it happened."""
    source: str
    """"check:api-health", "git", "responder:ana", "session"."""
    subject: str
    """Whom the row is about: a service, a workload, a person."""
    moment: Moment = "detail"
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the journal holds it (a CloudEvents 1.0 record plus the fields of ours)."""

    seq: int
    id: str
    """UUIDv7."""
    at: Ms
    recorded: Ms
    source: str
    subject: str
    moment: Moment
    incident: str | None
    project: str
    mono_ms: int
    """Monotonic clock of the writer, comparable only with the same `boot`."""
    boot: str
    event: Event
    hash: str = ""
    prev: str = ""
