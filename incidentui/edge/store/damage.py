"""A damaged journal is kept under another name, never overwritten; a new one goes on from what can be read of it.

What is taken over is checked event by event along the hash chain, so the new journal holds nothing that was changed.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from incidentui.core import envelope
from incidentui.core.ids import RANDOM_BYTES, uuid7
from incidentui.edge.clock import SystemClock
from incidentui.edge.store import place
from incidentui.edge.store.errors import DamagedJournalError
from incidentui.edge.store.transaction import Draft, Transaction

_COLUMNS = (
    "seq, id, type, happened, recorded, source, subject, moment, incident, monotonic, boot, data, data_sha256, hash"
)
_UNREADABLE = (sqlite3.DatabaseError, ValueError, TypeError, AttributeError, OverflowError)
"""A page of zeros reads as anything."""
_BY_SEQUENCE = ("moment.marked", "data.erased")
_LONGEST = 2**34
"""A head that claims more is damaged itself."""
_BESIDE = ("-journal", "-wal", "-shm")


def begin_anew(path: str, project: str, judge: Callable[[], None], make: Callable[[str], sqlite3.Connection]) -> None:
    """Keep the file at `path` aside and put a new journal there. `judge` raises DamagedJournalError while it is damaged
    (another process may have done the same meanwhile); `make` makes the tables in an empty file."""
    folder = os.open(Path(path).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        try:
            judge()
        except DamagedJournalError as error:
            _replace(path, project, error.why, make)
    finally:
        os.close(folder)


def readable(path: str) -> None:
    """DamagedJournalError when an event or a row of the timeline cannot be read: what opening does not find out."""
    conn = sqlite3.connect(f"file:{place.quoted(path)}?mode=rw", uri=True)
    try:
        for table in ("events", "timeline", "incidents", "evidence", "samples", "snapshots"):
            for _ in conn.execute(f"SELECT * FROM {table}"):
                pass
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise DamagedJournalError(path, f"is damaged ({error})") from error
    finally:
        conn.close()


def _replace(path: str, project: str, why: str, make: Callable[[str], sqlite3.Connection]) -> None:
    """At every moment there is a file at `path`: killed half-way, the next one to open it begins again."""
    temporary = place.beside(path)
    try:
        kept = _name(path)
        conn = make(temporary)
        try:
            _fill(conn, path, kept, project, why)
        finally:
            conn.close()
        for end in (*_BESIDE, ""):
            if os.path.lexists(path + end):
                os.link(path + end, kept + end)
        place.sync_folder(path)
        for end in _BESIDE:
            Path(path + end).unlink(missing_ok=True)
        os.replace(temporary, path)
        place.sync_folder(path)
    finally:
        for end in ("", *_BESIDE):
            Path(temporary + end).unlink(missing_ok=True)


def _name(path: str) -> str:
    """Where the damaged file shall be kept: a name that nothing has."""
    stamp = envelope.rfc3339(SystemClock().now())[:19].replace(":", "")
    kept, n = f"{path}.damaged-{stamp}Z", 1
    while any(os.path.lexists(kept + end) for end in ("", *_BESIDE)):
        kept, n = f"{path}.damaged-{stamp}Z-{n}", n + 1
    return kept


def _fill(conn: sqlite3.Connection, path: str, kept: str, project: str, why: str) -> None:
    conn.execute("BEGIN IMMEDIATE")
    with _readable(path) as old:
        named = _project(old) or project
        conn.execute("UPDATE meta SET value = ? WHERE key = 'project'", (named,))
        transaction = Transaction(conn, named)
        taken = _take_events(old, transaction)
        after = _take_after_gap(old, transaction)
        _take_rest(old, conn)
    transaction.insert([_said(kept, why, taken, after, next(iter(transaction.open_incidents()), None))])
    conn.execute("COMMIT")


@contextmanager
def _readable(path: str) -> Iterator[sqlite3.Connection]:
    """A copy of the damaged file, as long as its head says it was: SQLite opens none that is shorter. What a killed
    writer left half done is rolled back in the copy, never in the file that is kept."""
    copy = place.beside(path)
    try:
        for end in ("", *_BESIDE[:2]):
            if os.path.exists(path + end):
                shutil.copyfile(path + end, copy + end)
        with open(copy, "rb") as file:
            head = file.read(100)
        size = int.from_bytes(head[16:18], "big") * int.from_bytes(head[28:32], "big")
        if os.path.getsize(copy) < size <= _LONGEST:
            os.truncate(copy, size)
        old = sqlite3.connect(copy, isolation_level=None)
        try:
            yield old
        finally:
            old.close()
    finally:
        for end in ("", *_BESIDE):
            Path(copy + end).unlink(missing_ok=True)


def _project(old: sqlite3.Connection) -> str:
    try:
        row = old.execute("SELECT value FROM meta WHERE key = 'project'").fetchone()
    except (sqlite3.DatabaseError, ValueError):
        return ""
    return str(row[0]) if row else ""


def _take_events(old: sqlite3.Connection, transaction: Transaction) -> int:
    try:
        for row in old.execute(f"SELECT {_COLUMNS} FROM events ORDER BY seq"):
            if not transaction.take_over(row[0], Draft(*row[1:12]), row[12], row[13]):
                break
    except _UNREADABLE:
        pass  # as far as it can be read: that is what is said
    return transaction.last


def _take_after_gap(old: sqlite3.Connection, transaction: Transaction) -> int:
    """Events behind the damage that are what their own hash says: under a new sequence, as facts of a side file are.
    Those that name another event by its sequence stay behind."""
    found: list[Draft] = []
    try:
        sql = f"SELECT {_COLUMNS}, prev FROM events WHERE seq > ? ORDER BY seq DESC"
        for row in old.execute(sql, (transaction.last,)):
            draft = Draft(*row[1:12])
            own = envelope.chained(draft.attributes(transaction.project, row[0]), row[12], row[14])
            if own == row[13] and envelope.sha256(draft.data) == row[12] and draft.type not in _BY_SEQUENCE:
                found.append(draft)
    except _UNREADABLE:
        pass  # back to the damage
    return len(transaction.insert(found[::-1]))


def _take_rest(old: sqlite3.Connection, conn: sqlite3.Connection) -> None:
    """Evidence that is what its hash says, and samples: as far as they can be read."""
    try:
        for sha256, kind, body in old.execute("SELECT sha256, kind, body FROM evidence"):
            if envelope.sha256(f"{kind}\n{body}") == sha256:
                conn.execute("INSERT OR IGNORE INTO evidence VALUES (?,?,?)", (sha256, kind, body))
        columns = "name, at, state, latency_ms, status, why"
        for sample in old.execute(f"SELECT {columns} FROM samples ORDER BY n"):
            conn.execute(f"INSERT INTO samples ({columns}) VALUES (?,?,?,?,?,?)", sample)
    except (sqlite3.DatabaseError, ValueError):
        return


def _said(kept: str, why: str, taken: int, after: int, incident: str | None) -> Draft:
    clock = SystemClock()
    now = clock.now()
    return Draft(
        id=uuid7(now, os.urandom(RANDOM_BYTES)),
        type="journal.replaced",
        at=now,
        recorded=now,
        source="session",
        subject="journal",
        moment="key",
        incident=incident,
        mono_ms=clock.mono(),
        boot=clock.boot,
        data=envelope.canonical({"kept": kept, "why": why, "taken": taken, "after": after}),
    )
