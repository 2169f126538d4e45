"""A journal in a temporary folder, and facts to put into it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from incidentui.core.events import Fact, IncidentClosed, IncidentOpened, NoteAdded
from incidentui.core.model import Moment, Ms
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import SqliteJournal, open_journal

Open = Callable[..., SqliteJournal]


def note(text: str, at: Ms = 1_000, moment: Moment = "key", incident: str | None = None) -> Fact:
    return Fact(NoteAdded(text, "ana"), at, "responder:ana", "ana", moment, incident)


def opened(ident: str, at: Ms, window_from: Ms | None = None) -> Fact:
    event = IncidentOpened(ident, "API down", "SEV1", "ana", window_from, window_from)
    return Fact(event, at, "responder:ana", "ana", "key", ident)


def closed(ident: str, at: Ms) -> Fact:
    return Fact(IncidentClosed("ana", "", True), at, "responder:ana", "ana", "key", ident)


@pytest.fixture
def open_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens journals in a folder of the test; all are closed after it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    journals: list[SqliteJournal] = []

    def make(name: str = "journal.db", read_only: bool = False) -> SqliteJournal:
        journals.append(open_journal(tmp_path / "state" / name, "leads", SystemClock(), read_only))
        return journals[-1]

    yield make
    for journal in journals:
        journal.close()


@pytest.fixture
def journal(open_here: Open) -> SqliteJournal:
    return open_here()
