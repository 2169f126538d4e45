"""A document that is walked through: on the screen stands what it says, with the times it gives and no others."""

from datetime import tzinfo

from incidentui.core.envelope import rfc3339
from incidentui.core.events import ArchiveEvent, BoardEvent, EntryImported, Recorded
from incidentui.core.imported import DOCUMENT, Imported
from incidentui.core.model import Incident, Ms
from incidentui.core.words.archive import begun
from incidentui.tui.line import Line, Seg, cut, pad
from incidentui.tui.present.band import LABEL, band
from incidentui.tui.present.format import hm, hms
from incidentui.tui.present.scene import Scene

UNTOLD = "no time "
_DAY = "day only"
_NAME = 32


def past(scene: Scene) -> Incident | None:
    """The incident of the document; None where something of this program's own is shown."""
    play = scene.view.playhead
    if play is None or not play.said:
        return None
    return next((i for i in reversed(tuple(scene.state.incidents.values())) if i.imported is not None), None)


def moment(scene: Scene, at: Ms) -> str:
    """The clock of the playhead, as far as the document has one."""
    found = past(scene)
    if found is None or found.imported is None or found.imported.held == "minute":
        return hms(at, scene.zone)
    return "??:??:??"


def row_time(record: Recorded, zone: tzinfo | None) -> str:
    """Eight cells: never more of a time than was written down."""
    event = record.event
    if not isinstance(event, EntryImported):
        said = isinstance(event, ArchiveEvent | BoardEvent) and record.source.startswith(DOCUMENT)
        return " " * 8 if said else hms(record.at, zone)
    match event.precision:
        case "exact":
            return hms(record.at, zone)
        case "minute":
            return pad(hm(record.at, zone), 8)
        case "approx":
            return pad(f"~{hm(record.at, zone)}", 8)
        case "date":
            return _DAY
        case "vague" | "order-only":
            return UNTOLD


def around(incident: Incident) -> tuple[tuple[Seg, ...], tuple[Seg, ...]]:
    """What stands before and after its title."""
    came = incident.imported
    severity = incident.severity if came is not None and came.severity else "SEV?"
    left = (Seg(incident.id, "muted"), Seg("  "), Seg(severity, "strong", bold=True), Seg("  "))
    return left, (
        Seg("imported", "text"),
        Seg("   "),
        Seg(begun(incident), "strong"),
        Seg("   "),
        Seg(" REPLAY ", "mode"),
    )


def claims(incident: Incident, width: int) -> tuple[Line, ...]:
    """The band: that all of it is a claim and whose, then the two things in it that matter most."""
    came = incident.imported
    assert came is not None
    whose = f"{cut(came.file, _NAME)}, by {came.by} on {rfc3339(came.at)[:10]}"
    text = f"all of this; the program saw none of it. {whose}"
    first = band(width, "unkbg", "unknown", "“", "a document says", _cut(text, width))
    said = _says(incident, came)[:2]
    return (
        first,
        *(band(width, "unkbg", "unknown", " ", label, _cut(told, width), loud=False) for label, told in said),
    )


def _cut(text: str, width: int) -> tuple[Seg, ...]:
    return (Seg(cut(text, max(8, width - LABEL - 4)), "strong"),)


def _says(incident: Incident, came: Imported) -> list[tuple[str, str]]:
    """Of what it comes down to, the two that matter most to whoever reads it."""
    out: list[tuple[str, str]] = [(c.what, c.text) for c in incident.conclusions if c.what != "symptom"]
    out += [("says two things", came.contradictions[0][0])] if came.contradictions else []
    out += [("not understood", f"line {line}: {why}") for line, _, why in came.unread[:1]]
    return out
