"""The closed set, and the name by which journals know each event."""

from incidentui.core.events import (
    actions,
    archive,
    board,
    checkpoints,
    code,
    fixes,
    health,
    incidents,
    record,
    runbooks,
    watching,
    workloads,
)
from incidentui.core.events.record import UnknownEvent

Event = (
    watching.WatchEvent
    | health.HealthEvent
    | code.CodeEvent
    | workloads.WorkloadEvent
    | fixes.FixEvent
    | checkpoints.CheckpointEvent
    | incidents.IncidentEvent
    | board.BoardEvent
    | archive.ArchiveEvent
    | actions.ActionEvent
    | runbooks.RunbookEvent
    | record.RecordEvent
)

TYPES: dict[str, type[Event]] = {
    **watching.NAMED,
    **health.NAMED,
    **code.NAMED,
    **workloads.NAMED,
    **fixes.NAMED,
    **checkpoints.NAMED,
    **incidents.NAMED,
    **board.NAMED,
    **archive.NAMED,
    **actions.NAMED,
    **runbooks.NAMED,
    **record.NAMED,
}
NAMES: dict[type[Event], str] = {cls: name for name, cls in TYPES.items()}


def type_name(event: Event) -> str:
    """The CloudEvents `type` of an event, without the "incidentui." that the export puts before it."""
    return event.type if isinstance(event, UnknownEvent) else NAMES[type(event)]
