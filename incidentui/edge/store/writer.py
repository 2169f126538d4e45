"""The one writer thread of a process: all work that waits goes into one transaction and is acknowledged after it.

It also notices when the file it writes to is no longer the one at the journal's path, and takes the right one up again.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from incidentui.edge.store import schema
from incidentui.edge.store.aside import SideFiles
from incidentui.edge.store.errors import DisplacedError, JournalError
from incidentui.edge.store.place import Place, copy_out
from incidentui.edge.store.transaction import Transaction, commit, holds, newest

T = TypeVar("T")
Work = Callable[[Transaction], Any]
_Job = tuple[Work, Future[Any]]
GROUP = 500


class Writer:
    def __init__(self, path: str, conn: sqlite3.Connection, project: str, side: SideFiles) -> None:
        self.conn = conn
        self.files = 0
        """How often another file had to be taken up: who reads opens it too."""
        self._path = path
        self._place = Place(path)
        self._known = newest(conn)
        self._rescued = ""
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
            self._find_again()
            works = [work for work, _ in jobs]
            results, self._known = commit(self.conn, self._project, self._side, works, self._place, self._known)
        except Exception as error:  # every kind goes to whoever waits; the thread must outlive it
            self._failed(jobs, error)
            return
        for (_, future), result in zip(jobs, results, strict=True):
            future.set_result(result)

    def _failed(self, jobs: Sequence[_Job], error: Exception) -> None:
        """One bad piece of work must not take the others of its group with it."""
        if len(jobs) == 1 or isinstance(error, sqlite3.OperationalError | DisplacedError):
            for _, future in jobs:
                future.set_exception(error)
            return
        for job in jobs:
            self._commit([job])

    # -- a file that is not there any more

    def _find_again(self) -> None:
        """DisplacedError unless the file at the path holds what we wrote: the same one, or a copy of it."""
        try:
            self._place.check()
            return
        except DisplacedError as error:
            why = str(error)
        try:
            restored = self._rescue()
            conn = schema.open_existing(self._path)
        except (*schema.BROKEN, OSError, JournalError) as error:
            raise DisplacedError(f"{why}{self._rescued}; what is there now cannot be taken up: {error}") from error
        if not self._continues(conn):
            conn.close()
            raise DisplacedError(f"{why}{self._rescued}; what is there now is another record")
        self.conn.close()
        self.conn, self._place, self.files = conn, Place(self._path), self.files + 1
        if not restored:
            self._rescued = ""

    def _continues(self, conn: sqlite3.Connection) -> bool:
        return self._known.seq == 0 or holds(conn, self._known)

    def _rescue(self) -> bool:
        """What the open handle still holds gets a name again: its own where that is free, else one beside it."""
        if not self._continues(self.conn):
            return False  # cut or overwritten before it was moved: there is nothing to rescue
        if copy_out(self.conn, self._path):
            return True
        if not self._rescued:
            place = f"{self._path}.rescued-{self._known.seq}"
            copy_out(self.conn, place)
            self._rescued = f"; all until then is in {os.path.basename(place)} beside it"
        return False
