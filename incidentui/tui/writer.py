"""What goes to the terminal, from a thread of its own: one that is gone, or does not read, keeps nobody."""

import contextlib
import os
import termios
import threading
from collections import deque
from collections.abc import Iterator
from io import TextIOWrapper

from typing_extensions import override

QUEUE = 30
GRACE_S = 1.0
PIECE = 4096
"""At most so much stands in one system call: it cannot be taken back when we are told to hurry."""
# CAN ends a sequence that was cut. Then what `LinuxDriver.stop_application_mode` undoes.
RESTORE = "\x18\x1b[0m\x1b[?2026l\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1006l\x1b[?1049l\x1b[?25h\x1b[?1004l"


class Writer(threading.Thread):
    """Writes past Python's streams: whoever leaves flushes them, and a write that never ends would hold their lock."""

    def __init__(self, file: TextIOWrapper) -> None:
        super().__init__(daemon=True, name="terminal-output")
        self._fd = os.dup(file.fileno())
        self._encoding, self._errors = file.encoding, file.errors or "replace"
        self._texts: deque[str | None] = deque()
        self._changed = threading.Condition()
        self._lost = False
        """Nobody will ever read: the terminal is closed."""
        self._hurried = False
        """We leave: what is drawn from now on is dropped."""

    def write(self, text: str) -> None:
        with self._changed:
            while len(self._texts) >= QUEUE and not (self._lost or self._hurried):
                self._changed.wait()
            if not (self._lost or self._hurried):
                self._texts.append(text)
                self._changed.notify_all()

    @override
    def run(self) -> None:
        with contextlib.suppress(OSError):
            for text in self._next():
                self._out(text)
        with self._changed:
            self._lost = True
            self._changed.notify_all()

    def _next(self) -> Iterator[str]:
        while True:
            with self._changed:
                while not self._texts:
                    self._changed.wait()
                text = self._texts.popleft()
                self._changed.notify_all()
            if text is None:
                return
            yield text

    def _out(self, text: str) -> None:
        rest = memoryview(text.encode(self._encoding, self._errors))
        while rest and (text == RESTORE or not self._hurried):
            rest = rest[os.write(self._fd, rest[:PIECE]) :]

    def hurry(self) -> None:
        """Whoever waits to write goes on; what was not written is not missed."""
        with self._changed:
            self._hurried = True
            self._texts.clear()
            self._changed.notify_all()

    def stop(self) -> None:
        """Returns soon, also when nobody reads; who reads again later finds the terminal given back."""
        if not self._hurried:
            self._last(None)
            self.join(GRACE_S)
        if self.is_alive():
            self.hurry()
            self._last(RESTORE, None)
            self.join(GRACE_S)
        if self.is_alive():
            self._make_room()
            self.join(GRACE_S)
        if not self.is_alive():
            os.close(self._fd)

    def _make_room(self) -> None:
        """Frames that nobody read are thrown away: the way back takes their place."""
        with contextlib.suppress(termios.error):
            termios.tcflush(self._fd, termios.TCOFLUSH)
            # Linux wakes no writer after a flush; settings that stay as they are do.
            termios.tcsetattr(self._fd, termios.TCSANOW, termios.tcgetattr(self._fd))

    def _last(self, *texts: str | None) -> None:
        with self._changed:
            self._texts.extend(texts)
            self._changed.notify_all()
