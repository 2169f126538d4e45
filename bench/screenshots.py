"""Pictures of the real screen, taken while the robot works through a drill: `make screenshots`.

The program runs in a pseudo-terminal; at chosen moments its window takes each size in turn, and what the emulated
screen shows is written as SVG. Nothing is drawn by hand, so a picture that is wrong is a screen that is wrong.
"""

import os
import re
import sys
import tempfile
import time
from itertools import groupby
from pathlib import Path

from pyte.screens import Char
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from incidentui.drills.robot import Step, play
from incidentui.drills.running import begin, held
from incidentui.drills.sandbox import wait_green
from incidentui.drills.scripts import DEAD_BACKEND
from incidentui.drills.terminal import Terminal, TerminalError

FOLDER = Path(__file__).resolve().parents[1] / "screenshots"
SIZES = ((80, 24), (120, 40), (200, 50))
WORKING = (120, 40)
RESPONDER = "lena"
THEME = TerminalTheme((13, 17, 23), (211, 218, 227), [(13, 17, 23)] * 8, [(211, 218, 227)] * 8)
SHOTS = {
    "all is good": "quiet",
    "it turns red": "first-red",
    "look at the runbooks": "incident",
    "plan the reset": "runbook",
    "run it": "plan",
    "it is complete": "verdict",
    "write the draft": "draft",
}
"""The step of the robot's script before whose keys a picture is taken, and its name."""
CALM = Step("all is good", r"Known-good ★", within_s=15)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    script = (DEAD_BACKEND[0], CALM, *DEAD_BACKEND[1:])
    with tempfile.TemporaryDirectory() as state:
        record = begin(Path(state), "dead-backend", 1, int(time.time()))
        environment = {**os.environ, "INCIDENTUI_HOME": str(record.home), "INCIDENTUI_USER": RESPONDER}
        environment.pop("NO_COLOR", None)
        argv = [sys.executable, "-m", "incidentui", str(record.sandbox.work)]
        with held(record, keep=False):
            wait_green(record.sandbox)
            with Terminal(argv, record.place, environment, *WORKING) as terminal:
                try:
                    play(terminal, script, lambda step: shoot(terminal, step))
                    terminal.wait_end(10)
                except TerminalError as error:
                    sys.exit(f"{error.screen}\n{error}")


def shoot(terminal: Terminal, step: Step) -> None:
    """The same moment at every size, then back to the size that the robot works in."""
    name = SHOTS.get(step.name)
    if name is None:
        return
    for columns, rows in SIZES:
        _size(terminal, columns, rows)
        file = FOLDER / f"{name}-{columns}x{rows}.svg"
        file.write_text(svg(terminal), encoding="utf-8")
        print(file.relative_to(FOLDER.parent))
    _size(terminal, *WORKING)


def _size(terminal: Terminal, columns: int, rows: int) -> None:
    """Resize, and wait for the whole new picture: what was on its way for the old size is read first, and wiped."""
    for height in (rows + 1, rows, rows + 1, rows):
        terminal.screen.erase_in_display(2)
        terminal.resize(columns, height)
        _quiet(terminal)


def _quiet(terminal: Terminal, gap_s: float = 0.4) -> None:
    """The program has said all it had to say; its clock ticks once a second."""
    last, until = time.monotonic(), time.monotonic() + 10
    seen = terminal.text
    while time.monotonic() - last < gap_s and time.monotonic() < until:
        terminal.read(0.05)
        if terminal.text != seen:
            last, seen = time.monotonic(), terminal.text


def svg(terminal: Terminal) -> str:
    console = Console(record=True, width=terminal.screen.columns, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
    with console.file:
        for y in range(terminal.screen.lines):
            console.print(_row(terminal, y), no_wrap=True, crop=False, overflow="ignore")
        return console.export_svg(title="incidentui", theme=THEME)


def _row(terminal: Terminal, y: int) -> Text:
    """Cells of one style in one piece: a picture of single letters would be ten times as big."""
    row = Text(end="")
    cells = (terminal.screen.buffer[y][x] for x in range(terminal.screen.columns))
    for style, run in groupby(cells, key=_style):
        row.append("".join(cell.data for cell in run), style)
    return row


def _style(cell: Char) -> Style:
    foreground, background = _color(cell.fg), _color(cell.bg)
    return Style(color=foreground, bgcolor=background, bold=cell.bold, underline=cell.underscore, reverse=cell.reverse)


def _color(name: str) -> Color | None:
    return Color.parse(f"#{name}") if re.fullmatch(r"[0-9a-f]{6}", name) else None


if __name__ == "__main__":
    main()
