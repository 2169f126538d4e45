"""Job control with a real shell: ctrl+z, fg, bg, and a plain SIGSTOP. The terminal is the shell's in between."""

import os
import re
import signal
import subprocess
import termios
import time
from pathlib import Path

import pytest

from incidentui.drills.sandbox import alive
from tests.e2e.world import COMMAND, Place, until
from tests.faults import slow_push
from tests.faults.pty import Pty

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return slow_push.build(tmp_path, 4)


def shell(place: Place) -> Pty:
    settings = place.root.parent / "inputrc"
    settings.write_text("set enable-bracketed-paste off\n")  # the shell's own use of what is judged here
    env = {**place.env(), "PS1": "shell> ", "HISTFILE": "", "PROMPT_COMMAND": "", "INPUTRC": str(settings)}
    return Pty(["bash", "--norc", "--noprofile", "-i", "-m"], place.root, env)


def begun(screen: Pty) -> int:
    """The program as a job of the shell; its process."""
    screen.see("shell>")
    screen.write(f"{COMMAND}\r".encode())
    slow_push.live(screen)
    asked = ["ps", "--no-headers", "-o", "pid", "--ppid", str(screen.process.pid)]
    return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()[0])


def state(pid: int) -> str:
    """`T`: it stands still."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def at_the_shell(screen: Pty, start: int) -> None:
    screen.wait("shell> ", start=start)
    screen.rest(0.2, 1)
    assert screen.unrestored() in ([], ["termios"])  # bash's own line editing has its settings
    lflag = termios.tcgetattr(screen.slave)[3]
    assert lflag & termios.ISIG


def left(screen: Pty, pid: int) -> None:
    start = len(screen.raw)
    screen.press("\x1b", "\x1b", "q", "q", gap_s=0.25)
    until(lambda: not alive(pid), "its end")
    at_the_shell(screen, start)
    screen.write(b"echo code $?\r")
    screen.wait("code 0", start=start)


def clock(screen: Pty) -> str:
    found = re.findall(r"\d\d:\d\d:\d\d", screen.text.splitlines()[0])
    return str(found[0]) if found else ""


def seconds_of_day(text: str) -> int:
    hours, minutes, seconds = map(int, text.split(":"))
    return (hours * 60 + minutes) * 60 + seconds


def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_screen_back(place: Place) -> None:
    with shell(place) as screen:
        pid = begun(screen)
        for _ in range(2):
            start = len(screen.raw)
            screen.write(b"\x1a")
            until(lambda: state(pid) == "T", "it stands still")
            at_the_shell(screen, start)
            screen.write(b"echo still here\r")
            screen.wait("still here\r\n", start=start)
            assert place.run("note", "from the shell").returncode == 0
            screen.write(b"fg\r")
            until(lambda: state(pid) != "T", "it goes on")
            screen.see("from the shell")  # drawn anew, with what happened meanwhile
            slow_push.live(screen)
            screen.press("?", gap_s=0.3)
            screen.see("(?i)keys")
            screen.press("\x1b", "\x1b", gap_s=0.2)
        left(screen, pid)
    place.whole()


def test_bg_waits_for_the_terminal_and_fg_gives_it(place: Place) -> None:
    with shell(place) as screen:
        pid = begun(screen)
        screen.write(b"\x1a")
        until(lambda: state(pid) == "T", "it stands still")
        start = len(screen.raw)
        for _ in range(2):
            screen.write(b"bg\r")
            screen.rest(0.5, 2)
            until(lambda: state(pid) == "T", "it stands still again")
        assert b"\x1b[?1049h" not in screen.raw[start:]
        screen.write(b"fg\r")
        screen.see(r"\? help")
        slow_push.live(screen)
        left(screen, pid)


@pytest.mark.parametrize("seconds", [10])
def test_a_plain_stop_is_survived_and_ages_are_right_at_once(place: Place, seconds: int) -> None:
    with shell(place) as screen:
        pid = begun(screen)
        os.kill(pid, signal.SIGSTOP)
        until(lambda: state(pid) == "T", "it stands still")
        screen.rest(0.3, 2)
        before = clock(screen)
        time.sleep(seconds)
        screen.write(b"fg\r")
        slow_push.live(screen)
        until_moved = time.monotonic() + 10
        while clock(screen) in ("", before):
            assert time.monotonic() < until_moved, screen.text
            screen.read(0.1)
        assert (seconds_of_day(time.strftime("%H:%M:%S")) - seconds_of_day(clock(screen))) % 86_400 <= 3
        left(screen, pid)
    place.whole()


def test_ctrl_z_is_refused_while_a_step_runs(place: Place) -> None:
    with shell(place) as screen:
        pid = begun(screen)
        slow_push.start_action(screen, place)
        screen.write(b"\x1a")
        screen.see("ctrl\\+z refused")
        assert state(pid) != "T"
        until(lambda: "ActionEnded" in place.names(), "the step's end")
        screen.press("\x1b", "\x1b", gap_s=0.2)
        left(screen, pid)


def test_without_a_shell_ctrl_z_is_refused(place: Place) -> None:
    """Started by ssh or a window of tmux: nobody could ever say `fg`."""
    with Pty([COMMAND, str(place.root)], place.root, place.env()) as screen:
        slow_push.live(screen)
        screen.write(b"\x1a")
        screen.see("ctrl\\+z refused")
        screen.process.send_signal(signal.SIGTSTP)
        screen.press("?", gap_s=0.3)
        screen.see("(?i)keys")
        screen.press("\x1b", "\x1b", "q", "q", gap_s=0.2)
        assert screen.end() == 0
        assert screen.unrestored() == []
