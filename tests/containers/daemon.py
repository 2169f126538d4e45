"""A real supervisord in a folder of its own, and waiting for what a source reports."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sized
from contextlib import contextmanager, suppress
from pathlib import Path

SUPERVISORD = Path(sys.executable).with_name("supervisord")


class Supervisord:
    def __init__(self, folder: Path, programs: Mapping[str, str]) -> None:
        """`programs`: name -> command, more lines of its section after a newline."""
        self.folder = folder
        self.socket = folder / "s.sock"
        self._conf = folder / "supervisord.conf"
        self._conf.write_text(self._text(programs))
        self._process: subprocess.Popen[bytes] | None = None

    def _text(self, programs: Mapping[str, str]) -> str:
        text = f"""
[unix_http_server]
file={self.socket}
[supervisord]
nodaemon=true
logfile={self.folder}/supervisord.log
pidfile={self.folder}/supervisord.pid
childlogdir={self.folder}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
        for name, command in programs.items():
            text += f"[program:{name}]\nstopwaitsecs=2\ncommand={command}\n"
        return text

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [str(SUPERVISORD), "-c", str(self._conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 15
        while not self._listens():  # its socket is there for a moment before anybody listens
            assert self._process.poll() is None, (self.folder / "supervisord.log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            return line.connect_ex(str(self.socket)) == 0

    def ctl(self, *argv: str) -> str:
        done = subprocess.run(
            [str(SUPERVISORD.with_name("supervisorctl")), "-s", f"unix://{self.socket}", *argv],
            capture_output=True,
            timeout=30,
            check=False,
        )
        return done.stdout.decode()

    def kill(self) -> None:
        """As a crash does, at once; its programs, which would outlive it, are ended after it."""
        if self._process is None or self._process.poll() is not None:
            return
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        if not children.exists():
            self.ctl("stop", "all")
        self._process.send_signal(signal.SIGSTOP)  # a program that goes now would be started again
        programs = children.read_text().split() if children.exists() else []
        self._process.kill()
        self._process.wait()
        for program in programs:
            with suppress(ProcessLookupError):
                os.killpg(int(program), signal.SIGKILL)  # each leads a group of its own


async def until(what: Callable[[], object], seconds: float = 20) -> None:
    """Waits for `what` to be true; the bound only ends a test that would hang."""
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110  # the sources tell by plain calls, there is no event to wait for
            await asyncio.sleep(0.02)


async def until_async(what: Callable[[], Awaitable[Sized]], least: int, seconds: float = 20) -> None:
    """Waits until `what` gives at least so many."""
    async with asyncio.timeout(seconds):
        while len(await what()) < least:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.05)


@contextmanager
def answering(path: Path, answer: bytes, drip: bool = False, until_end: bytes = b"</methodCall>") -> Iterator[None]:
    """A server that says `answer` to everything, or hangs, or drips it for ever."""
    stop = threading.Event()
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            held.append(connection)
            try:
                while drip and not stop.wait(0.05):
                    connection.sendall(b"x")
                if answer:
                    while (heard := connection.recv(65536)) and until_end not in heard:
                        continue
                    connection.sendall(answer)
                    connection.close()
            except OSError:
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for connection in held:
            connection.close()
        thread.join()
