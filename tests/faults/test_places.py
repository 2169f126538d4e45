"""Sizes, locales, terminals and none at all: readable, or one line that says why not."""

import contextlib
import os
import pty
import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.world import COMMAND, Place
from tests.faults import slow_push
from tests.faults.pty import Pty, cells, leaks

SIZES = (
    (1, 1), (1, 50), (2, 2), (5, 1), (10, 3), (19, 5), (20, 6), (30, 10), (39, 12), (40, 12), (59, 15), (60, 16),
    (79, 23), (80, 24), (81, 25), (99, 30), (100, 30), (119, 39), (120, 40), (132, 43), (160, 50), (200, 60),
    (240, 24), (60, 200), (300, 80), (500, 200), (500, 2), (3, 200), (0, 0), (65, 0),
)  # fmt: skip
PAGES = {
    "main": "", "commit": "3\r", "event": "1G\r", "act": "3ga", "runbooks": "r", "runbook": "r\r", "draft": "p",
    "help": "?", "palette": ":", "prompt": "n", "filter": "/", "zoom": "3z", "workloads": "4\r",
}  # fmt: skip
UTF8 = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
PLAIN = {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
TERMINALS: dict[str, tuple[dict[str, str], bool]] = {
    # what is set, and whether it must be ASCII then
    "UTF-8": ({**UTF8}, False),
    "C": ({"LC_ALL": "C", "LANG": "C"}, False),
    "POSIX": ({"LC_ALL": "POSIX"}, False),
    "C without coercion": ({"LC_ALL": "C", **PLAIN}, True),
    "POSIX without coercion": ({"LC_ALL": "POSIX", **PLAIN}, True),
    "latin-1": ({**UTF8, "PYTHONIOENCODING": "latin-1"}, True),
    "ascii": ({**UTF8, "PYTHONIOENCODING": "ascii"}, True),
    "dumb": ({**UTF8, "TERM": "dumb"}, False),
    "linux": ({**UTF8, "TERM": "linux"}, True),
    "vt100": ({**UTF8, "TERM": "vt100"}, False),
    "unset": ({**UTF8, "TERM": ""}, False),
    "unknown": ({**UTF8, "TERM": "no-such-terminal"}, False),
    "xterm-mono": ({**UTF8, "TERM": "xterm-mono"}, False),
    "NO_COLOR": ({**UTF8, "NO_COLOR": "1"}, False),
    "16 colours": ({**UTF8, "TERM": "xterm", "COLORTERM": ""}, False),
    "COLUMNS of another window": ({**UTF8, "COLUMNS": "500", "LINES": "2"}, False),
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return slow_push.build(tmp_path, 0)


def opened(place: Place, columns: int = 120, rows: int = 40, **more: str) -> Pty:
    return Pty([COMMAND, str(place.root)], place.root, {**place.env(), **UTF8, **more}, columns, rows)


def through(place: Place, pages: list[str], sizes: tuple[tuple[int, int], ...]) -> None:
    with opened(place) as screen:
        slow_push.live(screen)
        for page in pages:
            screen.press(*PAGES[page], gap_s=0.2)
            for columns, rows in sizes:
                screen.size(columns, rows)
                screen.rest(0.1, 2)
                assert screen.process.poll() is None, (page, columns, rows)
            screen.size(120, 40)
            for _ in range(4):
                screen.press("\x1b", gap_s=0.12)
        screen.press("3")
        screen.see("change 3")
        assert leaks(bytes(screen.raw)) == []
        screen.press("q", "q", gap_s=0.2)
        assert screen.end() == 0
        assert screen.unrestored() == []


@pytest.mark.slow
def test_some_sizes_on_some_pages(place: Place) -> None:
    chance = random.Random(11)
    through(place, ["main", *chance.sample(list(PAGES), 3)], ((0, 0), (1, 1), *chance.sample(SIZES, 5), (500, 200)))


@pytest.mark.soak
def test_every_size_on_every_page(place: Place) -> None:
    through(place, list(PAGES), SIZES)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1, 1), (0, 0), (500, 200), (19, 5)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_a_size_from_the_start(place: Place, size: tuple[int, int]) -> None:
    with opened(place, *size) as screen:
        screen.rest(1.0, 8)
        assert screen.process.poll() is None
        screen.size(120, 40)
        screen.see("change 3")
        screen.process.terminate()
        assert screen.end() == 143
        assert screen.unrestored() == []


@pytest.mark.slow
def test_a_storm_of_sizes(place: Place) -> None:
    chance = random.Random(5)
    with opened(place) as screen:
        slow_push.live(screen)
        for _ in range(300):
            screen.size(*chance.choice(SIZES))
            screen.read(0.01)
        screen.size(120, 40)
        screen.rest(0.5, 20)
        screen.press("3", "z", "z")
        screen.see("change 3")
        assert leaks(bytes(screen.raw)) == []
        screen.press("q", "q", gap_s=0.2)
        assert screen.end() == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", TERMINALS)
def test_locales_and_terminals(place: Place, name: str) -> None:
    more, ascii_only = TERMINALS[name]
    env = {k: v for k, v in {**place.env(), **UTF8, "TERM": "xterm-256color", **more}.items() if v != ""}
    if "LC_ALL" in more and "LANG" not in more:
        env.pop("LANG")
    argv = ["env", "-u", "TERM", COMMAND, str(place.root)] if name == "unset" else [COMMAND, str(place.root)]
    with Pty(argv, place.root, env) as screen:
        slow_push.live(screen)
        screen.press("?", gap_s=0.3)
        screen.rest(0.3, 2)
        text = screen.text
        assert "\\u" not in text
        assert all(cells(line) <= 120 for line in text.splitlines())
        if ascii_only:
            assert screen.said().isascii(), [c for c in screen.said() if not c.isascii()][:9]
        else:
            assert "\u2500" in screen.said()
        if name == "NO_COLOR":
            assert b"8;2;" not in screen.raw
            assert b"8;5;" not in screen.raw
        screen.press("\x1b", "q", "q", gap_s=0.25)
        assert screen.end() == 0
        assert screen.unrestored() == []
    for argv in (["status"], ["doctor"], ["events"]):
        done = subprocess.run([COMMAND, *argv], cwd=place.root, env=env, capture_output=True, stdin=subprocess.DEVNULL)
        assert b"fault of the program" not in done.stderr, done.stderr
        assert done.returncode in (0, 1, 4)


@pytest.mark.parametrize("missing", [(0,), (1,), (2,), (0, 1), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("command", [(), ("demo",)], ids=["screen", "demo"])
def test_without_a_terminal_it_says_so_in_one_line(
    place: Place, missing: tuple[int, ...], command: tuple[str, ...]
) -> None:
    master, slave = pty.openpty()
    read, write = os.pipe()
    null = os.open(os.devnull, os.O_RDONLY)
    handles = [(null if n == 0 else write) if n in missing else slave for n in range(3)]
    done = subprocess.run(
        [COMMAND, *command], cwd=place.root, env=place.env(), stdin=handles[0], stdout=handles[1], stderr=handles[2],
        timeout=20, check=False,
    )  # fmt: skip
    time.sleep(0.05)
    os.close(write)
    os.close(slave)
    seen = b""
    for handle in (read, master):
        with contextlib.suppress(OSError):  # nothing was written to the terminal
            seen += os.read(handle, 65_536)
        os.close(handle)
    os.close(null)
    assert done.returncode == 2, seen
    assert b"\x1b" not in seen
    assert len(seen.strip().splitlines()) == 1, seen
    assert b"terminal" in seen


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors_are_no_crash(place: Place, closed: str) -> None:
    for command in ("", "status", "events"):
        argv = ["sh", "-c", f'"$0" {command} {closed}', COMMAND]
        done = subprocess.run(argv, cwd=place.root, env=place.env(), capture_output=True, check=False, timeout=30)
        assert b"Traceback" not in done.stderr, (command, done.stderr[-400:])
        assert done.returncode in (0, 2, 4), (command, done.returncode, done.stderr)
