"""The program in a real pseudo-terminal: bad bytes, signals, hang-ups, crashes. The terminal is always given back."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bench.pty_harness import Terminal

RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?1000l")
LIVE = "? help"


def program(name: str = "ours") -> list[str]:
    return [sys.executable, "-m", "bench.programs", name]


def restored(terminal: Terminal) -> bool:
    return all(code in terminal.output for code in RESTORED)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back_and_says_which(number: signal.Signals) -> None:
    with Terminal(program()) as terminal:
        terminal.until(LIVE)
        os.kill(terminal.pid, number)
        assert terminal.wait(10) == 128 + number
        # After a hang-up there is nobody to write to any more.
        assert restored(terminal) or number == signal.SIGHUP


def test_a_terminal_that_is_gone_ends_the_program() -> None:
    with Terminal(program()) as terminal:
        terminal.until(LIVE)
        os.close(terminal.fd)
        terminal.fd = -1
        stop = time.monotonic() + 10
        while not terminal.ended() and time.monotonic() < stop:
            time.sleep(0.05)
        assert terminal.status == 128 + signal.SIGHUP


def test_bytes_that_are_no_text_kill_nothing() -> None:
    with Terminal(program()) as terminal:
        terminal.until(LIVE)
        endless = b"\x1b[" + b"1;" * 3000
        for data in (b"\xff\xfe\xfd", b"\x1b[M\xff\xff\xff", b"\x00\x00", b"caf\xe9", endless, b"A", b"\x1b"):
            terminal.write(data)
            time.sleep(0.06)
        terminal.settle(0.2, 2.0)
        here = len(terminal.output)
        terminal.write(b"?")
        terminal.until("HELP", start=here)


@pytest.mark.parametrize("sequence", [b"\x1bo", b"\x1b[99;99~", b"\x1bOz", b"\x1b[?1;2c", b"\x1b[7~\x1b[I"])
def test_a_sequence_nobody_knows_does_not_hold_back_the_keys_after_it(sequence: bytes) -> None:
    with Terminal(program()) as terminal:
        terminal.until(LIVE)
        terminal.write(sequence)
        time.sleep(0.2)
        here = len(terminal.output)
        terminal.write(b"?")
        terminal.until("HELP", start=here)


@pytest.mark.slow
def test_a_flood_of_input_is_survived_and_nothing_is_asked_for() -> None:
    with Terminal(program()) as terminal:
        terminal.until(LIVE)
        for _ in range(30):
            terminal.write(b"rxmain\r" * 100)
            terminal.read(0.01)
        time.sleep(1.1)
        terminal.settle(0.3, 3.0)
        here = len(terminal.output)
        terminal.write(b"?")
        terminal.until("HELP", start=here)


def test_keys_before_the_screen_stands_do_nothing() -> None:
    with Terminal(program()) as terminal:
        for _ in range(5):
            terminal.write(b"q")
        terminal.until(LIVE)
        assert "Leave?" not in terminal.output.decode(errors="replace")


def test_leaving_asks_and_exits_clean() -> None:
    with Terminal(program()) as terminal:
        terminal.until(LIVE)
        terminal.write(b"q")
        terminal.until("Leave?")
        time.sleep(0.1)
        terminal.write(b"q")
        assert terminal.wait(10) == 0
        assert restored(terminal)


CRASH = """
from bench import worlds
from incidentui.tui.app import IncidentApp, run
session = worlds.incident()
def broken(*, password="hunter2-in-a-local"):
    secret = password + "!"
    raise RuntimeError("a bug")
session.look_now = broken
raise SystemExit(run(IncidentApp(session)))
"""


def test_a_crash_restores_the_terminal_hides_locals_and_is_no_success(tmp_path: Path) -> None:
    with Terminal([sys.executable, "-c", CRASH], env={"TMPDIR": str(tmp_path)}) as terminal:
        terminal.until(LIVE)
        terminal.write(b"v")
        assert terminal.wait(10) == 70
        terminal.read(0.2)
        assert restored(terminal)
        said = terminal.output.decode(errors="replace")
        assert "The report is in" in said
        assert "hunter2" not in said
    report = next(tmp_path.glob("incidentui-crash-*.txt")).read_text()
    assert "RuntimeError: a bug" in report
    assert "hunter2-in-a-local!" not in report


def test_no_color_and_a_small_terminal_from_the_start() -> None:
    with Terminal(program(), 20, 6, env={"NO_COLOR": "1", "COLUMNS": "80", "LINES": "24"}) as terminal:
        terminal.until("still recording")
        assert b"38;2" not in terminal.output
        assert b"48;2" not in terminal.output
