"""The program in a pseudo-terminal, judged by the raw bytes it wrote and by the terminal's own settings."""

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
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyte

RESTORED = {
    "alternate screen": (b"\x1b[?1049h", b"\x1b[?1049l"),
    "cursor": (b"\x1b[?25l", b"\x1b[?25h"),
    "paste": (b"\x1b[?2004h", b"\x1b[?2004l"),
    "mouse": (b"\x1b[?1000h", b"\x1b[?1000l"),
    "mouse form": (b"\x1b[?1006h", b"\x1b[?1006l"),
    "focus": (b"\x1b[?1004h", b"\x1b[?1004l"),
    "wrapping": (b"\x1b[?7l", b"\x1b[?7h"),
}
# All that the program itself writes: colours in their long form, places, modes. Everything else came from outside.
_OWN = re.compile(
    rb"\x1b\[(?:0|(?:1;|4;)*(?:0|1|4|7|39|49|3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;2;\d+;\d+;\d+|[34]8;5;\d+)"
    rb"(?:;(?:0|1|4|7|39|49|3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;2;\d+;\d+;\d+|[34]8;5;\d+))*)m"
    rb"|\x1b\[\d+;\d+H|\x1b\[\?(?:1049|25|2004|1000|1006|1004|7|2026|2048)[hl]|\x1b\[<u|\x1b\[>1u"
    rb"|\x1b\[\?2026\$p|\x1b\]22;default\x07"
)
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_LIVE = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_BIDI}\u200b-\u200d\u2060\ufeff\ud800-\udfff]")


def leaks(raw: bytes, *, own: bool = True) -> list[str]:
    """What a terminal would obey, or would not show, in `raw` beyond the program's own codes."""
    rest = _OWN.sub(b"", raw) if own else raw
    text = rest.decode("utf-8", "replace")
    return [repr(text[max(0, m.start() - 24) : m.end() + 16]) for m in _LIVE.finditer(text)]


def swallowed(tokens: Sequence[str], text: str) -> list[str]:
    return [token for token in tokens if token not in text]


def cells(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Pty:
    """Owns the process. `slave` stays open here, so that its settings can be read after the program's end."""

    def __init__(
        self,
        argv: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        columns: int = 120,
        rows: int = 40,
        *,
        keep_slave: bool = True,
    ) -> None:
        self.raw = bytearray()
        self.master, slave = os.openpty()
        self._screen = pyte.Screen(columns, rows)
        self._stream, self._fed = pyte.ByteStream(self._screen), 0
        self.size(columns, rows)
        self.before: list[Any] = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            argv,
            cwd=cwd,
            env={"TERM": "xterm-256color", "COLORTERM": "truecolor", **env},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,
        )
        self.slave = slave if keep_slave else -1
        if not keep_slave:
            os.close(slave)

    def __enter__(self) -> "Pty":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for handle in (self.master, self.slave):
            if handle >= 0:
                with contextlib.suppress(OSError):
                    os.close(handle)

    def size(self, columns: int, rows: int) -> None:
        if columns and rows:
            self._screen.resize(rows, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, within_s: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], within_s)
        if ready:
            with contextlib.suppress(OSError):
                self.raw += os.read(self.master, 65_536)
        return bool(ready)

    def rest(self, gap_s: float = 0.2, within_s: float = 3.0) -> None:
        """Take in what comes until nothing comes any more."""
        until = time.monotonic() + within_s
        while time.monotonic() < until and self.read(gap_s):
            pass

    def wait(self, words: str, within_s: float = 20, start: int = 0) -> None:
        """Words that stand together in what was written."""
        until = time.monotonic() + within_s
        while words.encode() not in _OWN.sub(b"", bytes(self.raw[start:])):
            left = until - time.monotonic()
            ended = self.process.poll()
            assert left > 0, f"{words!r} did not come: {self.said(start)[-1500:]!r}"
            if not self.read(min(left, 0.2)):
                assert ended is None, f"ended with {ended} before {words!r}: {self.said(start)[-1500:]!r}"

    def see(self, words: str, within_s: float = 20) -> None:
        """A regular expression on the emulated screen."""
        until = time.monotonic() + within_s
        while not re.search(words, self.text, re.MULTILINE):
            left = until - time.monotonic()
            ended = self.process.poll()
            assert left > 0, f"{words!r} is not on the screen:\n{self.text}"
            if not self.read(min(left, 0.2)):
                assert ended is None, f"ended with {ended} before {words!r}:\n{self.text}"

    @property
    def text(self) -> str:
        """The screen as a terminal shows it."""
        self._stream.feed(bytes(self.raw[self._fed :]))
        self._fed = len(self.raw)
        return "\n".join(line.rstrip() for line in self._screen.display)

    def said(self, start: int = 0) -> str:
        return _OWN.sub(b"", bytes(self.raw[start:])).decode("utf-8", "replace")

    def write(self, data: bytes, within_s: float = 10) -> None:
        """All of it, while what the program writes is taken in: a full pipe must block neither side."""
        until = time.monotonic() + within_s
        while data and time.monotonic() < until:
            readable, writable, _ = select.select([self.master], [self.master], [], 0.2)
            if readable:
                self.read(0)
            if writable:
                os.set_blocking(self.master, False)
                with contextlib.suppress(BlockingIOError):
                    data = data[os.write(self.master, data[:2048]) :]
                os.set_blocking(self.master, True)
        assert not data, f"{len(data)} bytes were never read"

    def press(self, *keys: str, gap_s: float = 0.06) -> None:
        for key in keys:
            self.write(key.encode())
            self.rest(gap_s, gap_s * 3)

    def end(self, within_s: float = 20) -> int:
        until = time.monotonic() + within_s
        while self.process.poll() is None and time.monotonic() < until:
            self.read(0.05)
        code = self.process.wait(0.1)
        self.rest(0.05, 1.0)
        return code

    def unrestored(self) -> list[str]:
        """Modes that are still on, and terminal settings that are not what they were."""
        raw = bytes(self.raw)
        on = [name for name, (begin, end) in RESTORED.items() if begin in raw and raw.rfind(begin) > raw.rfind(end)]
        if self.slave >= 0 and termios.tcgetattr(self.slave) != self.before:
            on.append("termios")
        return on

    def cpu_s(self) -> float:
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
