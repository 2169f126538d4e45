"""A record as JSON lines: what an incident's window looks like outside of its journal, and the way back.

First a line that says what it is, with the state before the window; then every event as a CloudEvents object with
its sequence and hash; then the samples and the evidence of that time. A plain file of `events` is read too.
"""

import io
import json
import os
import re
import tempfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from incidentui.core import codec, envelope
from incidentui.core.events import MomentMarked, Recorded
from incidentui.core.imported import DOCUMENT
from incidentui.core.inputs import Evidence
from incidentui.core.model import Ms, ProjectSpec
from incidentui.core.recent import CELL_MS, CELLS, Sample
from incidentui.core.state import State
from incidentui.edge.store.chain import Chain, missing
from incidentui.edge.store.errors import DamagedRecordError, JournalError, JournalReadOnlyError
from incidentui.edge.store.place import put_new
from incidentui.edge.store.reading import matches
from incidentui.edge.store.sqlite import IncidentKey
from incidentui.edge.store.window import Record, Window
from incidentui.session.ports import Appended, Aside, Moved, Row
from incidentui.session.turn import state_at

SCHEMA = 1
LEAD_IN_MS: Ms = CELL_MS * CELLS
"""Looks before the window that its first lines count: failures in a row, the sparkline."""
_SHA256 = re.compile(r'"([0-9a-f]{64})"')


# -- writing


def export_lines(journal: Record, window: Window) -> Iterator[str]:
    """The lines of a window, in order. What came from a document has nothing before it and no looks of ours in it."""
    past = window.incident.imported is not None
    before = State(project=ProjectSpec(journal.project)) if past else state_at(journal, window.from_seq - 1)
    yield (
        envelope.canonical(
            {
                "incidentui": "export",
                "schema": SCHEMA,
                "project": journal.project,
                "incident": window.incident.id,
                "from_seq": window.from_seq,
                "to_seq": window.to_seq,
                **({"late": list(window.late)} if window.late else {}),
            }
        )[:-1]
        + ',"state":'
        + json.dumps(codec.to_json(before), ensure_ascii=False, separators=(",", ":"))
        + "}"
    )
    named: dict[str, None] = {}
    first = last = None
    for event in _events(journal, window):
        first = first or event
        last = event
        line = envelope.canonical(event)
        named.update(dict.fromkeys(_SHA256.findall(envelope.canonical(event["data"]))))
        yield line
    if first is not None and last is not None and not past:
        start = min(envelope.from_rfc3339(first[key]) for key in ("time", "recordedtime"))
        until = None if window.open else envelope.from_rfc3339(last["recordedtime"])
        for sample in journal.samples(start - LEAD_IN_MS, until):
            yield envelope.canonical({"sample": codec.to_json(sample)})
    for sha256 in named:
        if found := journal.evidence(sha256):
            yield envelope.canonical({"evidence": {**codec.to_json(found), "sha256": sha256}})


def _events(journal: Record, window: Window) -> Iterator[dict[str, Any]]:
    yield from journal.cloudevents(window.from_seq - 1, window.to_seq)
    for seq in window.late:
        yield from journal.cloudevents(seq - 1, seq)


def write_lines(path: str | os.PathLike[str], lines: Iterator[str]) -> int:
    """All lines or none: a temporary file, synced, then named. How many lines there are; FileExistsError when the name
    is taken: nobody's file is ever replaced."""
    target = Path(path).absolute()
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    count = 0
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            for line in lines:
                file.write(line + "\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        if not put_new(temporary, str(target)):
            raise FileExistsError(target)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return count


# -- reading


class JsonlJournal:
    """An exported record in memory, behind the journal's port. Nothing can be appended to it."""

    def __init__(self, path: str | os.PathLike[str], text: str | None = None) -> None:
        """`text`: what the file holds, where it was read already."""
        self.path = os.fspath(path)
        self.lines: dict[int, int] = {}
        """In which line each event stands, by its sequence."""
        self.project = ""
        self.head: dict[str, Any] = {}
        """What its first line says; of plain events there is none."""
        self.read_only = f"{self.path} is a record, not a journal: it cannot be changed"
        self._before: State | None = None
        self._records: list[Recorded] = []
        self._raw: list[dict[str, Any]] = []
        self._looks: list[Sample] = []
        self._evidence: dict[str, Evidence] = {}
        self._snapshots: dict[int, State] = {}
        self._load(text)
        self._index()

    # -- the port

    def append(
        self,
        facts: Sequence[object],
        *,
        expected: int | None = None,
        evidence: Sequence[Evidence] = (),
        samples: Sequence[Sample] = (),
    ) -> Appended | Moved | Aside:
        raise JournalReadOnlyError(self.read_only)

    def last(self) -> int:
        return self._seqs[-1] if self._seqs else 0

    def moved(self) -> bool:
        return False

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        return iter(self._records[self._between(after, until)])

    def cloudevents(self, after: int = 0, until: int | None = None) -> Iterator[dict[str, Any]]:
        return iter(self._raw[self._between(after, until)])

    def samples(self, since: Ms, until: Ms | None = None) -> Iterator[Sample]:
        times = [s.at for s in self._looks]
        end = len(times) if until is None else bisect_right(times, until)
        return iter(self._looks[bisect_right(times, since) : end])

    def evidence(self, sha256: str) -> Evidence | None:
        return self._evidence.get(sha256)

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
        low = bisect_left(self._keys, (since, 0)) if since is not None else 0
        high = len(self._keys)
        if after is not None:
            low = max(low, bisect_right(self._keys, (after.at, after.seq)))
        if before is not None:
            high = min(high, bisect_left(self._keys, (before.at, before.seq)))
        needle = containing.casefold()
        found: list[Recorded] = []
        for n in range(low, high) if after is not None else range(high - 1, low - 1, -1):
            if len(found) == limit:
                break
            row = self._timeline[n]
            if (documents or not row.source.startswith(DOCUMENT)) and self._shown(row, key_only, until_seq, needle):
                found.append(row)
        return found if after is not None else found[::-1]

    def _shown(self, row: Recorded, key_only: bool, until_seq: int | None, needle: str) -> bool:
        if until_seq is not None and row.seq > until_seq:
            return False
        if key_only and row.moment != "key":
            marked = self._marked.get(row.seq)
            if marked is None or (until_seq is not None and marked > until_seq):
                return False
        return not needle or matches(needle, row.subject, codec.data_text(row.event))

    def snapshot(self, at_most: int) -> State | None:
        """Before the first event it is always the state that the record begins with."""
        newest = max((seq for seq in self._snapshots if seq <= at_most), default=None)
        return self._before if newest is None else self._snapshots[newest]

    def save_snapshot(self, state: State) -> None:
        self._snapshots[state.seq] = state

    def close(self) -> None:
        """Nothing is held."""

    # -- beside the port

    def incidents(self) -> list[IncidentKey]:
        known = {i.id: IncidentKey(i.id, 0, 0) for i in (self._before.incidents.values() if self._before else ())}
        for record, event in zip(self._records, self._raw, strict=True):
            ident = record.incident
            if ident and event["type"] == "incidentui.incident.opened":
                known[ident] = IncidentKey(ident, record.seq, None)
            elif ident and event["type"] == "incidentui.incident.closed":
                known[ident] = known.get(ident, IncidentKey(ident, 0, None))._replace(closed_seq=record.seq)
        return [key for key in known.values() if key.opened_seq]

    def about(self) -> str | None:
        """Of which incident this is the record: its head names it; plain events are of the one opened last."""
        held = [key.id for key in self.incidents()]
        named = self.head.get("incident", held[-1] if held else None)
        return named if named in held else None

    def first_seen(self, at: Ms) -> int:
        return next((r.seq for r in self._records if r.at >= at), self.last() + 1)

    def late(self, incident: str, after: int) -> list[int]:
        return [r.seq for r in self._records if r.incident == incident and r.seq > after]

    def verify(self, most: int = 10) -> list[str]:
        """The first problems: of what its head says it holds, of the hash chain as far as it reaches, of evidence."""
        chain = Chain(gaps=True)
        found = list(missing(self.head, self._seqs)) if self.head else []
        for event in self._raw:
            data = envelope.canonical(event["data"])
            own = event.get("datasha256") if envelope.erased(data) else None
            found += chain.check(event, str(own or envelope.sha256(data)))
        found += [f"evidence {sha256[:12]} was changed" for sha256, e in self._evidence.items() if e.sha256 != sha256]
        return found[:most]

    # -- loading

    def _load(self, text: str | None) -> None:
        try:
            with open(self.path, encoding="utf-8-sig") if text is None else io.StringIO(text, newline="\n") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        self._line(number, line)
        except UnicodeDecodeError as error:
            raise JournalError(f"{self.path} is no record: it is not UTF-8 text ({error.reason}).") from error

    def _line(self, number: int, text: str) -> None:
        try:
            data = json.loads(text)
            if not isinstance(data, dict):
                raise codec.CodecError("not a JSON object")
            self._take(data)
            if self._records:
                self.lines.setdefault(self._records[-1].seq, number)
        except ValueError as error:
            raise DamagedRecordError(self.path, number, str(error)) from error

    def _take(self, data: dict[str, Any]) -> None:
        if "sample" in data:
            self._looks.append(codec.from_json(Sample, data["sample"]))
        elif "evidence" in data:
            seen = codec.from_json(Evidence, data["evidence"])
            self._evidence[str(data["evidence"].get("sha256", seen.sha256))] = seen
        elif "incidentui" in data:
            if not isinstance(data.get("schema"), int):
                raise codec.CodecError("it names no schema")
            if data["schema"] > SCHEMA:
                raise codec.CodecError("written by a newer incidentui; update to read it")
            self._before = codec.from_json(State, data.get("state", {}))
            self.project = str(data.get("project", ""))
            self.head = {key: value for key, value in data.items() if key != "state"}
        else:
            record = codec.from_cloudevent(data)
            if self._records and record.seq <= self._records[-1].seq:
                raise codec.CodecError(f"event {record.seq} stands after event {self._records[-1].seq}")
            self._records.append(record)
            self._raw.append({"data": {}, "hash": "", "prevhash": "", **data})

    def _index(self) -> None:
        if self._records and not self.project:
            self.project = self._records[0].project
        self._seqs = [r.seq for r in self._records]
        self._looks.sort(key=lambda s: s.at)
        self._timeline = sorted((r for r in self._records if r.moment != "quiet"), key=lambda r: (r.at, r.seq))
        self._keys = [(r.at, r.seq) for r in self._timeline]
        self._marked: dict[int, int] = {}
        for r in self._records:
            if isinstance(r.event, MomentMarked):
                self._marked.setdefault(r.event.marked, r.seq)

    def _between(self, after: int, until: int | None) -> slice:
        end = len(self._seqs) if until is None else bisect_right(self._seqs, until)
        return slice(bisect_right(self._seqs, after), end)
