"""The words of what came from documents: each row says that it is a claim, and how much of its time is known."""

from incidentui.core import events as e
from incidentui.core.envelope import rfc3339
from incidentui.core.format import duration
from incidentui.core.imported import Imported
from incidentui.core.model import Incident
from incidentui.core.recurrence import told as recurrence
from incidentui.core.words.tone import Said

CLAIM = "what a document says: this program saw none of it"


def told(event: e.ArchiveEvent) -> Said:
    match event:
        case e.DocumentImported():
            return "·", f"{came_from(event.document).removeprefix('imported ')}: {CLAIM}", "text"
        case e.EntryImported():
            return "“", _entry(event), "text"
        case e.CauseImported():
            if event.refuted:
                return "✗", f"said to be ruled out: {event.thought}" + (f" ({event.why})" if event.why else ""), "text"
            cost = f", {duration(event.lost_ms)} lost" if event.lost_ms is not None else ""
            return "·", f"cause {event.n}, said: {event.thought}{cost}", "text"
        case e.RecurrenceFound():
            return "≡", recurrence(event.like), "slow"


def _entry(event: e.EntryImported) -> str:
    """A time that is not known to the minute stands in the sentence as it was written."""
    vague = event.precision not in ("exact", "minute") and event.said
    trigger = "trigger: " if event.trigger and "trigger" not in event.text.casefold() else ""
    return f"{trigger}{f'[{event.said}] ' if vague else ''}{event.text}"


def came_from(document: Imported) -> str:
    """Where it came from: the file, who brought it, when, and which bytes those were."""
    what = "the record" if document.kind == "record" else "the document"
    day = f" on {rfc3339(document.at)[:10]}" if document.at else ""
    return f"imported from {what} {document.file} by {document.by}{day}, sha256 {document.sha256[:12]}"


def begun(incident: Incident) -> str:
    """When it began, as far as that is known, in 17 cells: "2026-02-04T09:01Z", "2025-12-29 ??:??", "time unknown"."""
    held = incident.imported.held if incident.imported is not None else "minute"
    at = rfc3339(incident.opened)
    return f"{at[:16]}Z" if held == "minute" else f"{at[:10]} ??:??" if held == "date" else "time unknown"
