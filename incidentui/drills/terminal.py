"""A program in a pseudo-terminal, and what a person would see of it: pyte emulates the screen.

Waits are for words on that screen, never for silence: clocks and panes tick all the time.
"""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyte

CHUNK = 65_536


def _set_size(handle: int, columns: int, rows: int) -> None:
    fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class TerminalError(Exception):
    """The words did not come. `screen` is what was to be seen instead."""

    def __init__(self, what: str, screen: str) -> None:
        super().__init__(what)
        self.screen = screen


class Terminal:
    """Owns the process: leaving the `with` block ends it."""

    def __init__(
        self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], columns: int = 120, rows: int = 40
    ) -> None:
        import pyte

        self.keystrokes = 0
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = os.openpty()
        _set_size(slave, columns, rows)
        try:
            self.process = subprocess.Popen(
                argv,
                cwd=cwd,
                env={**env, "TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "", "LINES": ""},
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,
            )
        finally:
            os.close(slave)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def text(self) -> str:
        """The screen as plain text."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    @property
    def screen(self) -> "pyte.Screen":
        """The emulated screen itself, for pictures."""
        return self._screen

    def resize(self, columns: int, rows: int) -> None:
        """Another window size, as when a person pulls the window's corner."""
        self._screen.resize(rows, columns)
        self._screen.reset()
        _set_size(self._master, columns, rows)

    def lit(self, background: str) -> str:
        """The text that stands on this colour."""
        cells = self._screen.buffer
        rows = ([cells[y][x] for x in range(self._screen.columns)] for y in range(self._screen.lines))
        return "\n".join(filter(None, ("".join(c.data for c in row if c.bg == background) for row in rows)))

    def read(self, within_s: float) -> bool:
        """Take in what the program wrote; False when it has gone."""
        ready, _, _ = select.select([self._master], [], [], within_s)
        if not ready:
            return True
        try:
            chunk = os.read(self._master, CHUNK)
        except OSError:  # Linux reports the far end's closing as an input error
            return False
        self._stream.feed(chunk)
        return bool(chunk)

    def see(self, words: str, within_s: float) -> bool:
        """Whether the words (a regular expression) are on the screen by then."""
        wanted = re.compile(words, re.MULTILINE)
        until = time.monotonic() + within_s
        while not wanted.search(self.text):
            left = until - time.monotonic()
            if left <= 0 or not self.read(min(left, 0.1)):
                return wanted.search(self.text) is not None
        return True

    def wait(self, words: str, within_s: float) -> None:
        if not self.see(words, within_s):
            ended = "" if self.process.poll() is None else f" (the program ended with {self.process.returncode})"
            raise TerminalError(f"{words!r} did not appear within {within_s:g}s{ended}", self.text)

    def press(self, *keys: str) -> None:
        """Keys one by one, as a person presses them."""
        for key in keys:
            self.keystrokes += 1
            os.write(self._master, key.encode())

    def wait_end(self, within_s: float) -> int:
        """The program's exit code."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if self.process.poll() is not None or not self.read(0.05):
                break
        try:
            return self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise TerminalError(f"the program did not end within {within_s:g}s", self.text) from None

    def close(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)
