"""Runs one command that a responder allowed: bounded in time and in what is kept, without a terminal, leaving nothing.

All that it starts carries a mark in its environment, so that a child with a session of its own is found and ended too.
Only a process that both leaves its session and clears its environment escapes; and where there is no /proc, one that
leaves its process group.
"""

import asyncio
import errno
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO

from incidentui.core.value import dataclass

HEAD, TAIL = 64 << 10, 192 << 10
Seen = Callable[[bytes], None]
_PAUSES_S = (1.0, 2.0, 5.0, 10.0)
_ERRORS = 16 << 10
MARK = "INCIDENTUI_STEP"
_POLITE_S = 1.0
"""What is stopped may end by itself for so long."""
_LAST_S = 1.0
BETWEEN = ("/bin/sh", "-c", '"$@"; exit $?', "step")
"""A parent of its own: a step that kills its parent must not kill the screen of an incident."""
QUIET = {"GIT_TERMINAL_PROMPT": "0", "SSH_ASKPASS_REQUIRE": "never", "PAGER": "cat", "GIT_PAGER": "cat"}
"""There is no terminal to ask on: a question must fail, not wait or open a window."""


@dataclass(frozen=True, slots=True)
class Ran:
    code: int | None
    """None: it was stopped."""
    output: bytes
    left: int = 0
    """Processes that it left behind, and that were ended."""
    errors: bytes = b""
    """What it said as errors, where that was asked for by itself."""


async def run(
    argv: Sequence[str],
    folder: Path,
    within_s: float,
    environment: Mapping[str, str] | None = None,
    *,
    errors: bool = True,
    apart: bool = False,
    seen: Seen | None = None,
) -> Ran:
    """`errors`: whether its standard error is output too; `apart`: it is given by itself; `seen` hears of its output
    while it runs, on the thread that reads it.

    Raises OSError, ValueError when it cannot be started. Cancelled, it is stopped first.
    """
    stop = threading.Event()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "step") as thread:
        said = subprocess.STDOUT if errors else subprocess.DEVNULL
        ask = _run_apart if apart else partial(_run, errors=said, seen=seen)
        work = loop.run_in_executor(thread, ask, argv, folder, within_s, environment or os.environ, stop)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()
            with suppress(Exception):
                await asyncio.wait([work])
            raise


def _run_apart(
    argv: Sequence[str], folder: Path, within_s: float, environment: Mapping[str, str], stop: threading.Event
) -> Ran:
    with tempfile.TemporaryFile() as said:
        ran = _run(argv, folder, within_s, environment, stop, errors=said)
        said.seek(0)
        return replace(ran, errors=said.read(_ERRORS))


def _run(
    argv: Sequence[str],
    folder: Path,
    within_s: float,
    environment: Mapping[str, str],
    stop: threading.Event,
    errors: int | IO[bytes],
    seen: Seen | None = None,
) -> Ran:
    mark = uuid.uuid4().hex
    must_be_there(argv[0], folder)
    ours, theirs = os.pipe()
    try:
        process = subprocess.Popen(
            [*BETWEEN, *argv],
            cwd=folder,
            env={**environment, **QUIET, MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=errors,
            start_new_session=True,
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    output = Bounded(seen)
    try:
        code = _watch(process, ours, output, time.monotonic() + within_s, stop)
        left = _end(process, mark, polite=code is None)
        _drain(ours, output)
    finally:
        os.close(ours)
    return Ran(code, output.value, left)


def must_be_there(program: str, folder: Path) -> None:
    """The shell between would only say 127."""
    found = os.path.exists(os.path.join(folder, program)) if os.sep in program else shutil.which(program)
    if not found:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)


def _watch(
    process: subprocess.Popen[bytes], pipe: int, output: "Bounded", end: float, stop: threading.Event
) -> int | None:
    """Until it ends, whoever still holds the pipe; None when its time is up or somebody stops it."""
    is_open = True
    while time.monotonic() < end and not stop.is_set():
        output.tell()
        if is_open and select.select([pipe], [], [], 0.02)[0]:
            chunk = os.read(pipe, 65_536)
            output.add(chunk)
            is_open = bool(chunk)
        elif not is_open:
            time.sleep(0.02)
        if process.poll() is not None:
            return process.returncode
    return None


def _drain(pipe: int, output: "Bounded") -> None:
    """What still lies in the pipe. Not until its end: somebody out of reach may hold it."""
    os.set_blocking(pipe, False)
    with suppress(BlockingIOError):
        for _ in range(64):
            output.add(os.read(pipe, 65_536))


def _end(process: subprocess.Popen[bytes], mark: str, *, polite: bool) -> int:
    """Nothing of it lives on; how many others there were."""
    others = _others(process.pid, mark)
    if polite:
        _signal(process, others, signal.SIGTERM)
        _wait(process, mark, _POLITE_S)
    until = time.monotonic() + _LAST_S
    while (alive := _others(process.pid, mark)) or process.poll() is None:
        others |= alive
        _signal(process, alive, signal.SIGKILL)
        if time.monotonic() > until:
            break
        time.sleep(0.01)
    return 0 if polite else len(others)


def end_all(process: subprocess.Popen[bytes], mark: str) -> int:
    """Of one that has ended: what it left behind is ended too; how many there were."""
    return _end(process, mark, polite=False)


def _wait(process: subprocess.Popen[bytes], mark: str, within_s: float) -> None:
    until = time.monotonic() + within_s
    while time.monotonic() < until and (process.poll() is None or _others(process.pid, mark)):
        time.sleep(0.02)


def _signal(process: subprocess.Popen[bytes], others: set[int], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)  # its leader may be gone: the group goes by its number
    for pid in others:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


# -- who belongs to it


def _others(leader: int, mark: str) -> set[int]:
    """Living processes of its session, with its mark, or begun by one of these; not the leader itself."""
    wanted = f"{MARK}={mark}".encode()
    parents: dict[int, int] = {}
    found = {leader}
    for pid, parent, session, state in _processes():
        if state not in "ZX":
            parents[pid] = parent
            if session == leader or wanted in _environment(pid):
                found.add(pid)
    return (found | {pid for pid in parents if _begun_by(pid, found, parents)}) - {leader}


def _begun_by(pid: int, them: set[int], parents: Mapping[int, int]) -> bool:
    seen = 0
    while (pid := parents.get(pid, 0)) > 1 and seen < 100:
        if pid in them:
            return True
        seen += 1
    return False


def _processes() -> Iterator[tuple[int, int, int, str]]:
    """(pid, parent, session, state); nothing where there is no /proc."""
    with suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                with suppress(OSError, ValueError, IndexError):
                    with open(f"/proc/{name}/stat", "rb") as file:
                        fields = file.read().rpartition(b")")[2].split()
                    yield int(name), int(fields[1]), int(fields[3]), fields[0].decode()


def _environment(pid: int) -> list[bytes]:
    with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        return file.read(1 << 20).split(b"\0")
    return []


class Bounded:
    def __init__(self, seen: "Seen | None" = None) -> None:
        self._head, self._tail, self._cut = b"", b"", 0
        self._seen, self._fresh, self._told = seen, False, 0
        self._next = time.monotonic() + _PAUSES_S[0]

    def tell(self) -> None:
        """What is there so far, now and then: more seldom the longer it goes on, for each time is recorded."""
        if self._seen is not None and self._fresh and time.monotonic() >= self._next:
            self._fresh = False
            self._seen(self.value)
            self._told += 1
            self._next = time.monotonic() + _PAUSES_S[min(self._told // 10, len(_PAUSES_S) - 1)]

    def add(self, chunk: bytes) -> None:
        self._fresh = self._fresh or bool(chunk)
        room = HEAD - len(self._head)
        self._head += chunk[:room]
        rest = self._tail + chunk[room:] if room < len(chunk) else self._tail
        self._cut += max(0, len(rest) - TAIL)
        self._tail = rest[-TAIL:]

    @property
    def value(self) -> bytes:
        cut = f"\n… {self._cut} bytes cut …\n".encode() if self._cut else b""
        return self._head + cut + self._tail
