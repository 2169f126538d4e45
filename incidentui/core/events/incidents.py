"""The life of an incident, and what people write down while it lasts."""

from incidentui.core.model import Ms, Severity, Stage
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    id: str
    title: str
    severity: Severity
    by: str
    first_red: Ms | None
    window_from: Ms | None
    services: tuple[str, ...] = ()
    adopted: int = 0
    """How many events recorded before the opening lie in the window."""


@dataclass(frozen=True, slots=True)
class WindowMoved:
    first_red: Ms | None
    window_from: Ms | None
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class IncidentAcknowledged:
    by: str


@dataclass(frozen=True, slots=True)
class SeverityChanged:
    was: Severity
    now: Severity
    by: str


@dataclass(frozen=True, slots=True)
class StageChanged:
    was: Stage
    now: Stage
    why: str


@dataclass(frozen=True, slots=True)
class RecoveryTicked:
    """A line of the checklist after recovery was seen to be good; not `good`: its tick was taken back."""

    item: str
    by: str
    good: bool = True


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    by: str
    reason: str
    resolved: bool
    left: tuple[str, ...] = ()
    """What of the checklist after recovery nobody ticked."""


@dataclass(frozen=True, slots=True)
class NoteAdded:
    text: str
    by: str
    key: bool = False
    until: Ms | None = None
    """Of what lasted: when it ended."""
    trigger: bool = False
    """It set off what came after it."""
    load: int | None = None
    """How much it was for whoever worked on it, 1 to 5."""


@dataclass(frozen=True, slots=True)
class MomentMarked:
    """A responder marked the event with this sequence as a key moment."""

    marked: int
    by: str


IncidentEvent = (
    IncidentOpened
    | WindowMoved
    | IncidentAcknowledged
    | SeverityChanged
    | StageChanged
    | RecoveryTicked
    | IncidentClosed
    | NoteAdded
    | MomentMarked
)
NAMED: dict[str, type[IncidentEvent]] = {
    "incident.opened": IncidentOpened,
    "incident.window-moved": WindowMoved,
    "incident.acknowledged": IncidentAcknowledged,
    "incident.severity-changed": SeverityChanged,
    "incident.stage-changed": StageChanged,
    "recovery.ticked": RecoveryTicked,
    "incident.closed": IncidentClosed,
    "note.added": NoteAdded,
    "moment.marked": MomentMarked,
}
