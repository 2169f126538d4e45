"""Reads on the journal: pages of events, windows of the timeline by key.

Every statement is read to its end at once: in TRUNCATE mode a reader that stays inside one blocks the writers.
"""

import json
import sqlite3
from typing import Any, cast

from incidentui.core import codec, envelope
from incidentui.core.events import Recorded
from incidentui.core.imported import DOCUMENT
from incidentui.core.model import Moment, Ms
from incidentui.edge.store.errors import JournalError
from incidentui.session.ports import Row

PAGE = 1000
COLUMNS = (
    "e.seq, e.id, e.happened, e.recorded, e.source, e.subject, e.moment, e.incident, e.monotonic, e.boot,"
    " e.type, e.data, e.hash, e.prev, e.data_sha256"
)


def recorded(row: tuple[Any, ...], project: str) -> Recorded:
    """An event from its COLUMNS."""
    seq, ident, at, written, source, subject, moment, incident, mono, boot, name, data, own, prev, _ = row
    return Recorded(
        seq=seq,
        id=ident,
        at=at,
        recorded=written,
        source=source,
        subject=subject,
        moment=cast("Moment", moment),
        incident=incident,
        project=project,
        mono_ms=mono,
        boot=boot,
        event=codec.event_from(name, data),
        hash=own,
        prev=prev,
    )


def attributes(row: tuple[Any, ...], project: str) -> dict[str, Any]:
    """The envelope of an event as CloudEvents attributes, without its data."""
    seq, ident, at, written, source, subject, moment, incident, mono, boot, name, data, own, prev, data_sha256 = row
    plain = envelope.attributes(
        id=ident,
        source=source,
        type=name,
        at=at,
        recorded=written,
        subject=subject,
        moment=moment,
        incident=incident,
        project=project,
        mono_ms=mono,
        boot=boot,
        seq=seq,
    )
    # The chain of an event whose data were erased can only be followed with their hash.
    kept = {"datasha256": data_sha256} if envelope.erased(data) else {}
    return {**plain, **kept, "hash": own, "prevhash": prev}


def cloudevent(row: tuple[Any, ...], project: str) -> dict[str, Any]:
    """An event as a CloudEvents object, with the data as they were written, whoever wrote them."""
    try:
        return {**attributes(row, project), "data": json.loads(row[11])}
    except ValueError as error:
        raise JournalError(
            f"the data of event {row[0]} are damaged ({error}); run `incidentui journal verify`."
        ) from error


def last(conn: sqlite3.Connection) -> int:
    return int(conn.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])


def page(conn: sqlite3.Connection, after: int, until: int) -> list[tuple[Any, ...]]:
    sql = f"SELECT {COLUMNS} FROM events e WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq LIMIT {PAGE}"
    return conn.execute(sql, (after, until)).fetchall()


def first_seen(conn: sqlite3.Connection, at: Ms) -> int:
    """First sequence of the events that happened at `at` or later; one past the last when none did."""
    low, high = 1, last(conn) + 1
    while low < high:
        middle = (low + high) // 2
        if conn.execute("SELECT high FROM events WHERE seq = ?", (middle,)).fetchone()[0] >= at:
            high = middle
        else:
            low = middle + 1
    return low


# -- the timeline


def matches(needle: str, subject: str, data: str) -> bool:
    """Whether an event contains a text, whatever its case. `needle` is casefolded, `data` is JSON."""
    return needle in subject.casefold() or envelope.canonical(needle)[1:-1] in data.casefold()


def rows(
    conn: sqlite3.Connection,
    *,
    before: Row | None,
    after: Row | None,
    limit: int,
    key_only: bool,
    since: Ms | None,
    until_seq: int | None,
    containing: str,
    documents: bool,
) -> list[tuple[Any, ...]]:
    """Rows of the timeline by keyset: a range of (happened, seq) on an index, never an offset."""
    where: list[str] = []
    values: list[object] = []

    def only(condition: str, *arguments: object) -> None:
        where.append(condition)
        values.extend(arguments)

    if key_only:
        only("(t.moment = 'key' OR t.marked IS NOT NULL)")
    if before is not None:
        only("(t.happened, t.seq) < (?, ?)", before.at, before.seq)
    if after is not None:
        only("(t.happened, t.seq) > (?, ?)", after.at, after.seq)
    if since is not None:
        only("t.happened >= ?", since)
    if until_seq is not None and until_seq < last(conn):
        newest = conn.execute("SELECT high FROM events WHERE seq = ?", (until_seq,)).fetchone()
        only("t.happened <= ? AND t.seq <= ?", newest[0] if newest else -1, until_seq)
        if key_only:
            only("(t.moment = 'key' OR t.marked <= ?)", until_seq)
    if not documents:
        only("substr(e.source, 1, ?) <> ?", len(DOCUMENT), DOCUMENT)
    if containing:
        conn.create_function("matches", 3, matches, deterministic=True)
        only("matches(?, e.subject, e.data)", containing.casefold())
    order = "ASC" if after is not None else "DESC"
    index = "INDEXED BY timeline_key" if key_only else ""
    sql = (
        f"SELECT {COLUMNS} FROM timeline t {index} CROSS JOIN events e ON e.seq = t.seq"
        f" WHERE {' AND '.join(where) or 'true'} ORDER BY t.happened {order}, t.seq {order} LIMIT ?"
    )
    found = conn.execute(sql, (*values, limit)).fetchall()
    return found if after is not None else found[::-1]
