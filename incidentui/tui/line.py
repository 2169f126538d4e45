"""Lines of styled segments, as values: what `present` makes and panes draw. Standard library only.

A segment names a colour token of the theme, never a colour; glyphs are the Unicode ones, and the pane
that draws a line swaps in their ASCII twins where the terminal needs them (tui/glyphs.py).
"""

from collections.abc import Hashable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Literal
from unicodedata import category, east_asian_width

from incidentui.core.value import dataclass

Token = Literal[
    "text", "strong", "muted", "accent", "ok", "slow", "fail", "unknown",
    "okfill", "slowfill", "failfill", "unkfill", "faint", "rule",
    "badge", "mode", "readonly",
]  # fmt: skip
Ground = Literal["bg", "surface", "raised", "select", "failbg", "slowbg", "okbg", "unkbg", "addbg", "delbg"]


@dataclass(frozen=True, slots=True)
class Seg:
    text: str
    token: Token = "text"
    bold: bool = False
    under: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    segs: tuple[Seg, ...] = ()
    ground: Ground = "bg"
    rail: Token | None = None
    """A rail in column 0, drawn by the pane whose left edge is the screen's."""
    key: Hashable = None
    """Identity of the row, for the cursor; None for a row the cursor skips."""

    @property
    def text(self) -> str:
        return "".join(seg.text for seg in self.segs)


def cells(text: str) -> int:
    """How many terminal cells a cleaned text takes."""
    return len(text) if text.isascii() else _cells(text)


@lru_cache(maxsize=8192)
def _cells(text: str) -> int:
    # Not `combining()`: marks of Thai or Devanagari have class 0 and take no cell all the same.
    return sum(0 if category(c) in ("Mn", "Me") else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def cut(text: str, width: int) -> str:
    """At most `width` cells, with … at the end when something is missing."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    out, used = [], 0
    for c in text:
        w = cells(c)
        if used + w > width - 1:
            break
        out.append(c)
        used += w
    return "".join(out) + "…"


def cut_words(text: str, width: int) -> str:
    """A sentence cut between two words: half a word may read as another one."""
    kept = cut(text, width)
    whole, space, half = kept.rpartition(" ")
    return kept if kept == text or not space or half == "…" else f"{whole} …"


def cut_middle(path: str, width: int) -> str:
    """A path shortened in the middle."""
    if cells(path) <= width or width < 3 or not path.isascii():
        return cut(path, width)
    keep = width - 1
    head = keep // 2
    return path[:head] + "…" + path[len(path) - (keep - head) :]


def cut_sentence(text: str, width: int) -> str:
    """A sentence shortened: a path in it gives way first, in its middle, so that the end says what is the matter."""
    over = cells(text) - width
    path = max((word for word in text.split(" ") if "/" in word), key=cells, default="")
    if over <= 0 or cells(path) - over < _PATH:
        return cut(text, width)
    return cut(text.replace(path, cut_middle(path, cells(path) - over), 1), width)


_PATH = 9
"""Cells of a path below which it says nothing."""


def pad(text: str, width: int, right: bool = False) -> str:
    """Exactly `width` cells, cut or filled."""
    text = cut(text, width)
    gap = " " * (width - cells(text))
    return gap + text if right else text + gap


def length(segs: Iterable[Seg]) -> int:
    return sum(cells(seg.text) for seg in segs)


def fit(segs: Iterable[Seg], width: int) -> tuple[Seg, ...]:
    """The segments cut to `width` cells."""
    out: list[Seg] = []
    left = width
    for seg in segs:
        n = cells(seg.text)
        if n > left:
            if left > 0:
                out.append(replace(seg, text=cut(seg.text, left)))
            break
        out.append(seg)
        left -= n
    return tuple(out)


def spread(
    width: int,
    left: Iterable[Seg],
    right: Iterable[Seg] = (),
    *,
    ground: Ground = "bg",
    rail: Token | None = None,
    key: Hashable = None,
) -> Line:
    """`left` at the left edge, `right` at the right one; the left is cut first."""
    tail = fit(right, width)
    room = width - length(tail) - (1 if tail else 0)
    head = fit(left, room)
    gap = Seg(" " * (width - length(head) - length(tail)))
    return Line((*head, gap, *tail), ground, rail, key)
