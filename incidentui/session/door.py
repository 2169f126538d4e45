"""The door between other threads and the session's own: each question is answered, also when the session ends."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import Any, TypeVar

T = TypeVar("T")


class SessionStopped(Exception):  # noqa: N818 - said of the session, not an error of the asker
    """Nobody answers any more; the text says why."""


def give(answer: "Future[T]", value: T) -> None:
    with contextlib.suppress(InvalidStateError):  # the asker went away
        answer.set_result(value)


def fail(answer: "Future[Any]", error: Exception) -> None:
    with contextlib.suppress(InvalidStateError):
        answer.set_exception(error)


class Door:
    """What is asked before `open` waits until then."""

    def __init__(self) -> None:
        self.closed = ""
        """Why nobody answers any more; empty while somebody does."""
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._early: list[Callable[[], object]] = []
        self._owed: set[Future[Any]] = set()

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """On the session's thread."""
        with self._lock:
            self._loop = loop
        for call in self._early:
            call()

    def close(self, why: str) -> None:
        with self._lock:
            self.closed = why
        for answer in tuple(self._owed):
            fail(answer, SessionStopped(why))

    def ask(self, answer: "Future[Any]", call: Callable[[], object]) -> None:
        """Answer in time, or say that nobody is there to answer."""
        with self._lock:
            closed = self.closed
            if not closed:
                self._owed.add(answer)
        if closed:
            fail(answer, SessionStopped(closed))
            return
        answer.add_done_callback(self._owed.discard)
        self.call(call)

    def call(self, call: Callable[[], object]) -> None:
        """On the session's thread, now or as soon as it runs."""
        with self._lock:
            if self._loop is None:
                self._early.append(call)
                return
        with contextlib.suppress(RuntimeError):  # its loop has closed: `close` answers what is owed
            self._loop.call_soon_threadsafe(call)
