"""A program in a pseudo-terminal: what it writes, when it writes it, and how much of a processor it takes."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

_CODES = re.compile(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[=>()][0-9A-B]?")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Terminal:
    """Runs `argv`; a context manager that ends it."""

    argv: Sequence[str]
    columns: int = 120
    rows: int = 40
    env: Mapping[str, str] = field(default_factory=dict)
    output: bytearray = field(default_factory=bytearray)
    pid: int = 0
    fd: int = -1
    status: int | None = None
    started: float = 0.0

    def __enter__(self) -> "Terminal":
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **self.env}
        env = {k: v for k, v in env.items() if v != ""}
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
                os.execvpe(self.argv[0], list(self.argv), env)
            finally:
                os._exit(127)
        self.resize(self.columns, self.rows)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait(5)
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds: float) -> bytes:
        """What comes within `seconds` (at once when something is there)."""
        ready, _, _ = select.select([self.fd], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:  # the other side is closed
            return b""
        self.output += data
        return data

    def until(self, text: str, seconds: float = 10.0, start: int = 0) -> float:
        """Waits for words (never for silence); gives the time since the start."""
        wanted = text.encode()
        stop = time.perf_counter() + seconds
        while wanted not in plain(bytes(self.output[start:])):
            left = stop - time.perf_counter()
            if left <= 0:
                raise TimeoutError(f"{text!r} did not come; the last was {plain(bytes(self.output[-2000:]))!r}")
            if not self.read(min(left, 0.2)) and self.ended():
                self.read(0.1)
                if wanted in plain(bytes(self.output[start:])):
                    break
                raise EOFError(f"it ended with {self.status} before {text!r}: {plain(bytes(self.output[-1500:]))!r}")
        return time.perf_counter() - self.started

    def settle(self, gap: float, limit: float = 5.0) -> None:
        """Reads until nothing came for `gap` seconds."""
        stop = time.perf_counter() + limit
        while time.perf_counter() < stop and self.read(gap):
            pass

    def write(self, data: bytes) -> None:
        os.write(self.fd, data)

    def key(self, data: bytes, gap: float) -> tuple[float, int]:
        """Time to the last byte that answers one key (silence of `gap` ends it), and how many bytes came."""
        begin = time.perf_counter()
        self.write(data)
        last, count = begin, 0
        while True:
            wait = gap if count else 1.0
            data = self.read(wait)
            if not data:
                return last - begin, count
            last, count = time.perf_counter(), count + len(data)

    def ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait(self, seconds: float) -> int | None:
        """Exit code (negative: killed by that signal); None when it still runs."""
        stop = time.perf_counter() + seconds
        while not self.ended() and time.perf_counter() < stop:
            self.read(0.02)
        return self.status

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def plain(data: bytes) -> bytes:
    """The text without what moves the cursor or paints."""
    return _CODES.sub(b"", data)
