"""Whether a journal is whole: the file, the hash chain, the rows derived from the events, the evidence they name."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from incidentui.core import envelope
from incidentui.core.value import dataclass
from incidentui.edge.store.chain import Chain
from incidentui.edge.store.reading import COLUMNS, PAGE, attributes

NAMED = re.compile(r'"evidence":"([0-9a-f]{64})"')


def problems(conn: sqlite3.Connection, project: str) -> Iterator[str]:
    """What is wrong, first things first; a sentence each."""
    seen = _Seen()
    try:
        seen.read_ahead(conn)
        yield from _events(conn, project, seen)
        yield from _derived(conn, seen)
        yield from _evidence(conn, seen)
        yield from (
            f"the file is damaged: {said}" for (said,) in conn.execute("PRAGMA integrity_check") if said != "ok"
        )
    except (sqlite3.DatabaseError, OverflowError, ValueError, TypeError) as error:
        yield f"the file is damaged after event {seen.last}: {error}"


@dataclass(slots=True)
class _Seen:
    """What the events say the other tables must hold."""

    last: int = 0
    high: int = 0
    erased: set[int] = field(default_factory=set)
    """Events of which another says that they were erased."""
    gone: set[str] = field(default_factory=set)
    """Evidence of which an event says so."""
    taken: int = 0
    """Events up to here came from a damaged file: their evidence may be lost, and an event says so."""
    named: dict[str, int] = field(default_factory=dict)
    marks: dict[int, int] = field(default_factory=dict)
    incidents: dict[str, list[int | None]] = field(default_factory=dict)

    def read_ahead(self, conn: sqlite3.Connection) -> None:
        sql = "SELECT type, data FROM events WHERE type IN ('data.erased', 'journal.replaced')"
        for name, data in conn.execute(sql).fetchall():
            said = json.loads(data)
            if name == "data.erased":
                self.erased.add(said.get("seq"))
                self.gone.update(said.get("evidence", ()))
            else:
                self.taken = max(self.taken, said.get("taken", 0) + said.get("after", 0))

    def note(self, event: dict[str, Any], happened: int, data: str) -> None:
        seq, name, incident = event["sequence"], event["type"].removeprefix(envelope.TYPE_PREFIX), event.get("incident")
        subject = event.get("subject", "")
        self.last, self.high = seq, max(self.high, happened)
        if seq > self.taken:
            for sha256 in NAMED.findall(data):
                self.named.setdefault(sha256, seq)
        if name == "incident.opened":
            self.incidents.setdefault(str(incident), [seq, None])
        elif name == "incident.closed" and incident in self.incidents:
            self.incidents[incident][1] = seq
        elif name == "moment.marked" and subject.isdecimal() and int(subject) < seq:
            self.marks.setdefault(int(subject), seq)


def _events(conn: sqlite3.Connection, project: str, seen: _Seen) -> Iterator[str]:
    sql = f"SELECT {COLUMNS}, e.high FROM events e WHERE e.seq > ? ORDER BY e.seq LIMIT {PAGE}"
    chain = Chain()
    while found := conn.execute(sql, (seen.last,)).fetchall():
        for *row, high in found:
            seq, happened, data, data_sha256 = row[0], row[2], row[11], row[14]
            if envelope.sha256(data) != data_sha256:
                if not envelope.erased(data):
                    yield f"the data of event {seq} were changed"
                elif seq not in seen.erased:
                    yield f"the data of event {seq} were erased, and no event says so"
            event = attributes(tuple(row), project)
            yield from chain.check(event, data_sha256)
            seen.note(event, happened, data)
            if high != seen.high:
                yield f"the bound of event {seq} is wrong"
                seen.high = high


def _derived(conn: sqlite3.Connection, seen: _Seen) -> Iterator[str]:
    for (seq,) in conn.execute(
        "SELECT e.seq FROM events e LEFT JOIN timeline t ON t.seq = e.seq AND t.happened = e.happened"
        " WHERE e.moment <> 'quiet' AND (t.seq IS NULL OR t.moment <> e.moment OR t.incident IS NOT e.incident)"
    ):
        yield f"the timeline does not show event {seq} as it is"
    for (seq,) in conn.execute(
        "SELECT t.seq FROM timeline t LEFT JOIN events e ON t.seq = e.seq AND t.happened = e.happened"
        " WHERE e.seq IS NULL OR e.moment = 'quiet'"
    ):
        yield f"the timeline has a row for event {seq} that is not in the journal"
    for seq, marked in conn.execute("SELECT seq, marked FROM timeline"):
        if marked != seen.marks.get(seq):
            yield f"the timeline is wrong about event {seq} being marked"
    keys = {ident: [opened, closed] for ident, opened, closed in conn.execute("SELECT * FROM incidents")}
    for ident in sorted(keys.keys() | seen.incidents.keys()):
        if keys.get(ident) != seen.incidents.get(ident):
            yield f"the list of incidents is wrong about {ident}"


def _evidence(conn: sqlite3.Connection, seen: _Seen) -> Iterator[str]:
    for sha256, kind, body in conn.execute("SELECT sha256, kind, body FROM evidence"):
        seen.named.pop(sha256, None)
        if envelope.sha256(f"{kind}\n{body}") != sha256:
            yield f"evidence {sha256[:12]} was changed"
    for sha256, seq in seen.named.items():
        if sha256 not in seen.gone:
            yield f"the evidence of event {seq} is missing"
