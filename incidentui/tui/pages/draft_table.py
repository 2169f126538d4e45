"""The tables of a draft as rows that are read: columns where they fit, else one row after another, each cell named."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from incidentui.postmortem.markdown import plain
from incidentui.tui.line import Line, Seg, Token, cells
from incidentui.tui.pages.layout import hanging, wrap

_GAP = 2
_NARROWEST = 14
"""A column that is wrapped has at least so many cells."""
_EDGE = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+\s*$")


def blocks(lines: Sequence[str]) -> Iterator[tuple[bool, list[str]]]:
    """(whether it is a table, its lines): what stands between fences is none, however it looks."""
    n, fenced = 0, ""
    while n < len(lines):
        mark = re.match(r"`{3,}", lines[n])
        if mark is not None and (not fenced or lines[n].rstrip() == fenced):
            fenced = "" if fenced else mark[0]
        begins = not fenced and lines[n].startswith("|") and n + 1 < len(lines)
        if begins and _RULE.match(lines[n + 1]):
            end = next((k for k in range(n, len(lines)) if not lines[k].startswith("|")), len(lines))
            yield True, list(lines[n:end])
            n = end
        else:
            yield False, [lines[n]]
            n += 1


def table_rows(lines: Sequence[str], width: int) -> list[Line]:
    """Of a head, a rule and rows, as Markdown writes them. Nothing is cut."""
    head, *rows = [_cells(line) for line in (lines[0], *lines[2:])]
    columns = [max(map(cells, column)) for column in zip_longest(*(head, *rows), fillvalue="")]
    room = width - _GAP * (len(columns) - 1)
    widths = _fitting(columns, room)
    if widths is None:
        return [line for row in rows for line in _named(head, row, width)]
    top = _beside(head, widths, "muted") if any(head) else []
    return [*top, *(line for row in rows for line in _beside(row, widths, "text"))]


def _cells(line: str) -> list[str]:
    return [plain(cell.strip()) for cell in _EDGE.split(line.strip().removeprefix("|").removesuffix("|"))]


def _fitting(columns: Sequence[int], room: int) -> list[int] | None:
    """The widest give way first; None where one would get too narrow to be read."""
    widths = list(columns)
    while sum(widths) > room:
        widest = max(range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
        if widths[widest] < _NARROWEST:
            return None
    return widths


def _beside(row: Sequence[str], widths: Sequence[int], token: Token) -> list[Line]:
    columns = [wrap(cell, width) for cell, width in zip_longest(row, widths, fillvalue="") if isinstance(width, int)]
    out = []
    for texts in zip_longest(*columns, fillvalue=""):
        padded = (text + " " * (width - cells(text) + _GAP) for text, width in zip(texts, widths, strict=True))
        out.append(Line((Seg("".join(padded).rstrip(), token),)))
    return out


def _named(head: Sequence[str], row: Sequence[str], width: int) -> Iterator[Line]:
    for n, (name, cell) in enumerate(zip_longest(head, row, fillvalue="")):
        lead = (Seg("- " if not n else "  ", "muted"), Seg(f"{name}: " if name else "", "muted"))
        if cell or not n:
            yield from hanging(lead, cell, width)
