"""One transaction on the journal: sequence, hash chain and index rows are given here and nowhere else.

Knows drafts and plain values only, no event class: `note` writes through it without importing them.
"""

import itertools
import json
import random
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from incidentui.core import envelope
from incidentui.edge.store import schema
from incidentui.edge.store.aside import Claim, SideFiles
from incidentui.edge.store.errors import DisplacedError
from incidentui.edge.store.place import Place

T = TypeVar("T")


class Draft(NamedTuple):
    """An event that has no sequence yet. `data` is canonical JSON."""

    id: str
    type: str
    at: int
    recorded: int
    source: str
    subject: str
    moment: str
    incident: str | None
    mono_ms: int
    boot: str
    data: str

    def attributes(self, project: str, seq: int | None = None) -> dict[str, Any]:
        return envelope.attributes(project=project, seq=seq, **self.envelope())

    def envelope(self) -> dict[str, Any]:
        fields = self._asdict()
        del fields["data"]
        return fields


class Stored(NamedTuple):
    draft: Draft
    seq: int
    prev: str
    hash: str


class Known(NamedTuple):
    """The last event of a journal, as a writer saw it: a file without it is another file."""

    seq: int
    hash: str


NOTHING_KNOWN = Known(0, "")


def newest(conn: sqlite3.Connection) -> Known:
    row = conn.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return Known(*row) if row else NOTHING_KNOWN


def holds(conn: sqlite3.Connection, known: Known) -> bool:
    return conn.execute("SELECT 1 FROM events WHERE seq = ? AND hash = ?", known).fetchone() is not None


def draft_from(attributes: dict[str, Any]) -> Draft:
    """The draft of an event in the side file."""
    a = attributes
    return Draft(
        id=a["id"],
        type=a["type"].removeprefix(envelope.TYPE_PREFIX),
        at=envelope.from_rfc3339(a["time"]),
        recorded=envelope.from_rfc3339(a["recordedtime"]),
        source=envelope.source_of(a["source"]),
        subject=a.get("subject", ""),
        moment=a["moment"],
        incident=a.get("incident"),
        mono_ms=a["monotonic"],
        boot=a["bootid"],
        data=envelope.canonical(a["data"]),
    )


_Numbers = dict[tuple[str, str | None], str]


def _renumbered(draft: Draft, incident: str) -> Draft:
    data = json.loads(draft.data)
    if draft.type == "incident.opened" and isinstance(data, dict):
        data["id"] = incident
    return draft._replace(incident=incident, data=envelope.canonical(data))


class Transaction:
    """Between BEGIN IMMEDIATE and COMMIT. `last` is the newest sequence, others' appends included."""

    def __init__(self, conn: sqlite3.Connection, project: str, known: Known = NOTHING_KNOWN) -> None:
        self.conn = conn
        self.project = project
        if schema.user_version(conn) > schema.VERSION:  # this program was started before an update, and runs on
            raise DisplacedError("a newer incidentui has taken the journal over: end this one and start it again")
        newest = conn.execute("SELECT seq, hash, high FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        self.last: int
        self._hash: str
        self._high: int
        self.last, self._hash, self._high = newest or (0, "", 0)
        if known.seq and not self._continues(known):
            raise DisplacedError("the journal no longer holds what was written into it: it was overwritten or cut")

    @property
    def known(self) -> Known:
        return Known(self.last, self._hash)

    def _continues(self, known: Known) -> bool:
        return self.known == known or holds(self.conn, known)

    def insert(self, drafts: Sequence[Draft]) -> list[Stored]:
        return [self._insert(draft) for draft in drafts]

    def take_over(self, seq: int, draft: Draft, data_sha256: str, own: str) -> bool:
        """An event as another file holds it; False, and nothing was written, when it does not fit the chain."""
        whole = envelope.sha256(draft.data) == data_sha256 or envelope.erased(draft.data)
        fits = envelope.chained(draft.attributes(self.project, seq), data_sha256, self._hash) == own
        if seq != self.last + 1 or not whole or not fits:
            return False
        self._insert(draft, data_sha256)
        return True

    def _insert(self, draft: Draft, data_sha256: str = "") -> Stored:
        seq, prev = self.last + 1, self._hash
        data_sha256 = data_sha256 or envelope.sha256(draft.data)
        own = envelope.chained(draft.attributes(self.project, seq), data_sha256, prev)
        high = max(self._high, draft.at)
        self.conn.execute(
            "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                *(seq, draft.id, draft.type, draft.at, draft.recorded, draft.source, draft.subject, draft.moment),
                *(draft.incident, draft.mono_ms, draft.boot, draft.data, data_sha256, prev, own, high),
            ),
        )
        self._index(draft, seq)
        self.last, self._hash, self._high = seq, own, high
        return Stored(draft, seq, prev, own)

    def _index(self, draft: Draft, seq: int) -> None:
        execute = self.conn.execute
        if draft.moment != "quiet":
            row = (draft.at, seq, draft.moment, draft.incident)
            execute("INSERT INTO timeline (happened, seq, moment, incident) VALUES (?,?,?,?)", row)
        if draft.type == "incident.opened":
            execute("INSERT OR IGNORE INTO incidents (id, opened_seq) VALUES (?,?)", (draft.incident, seq))
        elif draft.type == "incident.closed":
            execute("UPDATE incidents SET closed_seq = ? WHERE id = ?", (seq, draft.incident))
        elif draft.type == "moment.marked" and draft.subject.isdecimal():
            execute(
                "UPDATE timeline SET marked = ? WHERE marked IS NULL"
                " AND (happened, seq) = (SELECT happened, seq FROM events WHERE seq = ?)",
                (seq, int(draft.subject)),
            )

    def merge(self, claim: Claim) -> None:
        """Facts that waited in a side file; those a killed merge brought in before are known by their id.

        Who wrote one saw nothing of what waited: two may have opened an incident under the same number.
        """
        numbers: _Numbers = {}
        for line in claim.lines:
            try:
                evidence, draft = line.get("evidence"), draft_from(line) if "evidence" not in line else None
                kept = (evidence["sha256"], evidence["kind"], evidence["body"]) if evidence else None
            except (KeyError, TypeError, ValueError, AttributeError):
                claim.unread = True
                continue
            if kept:
                self.keep([kept])
            elif draft:
                self._take_in(draft, (str(line.get("writer", "")), draft.incident), numbers)

    def _take_in(self, draft: Draft, meant: tuple[str, str | None], numbers: _Numbers) -> None:
        """`meant`: who wrote it, and which incident it calls its own; `numbers`: what that is called here instead."""
        known = self.conn.execute("SELECT incident FROM events WHERE id = ?", (draft.id,)).fetchone()
        if known is not None:
            if known[0] != draft.incident:
                numbers[meant] = known[0]
            return
        if draft.type == "incident.opened" and self.has_incident(draft.incident or ""):
            numbers[meant] = self._free_number()
        self._insert(_renumbered(draft, numbers[meant]) if meant in numbers else draft)

    def _free_number(self) -> str:
        count = self.conn.execute("SELECT count(*) FROM events WHERE type = 'incident.opened'").fetchone()[0]
        return next(name for n in itertools.count(count + 1) if not self.has_incident(name := f"INC-{n}"))

    def keep(self, evidence: Sequence[tuple[str, str, str]]) -> None:
        if evidence:
            self.conn.executemany("INSERT OR IGNORE INTO evidence VALUES (?,?,?)", evidence)

    def open_incidents(self) -> list[str]:
        """The open incidents, the one that was opened last first."""
        sql = "SELECT id FROM incidents WHERE closed_seq IS NULL ORDER BY opened_seq DESC"
        return [str(row[0]) for row in self.conn.execute(sql)]

    def has_incident(self, ident: str) -> bool:
        return self.conn.execute("SELECT 1 FROM incidents WHERE id = ?", (ident,)).fetchone() is not None


def commit(
    conn: sqlite3.Connection,
    project: str,
    side: SideFiles,
    works: Sequence[Callable[[Transaction], T]],
    place: Place,
    known: Known = NOTHING_KNOWN,
) -> tuple[list[T], Known]:
    """All of `works` in one durable transaction, after the facts that wait in side files. All or nothing.

    DisplacedError when it may have gone into a file that nobody will find: the facts belong into the side file then,
    and their ids keep them from being there twice if the file comes back.
    """
    _begin(conn)
    claim = side.claim()
    try:
        transaction = Transaction(conn, project, known)
        transaction.merge(claim)
        results = [work(transaction) for work in works]
        conn.execute("COMMIT")
        place.check()
        claim.remove()
    except BaseException:
        # Some errors (disk full) have rolled back already.
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    finally:
        claim.release()
    return results, transaction.known


def _begin(conn: sqlite3.Connection) -> None:
    """SQLite's own waiting sleeps ever longer, up to 0.1 s, and so lets newcomers pass: among four busy writers one
    waited for seconds. Short sleeps of random length are fair enough."""
    until = time.monotonic() + schema.WRITER_BUSY_S
    conn.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                conn.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            time.sleep(random.uniform(0.001, 0.005))
    finally:
        conn.execute(f"PRAGMA busy_timeout = {int(schema.WRITER_BUSY_S * 1000)}")


def aside_lines(
    drafts: Sequence[Draft], evidence: Sequence[tuple[str, str, str]], project: str, writer: str = ""
) -> list[str]:
    """Facts as lines of the side file: CloudEvents that have no sequence yet, and the evidence they name. `writer`
    keeps those of one program together."""
    kept = [{"evidence": {"sha256": sha, "kind": kind, "body": body}} for sha, kind, body in evidence]
    by = {"writer": writer} if writer else {}
    events = [{**draft.attributes(project), **by, "data": json.loads(draft.data)} for draft in drafts]
    return [envelope.canonical(line) for line in (*kept, *events)]


def storable(text: str) -> str:
    """`text` without lone surrogates, which no file takes. Edges clean text; this is the net under them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
