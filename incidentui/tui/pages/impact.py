"""What users cannot do, at the head of the board: what is searched for is why they cannot."""

from incidentui.core.format import count, duration
from incidentui.core.functions import Function, functions
from incidentui.core.model import Incident, Ms
from incidentui.core.state import State
from incidentui.tui.line import Line, Seg, Token, spread
from incidentui.tui.pages.layout import hanging, section, wall
from incidentui.tui.pages.look import STATE


def impact_lines(incident: Incident, state: State, until: Ms, width: int) -> list[Line]:
    """Nothing where no check names what users do. A closed incident's board shows what was, not what is."""
    if incident.closed is not None:
        return []
    found = functions(state)
    began = incident.first_red if incident.first_red is not None else incident.opened
    touched = [f for f in found if f.state != "ok" or _again(f, began)]
    rows = [line for f in touched for line in _row(f, until, width)]
    if good := [f.name for f in found if f not in touched]:
        rows += hanging((Seg("✓ ", "ok"),), f"all the time: {', '.join(good)}", width, "muted")
    lost = sum(f.state == "failing" for f in found)
    note = Seg(f"{lost} of {count(len(found), 'function')} broken", "fail" if lost else "muted")
    return section(width, "WHAT USERS CAN DO", rows, (note,))


def _again(function: Function, began: Ms) -> bool:
    """It was broken in this incident, and works."""
    return function.failed_ms is not None and function.since is not None and function.since >= began


def _row(function: Function, until: Ms, width: int) -> list[Line]:
    glyph, token = STATE[function.state]
    bad = function.state == "failing"
    ink: Token = "fail" if bad else "text"
    since = function.since
    tail = ""
    if since is not None and function.state == "ok":
        tail = f"again since {wall(since)}, failed for {duration(function.failed_ms or 0)}"
    elif since is not None:
        tail = f"since {wall(since)} {duration(until - since):>9}"
    head = (Seg(f"{glyph} ", token), Seg(function.name, ink, bold=bad))
    first = spread(width, head, (Seg(tail, "text" if bad else "muted"),))
    if function.state == "ok":
        return [first]
    why = hanging((Seg("  └ ", "muted"),), f"{function.check}: {function.why}", width, "muted")
    return [first, *why]
