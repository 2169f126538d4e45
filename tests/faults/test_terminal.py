"""Signals, terminals that are lost or not read: the terminal comes back, the step ends, the record is whole."""

import os
import select
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.world import COMMAND, Place, until
from tests.faults import slow_push
from tests.faults.pty import Pty

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)
pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return slow_push.build(tmp_path)


def opened(place: Place, **more: str) -> Pty:
    return Pty([COMMAND, str(place.root)], place.root, {**place.env(), **more})


def started(place: Place) -> None:
    until(lambda: "WatchStarted" in place.names(), "the watch")


def ended_well(place: Place) -> None:
    place.whole()
    assert place.names()[-1] == "WatchStopped"


@pytest.mark.parametrize("number", SIGNALS, ids=lambda n: n.name)
@pytest.mark.parametrize("state", ["idle", "prompt", "word"])
def test_a_signal_gives_the_terminal_back(place: Place, number: signal.Signals, state: str) -> None:
    with opened(place) as screen:
        slow_push.live(screen)
        started(place)
        if state == "prompt":
            screen.press("n", *"half a note")
            screen.see("half a note")
        elif state == "word":
            slow_push.open_plan(screen)
            screen.press("m", "a")
        screen.process.send_signal(number)
        assert screen.end() == 128 + number
        assert screen.unrestored() == []
        assert "Traceback" not in screen.said()
    ended_well(place)
    assert "NoteAdded" not in place.names()
    assert "ActionRequested" not in place.names()


@pytest.mark.parametrize("number", SIGNALS, ids=lambda n: n.name)
@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
def test_a_signal_lets_the_running_step_end(place: Place, number: signal.Signals, twice: bool) -> None:
    before = slow_push.tip(place)
    with opened(place) as screen:
        slow_push.start_action(screen, place)
        screen.process.send_signal(number)
        if twice:
            screen.rest(0.1, 1.0)
            screen.process.send_signal(number)
        assert screen.end(60) == 128 + number
        assert screen.unrestored() == []
    assert slow_push.tip(place) != before
    names = place.names()
    assert names.count("ActionRequested") == names.count("ActionEnded") == 1
    ended_well(place)


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "running"])
def test_a_terminal_that_is_gone_ends_the_screen_and_no_step(place: Place, busy: bool) -> None:
    before = slow_push.tip(place)
    with Pty([COMMAND, str(place.root)], place.root, place.env(), keep_slave=False) as screen:
        if busy:
            slow_push.start_action(screen, place)
        else:
            slow_push.live(screen)
            started(place)
        os.close(screen.master)
        screen.master = -1
        assert screen.process.wait(60) == 128 + signal.SIGHUP
    assert (slow_push.tip(place) != before) == busy
    if busy:
        assert place.names().count("ActionEnded") == 1
    ended_well(place)


def test_input_that_ended_takes_no_processor(place: Place, tmp_path: Path) -> None:
    """The far end is gone and SIGHUP is ignored, as under nohup: it ends, or waits without spinning."""
    argv = ["sh", "-c", 'trap "" HUP; exec "$0" "$@"', COMMAND, str(place.root)]
    with Pty(argv, place.root, place.env(), keep_slave=False) as screen:
        slow_push.live(screen)
        started(place)
        os.close(screen.master)
        screen.master = -1
        assert screen.process.wait(30) == 128 + signal.SIGHUP
    ended_well(place)


def test_a_terminal_that_does_not_read_stops_nothing(place: Place) -> None:
    """Twenty seconds unread, while others write and something is to be drawn all the time."""
    with opened(place) as screen:
        slow_push.live(screen)
        started(place)
        for _ in range(40):
            os.write(screen.master, b"z?\x1b")
        before = place.names()
        begin = time.monotonic()
        cpu = screen.cpu_s()
        while time.monotonic() - begin < 20:
            assert place.run("note", "written from outside").returncode == 0
            os.write(screen.master, b"z")
            time.sleep(0.5)
        assert screen.process.poll() is None
        assert screen.cpu_s() - cpu < 10
        (place.root / "file").write_text("later\n")
        slow_push.run(["commit", "-qam", "seen unread"], place.root)
        until(lambda: place.names().count("RepositorySeen") > before.count("RepositorySeen"), "git is watched")
        screen.rest(0.3, 10)
        screen.press("\x1b", "\x1b", "3")
        screen.see("seen unread")
        screen.press("\x1b", "\x1b", "q", "q", gap_s=0.2)
        assert screen.end() == 0
        assert screen.unrestored() == []
    ended_well(place)


def fill(screen: Pty) -> None:
    """Keys, until the terminal has room for nothing more and the program waits for it."""
    until_full = time.monotonic() + 30
    while select.select([], [screen.slave], [], 0.3)[1]:
        assert time.monotonic() < until_full
        os.write(screen.master, b"z?\x1b")
        time.sleep(0.02)


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "running"])
def test_a_terminal_that_never_reads_does_not_keep_the_program(place: Place, busy: bool) -> None:
    with opened(place) as screen:
        if busy:
            slow_push.start_action(screen, place)
        else:
            slow_push.live(screen)
            started(place)
        fill(screen)
        screen.process.send_signal(signal.SIGTERM)
        # Nobody reads: only the process can be asked.
        assert screen.process.wait(90) == 128 + signal.SIGTERM
        # Who reads again, an ssh line that came back, finds the terminal as it was.
        screen.rest(0.3, 5)
        assert screen.unrestored() == []
    assert place.names().count("ActionEnded") == busy
    ended_well(place)
