"""From line values to what the compositor takes, and which columns changed. Every text of the screen passes
through `draw`, so this is where the net against control characters and the ASCII twins are."""

from dataclasses import replace

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from incidentui.core.value import dataclass
from incidentui.tui.glyphs import ascii_twin, net
from incidentui.tui.line import Ground, Line
from incidentui.tui.theme import DARK, Theme


@dataclass(frozen=True, slots=True)
class Paint:
    """How lines become cells on this terminal."""

    theme: Theme = DARK
    ascii: bool = False

    def text(self, text: str) -> str:
        text = net(text)
        return ascii_twin(text) if self.ascii else text


def draw(line: Line, width: int, paint: Paint, *, margin: bool = False, ground: Ground | None = None) -> Strip:
    """One row, exactly `width` cells. With `margin` column 0 holds the rail and the last stays empty."""
    back = ground or line.ground
    style = paint.theme.style
    segments: list[Segment] = []
    if margin:
        rail = paint.text("▎") if line.rail else " "
        segments.append(Segment(rail, style(line.rail or "text", back)))
    for seg in line.segs:
        if seg.text:
            segments.append(Segment(paint.text(seg.text), style(seg.token, back, seg.bold, seg.under)))
    blank = style("text", back)
    inner = max(0, width - 1 if margin else width)
    strip = Strip(segments).adjust_cell_length(inner, blank)
    return strip.adjust_cell_length(width, blank) if margin else strip


def selected(line: Line) -> Line:
    """The line as the cursor's row: the sign of evidence turns into a call."""
    segs = tuple(replace(seg, token="accent", bold=True) if seg.text.strip() == "↵" else seg for seg in line.segs)
    return replace(line, segs=segs)


def changed(old: Strip, new: Strip) -> tuple[int, int] | None:
    """The columns [from, to) in which two rows of the same width differ."""
    a, b = list(old), list(new)
    start = _common(a, b, reverse=False)
    width = new.cell_length
    if start >= width:
        return None
    return start, max(start + 1, width - _common(a, b, reverse=True))


def _common(a: list[Segment], b: list[Segment], *, reverse: bool) -> int:
    """Cells that are equal at the beginning (or the end)."""
    cells = 0
    left, right = (reversed(a), reversed(b)) if reverse else (iter(a), iter(b))
    x, y = next(left, None), next(right, None)
    while x is not None and y is not None and x.style == y.style:
        s, t = (x.text[::-1], y.text[::-1]) if reverse else (x.text, y.text)
        n = 0
        for c, d in zip(s, t, strict=False):
            if c != d:
                return cells + cell_len(s[:n])
            n += 1
        cells += cell_len(s[:n])
        # One text may go on where the other ends: they are cut differently but can still be equal.
        x = _rest(x, n, reverse) or next(left, None)
        y = _rest(y, n, reverse) or next(right, None)
    return cells


def _rest(segment: Segment, n: int, reverse: bool) -> Segment | None:
    left = len(segment.text) - n
    if not left:
        return None
    return Segment(segment.text[:left] if reverse else segment.text[n:], segment.style)
