"""The journal's file: its tables, its versions, and how a connection to it is opened.

Opening an up-to-date journal costs a few pragmas; it is on the way to the first frame. Imports no event class.
"""

import os
import sqlite3
from pathlib import Path

from incidentui.edge.store import place
from incidentui.edge.store.errors import DamagedJournalError, JournalError

APPLICATION_ID = 0x494E4355
VERSION = 1
BUSY_S = 5.0
WRITER_BUSY_S = 30.0
"""SQLite waits by polling, which is not fair: among busy writers on a slow disk one can go without for seconds."""
WAL_FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""First good release of each line of SQLite: earlier ones can corrupt a WAL database when two connections
checkpoint at once (the WAL-reset bug)."""

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    happened INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    moment TEXT NOT NULL,
    incident TEXT,
    monotonic INTEGER NOT NULL,
    boot TEXT NOT NULL,
    data TEXT NOT NULL,
    data_sha256 TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    high INTEGER NOT NULL -- newest `happened` of all events up to this one: bounds a walk that stops at a sequence
) STRICT;
CREATE INDEX events_of_incident ON events (incident, seq) WHERE incident IS NOT NULL;
CREATE TABLE timeline (
    happened INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    moment TEXT NOT NULL,
    incident TEXT,
    marked INTEGER, -- sequence of the event by which a responder made it a key moment
    PRIMARY KEY (happened, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX timeline_key ON timeline (happened, seq) WHERE moment = 'key' OR marked IS NOT NULL;
CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    opened_seq INTEGER NOT NULL,
    closed_seq INTEGER
) STRICT;
CREATE TABLE samples (
    n INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    latency_ms INTEGER,
    status INTEGER,
    why TEXT NOT NULL
) STRICT;
CREATE INDEX samples_at ON samples (at);
CREATE TABLE evidence (sha256 TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE snapshots (seq INTEGER PRIMARY KEY, program TEXT NOT NULL, state TEXT NOT NULL) STRICT;
"""


BROKEN = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What a damaged file raises: its bytes get into SQLite's own messages, and Python cannot read those."""


_DISK = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)


class SchemaError(JournalError):
    """A journal of another version: it can be read, and must not be written."""


class NewerSchemaError(SchemaError):
    """Written by a newer program."""


class OlderSchemaError(SchemaError):
    """Written by an older program, and the disk does not let it be brought to this version."""


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether the linked SQLite has the fix for the WAL-reset bug."""
    newest = max(WAL_FIXED)
    return version >= newest or any(fix[:2] == version[:2] and version >= fix for fix in WAL_FIXED)


def journal_mode(path: str) -> str:
    """How the journal at `path` is written: a write-ahead log only where the library and the disk are fit for it."""
    if not wal_is_safe():
        return "TRUNCATE"
    from incidentui.edge.store.filesystem import shared

    return "TRUNCATE" if shared(os.path.dirname(path)) else "WAL"


def connect(path: str, mode: str, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """A connection without implicit transactions. `mode`: "rw" or "ro&immutable=1"."""
    uri = f"file:{place.quoted(path)}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=busy_s)


def open_writer(path: str, project: str) -> sqlite3.Connection:
    """A connection that may write; the journal is made when there is none yet, and made anew when it is damaged."""
    if not os.path.exists(path):
        _make(path, project)
    try:
        return open_existing(path)
    except DamagedJournalError:
        from incidentui.edge.store.damage import begin_anew

        begin_anew(path, project, lambda: open_existing(path).close(), lambda file: _create(file, project))
        return open_existing(path)


def mend(path: str, project: str) -> None:
    """Keep a journal aside that turned out unreadable in its middle, and go on with what can be read of it."""
    from incidentui.edge.store.damage import begin_anew, readable

    begin_anew(path, project, lambda: readable(path), lambda file: _create(file, project))


def open_existing(path: str) -> sqlite3.Connection:
    """A connection that may write to a whole journal; DamagedJournalError when it is none. Nothing is made."""
    conn = connect(path, "rw", WRITER_BUSY_S)
    try:
        version = _version(conn, path)
        if why := cut(conn, path):
            raise DamagedJournalError(path, why)
        if version < VERSION:
            _renew(conn, path, version)
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute(f"PRAGMA journal_mode = {journal_mode(path)}").fetchone()
    except BaseException:
        conn.close()
        raise
    return conn


def _renew(conn: sqlite3.Connection, path: str, version: int) -> None:
    from incidentui.edge.store.migrate import migrate

    try:
        migrate(conn, path)
    except (sqlite3.OperationalError, OSError) as error:
        raise OlderSchemaError(
            f"an older incidentui wrote it (journal version {version}, this program writes {VERSION}), and it cannot "
            f"be brought up to date: {error}. Make room beside {path}; until then it can only be read"
        ) from error


def open_reader(path: str) -> sqlite3.Connection:
    """A connection that only reads. Where the disk allows, it rolls back what a killed writer left half done."""
    conn = connect(path, "rw")
    try:
        conn.execute("PRAGMA query_only = 1")
        conn.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        conn.close()
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or not os.path.exists(path):
            raise
        # A WAL database on a read-only disk opens only as immutable.
        return connect(path, "ro&immutable=1")
    except BROKEN as error:
        conn.close()
        raise DamagedJournalError(path, f"is not a journal ({error})") from error
    return conn


def check_readable(conn: sqlite3.Connection, path: str) -> None:
    """JournalError unless this is a journal (of whatever version)."""
    try:
        _version(conn, path)
    except NewerSchemaError:
        return


def user_version(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def project_of(conn: sqlite3.Connection) -> str:
    row = conn.execute("SELECT value FROM meta WHERE key = 'project'").fetchone()
    return str(row[0]) if row else ""


def _make(path: str, project: str) -> None:
    """An empty journal: whole, or none at all. So a file without content is always one that was cut."""
    temporary = place.beside(path)
    try:
        _create(temporary, project).close()
        place.put_new(temporary, path)
    finally:
        for end in ("", "-journal"):
            Path(temporary + end).unlink(missing_ok=True)


def _version(conn: sqlite3.Connection, path: str) -> int:
    """Schema version of the file; DamagedJournalError when it is no whole journal."""
    try:
        version = user_version(conn)
        application = int(conn.execute("PRAGMA application_id").fetchone()[0])
        empty = conn.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None
    except BROKEN as error:
        if _of_the_disk(error):
            raise
        raise DamagedJournalError(path, f"is not a journal ({error})") from error
    if empty:
        raise DamagedJournalError(path, "is empty: something cut it")
    if application != APPLICATION_ID or version == 0:
        raise DamagedJournalError(path, "belongs to another program")
    if version > VERSION:
        raise NewerSchemaError(
            f"a newer incidentui wrote it (journal version {version}, this program writes {VERSION}): "
            f"it can only be read. Update incidentui to write to {path}"
        )
    return version


def _of_the_disk(error: Exception) -> bool:
    """Whether the disk, or another process, refused: that says nothing about what the file holds."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK


def cut(conn: sqlite3.Connection, path: str) -> str | None:
    """What is missing of the file: SQLite reads a last page that is cut as if zeros followed."""
    if str(conn.execute("PRAGMA journal_mode").fetchone()[0]) == "wal":
        return None  # a checkpoint that was killed may leave such a page, and the log mends it
    conn.execute("BEGIN")  # nobody writes while it is open
    try:
        page = int(conn.execute("PRAGMA page_size").fetchone()[0])
        conn.execute("SELECT * FROM meta").fetchall()
        conn.execute("SELECT * FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        return "was cut in the middle of a page" if os.path.getsize(path) % page else None
    except BROKEN as error:
        if _of_the_disk(error):
            raise
        return f"is damaged ({error})"
    finally:
        if conn.in_transaction:  # some errors have ended it
            conn.execute("ROLLBACK")


def _create(path: str, project: str) -> sqlite3.Connection:
    """The tables, in an empty file that nobody else knows."""
    conn = connect(path, "rw")
    try:
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("BEGIN IMMEDIATE")
        for statement in TABLES.split(";\n"):
            if statement.strip():
                conn.execute(statement)
        conn.execute("INSERT INTO meta VALUES ('project', ?)", (project,))
        conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        conn.execute(f"PRAGMA user_version = {VERSION}")
        conn.execute("COMMIT")
    except BaseException:
        conn.close()
        raise
    return conn
