"""The journal of a project in SQLite: implements session.ports.Journal.

Writes go through one writer thread, reads through a connection per thread. A write that fails goes to the side file.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from incidentui import __version__
from incidentui.core import codec
from incidentui.core.events import Fact, Recorded, type_name
from incidentui.core.ids import RANDOM_BYTES, uuid7
from incidentui.core.inputs import Evidence
from incidentui.core.model import Ms
from incidentui.core.recent import Sample
from incidentui.core.state import State
from incidentui.edge.redact import redact
from incidentui.edge.store import reading, schema
from incidentui.edge.store.aside import SideFiles
from incidentui.edge.store.errors import DisplacedError, JournalError, JournalReadOnlyError
from incidentui.edge.store.secrets import without_secrets
from incidentui.edge.store.transaction import Draft, Stored, Transaction, aside_lines, storable
from incidentui.edge.store.writer import Writer
from incidentui.session.ports import Appended, Aside, Clock, Moved, NotSaved, Row, Unreadable

KEEP_SAMPLES_MS: Ms = 14 * 24 * 3_600_000
_PRUNED_AT_ONCE = 5_000


class NotSavedError(JournalError, NotSaved):
    """Neither the disk of the journal nor that of the side file takes anything."""


class UnreadableError(JournalError, Unreadable):
    """What a screen asks for cannot be read now."""


@contextmanager
def _asked(path: str) -> Iterator[None]:
    try:
        yield
    except (*schema.BROKEN, ValueError, OSError, JournalError) as error:
        raise UnreadableError(f"{path} cannot be read: {error}") from error


class IncidentKey(NamedTuple):
    """Where the journal holds an incident."""

    id: str
    opened_seq: int
    closed_seq: int | None


class _Others(NamedTuple):
    """What others appended meanwhile."""

    rows: list[tuple[Any, ...]]


class SqliteJournal:
    def __init__(
        self, path: str, clock: Clock, conn: sqlite3.Connection, why_read_only: str = "", shelve: bool = False
    ) -> None:
        """`shelve`: what cannot be written here goes to the side file, for a program that can write it."""
        self._shelve = shelve
        self.path = path
        self.project = schema.project_of(conn)
        self.read_only = why_read_only
        """Why nothing may be appended here; empty when it may (a disk that refuses answers with Aside)."""
        self._clock = clock
        self._side = SideFiles(path)
        self._name = os.urandom(8).hex()
        """In the side file, where several write."""
        self._writer = Writer(path, conn, self.project, self._side)
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._version = self._data_version()

    # -- writing

    def append(
        self,
        facts: Sequence[Fact],
        *,
        expected: int | None = None,
        evidence: Sequence[Evidence] = (),
        samples: Sequence[Sample] = (),
    ) -> Appended | Moved | Aside:
        if not self._shelve:
            self._refuse_when_read_only()
        facts, evidence = without_secrets(facts, evidence)
        drafts = [self._draft(fact) for fact in facts]
        kept = [(e.sha256, e.kind, storable(e.body)) for e in evidence]
        if self.read_only:
            return self._put_aside(drafts, kept, self.read_only, facts)
        looks = [(s.check, s.at, s.state, s.latency_ms, s.status, storable(redact(s.why))) for s in samples]

        def work(transaction: Transaction) -> list[Stored] | _Others:
            if expected is not None and transaction.last != expected:
                return _Others(_since(transaction.conn, expected))
            transaction.keep(kept)
            if looks:
                columns = "name, at, state, latency_ms, status, why"
                transaction.conn.executemany(f"INSERT INTO samples ({columns}) VALUES (?,?,?,?,?,?)", looks)
            return transaction.insert(drafts)

        try:
            written = self._writer.do(work)
        except (*schema.BROKEN, DisplacedError) as error:
            return self._put_aside(drafts, kept, str(error), facts)
        if isinstance(written, _Others):
            return Moved(tuple(reading.recorded(row, self.project) for row in written.rows))
        return Appended(tuple(self._recorded(s, fact) for s, fact in zip(written, facts, strict=True)))

    def save_snapshot(self, state: State) -> None:
        if self.read_only:
            return
        text = json.dumps(codec.to_json(state), separators=(",", ":"))  # in its order: services stand as configured

        def work(transaction: Transaction) -> None:
            # A state of before an erasure holds what was erased; only whoever folds again may keep it.
            transaction.conn.execute(
                "INSERT OR REPLACE INTO snapshots SELECT ?,?,? WHERE NOT EXISTS"
                " (SELECT 1 FROM events WHERE seq > ? AND type = 'data.erased')",
                (state.seq, __version__, text, state.seq),
            )

        try:
            self._writer.do(work)
        except (*schema.BROKEN, DisplacedError):
            return  # a cache: the next one may work, and a fact that cannot be written says so itself

    def prune(self, now: Ms, windows: Sequence[tuple[Ms, Ms]] = ()) -> int:
        """Drop samples older than 14 days that lie in none of the (from, to) windows; how many went."""
        self._refuse_when_read_only()
        outside = "".join(" AND NOT (at BETWEEN ? AND ?)" for _ in windows)
        values = (now - KEEP_SAMPLES_MS, *(edge for window in windows for edge in window), _PRUNED_AT_ONCE)
        sql = f"DELETE FROM samples WHERE n IN (SELECT n FROM samples WHERE at < ?{outside} LIMIT ?)"
        gone = 0
        while (n := self._writer.do(lambda transaction: transaction.conn.execute(sql, values).rowcount)) > 0:
            gone += n
        return gone

    def _refuse_when_read_only(self) -> None:
        if self.read_only:
            raise JournalReadOnlyError(self.read_only)

    def _draft(self, fact: Fact) -> Draft:
        now = self._clock.now()
        return Draft(
            id=uuid7(now, os.urandom(RANDOM_BYTES)),
            type=type_name(fact.event),
            at=fact.at,
            recorded=now,
            source=storable(fact.source),
            subject=storable(fact.subject),
            moment=fact.moment,
            incident=fact.incident,
            mono_ms=self._clock.mono(),
            boot=self._clock.boot,
            data=storable(codec.data_text(fact.event)),
        )

    def _recorded(self, stored: Stored, fact: Fact) -> Recorded:
        d = stored.draft
        return Recorded(
            seq=stored.seq,
            id=d.id,
            at=d.at,
            recorded=d.recorded,
            source=d.source,
            subject=d.subject,
            moment=fact.moment,
            incident=d.incident,
            project=self.project,
            mono_ms=d.mono_ms,
            boot=d.boot,
            event=fact.event,
            hash=stored.hash,
            prev=stored.prev,
        )

    def _put_aside(
        self, drafts: Sequence[Draft], kept: Sequence[tuple[str, str, str]], why: str, facts: Sequence[Fact]
    ) -> Aside:
        # Samples are let go: they are many, and a full disk wants facts.
        lines = aside_lines(drafts, kept, self.project, self._name)
        try:
            return Aside(why, self._side.write(lines), tuple(facts))
        except OSError as error:
            raise NotSavedError(
                f"nothing could be saved: {self.path}: {why}; and the side file: {error}. Free some disk space."
            ) from error

    # -- reading

    def last(self) -> int:
        return reading.last(self._reader())

    def moved(self) -> bool:
        try:
            version = self._data_version()
        except schema.BROKEN:
            return False  # the file is gone or torn: the next fact finds out, and says so
        moved, self._version = version != self._version, version
        return moved

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        return (reading.recorded(row, self.project) for row in self._pages(after, until))

    def cloudevents(self, after: int = 0, until: int | None = None) -> Iterator[dict[str, Any]]:
        """The same events as CloudEvents objects, exactly as they were written."""
        return (reading.cloudevent(row, self.project) for row in self._pages(after, until))

    def samples(self, since: Ms, until: Ms | None = None) -> Iterator[Sample]:
        sql = (
            "SELECT at, n, name, state, latency_ms, status, why FROM samples"
            f" WHERE (at, n) > (?, ?) AND at <= ? ORDER BY at, n LIMIT {reading.PAGE}"
        )
        key: tuple[int, int] = (since, 2**62)
        newest = 2**62 if until is None else until
        while found := self._reader().execute(sql, (*key, newest)).fetchall():
            for at, _, name, state, latency, status, why in found:
                yield Sample(name, at, state, latency, status, why)
            key = found[-1][:2]

    def evidence(self, sha256: str) -> Evidence | None:
        with _asked(self.path):
            row = self._reader().execute("SELECT kind, body FROM evidence WHERE sha256 = ?", (sha256,)).fetchone()
        return Evidence(*row) if row else None

    def rows(
        self,
        *,
        before: Row | None = None,
        after: Row | None = None,
        limit: int = 100,
        key_only: bool = True,
        since: Ms | None = None,
        until_seq: int | None = None,
        containing: str = "",
        documents: bool = True,
    ) -> list[Recorded]:
        with _asked(self.path):
            found = reading.rows(
                self._reader(),
                before=before,
                after=after,
                limit=limit,
                key_only=key_only,
                since=since,
                until_seq=until_seq,
                containing=containing,
                documents=documents,
            )
            return [reading.recorded(row, self.project) for row in found]

    def snapshot(self, at_most: int) -> State | None:
        sql = "SELECT state FROM snapshots WHERE seq <= ? AND program = ? ORDER BY seq DESC LIMIT 1"
        row = self._reader().execute(sql, (at_most, __version__)).fetchone()
        try:
            return codec.from_json(State, json.loads(row[0])) if row else None
        except ValueError:
            return None  # damaged: folding the events gives the same

    def incidents(self) -> list[IncidentKey]:
        """Every incident of the journal, oldest first."""
        sql = "SELECT id, opened_seq, closed_seq FROM incidents ORDER BY opened_seq"
        return [IncidentKey(*row) for row in self._reader().execute(sql).fetchall()]

    def first_seen(self, at: Ms) -> int:
        """First sequence of what happened at `at` or later; one past the last when nothing did."""
        return reading.first_seen(self._reader(), at)

    def late(self, incident: str, after: int) -> list[int]:
        """Sequences of the events of an incident that came after `after`."""
        sql = "SELECT seq FROM events WHERE incident = ? AND seq > ? ORDER BY seq"
        return [seq for (seq,) in self._reader().execute(sql, (incident, after)).fetchall()]

    def verify(self, most: int = 10) -> list[str]:
        """The first problems; empty when it is whole."""
        from incidentui.edge.store.verify import problems  # not on the way to the first frame

        cut = [] if (why := schema.cut(self._reader(), self.path)) is None else [f"the file {why}"]
        return [*cut, *islice(problems(self._reader(), self.project), most)]

    def close(self) -> None:
        self._writer.close()
        for conn in (*self._readers, self._writer.conn):
            conn.close()
        self._readers = []

    def _pages(self, after: int, until: int | None) -> Iterator[tuple[Any, ...]]:
        newest = self.last() if until is None else until
        while found := reading.page(self._reader(), after, newest):
            yield from found
            after = found[-1][0]

    def _data_version(self) -> int:
        # Of the writing connection: its own commits do not count.
        return int(self._writer.conn.execute("PRAGMA data_version").fetchone()[0])

    def _reader(self) -> sqlite3.Connection:
        conn: sqlite3.Connection | None = getattr(self._local, "conn", None)
        files = self._writer.files
        if conn is None or self._local.files != files:
            conn = schema.open_reader(self.path)
            self._local.conn, self._local.files = conn, files
            self._readers.append(conn)
        return conn


def open_journal(path: str | os.PathLike[str], project: str, clock: Clock, read_only: bool = False) -> SqliteJournal:
    """The journal at `path`, made when it is not there. Read-only where asked, or where a newer program wrote it:
    then facts wait in the side file for that program.

    JournalError when it is something else, or cannot be opened at all.
    """
    path = os.fspath(path)
    why, shelve = f"{path} was opened for reading only" if read_only else "", False
    try:
        if not read_only:
            try:
                return SqliteJournal(path, clock, schema.open_writer(path, project))
            except schema.SchemaError as other:
                why, shelve = str(other), True
            except (sqlite3.OperationalError, OSError) as error:
                if not os.path.exists(path) or not _says_read_only(error, path):
                    raise
        conn = schema.open_reader(path)
        schema.check_readable(conn, path)
        return SqliteJournal(path, clock, conn, why, shelve)
    except (*schema.BROKEN, OSError) as error:
        raise JournalError(f"the journal {path} cannot be opened: {error}") from error


def _says_read_only(error: Exception, path: str) -> bool:
    return not os.access(path, os.W_OK) or not os.access(os.path.dirname(path), os.W_OK) or "readonly" in str(error)


def _since(conn: sqlite3.Connection, after: int) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    while some := reading.page(conn, found[-1][0] if found else after, 2**62):
        found += some
    return found
