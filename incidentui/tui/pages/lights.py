"""The five lights of a verdict as five equal columns: name, bar, finding.

The bar's shape says it, not its colour alone.
"""

from collections.abc import Iterable, Sequence

from incidentui.core.lights_told import LIGHT_NAMES, says_nothing
from incidentui.core.model import Light
from incidentui.core.words import light_mark
from incidentui.tui.line import Line, Seg, Token, cells, cut
from incidentui.tui.pages.layout import wrap

_GAP = 2
_WIDE, _ROWS = 18, 2
"""Cells of a column from which on a finding stands there whole; its rows in a narrower one."""
_TOKEN: dict[str, Token] = {"✓": "ok", "✗": "fail", "○": "muted", "–": "muted"}


def all_five(lights: Iterable[Light]) -> tuple[Light, ...]:
    """The lights in their order; what was not looked at yet says so."""
    seen = {light.name: light for light in lights}
    return tuple(seen.get(name) or Light(name, None, "not looked yet", looked=False) for name in LIGHT_NAMES)


def mark(light: Light) -> Seg:
    glyph = light_mark(light)
    return Seg(glyph, _TOKEN[glyph], bold=glyph == "✗")


def five_lights(lights: Iterable[Light], width: int) -> list[Line]:
    column = (width - 4 * _GAP) // 5
    columns = [_light(light, column) for light in all_five(lights)]
    rows = max(len(rows) for rows in columns)
    return [_row(columns, n, column) for n in range(rows)]


def _light(light: Light, width: int) -> list[tuple[Seg, ...]]:
    bad = light.looked and light.ok is False
    name = Seg(LIGHT_NAMES[light.name], "strong" if bad else "muted", bold=bad)
    token: Token = "fail" if bad else "text" if light.looked else "muted"
    first, *more = _finding(light, width - 2)
    return [
        (name,),
        (_bar(light, width),),
        (mark(light), Seg(" "), Seg(first, token, bold=bad)),
        *((Seg("  "), Seg(row, token, bold=bad)) for row in more),
    ]


def _finding(light: Light, width: int) -> list[str]:
    """In a narrow column its beginning, in two rows: the whole stands under EVIDENCE."""
    if width >= _WIDE:
        return wrap(light.finding, width)
    rows = wrap("" if says_nothing(light) else light.finding.partition("; ")[0], width)
    return rows if len(rows) <= _ROWS else [*rows[: _ROWS - 1], cut(" ".join(rows[_ROWS - 1 :]), width)]


def _bar(light: Light, width: int) -> Seg:
    if not light.looked:
        return Seg("·" * width, "muted")
    if light.ok is None:
        return Seg("–", "muted")
    return Seg("━" * width, "okfill") if light.ok else Seg("▆" * width, "failfill")


def _row(columns: Sequence[list[tuple[Seg, ...]]], n: int, width: int) -> Line:
    segs: list[Seg] = []
    for rows in columns:
        part = rows[n] if n < len(rows) else ()
        used = sum(cells(seg.text) for seg in part)
        segs += (*part, Seg(" " * (width - used + _GAP)))
    return Line(tuple(segs[:-1]))
