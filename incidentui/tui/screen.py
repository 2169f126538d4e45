"""The one screen: places the panes, draws them from the newest view, and hands keys to the desk."""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import Layout, WidgetPlacement
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from incidentui.tui import fill, input
from incidentui.tui.desk import Desk
from incidentui.tui.keys import Burst, name
from incidentui.tui.pane import LinePane, LineView, PaneClicked, RowMoved, RowOpened
from incidentui.tui.regions import NONE, PANES, Class, PaneName, Rect, Regions, class_of
from incidentui.tui.strips import Paint
from incidentui.tui.tight import TightCompositor

if TYPE_CHECKING:
    from textual.layout import ArrangeResult

FRAME_S = 0.05
"""At most twenty repaints a second, whatever happens."""
DEAF_S = 0.3
"""Keys of the first moments were meant for the shell."""


class Places(Layout):
    """Puts every view where the regions say."""

    name = "places"

    def __init__(self, where: Callable[[str], Rect], prepare: Callable[[Size], None]) -> None:
        self._where = where
        self._prepare = prepare

    @override
    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> "ArrangeResult":
        self._prepare(size)
        placed = ((child, self._where(child.id or "")) for child in children)
        return [
            WidgetPlacement(Region(*rect), Offset(0, 0), Spacing(), child, n)
            for n, (child, rect) in enumerate(placed)
            if rect
        ]


class IncidentScreen(Screen[None], inherit_bindings=False):
    """Header to key bar. `desk` holds its state; `fill` makes its lines."""

    AUTO_FOCUS = ""
    ALLOW_SELECT = False
    DEFAULT_CSS = "IncidentScreen { layers: base above; overflow: hidden; } IncidentScreen > #palette { layer: above; }"

    def __init__(self, desk: Callable[["IncidentScreen"], Desk], paint: Paint) -> None:
        super().__init__()
        self._compositor = TightCompositor()
        self.paint = paint
        self.regions = Regions("compact", NONE, NONE, NONE, NONE, NONE, NONE)
        self.top_view = LineView(id="top", margin=True, paint=paint)
        self.panes: dict[PaneName, LinePane] = {n: LinePane(id=n, paint=paint) for n in PANES}
        self.panes["workloads"].worst_first = True
        self.selected = LineView(id="selected", paint=paint)
        self.page_host = LinePane(id="host", margin=True, paint=paint)
        self.page_host.tells = True
        self.foot = LineView(id="foot", margin=True, paint=paint)
        self.floating = LineView(id="palette", paint=paint)
        self._places = Places(self._rect, self._prepare)
        self._drawn_at = 0.0
        self._waiting = False
        self._born = monotonic()
        self._painting = False
        for view in self._views():
            view.painter = self._touched
        self.desk = desk(self)

    @override
    def compose(self) -> ComposeResult:
        yield from self._views()

    def _views(self) -> Iterable[LineView]:
        yield from (self.top_view, *self.panes.values(), self.selected, self.page_host, self.foot, self.floating)

    # -- placing

    @property
    @override
    def layout(self) -> Layout:
        # `styles.layout = instance` would keep only the name of the layout.
        return self._places

    def _rect(self, ident: str) -> Rect:
        r = self.regions
        match ident:
            case "top":
                return fill.top_rect(r)
            case "host":
                return r.body if self.desk.pages and r.kind != "tiny" else NONE
            case "selected":
                return r.selected
            case "foot":
                return Rect(0, r.status.y, r.status.width, 2) if r.status else NONE
            case "palette":
                return self._palette_rect()
            case _:
                return next((rect for n, rect in r.panes.items() if n == ident), NONE)

    def _palette_rect(self) -> Rect:
        if self.desk.palette is None or self.regions.kind == "tiny":
            return NONE
        width = min(85, self.size.width - 4)
        return Rect((self.size.width - width) // 2, min(5, self.size.height // 6), width, min(14, self.size.height - 3))

    def _prepare(self, size: Size) -> None:
        """Called for each layout: lines are ready before the first cell is drawn."""
        if (size.width, size.height) != self._sized():
            fill.draw(self, size.width, size.height)

    def _sized(self) -> tuple[int, int]:
        body = self.regions.body if self.regions.kind == "tiny" else self.regions.header
        high = self.regions.body.height if self.regions.kind == "tiny" else self.regions.keys.bottom
        return body.width, high

    # -- drawing

    @property
    def kind(self) -> Class:
        return class_of(self.size.width, self.size.height)

    @property
    def host(self) -> LinePane:
        return self.page_host

    def pane(self, name: PaneName) -> LinePane:
        return self.panes[name]

    def draw_now(self) -> None:
        """Makes all lines from the newest view; panes refresh what changed."""
        self._waiting = False
        self._drawn_at = monotonic()
        if not self.is_mounted or not self.size:
            return
        before = (self.regions, self._floating)
        fill.draw(self, self.size.width, self.size.height)
        if before != (self.regions, self._floating):
            self._clear_arrangement_cache()
            self.refresh(layout=True)
        else:
            self.paint_now()

    def _touched(self) -> None:
        """A view has changed columns: they are sent together, once what changes them is over."""
        if not self._painting:
            self._painting = True
            self.call_next(self.paint_now)

    def paint_now(self) -> None:
        """Sends what changed without waiting for the next of Textual's frames: a key is answered at once."""
        self._painting = False
        if self.is_mounted and self.is_current and not self._layout_required:
            self._compositor.update_widgets(set(self._views()))
            self._compositor_refresh()

    _floating = NONE

    def redraw(self) -> None:
        """`draw_now`, but not more often than twenty times a second."""
        if self._waiting:
            return
        self._waiting = True
        wait = FRAME_S - (monotonic() - self._drawn_at)
        if wait > 0:
            self.set_timer(wait, self.draw_now)
        else:
            self.call_next(self.draw_now)

    def repaint(self, paint: Paint) -> None:
        self.paint = paint
        for view in self._views():
            view.repaint(paint)
        self.refresh()

    @override
    def render_lines(self, crop: Region) -> list[Strip]:
        blank = Segment(" " * crop.width, self.paint.theme.style("text", "bg"))
        return [Strip([blank], crop.width)] * crop.height

    # -- what comes in

    def on_mount(self) -> None:
        self._born = monotonic()
        self.set_timer(DEAF_S + 0.01, self.draw_now)
        self.set_interval(1.0, self.draw_now)

    @property
    def live(self) -> bool:
        """Keys are taken; the key bar appears with it."""
        return self.app.is_headless or monotonic() - self._born > DEAF_S

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        if self.live:
            input.key(self.desk, name(event))
            self.paint_now()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        if self.live:
            input.paste(self.desk, event.text)

    def on_burst(self, event: Burst) -> None:
        event.stop()
        if self.live:
            input.burst(self.desk, event.text)

    def on_row_moved(self, message: RowMoved) -> None:
        message.stop()
        input.moved(self.desk, message.pane)

    def on_row_opened(self, message: RowOpened) -> None:
        message.stop()
        input.key(self.desk, "enter")

    def on_pane_clicked(self, message: PaneClicked) -> None:
        message.stop()
        input.clicked(self.desk, message.pane.id or "")

    # -- for the desk

    def on_screen_thread(self, call: Callable[[], None]) -> None:
        self.app.from_any_thread(call)  # type: ignore[attr-defined]

    def mono(self) -> float:
        return monotonic()

    def clipboard(self, text: str) -> None:
        self.app.copy_to_clipboard(text)

    def leave(self) -> None:
        self.app.exit()

    def suspend(self) -> bool:
        if self.app.is_headless or sys.platform == "win32":
            return False
        from incidentui.tui.driver import has_job_control

        if not has_job_control():
            return False
        os.kill(os.getpid(), signal.SIGTSTP)
        return True
