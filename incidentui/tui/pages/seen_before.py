"""At the head of the board: which incidents of the archive this one is like, and what is the same."""

from incidentui.core.envelope import rfc3339
from incidentui.core.format import ordinal
from incidentui.core.model import Incident
from incidentui.core.recurrence import nth
from incidentui.tui.line import Line, Seg
from incidentui.tui.pages.layout import hanging, rule


def seen_before(incident: Incident, width: int) -> list[Line]:
    """Empty where it is the first of its kind."""
    if not incident.recurs:
        return []
    number = nth(incident.recurs, incident.imported.nth if incident.imported is not None else None)
    out = [rule(width, "SEEN BEFORE", (Seg(f"the {ordinal(number)} of its kind", "slow"),))]
    for one in incident.recurs:
        when = rfc3339(one.at)[:10] if one.timed else "date unknown"
        out += hanging((Seg(f"{one.id}  ", "strong"),), f"{when} {one.title} ({one.why})", width, "text")
    return out
