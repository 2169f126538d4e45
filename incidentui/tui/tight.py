"""A compositor whose partial updates send only the columns that changed.

Textual 8.2 crops an update on its right only: a clock at the end of a row would send the whole row each second.
"""

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor
from typing_extensions import override


class TightUpdate(ChopsUpdate):
    @override
    def render_segments(self, console: Console) -> str:
        out: list[str] = []
        for y, x1, x2 in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= x2 or end <= x1:
                    continue
                start, stop = max(x, x1), min(end, x2)
                piece = strip if (start, stop) == (x, end) else strip.crop(start - x, stop - x)
                out += (Control.move_to(start, y).segment.text, piece.render(console))
        return "".join(out)


class TightCompositor(Compositor):
    @override
    def render_partial_update(self) -> ChopsUpdate | None:
        update = super().render_partial_update()
        return TightUpdate(update.chops, update.spans, update.chop_ends) if update is not None else None
