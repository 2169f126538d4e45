"""Mouse clicks on every cell of every page, and on what is gone before the button is let go: no crash, no action."""

import random
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.e2e.world import COMMAND, Place
from tests.faults import slow_push
from tests.faults.pty import Pty, leaks
from tests.faults.table import record
from tests.faults.test_input import SCREENS, nothing_done, stands

COLUMNS, ROWS = 80, 24
A_SECOND = 80
"""More of what a terminal sends than 2,000 characters a second is dropped, and a click is some twenty."""
VANISHING = {"palette": ":", "prompt": "n", "filter": "/", "help": "?", "act": "3ga", "details": ".", "zoom": "3z"}
Cell = tuple[int, int]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return slow_push.build(tmp_path, 0)


def opened(place: Place) -> Pty:
    return Pty([COMMAND, str(place.root)], place.root, place.env(), COLUMNS, ROWS)


def down(cell: Cell) -> bytes:
    return b"\x1b[<0;%d;%dM" % cell


def up(cell: Cell) -> bytes:
    return b"\x1b[<0;%d;%dm" % cell


def clicked(screen: Pty, cells: Iterable[Cell]) -> int:
    """Presses and lets go on each; how many."""
    begin, n = time.monotonic(), 0
    for n, cell in enumerate(cells, 1):
        screen.write(down(cell) + up(cell))
        screen.read(0)
        while n > (time.monotonic() - begin) * A_SECOND:
            screen.read(0.01)
        assert screen.process.poll() is None, (cell, screen.text)
    return n


def answers(screen: Pty) -> None:
    screen.rest(0.3, 10)
    for _ in range(5):
        screen.press("\x1b", gap_s=0.12)
    start = len(screen.raw)
    screen.write(down((3, ROWS - 6)) + up((3, ROWS - 6)))  # a click is still taken, and so is a key
    screen.rest(0.3, 2)
    screen.press("?", gap_s=0.3)
    screen.see("HELP", 10)
    assert len(screen.raw) > start
    screen.press("\x1b", "\x1b", gap_s=0.12)


def left(screen: Pty) -> None:
    assert leaks(bytes(screen.raw)) == []
    screen.press("\x1b", "q", "q", gap_s=0.25)
    assert screen.end() == 0
    assert screen.unrestored() == []


def on_cells(place: Place, opening: str, cells: Iterable[Cell]) -> int:
    before = stands(place)
    with opened(place) as screen:
        screen.see(r"\? help")
        screen.press(*opening, gap_s=0.3)
        count = clicked(screen, cells)
        answers(screen)
        left(screen)
    nothing_done(place, before)
    return count


def on_what_vanishes(place: Place, rounds: int, seed: int) -> int:
    """The button goes down on it; a key, a new size or the next page takes it away; then the button goes up."""
    chance, before, count = random.Random(seed), stands(place), 0
    with opened(place) as screen:
        screen.see(r"\? help")
        for name, keys in list(VANISHING.items()) * rounds:
            cell = (chance.randint(1, COLUMNS), chance.randint(1, ROWS))
            screen.press(*keys, gap_s=0.05)
            screen.write(down(cell))
            if chance.random() < 0.3:
                screen.size(*chance.choice(((19, 5), (200, 50), (1, 1))))
            screen.write(b"\x1b")
            screen.read(0.08)
            screen.write(up(cell) + down(cell) + up(cell))
            screen.size(COLUMNS, ROWS)
            screen.press("\x1b", "\x1b", gap_s=0.08)
            count += 2
            assert screen.process.poll() is None, (seed, name, cell)
        answers(screen)
        left(screen)
    nothing_done(place, before)
    return count


@pytest.mark.slow
def test_some_clicks_on_the_plan_and_on_what_vanishes(place: Place) -> None:
    chance = random.Random(24)
    everywhere = [(x, y) for y in range(1, ROWS + 1) for x in range(1, COLUMNS + 1)]
    on_cells(place, SCREENS["plan"], chance.sample(everywhere, 300))
    on_what_vanishes(place, 1, 3)


@pytest.mark.soak
@pytest.mark.parametrize("name", [*SCREENS, "vanishing"])
def test_ten_thousand_clicks(place: Place, name: str) -> None:
    if name == "vanishing":
        count = on_what_vanishes(place, 12, 5)
    else:
        count = on_cells(place, SCREENS[name], ((x, y) for y in range(1, ROWS + 1) for x in range(1, COLUMNS + 1)))
    record("24 clicks on every cell, and on what vanishes", cases=count, crashes=0, actions=0)
