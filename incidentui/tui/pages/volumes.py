"""On the page of a workload: its volumes, and how old the newest backup of each is."""

from collections.abc import Sequence

from incidentui.core.format import count, duration, storage
from incidentui.core.model import Ms
from incidentui.session.ports import Kept
from incidentui.tui.line import Line, Seg, Token, cells, length
from incidentui.tui.pages.layout import cell, hanging, section


def volume_lines(kept: Sequence[Kept] | None, now: Ms, width: int) -> list[Line]:
    """Nothing for a workload without volumes, or before anybody answered."""
    if not kept:
        return []
    column = min(max(cells(each.volume) for each in kept) + 2, 28)
    out: list[Line] = []
    for each in kept:
        text, token = _told(each, now)
        since = f" · made {duration(max(0, now - each.made))} ago" if each.made is not None else ""
        inside = hanging((cell(each.volume, column),), f"{each.inside}{since}", width, "muted")
        # Whether there is a backup stands behind the place, or under it where that is long.
        if length(inside[-1].segs) + 3 + cells(text) <= width:
            out += [*inside[:-1], Line((*inside[-1].segs, Seg(" · ", "muted"), Seg(text, token)))]
        else:
            out += [*inside, *hanging((Seg(" " * (column + 1)),), text, width, token)]
    return section(width, "VOLUMES", out, (Seg("a backs up, and restores", "muted"),))


def _told(it: Kept, now: Ms) -> tuple[str, Token]:
    if not it.id:
        return "no backup", "slow"
    more = f" · {it.count} in all" if it.count > 1 else ""
    return f"backup {duration(now - it.at)} old, {count(it.files, 'file')}, {storage(it.size)}{more}", "text"
