"""What a timeline row says about an event: one mark, one sentence, one tone. The subject stands in the envelope.

The same words serve the screen, `events`, and the timeline of the draft. Each subject has its own module.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.format import duration
from incidentui.core.model import Commit
from incidentui.core.value import dataclass
from incidentui.core.words import (
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
from incidentui.core.words.actions import light_mark
from incidentui.core.words.code import missed
from incidentui.core.words.fixes import fix_places, marker, named
from incidentui.core.words.health import STATE_MARK
from incidentui.core.words.tone import Said, Tone

__all__ = [
    "STATE_MARK",
    "Row",
    "Tone",
    "evidence_of",
    "fix_places",
    "light_mark",
    "marker",
    "missed",
    "named",
    "row",
]


@dataclass(frozen=True, slots=True)
class Row:
    mark: str
    subject: str
    text: str
    tone: Tone = "text"
    """Colour of mark and subject; a failing row's sentence takes it too."""
    evidence: str | None = None


def row(recorded: e.Recorded, commits: Iterable[Commit] = ()) -> Row:
    """The row of one event. `commits`: what git has told since, for a deploy seen before its commit or its size."""
    mark, text, tone = _said(_told(recorded.event, commits), recorded.moment == "key")
    if isinstance(recorded.event, e.NoteAdded | e.EntryImported) and recorded.event.until is not None:
        text += f" (for {duration(recorded.event.until - recorded.at)})"
    if tone == "text" and recorded.moment == "detail":
        tone = "muted"
    return Row(mark, _subject(recorded), text, tone, evidence_of(recorded.event))


def _subject(recorded: e.Recorded) -> str:
    """Of a difference the workload, where the record names only that something differs."""
    event = recorded.event
    return (workloads.subject(event) if isinstance(event, e.DriftSeen) else "") or recorded.subject


def _told(event: e.Event, commits: Iterable[Commit]) -> e.Event:
    if isinstance(event, e.Deployed) and (event.commit is None or not event.commit.sized):
        return replace(event, commit=next((c for c in commits if c.sha == event.now), event.commit))
    return event


def evidence_of(event: e.Event) -> str | None:
    """SHA-256 of the evidence behind an event."""
    match event:
        case e.LightSeen():
            return event.light.evidence
        case e.DocumentImported():
            return event.document.evidence or None
        case e.CheckChanged() | e.ServiceChanged() | e.WorkloadChanged() | e.ActionEnded() | e.StepChanged():
            return event.evidence
        case _:
            return None


def _said(event: e.Event, key: bool) -> Said:
    if isinstance(event, e.HealthEvent):
        return health.told(event)
    if isinstance(event, e.WorkloadEvent):
        return workloads.told(event, key)
    if isinstance(event, e.IncidentEvent):
        return incidents.told(event)
    if isinstance(event, e.BoardEvent):
        return board.told(event)
    if isinstance(event, e.ArchiveEvent):
        return archive.told(event)
    if isinstance(event, e.ActionEvent):
        return actions.told(event)
    if isinstance(event, e.RunbookEvent):
        return runbooks.told(event)
    if isinstance(event, e.CodeEvent):
        return code.told(event)
    if isinstance(event, e.FixEvent):
        return fixes.told(event)
    if isinstance(event, e.CheckpointEvent):
        return checkpoints.told(event)
    if isinstance(event, e.WatchEvent):
        return watching.told(event)
    if isinstance(event, e.RecordEvent):
        return record.told(event)
    assert_never(event)
