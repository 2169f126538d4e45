"""Sockets in front of a real engine: one that answers late, one that speaks an old API, one that only root may open."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOMEBODY = 12345
"""A user whom the program is not."""


class Door:
    """A unix socket whose bytes go to the engine's own, each answer `late_s` seconds late."""

    def __init__(self, path: Path, engine: Path, late_s: float) -> None:
        self._engine, self._late_s = engine, late_s
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(here,), daemon=True).start()

    def _serve(self, here: socket.socket) -> None:
        with here, socket.socket(socket.AF_UNIX) as there, contextlib.suppress(OSError):
            there.connect(str(self._engine))
            back = threading.Thread(target=self._pass, args=(there, here, self._late_s), daemon=True)
            back.start()
            self._pass(here, there, 0.0)
            back.join()

    def _pass(self, come: socket.socket, go: socket.socket, late_s: float) -> None:
        with contextlib.suppress(OSError):
            while data := come.recv(65536):
                time.sleep(late_s)
                go.sendall(data)
        for end in (come, go):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@contextmanager
def door(path: Path, engine: Path, late_s: float = 0.0) -> Iterator[str]:
    it = Door(path, engine, late_s)
    try:
        yield f"unix://{path}"
    finally:
        it.close()


def forbid(path: Path) -> None:
    os.chown(path, SOMEBODY, SOMEBODY)
    path.chmod(0o600)


@contextmanager
def hanging_up(path: Path) -> Iterator[None]:
    """Whoever comes in is put out again, without a word."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
