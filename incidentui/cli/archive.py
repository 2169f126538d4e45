"""The archive of past incidents: storing what was read, and opening one of them as a record of its own."""

import contextlib
import re
from dataclasses import replace
from types import TracebackType

from incidentui.cli.journal_access import open_to_read, open_to_write, project_root, responder
from incidentui.cli.options import CannotRun, Options
from incidentui.core import events as e
from incidentui.core.evolve import fold
from incidentui.core.imported import DOCUMENT, Imported
from incidentui.core.inputs import Evidence
from incidentui.core.model import Incident, Ms
from incidentui.core.turn import provisional
from incidentui.core.value import dataclass
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.jsonl import JsonlJournal, export_lines
from incidentui.edge.store.sqlite import SqliteJournal
from incidentui.edge.store.window import Record, find_incident, window_of
from incidentui.postmortem.archived import SUBJECT, about, facts
from incidentui.postmortem.draft import born
from incidentui.postmortem.reader.said import Said
from incidentui.session.ports import Aside, Moved
from incidentui.session.turn import Desk, load

KIND = "document"
_HEADING = re.compile(r"\s*# (INC-\d+): ")
"""How a draft begins."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file as it was read. `said`: of a document; `record`: of what `export --format jsonl` wrote."""

    file: str
    sha256: str
    original: str
    """Its text, harmless and without secrets."""
    decoded: str = ""
    said: Said | None = None
    record: JsonlJournal | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    ident: str | None
    """Which incident it is here; None: nothing was saved."""
    again: bool = False
    """It was there already."""
    incident: Incident | None = None
    """As it stands in the archive, or would stand there."""
    entries: tuple[tuple[e.EntryImported, Ms], ...] = ()


class Archive:
    """Where files go. A dry run only looks whether they are there already."""

    def __init__(self, options: Options, dry: bool) -> None:
        self._options, self._dry = options, dry
        self._clock = SystemClock()
        self._by = "" if dry else responder()
        self._journal: SqliteJournal | None = None
        self._seen: dict[str, str] = {}
        """Incidents, by the hash of the file they came from, and of its text however that was spelt in bytes."""
        self._looked = 0
        """Up to which event `_seen` holds what was imported."""

    def __enter__(self) -> "Archive":
        if self._dry:
            with contextlib.suppress(CannotRun):  # to read a document needs no project
                self._journal = open_to_read(self._options)
        else:
            project_root(self._options)
            self._journal = open_to_write(self._options)
        if self._journal is not None:
            self._looked = self._journal.last()
            for ident, found in imported(self._journal):
                self._remember(ident, found)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._journal is not None:
            self._journal.close()

    def keep(self, given: Given) -> Kept:
        """All of it in one transaction, once."""
        known = self._known(given) or self._own(given) or self._drafted(given)
        if self._dry or self._journal is None:
            desk = load(self._journal, self._clock.now()) if self._journal is not None else Desk()
            would = _would_be(given, self._document(given), known or "INC-?", desk)
            return replace(would, ident=known, again=bool(known))
        if known is not None:
            return Kept(known, again=True)
        return self._write(self._journal, given)

    def _known(self, given: Given) -> str | None:
        return self._seen.get(given.sha256) or self._seen.get(Evidence(KIND, given.original).sha256)

    def _remember(self, ident: str, document: Imported) -> None:
        self._seen[document.sha256] = ident
        if document.evidence:
            self._seen[document.evidence] = ident

    def _look(self, journal: SqliteJournal) -> None:
        """At what others imported meanwhile: the same file may be taken in by several at once."""
        for recorded in journal.read(self._looked):
            self._looked = recorded.seq
            if isinstance(recorded.event, e.DocumentImported) and recorded.incident:
                self._remember(recorded.incident, recorded.event.document)

    def _document(self, given: Given) -> Imported:
        kept = Evidence(KIND, given.original).sha256
        now = self._clock.now()
        return Imported(given.file, given.sha256, self._by, evidence=kept, at=now, decoded=given.decoded)

    def _own(self, given: Given) -> str | None:
        """A record that was exported here is here."""
        if given.record is None or self._journal is None or given.record.project != self._journal.project:
            return None
        first = next(iter(given.record.read()))
        here = next(iter(self._journal.read(first.seq - 1, first.seq)), None)
        return given.record.about() if here is not None and here.id == first.id else None

    def _drafted(self, given: Given) -> str | None:
        """A draft that was exported here is of what is here, whoever wrote into it since: it is no second incident."""
        if self._journal is None or (named := _HEADING.match(given.original)) is None:
            return None
        found = find_incident(self._journal, named[1])
        return found.id if found is not None and born(found) in given.original else None

    def _write(self, journal: SqliteJournal, given: Given) -> Kept:
        original = Evidence(KIND, given.original)
        desk = load(journal, self._clock.now())
        while True:
            self._look(journal)
            if (known := self._known(given)) is not None:
                return Kept(known, again=True)
            ident = f"INC-{desk.base.incident_count + 1}"
            document = self._document(given)
            drafted = _facts(given, document, ident, desk)
            result = journal.append(drafted, expected=desk.base.seq, evidence=[original])
            if isinstance(result, Moved):
                desk = desk.caught_up(journal, result.records)
                continue
            if isinstance(result, Aside):
                raise CannotRun(f"not in the journal yet ({result.why}); it waits in {result.path}")
            return _would_be(given, document, ident, desk)


def _would_be(given: Given, document: Imported, ident: str, desk: Desk) -> Kept:
    """How it stands in the archive once its facts are folded."""
    drafted = _facts(given, document, ident, desk)
    state = fold(provisional(fact, n) for n, fact in enumerate(drafted, 1))
    entries = tuple((f.event, f.at) for f in drafted if isinstance(f.event, e.EntryImported))
    return Kept(ident, incident=state.incidents[ident], entries=entries)


def _facts(given: Given, document: Imported, ident: str, desk: Desk) -> list[e.Fact]:
    if given.said is not None:
        return facts(given.said, about(given.said, document), ident, desk.base.archive)
    assert given.record is not None
    return _of_record(given.record, document, ident)


def _of_record(record: JsonlJournal, document: Imported, ident: str) -> list[e.Fact]:
    """The record itself is kept whole, as evidence: here stands only that there is one."""
    inside = record.about()
    found = find_incident(record, inside) if inside is not None else None
    assert inside is not None
    assert found is not None
    document = replace(document, kind="record", held="minute", origin_id=inside, origin_project=record.project)
    start = found.window_from if found.window_from is not None else found.opened
    end = found.closed if found.closed is not None else max(r.at for r in record.read())
    source = f"{DOCUMENT}{document.file}"
    opened = e.IncidentOpened(ident, found.title, found.severity, found.by, found.first_red, start, found.services)
    told: list[tuple[e.Event, Ms, bool]] = [
        (opened, found.opened, False),
        (e.DocumentImported(document), start, True),
        (e.IncidentClosed(document.file, found.closed_reason, found.resolved is not None), end, False),
    ]
    return [e.Fact(event, at, source, SUBJECT, "key" if loud else "quiet", ident) for event, at, loud in told]


def imported(journal: Record) -> list[tuple[str, Imported]]:
    """Every incident that came from a file: it stands right behind its opening."""
    out = []
    for key in journal.incidents():
        for recorded in journal.read(key.opened_seq, key.opened_seq + 1):
            if isinstance(recorded.event, e.DocumentImported):
                out.append((key.id, recorded.event.document))
    return out


def record_of(journal: Record, ident: str) -> tuple[Record, str, Imported | None]:
    """The record an incident lies in, its name there, where that came from: the journal, unless it came from a file.

    What came from a document is walked through alone: nothing of this project stands beside it.
    """
    window = window_of(journal, ident)
    came = window.incident.imported if window is not None else None
    if window is None or came is None:
        return journal, ident, None
    if came.kind == "record" and (kept := journal.evidence(came.evidence)) is not None:
        return JsonlJournal(came.file, kept.body), came.origin_id, came
    return JsonlJournal(came.file, "\n".join(export_lines(journal, window))), ident, came
