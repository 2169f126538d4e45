"""The one writer thread of a process: all work that waits goes into one transaction and is acknowledged after it."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from incidentui.edge.store.aside import SideFiles
from incidentui.edge.store.errors import JournalError
from incidentui.edge.store.transaction import Transaction, commit

T = TypeVar("T")
Work = Callable[[Transaction], Any]
_Job = tuple[Work, Future[Any]]
GROUP = 500


class Writer:
    def __init__(self, conn: sqlite3.Connection, project: str, side: SideFiles) -> None:
        self._conn = conn
        self._project = project
        self._side = side
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False

    def do(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction of the writer thread; its result, once durable. Raises what it raised."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise JournalError("the journal is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
                self._thread.start()
            self._queue.put((work, future))
        return future.result()

    def close(self) -> None:
        """Finish what waits, then stop."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            self._queue.put(None)
            thread.join()
            self._thread = None

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            jobs = [job, *self._waiting()]
            self._commit([j for j in jobs if j is not None])
            if None in jobs:
                return

    def _waiting(self) -> list[_Job | None]:
        jobs: list[_Job | None] = []
        try:
            while len(jobs) < GROUP:
                jobs.append(self._queue.get_nowait())
        except Empty:
            pass
        return jobs

    def _commit(self, jobs: Sequence[_Job]) -> None:
        try:
            results = commit(self._conn, self._project, self._side, [work for work, _ in jobs])
        except Exception as error:  # every kind goes to whoever waits; the thread must outlive it
            self._failed(jobs, error)
            return
        for (_, future), result in zip(jobs, results, strict=True):
            future.set_result(result)

    def _failed(self, jobs: Sequence[_Job], error: Exception) -> None:
        """One bad piece of work must not take the others of its group with it."""
        if len(jobs) == 1 or isinstance(error, sqlite3.OperationalError):
            for _, future in jobs:
                future.set_exception(error)
            return
        for job in jobs:
            self._commit([job])
