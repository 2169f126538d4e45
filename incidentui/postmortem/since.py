"""What people wrote here about an incident after it was imported: no words of the document, kept apart."""

from collections.abc import Iterable, Sequence
from typing import Any

from incidentui.core.envelope import rfc3339
from incidentui.core.events import NoteAdded, Recorded
from incidentui.core.model import Ms
from incidentui.postmortem.markdown import stamp, text

Notes = Sequence[tuple[NoteAdded, Ms]]
SINCE = "Noted here since it was imported"


def notes_of(records: Iterable[Recorded]) -> Notes:
    return [(r.event, r.at) for r in records if isinstance(r.event, NoteAdded)]


def note_objects(notes: Notes) -> list[dict[str, Any]]:
    return [{"time": rfc3339(at), "by": note.by, "text": note.text} for note, at in notes]


def noted(notes: Notes) -> list[str]:
    """Lines of a section of the draft; none where nobody noted anything."""
    rows = [f"- {stamp(at)} {text(note.by)}: {text(note.text)}" for note, at in notes]
    return ["Nothing of this stands in what was imported.", "", *rows] if rows else []
