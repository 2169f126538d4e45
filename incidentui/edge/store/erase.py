"""The one exception to "nothing is edited or deleted": the data of an event that holds a leaked secret.

The chain still holds, because it covers only the hash of the data; another event says who erased it and why.
"""

import json
import os
import re
import sqlite3
from typing import NamedTuple

from incidentui.core import envelope
from incidentui.core.ids import RANDOM_BYTES, uuid7
from incidentui.edge.store import schema
from incidentui.edge.store.aside import SideFiles
from incidentui.edge.store.errors import JournalError
from incidentui.edge.store.place import Place
from incidentui.edge.store.traces import files_with
from incidentui.edge.store.transaction import Draft, Transaction, commit
from incidentui.session.ports import Clock

_SHA256 = re.compile(r'"([0-9a-f]{64})"')


class EraseRefusedError(JournalError):
    """This event cannot be erased, or not now. The message says why."""


class ErasedBeforeError(EraseRefusedError):
    """By somebody, or by a command that was killed before it had rewritten the file."""


class Erased(NamedTuple):
    seq: int
    """Of the event that says so."""
    evidence: tuple[str, ...]
    also: tuple[int, ...]
    """Other events that hold a sentence of the erased one, or whose evidence does."""
    files: tuple[str, ...]
    """Kept files beside the journal that still hold one."""


def erase(path: str, seq: int, reason: str, by: str, clock: Clock, evidence: bool = False) -> Erased:
    """Durable when it returns, and no longer in the file's free pages either."""
    conn = schema.open_writer(path, "")

    def work(transaction: Transaction) -> tuple[Erased, list[str]]:
        return _Erasing(transaction, seq).done(reason, by, clock, evidence)

    try:
        conn.execute("PRAGMA secure_delete = 1")
        try:
            erased, words = commit(conn, schema.project_of(conn), SideFiles(path), [work], Place(path))[0][0]
        except ErasedBeforeError:
            _rewrite(conn)
            raise
        _rewrite(conn)
        return erased._replace(files=files_with(path, words))
    finally:
        conn.close()


def _rewrite(conn: sqlite3.Connection) -> None:
    """Free pages and the log keep nothing."""
    conn.execute("VACUUM")
    if conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        raise sqlite3.OperationalError("another process reads, and the log still holds what was erased")


class _Erasing:
    def __init__(self, transaction: Transaction, seq: int) -> None:
        self._transaction, self._seq = transaction, seq
        self._execute = transaction.conn.execute
        row = self._execute("SELECT type, data, incident FROM events WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise EraseRefusedError(f"there is no event {seq}: the last one is {transaction.last}.")
        self._type, self._data, self._incident = row
        self._refuse()

    def _refuse(self) -> None:
        if envelope.erased(self._data):
            raise ErasedBeforeError(f"event {self._seq} was erased before.")
        if self._type in ("data.erased", "journal.replaced"):
            raise EraseRefusedError(f"event {self._seq} tells what became of the record itself: it stays.")
        newest = self._execute("SELECT max(seq) FROM events WHERE type = 'watch.started'").fetchone()[0]
        if self._seq == newest:
            raise EraseRefusedError(
                f"event {self._seq} says what is watched now: open the program again, then it can be erased."
            )
        if self._type.startswith("action.") and (run := json.loads(self._data).get("run")) and self._runs(run):
            raise EraseRefusedError(f"event {self._seq} belongs to an action that is running: wait for its verdict.")

    def _runs(self, run: str) -> bool:
        verdicts = self._execute("SELECT data FROM events WHERE type = 'action.verdict-given'").fetchall()
        return all(json.loads(data).get("run") != run for (data,) in verdicts)

    def done(self, reason: str, by: str, clock: Clock, evidence: bool) -> tuple[Erased, list[str]]:
        """And the words that may stand elsewhere."""
        sentences = envelope.free_text(self._type, self._data)
        self._execute(
            "UPDATE events SET data = ? WHERE seq = ?", (envelope.erased_data(self._type, self._data), self._seq)
        )
        # Caches and looks that may repeat it. Whoever needs the state folds the events again.
        self._execute("DELETE FROM snapshots WHERE seq >= ?", (self._seq,))
        for sentence in sentences:
            self._execute("UPDATE samples SET why = 'erased' WHERE why = ?", (sentence,))
        bodies = self._drop_evidence() if evidence else {}
        gone = tuple(bodies)
        said = self._transaction.insert([self._said(reason, by, gone, clock)])[0].seq
        return Erased(said, gone, self._also(sentences), ()), [*sentences, *bodies.values()]

    def _drop_evidence(self) -> dict[str, str]:
        """Its bodies, by what they are named by."""
        sql = "DELETE FROM evidence WHERE sha256 = ? RETURNING sha256, body"
        named = dict.fromkeys(_SHA256.findall(self._data))
        return dict(row for sha256 in named for row in self._execute(sql, (sha256,)).fetchall())

    def _also(self, sentences: list[str]) -> tuple[int, ...]:
        found: set[int] = set()
        for sentence in sentences:
            inside = envelope.canonical(sentence)[1:-1]
            sql = "SELECT seq FROM events WHERE instr(data, ?) > 0"
            found.update(seq for (seq,) in self._execute(sql, (inside,)).fetchall())
            proofs = self._execute("SELECT sha256 FROM evidence WHERE instr(body, ?) > 0", (sentence,)).fetchall()
            found.update(seq for proof in proofs for (seq,) in self._execute(sql, proof).fetchall())
        return tuple(sorted(found - {self._seq}))

    def _said(self, reason: str, by: str, gone: tuple[str, ...], clock: Clock) -> Draft:
        now = clock.now()
        data = {"seq": self._seq, "reason": reason, "by": by, "evidence": list(gone)}
        return Draft(
            id=uuid7(now, os.urandom(RANDOM_BYTES)),
            type="data.erased",
            at=now,
            recorded=now,
            source=f"responder:{by}",
            subject=by,
            moment="key",
            incident=self._incident,
            mono_ms=clock.mono(),
            boot=clock.boot,
            data=envelope.canonical(data),
        )
