"""How a page is laid out: a heading, sections under a hairline, columns side by side. Values in, lines out.

Knows nothing of incidents; every page is built from these few.
"""

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import tzinfo
from typing import Literal

from incidentui.core.model import Ms
from incidentui.core.visible import plainly
from incidentui.tui.line import Ground, Line, Seg, Token, cells, fit, length, pad, spread
from incidentui.tui.present.format import day, hms

GAP = 3
Segs = Iterable[Seg]
Size = Literal["compact", "normal", "wide"]


def size_of(width: int, height: int) -> Size:
    """How much a page of `width` × `height` (without margins, header, headline, status and keys) can show."""
    if width < 98 or height < 25:
        return "compact"
    return "wide" if width >= 158 and height >= 34 else "normal"


def heading(width: int, kind: str, about: Segs = (), right: Segs = ()) -> Line:
    """`‹ KIND  about … right`: the first line of every page."""
    left = (Seg("‹ ", "accent", bold=True), Seg(kind, "strong", bold=True), Seg("  "), *about)
    return spread(width, left, right)


def headings(width: int, kind: str, about: Segs = (), right: Segs = ()) -> list[Line]:
    """A heading whose subject is never cut: what stands at its right goes under it where there is no room."""
    subject, tail = tuple(about), tuple(right)
    if cells(kind) + 4 + length(subject) + length(tail) + 2 <= width:
        return [heading(width, kind, subject, tail)]
    text = "".join(seg.text for seg in subject)
    head = (Seg("‹ ", "accent", bold=True), Seg(kind, "strong", bold=True), Seg("  "))
    return [*hanging(head, text, width), *([spread(width, (), tail)] if tail else [])]


def section(width: int, name: str, body: Iterable[Line], note: Segs = ()) -> list[Line]:
    """A title, its hairline, and what stands under it. Nothing at all when there is no body."""
    lines = list(body)
    return [rule(width, name, note), *lines] if lines else []


def rule(width: int, name: str, note: Segs = ()) -> Line:
    tail = fit(note, max(0, width - cells(name) - 4))
    room = width - cells(name) - 1 - (length(tail) + 1 if tail else 0)
    line = Seg(" " + "─" * max(0, room), "rule")
    return Line((Seg(name, "text", bold=True), line, *((Seg(" "), *tail) if tail else ())))


def stack(*blocks: Sequence[Line], space: bool = True) -> list[Line]:
    """The blocks under each other, a blank row between those that have rows."""
    out: list[Line] = []
    for block in blocks:
        if block and out and space:
            out.append(Line())
        out.extend(block)
    return out


def beside(*columns: tuple[int, Sequence[Line]], gap: int = GAP) -> list[Line]:
    """Columns of given widths side by side."""
    rows = max((len(lines) for _, lines in columns), default=0)
    return [_across([(width, _nth(lines, n)) for width, lines in columns], gap) for n in range(rows)]


def _nth(lines: Sequence[Line], n: int) -> Line:
    return lines[n] if n < len(lines) else Line()


def _across(parts: list[tuple[int, Line]], gap: int) -> Line:
    segs: list[Seg] = []
    for n, (width, line) in enumerate(parts):
        fitted = fit(line.segs, width)
        last = n == len(parts) - 1
        segs += fitted if last else (*fitted, Seg(" " * (width - length(fitted) + gap)))
    key = next((line.key for _, line in parts if line.key is not None), None)
    ground: Ground = next((line.ground for _, line in parts if line.ground != "bg"), "bg")
    return Line(tuple(segs), ground, key=key)


def split(width: int, share: float, gap: int = GAP) -> tuple[int, int]:
    """Two columns: the left one takes `share` of the width."""
    left = int((width - gap) * share)
    return left, width - gap - left


def cell(text: str, width: int, token: Token = "text", *, bold: bool = False, right: bool = False) -> Seg:
    """One column of a row, cut or filled, with a space to the next."""
    return Seg(pad(text, width, right) + " ", token, bold)


def wrap(text: str, width: int) -> list[str]:
    """Words in rows of at most `width` cells; a word that is longer is broken, never cut."""
    rows: list[str] = [""]
    for word in text.split():
        for n, piece in enumerate(pieces(word, max(1, width))):
            glue = " " if rows[-1] and not n else ""
            if cells(rows[-1]) + len(glue) + cells(piece) > width:
                rows.append(piece)
            else:
                rows[-1] += glue + piece
    return rows


def pieces(word: str, width: int) -> list[str]:
    """A word in pieces of at most `width` cells."""
    pieces = [""]
    for c in word:
        if cells(pieces[-1]) + cells(c) > width:
            pieces.append("")
        pieces[-1] += c
    return pieces


def hanging(lead: Segs, text: str, width: int, token: Token = "text", *, bold: bool = False) -> list[Line]:
    """`lead`, then the text wrapped beside it: how a row says something that must not be cut."""
    head = tuple(lead)
    indent = length(head)
    rows = wrap(text, max(8, width - indent))
    first = Line((*head, Seg(rows[0], token, bold)))
    return [first, *(Line((Seg(" " * indent), Seg(row, token, bold))) for row in rows[1:])]


def flow(groups: Iterable[Segs], width: int, lead: Segs = (), between: str = "  ") -> list[Line]:
    """Groups of segments that stay together, row after row, hanging under `lead`."""
    head = tuple(lead)
    indent = length(head)
    rows: list[list[Seg]] = [list(head)]
    for group in groups:
        segs = tuple(group)
        begun = length(rows[-1]) > indent
        if begun and length(rows[-1]) + len(between) + length(segs) > width:
            rows.append([Seg(" " * indent)])
            begun = False
        rows[-1] += (Seg(between), *segs) if begun else segs
    return [Line(tuple(row)) for row in rows]


def commands(argvs: Iterable[Sequence[str]], width: int) -> list[Line]:
    """Exact commands, muted, behind a bar; wrapped, because a command must be seen whole."""
    out: list[Line] = []
    for argv in argvs:
        out += [Line((Seg("│ ", "muted"), Seg(row, "muted"))) for row in _worded(argv, width - 2)]
    return out


def _worded(argv: Sequence[str], width: int) -> list[str]:
    """Broken between words, so that a hash stays whole; a word that is longer is broken itself."""
    rows = [""]
    for word in map(plainly, map(_word, argv)):
        if rows[-1] and cells(rows[-1]) + 1 + cells(word) <= width:
            rows[-1] += " " + word
            continue
        begun = "  " if len(rows) > 1 or rows[0] else ""
        pieces = broken(begun + word, width)
        rows = [*rows[: -1 if not rows[-1] else None], *pieces]
    return rows


def broken(text: str, width: int) -> list[str]:
    """Broken at the width, every character kept: spaces of a command mean something."""
    rows, row = [], ""
    for c in text:
        if cells(row) + cells(c) > max(1, width):
            rows.append(row)
            row = "  "
        row += c
    return [*rows, row]


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_^")


def quoted(argv: Sequence[str]) -> str:
    """As it would be typed in a shell."""
    return " ".join(_word(word) for word in argv)


def _word(word: str) -> str:
    if word and set(word) <= _PLAIN:
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def numbered(lines: Sequence[str], width: int, first: int = 1) -> list[Line]:
    """Text from outside with its line numbers, wrapped."""
    digits = len(str(first + max(0, len(lines) - 1)))
    out: list[Line] = []
    for n, text in enumerate(lines, first):
        rows = broken(text, width - digits - 1) if text else [""]
        out.append(Line((Seg(f"{n:>{digits}} ", "muted"), Seg(rows[0]))))
        out += [Line((Seg(" " * (digits + 1)), Seg(row))) for row in rows[1:]]
    return out


def railed(lines: Iterable[Line], token: Token = "fail") -> list[Line]:
    return [replace(line, rail=token) for line in lines]


ZONE: ContextVar[tzinfo | None] = ContextVar("zone", default=None)
"""Set by the host before it asks a page for its lines; None is this machine's zone."""


def wall(ms: Ms | None) -> str:
    """The time of day, in the responder's zone."""
    try:
        return " " * 8 if ms is None else hms(ms, ZONE.get())
    except (ValueError, OverflowError, OSError):  # a record from elsewhere can hold any number
        return "no time "


def day_and_time(ms: Ms) -> str:
    try:
        return f"{day(ms, ZONE.get()).isoformat()} {hms(ms, ZONE.get())}"
    except (ValueError, OverflowError, OSError):
        return f"no time: {ms}"


def thousands(n: int) -> str:
    return f"{n:,}".replace(",", " ")
