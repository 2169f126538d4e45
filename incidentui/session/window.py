"""The events of an incident: those with its id, and those without one that lie in its time."""

from incidentui.core.events import Recorded
from incidentui.core.model import Incident, Ms
from incidentui.session.ports import Journal, Row

ROWS = 5_000
_PAGE = 500
_AFTER = 60_000
"""How long after the end an event with the incident's own id may still be dated."""


def window(
    journal: Journal, incident: Incident, now: Ms, seq: int | None = None, most: int = ROWS
) -> tuple[tuple[Recorded, ...], bool]:
    """Its timeline in order, details too; and whether more than `most` rows were cut."""
    start = incident.window_from if incident.window_from is not None else incident.opened
    until = incident.closed if incident.closed is not None else now
    out: list[Recorded] = []
    key = Row(start - 1, 1 << 62)
    while len(out) < most:
        page = journal.rows(after=key, limit=_PAGE, key_only=False, until_seq=seq)
        out += [r for r in page if r.incident == incident.id or (r.incident is None and r.at <= until)]
        if len(page) < _PAGE or page[-1].at > until + _AFTER:
            return tuple(out), False
        key = Row(page[-1].at, page[-1].seq)
    return tuple(out[:most]), True
