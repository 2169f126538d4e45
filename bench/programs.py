"""Small programs that `frames` runs in a terminal: ours, and the plain Textual ones it is compared with.

python -m bench.programs NAME
"""

import gc
import sys
from collections.abc import Callable

from typing_extensions import override

ROWS = 1_000_000


def minimal() -> None:
    """One Static."""
    from textual.app import App, ComposeResult
    from textual.widgets import Static

    class Minimal(App[None]):
        @override
        def compose(self) -> ComposeResult:
            yield Static("READY", markup=False)

    Minimal().run()


def bare_list() -> None:
    """A bare Line API list of a million rows."""
    from rich.segment import Segment
    from rich.style import Style
    from textual import events
    from textual.app import App, ComposeResult
    from textual.geometry import Region, Size
    from textual.scroll_view import ScrollView
    from textual.strip import Strip

    plain, chosen = Style.parse("#d3dae3 on #0d1117"), Style.parse("#d3dae3 on #1b3049")

    class Rows(ScrollView, can_focus=True):
        at = 0

        @override
        def on_mount(self) -> None:
            self.virtual_size = Size(self.size.width, ROWS)
            self.focus()

        @override
        def render_line(self, y: int) -> Strip:
            n = y + int(self.scroll_offset.y)
            text = f"{n:>8} 09:04:58 api 200 -> 503, 3 of 3 looks"
            return Strip([Segment(text, chosen if n == self.at else plain)]).adjust_cell_length(self.size.width, plain)

        def on_key(self, event: events.Key) -> None:
            before, top = self.at, int(self.scroll_offset.y)
            page = self.size.height
            steps = {"down": 1, "up": -1, "pagedown": page, "pageup": -page, "home": -ROWS, "end": ROWS}
            step = steps.get(event.key, 0)
            self.at = max(0, min(ROWS - 1, before + step))
            want = max(min(top, self.at), self.at - self.size.height + 1)
            if want != top:
                self.scroll_to(y=want, animate=False)
            else:
                width = self.size.width
                self.refresh(Region(0, before - top, width, 1), Region(0, self.at - top, width, 1))
            event.stop()
            event.prevent_default()

    class Bare(App[None]):
        @override
        def compose(self) -> ComposeResult:
            yield Rows()

        def on_ready(self) -> None:
            gc.freeze()
            gc.enable()

    gc.disable()
    Bare().run()


def ours() -> None:
    """The incident screen with an open incident."""
    from bench import worlds
    from incidentui.tui.app import IncidentApp, run

    raise SystemExit(run(IncidentApp(worlds.incident())))


def ours_million() -> None:
    from bench import worlds
    from incidentui.tui.app import IncidentApp, run

    raise SystemExit(run(IncidentApp(worlds.million(ROWS))))


def ours_quiet() -> None:
    """Idle: nothing happens but the clock."""
    from bench import worlds
    from incidentui.tui.app import IncidentApp, run

    raise SystemExit(run(IncidentApp(worlds.quiet())))


def ours_busy() -> None:
    """Four panes change ten times a second."""
    from bench import worlds
    from incidentui.tui.app import IncidentApp, run

    session = worlds.incident()
    worlds.stir(session, 0.1)
    raise SystemExit(run(IncidentApp(session)))


def stock_busy() -> None:
    """Four stock widgets that change ten times a second."""
    from textual.app import App, ComposeResult
    from textual.containers import Grid
    from textual.widgets import DataTable, OptionList, RichLog, Static

    class Stock(App[None]):
        CSS = "Grid { grid-size: 2; }"
        n = 0

        @override
        def compose(self) -> ComposeResult:
            with Grid():
                yield DataTable()
                yield RichLog()
                yield OptionList(*[f"option {i}" for i in range(30)])
                yield Static("READY", markup=False)

        def on_mount(self) -> None:
            table = self.query_one(DataTable)
            table.add_columns("a", "b", "c")
            for i in range(40):
                table.add_row(f"row {i}", "x", "0")
            self.set_interval(0.1, self.tick)

        def tick(self) -> None:
            self.n += 1
            table = self.query_one(DataTable)
            key = list(table.rows)[self.n % 20]
            table.update_cell(key, list(table.columns)[2], str(self.n))
            self.query_one(RichLog).write(f"line {self.n} of the log of something that happens")
            self.query_one(OptionList).replace_option_prompt_at_index(self.n % 20, f"changed {self.n}")
            self.query_one(Static).update(f"READY\nclock {self.n}")

    Stock().run()


PROGRAMS: dict[str, Callable[[], None]] = {
    f.__name__: f for f in (minimal, bare_list, ours, ours_million, ours_quiet, ours_busy, stock_busy)
}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]]()
