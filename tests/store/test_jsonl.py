"""A window leaves its journal as JSON lines and comes back the same."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidentui.core.events import CheckChanged, Fact, IncidentClosed, MomentMarked
from incidentui.core.evolve import evolve
from incidentui.core.inputs import Evidence
from incidentui.core.recent import Sample
from incidentui.edge.store.errors import DamagedRecordError, JournalReadOnlyError
from incidentui.edge.store.jsonl import LEAD_IN_MS, JsonlJournal, export_lines, write_lines
from incidentui.edge.store.sqlite import SqliteJournal
from incidentui.edge.store.window import Record, Window, find_incident, window_of
from incidentui.session.ports import Row
from incidentui.session.turn import state_at
from tests.store.conftest import closed, note, opened

T = 1_767_322_800_000
BODY = Evidence("check", '{"status": 503}')


def red(at: int, evidence: str | None = None) -> Fact:
    event = CheckChanged("api", "api", "user", "ok", "failing", "503", evidence=evidence)
    return Fact(event, at, "check:api", "api", "key")


@pytest.fixture
def window(journal: SqliteJournal) -> Window:
    """Two events before it, a window with a back-dated note, one event of the incident long after."""
    journal.append([note("before", T - 9_000), note("too", T - 8_000, "detail")])
    looks = [Sample("api", at, "ok") for at in (T - LEAD_IN_MS - 5_000, T - LEAD_IN_MS + 5_000, T, T + 10**12)]
    journal.append([red(T, BODY.sha256)], evidence=[BODY, Evidence("log", "another")], samples=looks)
    journal.append([note("seen", T + 10, "detail"), opened("INC-1", T + 1_000, window_from=T)])
    journal.append([note("back-dated", T + 5, incident="INC-1"), Fact(MomentMarked(4, "ana"), T + 1_100, "s", "4")])
    journal.append(
        [closed("INC-1", T + 2_000), note("unrelated", T + 9_000), note("late", T + 9_500, incident="INC-1")]
    )
    found = window_of(journal, "INC-1")
    assert found
    return found


@pytest.fixture
def exported(journal: SqliteJournal, window: Window, tmp_path: Path) -> JsonlJournal:
    write_lines(tmp_path / "record.jsonl", export_lines(journal, window))
    return JsonlJournal(tmp_path / "record.jsonl")


def test_a_window_reaches_from_its_first_event_to_its_closing(window: Window) -> None:
    assert (window.from_seq, window.to_seq, window.late, window.open) == (3, 8, (10,), False)


def test_the_events_of_a_window_come_back_with_sequence_and_hash(
    journal: SqliteJournal, exported: JsonlJournal
) -> None:
    assert list(exported.read()) == [*journal.read(2, 8), *journal.read(9)]
    assert list(exported.read(4, 6)) == list(journal.read(4, 6))
    assert list(exported.cloudevents()) == [*journal.cloudevents(2, 8), *journal.cloudevents(9)]
    assert exported.last() == 10
    assert exported.project == "leads"
    assert exported.verify() == []


def test_fold_holds_elsewhere(journal: SqliteJournal, exported: JsonlJournal) -> None:
    for seq in range(2, 9):
        assert state_at(exported, seq) == state_at(journal, seq)
    assert exported.snapshot(0) == state_at(journal, 2), "before its first event a record knows its beginning"
    kept = state_at(exported, 6)
    exported.save_snapshot(kept)
    assert exported.snapshot(7) == kept
    assert find_incident(exported, "INC-1") == evolve(state_at(journal, 9), next(journal.read(9))).incidents["INC-1"]


@pytest.mark.parametrize("until_seq", [None, 3, 5, 7, 8])
@pytest.mark.parametrize("key_only", [True, False])
@pytest.mark.parametrize(
    "asked",
    [{}, {"limit": 1}, {"before": Row(T + 10, 4)}, {"after": Row(T, 3), "limit": 2}, {"containing": "BACK"}],
    ids=str,
)
def test_rows_are_those_of_the_journal(
    journal: SqliteJournal, exported: JsonlJournal, until_seq: int | None, key_only: bool, asked: dict[str, object]
) -> None:
    until = 8 if until_seq is None else until_seq

    def rows(record: Record) -> object:
        return record.rows(since=T, until_seq=until, key_only=key_only, **asked)  # type: ignore[arg-type]

    assert rows(exported) == rows(journal)


def test_samples_and_evidence_of_that_time_come_along(journal: SqliteJournal, exported: JsonlJournal) -> None:
    first, last = T - LEAD_IN_MS + 5_000, T
    assert [s.at for s in exported.samples(0)] == [first, last]
    assert list(exported.samples(first, T)) == list(journal.samples(first, T))
    assert exported.evidence(BODY.sha256) == BODY
    assert exported.evidence(Evidence("log", "another").sha256) is None, "no event of the window names it"


def test_a_record_cannot_be_changed(exported: JsonlJournal) -> None:
    assert not exported.moved()
    with pytest.raises(JournalReadOnlyError, match="cannot be changed"):
        exported.append([note("x")])
    exported.close()


def test_plain_events_are_a_record_too(journal: SqliteJournal, window: Window, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in journal.cloudevents()))
    plain = JsonlJournal(path)
    assert list(plain.read()) == list(journal.read())
    assert plain.snapshot(99) is None
    assert plain.incidents() == journal.incidents()
    assert plain.rows() == journal.rows()
    assert plain.verify() == []


def test_data_of_a_newer_program_leave_as_they_came(journal: SqliteJournal, tmp_path: Path) -> None:
    journal.append([opened("INC-1", T)])
    event = next(journal.cloudevents())
    event["data"]["colour"] = "mauve"
    (tmp_path / "newer.jsonl").write_text(json.dumps(event))
    assert next(JsonlJournal(tmp_path / "newer.jsonl").cloudevents())["data"]["colour"] == "mauve"


def test_a_changed_event_is_found(exported: JsonlJournal, tmp_path: Path) -> None:
    path = Path(exported.path)
    path.write_text(path.read_text().replace("back-dated", "back-date"))
    assert JsonlJournal(path).verify() == ["event 6 was changed"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "Expecting property name"),
        ("[]", "not a JSON object"),
        ('{"id": "x"}', "attribute 'type' is missing"),
        ('{"incidentui": "export", "schema": 99}', "newer incidentui"),
        ('{"sample": {"check": "a"}}', "Sample.at is missing"),
    ],
)
def test_a_damaged_line_is_named(exported: JsonlJournal, line: str, why: str) -> None:
    path = Path(exported.path)
    lines = path.read_text().splitlines()
    lines[2] = line
    path.write_text("\n".join(lines))
    with pytest.raises(DamagedRecordError, match=rf"record.jsonl, line 3: .*{why}") as raised:
        JsonlJournal(path)
    assert raised.value.line == 3


def test_an_export_is_whole_or_not_there(tmp_path: Path) -> None:
    target = tmp_path / "record.jsonl"
    target.write_text("the old one\n")

    def lines() -> Iterator[str]:
        yield "half"
        raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError, match="interrupted"):
        write_lines(target, lines())
    assert target.read_text() == "the old one\n"
    assert [p.name for p in tmp_path.iterdir()] == ["record.jsonl"]


def test_an_open_incident_is_exported_up_to_now(journal: SqliteJournal) -> None:
    journal.append([red(T), opened("INC-1", T + 5, window_from=T), note("n", T + 9)])
    window = window_of(journal, "INC-1")
    assert window
    assert (window.from_seq, window.to_seq, window.open) == (1, 3, True)
    assert window_of(journal, "INC-2") is None


def test_an_incident_that_fell_out_of_the_state_is_still_found(journal: SqliteJournal) -> None:
    for n in range(1, 24):
        journal.append([opened(f"INC-{n}", T + n), closed(f"INC-{n}", T + n)])
    assert "INC-1" not in state_at(journal, journal.last()).incidents
    found = find_incident(journal, "INC-1")
    assert found
    assert found.closed == T + 1
    assert isinstance(next(journal.read(1)).event, IncidentClosed)
