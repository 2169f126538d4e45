"""The terminal of this program, lent to a command that needs one of its own: an editor, a shell, a password.

The command gets it in the foreground, so that ctrl+c and ctrl+\\ are its own; afterwards the terminal is ours again, in
the state it had. What it says is not kept.
"""

import os
import signal
import subprocess
import termios
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from incidentui.edge.step import BETWEEN, MARK, Ran, end_all, must_be_there

Lender = Callable[[Callable[[], Ran]], Ran]
"""Runs the work while nothing else uses the terminal. Raises OSError when that cannot be had."""
_TTY = "/dev/tty"


class Terminal:
    """`lender`: set by a screen, which steps aside meanwhile."""

    def __init__(self, lender: Lender | None = None) -> None:
        self.lender = lender

    def missing(self) -> str:
        """Why a command cannot have a terminal here; empty when it can."""
        if not (os.isatty(0) and os.isatty(1)):
            return "there is no terminal here"
        try:
            os.close(os.open(_TTY, os.O_RDWR))
        except OSError:
            return "this program has no terminal of its own"
        return ""

    def run(self, argv: Sequence[str], folder: Path, environment: Mapping[str, str], title: str) -> Ran:
        """Until it ends; there is no limit: a person sits before it. Raises OSError when it cannot be started."""
        must_be_there(argv[0], folder)
        if self.lender is None:
            return run_here(argv, folder, environment)
        return self.lender(lambda: _with_words(argv, folder, environment, title))


def _with_words(argv: Sequence[str], folder: Path, environment: Mapping[str, str], title: str) -> Ran:
    """The screen is away: what runs here, how it ended, and time to read what it said."""
    _say(f"\r\n-- {title}\r\n")
    ran = run_here(argv, folder, environment)
    _say(f"\r\n-- exit {ran.code}. enter leads back to the incident. ")
    with suppress(OSError):
        os.read(0, 4096)
    return ran


def _say(text: str) -> None:
    with suppress(OSError):
        os.write(1, text.encode("utf-8", "replace"))


def run_here(argv: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ran:
    mark = uuid.uuid4().hex
    with _ours_again() as tty:
        process = subprocess.Popen(
            [*BETWEEN, *argv], cwd=folder, env={**environment, MARK: mark}, stdin=tty, process_group=0
        )
        try:
            process.returncode = _in_front(process, tty)
        finally:
            left = end_all(process, mark)
    return Ran(process.returncode, b"", left)


@contextmanager
def _ours_again() -> Iterator[int]:
    tty = os.open(_TTY, os.O_RDWR)
    before = termios.tcgetattr(tty)
    # Who takes the terminal back from the background is stopped, unless it does not hear of it.
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield tty
    finally:
        with suppress(OSError):
            os.tcsetpgrp(tty, os.getpgrp())
        with suppress(termios.error):
            termios.tcsetattr(tty, termios.TCSADRAIN, before)
        signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        os.close(tty)


def _in_front(process: "subprocess.Popen[bytes]", tty: int) -> int:
    """Its exit code. Stopped (ctrl+z, or it asked before the terminal was its own) it goes on: nobody could call it
    back from here."""
    while True:
        with suppress(OSError):
            os.tcsetpgrp(tty, process.pid)
            os.killpg(process.pid, signal.SIGCONT)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
