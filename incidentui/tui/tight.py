"""A compositor whose partial updates ask for, and send, only what changed.

Textual 8.2 draws every widget that a changed span lies in from its first row to its last, and crops an update on its
right only: a clock at the end of a row would send the whole row each second.
"""

from collections.abc import Iterable
from functools import cache

from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

Piece = tuple[int, int, Strip]


class TightUpdate(CompositorUpdate):
    """Pieces of rows, each with where it begins."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces

    @override
    def render_segments(self, console: Console) -> str:
        """A style is sent once for all pieces that follow each other in it: most changes are one cell."""
        sent: list[str] = []
        style = ""
        colors = console._color_system or ColorSystem.TRUECOLOR
        for x, y, strip in self.pieces:
            sent.append(Control.move_to(x, y).segment.text)
            for text, wanted, _ in strip:
                codes = _codes(wanted, colors) if wanted is not None else ""
                if codes != style:
                    sent.append(f"\x1b[0;{codes}m" if codes else "\x1b[0m")
                    style = codes
                sent.append(text)
        return "".join(sent) + ("\x1b[0m" if style else "")


@cache
def _codes(style: Style, colors: ColorSystem) -> str:
    return Strip.render_ansi(style, colors)


class TightCompositor(Compositor):
    @override
    def render_partial_update(self) -> ChopsUpdate | None:
        dirty = self._dirty_regions.copy()
        self._dirty_regions.clear()
        if not dirty:
            return None
        shown = [(widget, region.intersection(clip), region) for widget, (region, clip) in self.visible_widgets.items()]
        pieces = [piece for span in self._regions_to_spans(dirty) for piece in _pieces(span, shown)]
        return TightUpdate(pieces)  # type: ignore[return-value]


def _pieces(span: tuple[int, int, int], shown: list[tuple[Widget, Region, Region]]) -> Iterable[Piece]:
    """One changed span of a row, from the widgets that stand there, the frontmost first."""
    y, x1, x2 = span
    open_spans = [(x1, x2)]
    for widget, seen, region in shown:
        if not open_spans:
            return
        if not seen.y <= y < seen.bottom or seen.right <= x1 or seen.x >= x2:
            continue
        left: list[tuple[int, int]] = []
        for start, stop in open_spans:
            a, b = max(start, seen.x), min(stop, seen.right)
            if a >= b:
                left.append((start, stop))
                continue
            strip = widget.render_lines(Region(0, y - region.y, region.width, 1))[0]
            yield a, y, strip.crop(a - region.x, b - region.x)
            left += [part for part in ((start, a), (b, stop)) if part[0] < part[1]]
        open_spans = left
