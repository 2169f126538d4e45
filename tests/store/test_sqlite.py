"""The journal's port: order, chain, group commit, the timeline by key, snapshots, samples, versions."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from incidentui.core.events import CheckChanged, Fact, JournalReplaced, MomentMarked, NoteAdded, Recorded, UnknownEvent
from incidentui.core.inputs import Evidence
from incidentui.core.model import Ms, ServiceStatus
from incidentui.core.recent import Sample
from incidentui.core.state import State
from incidentui.edge.clock import SystemClock
from incidentui.edge.store import schema
from incidentui.edge.store.errors import JournalError, JournalReadOnlyError
from incidentui.edge.store.sqlite import KEEP_SAMPLES_MS, SqliteJournal, open_journal
from incidentui.session.ports import Appended, Aside, Journal, Moved, Row
from tests.store.conftest import Open, closed, note, opened


def texts(records: list[Recorded]) -> list[str]:
    return [r.event.text for r in records if isinstance(r.event, NoteAdded)]


def appended(journal: Journal, *facts: Fact) -> tuple[Recorded, ...]:
    result = journal.append(facts)
    assert isinstance(result, Appended)
    return result.records


# -- appending


def test_what_is_appended_is_what_is_read(journal: SqliteJournal) -> None:
    given = appended(journal, note("one"), opened("i1", 5), note("two", incident="i1"))
    assert [r.seq for r in given] == [1, 2, 3]
    assert list(journal.read()) == list(given)
    assert list(journal.read(after=1, until=2)) == [given[1]]
    assert given[0].project == "leads"
    assert journal.verify() == []


def test_each_event_holds_the_hash_of_the_one_before(journal: SqliteJournal) -> None:
    first, second = appended(journal, note("one"), note("two"))
    third = appended(journal, note("three"))[0]
    assert (first.prev, second.prev, third.prev) == ("", first.hash, second.hash)
    assert len({first.hash, second.hash, third.hash}) == 3


def test_a_turn_that_was_overtaken_writes_nothing_and_learns_what_came(open_here: Open) -> None:
    one, two = open_here(), open_here()
    appended(one, note("mine"))
    theirs = appended(two, note("theirs"))
    result = one.append([note("late")], expected=1, evidence=[Evidence("log", "x")])
    assert result == Moved(theirs)
    assert one.evidence(Evidence("log", "x").sha256) is None
    assert isinstance(one.append([note("late")], expected=2), Appended)
    assert texts(list(two.read())) == ["mine", "theirs", "late"]


def test_moved_tells_of_others_only(open_here: Open) -> None:
    one, two = open_here(), open_here()
    one.moved()
    appended(one, note("mine"))
    assert not one.moved()
    two.append([], samples=[Sample("api", 1, "ok")])
    assert one.moved()
    assert not one.moved()


def test_a_full_queue_is_one_transaction(journal: SqliteJournal) -> None:
    conn = sqlite3.connect(journal.path, timeout=0)
    conn.execute("BEGIN IMMEDIATE")  # holds the writer back until everybody waits
    appended_by = [threading.Thread(target=appended, args=(journal, note(f"n{i}"))) for i in range(40)]
    for thread in appended_by:
        thread.start()
    before = conn.execute("PRAGMA data_version").fetchone()
    conn.rollback()
    for thread in appended_by:
        thread.join()
    assert conn.execute("PRAGMA data_version").fetchone() != before
    conn.close()
    assert [r.seq for r in journal.read()] == list(range(1, 41))
    assert journal.verify() == []


def test_one_bad_fact_does_not_take_its_neighbours_along(journal: SqliteJournal) -> None:
    def fails(_: object) -> None:
        raise sqlite3.IntegrityError("made to fail")

    hold = threading.Event()
    writer = journal._writer
    first = threading.Thread(target=writer.do, args=(lambda _: hold.wait(),))
    first.start()
    outcomes: list[str] = []

    def bad() -> None:
        with pytest.raises(sqlite3.IntegrityError, match="made to fail"):
            writer.do(fails)
        outcomes.append("bad")

    others = [threading.Thread(target=bad), threading.Thread(target=appended, args=(journal, note("good")))]
    for thread in others:
        thread.start()
    hold.set()
    for thread in (first, *others):
        thread.join()
    assert outcomes == ["bad"]
    assert texts(list(journal.read())) == ["good"]


def test_text_that_no_file_takes_is_stored_all_the_same(journal: SqliteJournal) -> None:
    appended(journal, note("half \ud83d a pair"))
    assert texts(list(journal.read())) == ["half ? a pair"]
    assert journal.verify() == []


def test_a_closed_journal_says_so(journal: SqliteJournal) -> None:
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append([note("late")])


# -- the timeline


def test_rows_stand_where_they_happened(journal: SqliteJournal) -> None:
    appended(journal, note("b", 20), note("d", 40), note("a", 10), note("c", 20), note("q", 30, "quiet"))
    assert texts(journal.rows()) == ["a", "b", "c", "d"]
    assert texts(journal.rows(limit=2)) == ["c", "d"]
    assert texts(journal.rows(before=Row(20, 4), limit=1)) == ["b"]
    assert texts(journal.rows(after=Row(20, 1), limit=1)) == ["c"]
    assert texts(journal.rows(after=Row(10, 3), limit=10)) == ["b", "c", "d"]
    assert texts(journal.rows(since=20)) == ["b", "c", "d"]


def test_rows_of_a_past_sequence_are_those_known_then(journal: SqliteJournal) -> None:
    appended(journal, note("b", 20), note("d", 40), note("a", 10), note("z", 5))
    assert texts(journal.rows(until_seq=1)) == ["b"]
    assert texts(journal.rows(until_seq=3)) == ["a", "b", "d"]
    assert journal.rows(until_seq=0) == []


@pytest.mark.req("F3")
def test_key_rows_and_those_marked_later(journal: SqliteJournal) -> None:
    appended(journal, note("k", 1), note("d1", 2, "detail"), note("d2", 3, "detail"))
    assert texts(journal.rows()) == ["k"]
    assert texts(journal.rows(key_only=False)) == ["k", "d1", "d2"]
    appended(journal, Fact(MomentMarked(2, "ana"), 4, "responder:ana", "2", "quiet"))
    assert texts(journal.rows()) == ["k", "d1"]
    assert texts(journal.rows(until_seq=3)) == ["k"], "a replay does not know yet"


def test_rows_that_contain_a_text(journal: SqliteJournal) -> None:
    appended(journal, note('say "No Agent"', 1), note("ÜBER it", 2), note("else", 3))
    assert texts(journal.rows(containing="no agent")) == ['say "No Agent"']
    assert texts(journal.rows(containing='"no')) == ['say "No Agent"']
    assert texts(journal.rows(containing="über")) == ["ÜBER it"]
    assert len(journal.rows(containing="ANA", limit=2)) == 2


def steps_of(journal: SqliteJournal, **asked: object) -> int:
    """Virtual machine steps of SQLite for one window: what a clock would only guess at."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    conn = journal._reader()
    journal.rows(**asked)  # type: ignore[arg-type]
    conn.set_progress_handler(count, 1)
    journal.rows(**asked)  # type: ignore[arg-type]
    conn.set_progress_handler(None, 1)
    return steps


def filled(journal: SqliteJournal, n: int) -> None:
    """`n` events, one in fifty back-dated; the key moments are rare and long ago."""
    times = [i * 10 - (500 if i % 50 == 0 else 0) for i in range(n)]
    facts = [note(str(i), at, "key" if i % 10 == 0 and i < 1_000 else "detail") for i, at in enumerate(times)]
    appended(journal, *facts)


@pytest.mark.parametrize(
    "asked",
    [
        {"key_only": False},
        {"key_only": True},
        {"key_only": False, "before": Row(5_000, 500)},
        {"key_only": True, "after": Row(5_000, 500)},
        {"key_only": False, "until_seq": 600},
        {"key_only": True, "until_seq": 900, "since": 100},
    ],
    ids=str,
)
def test_a_window_costs_the_same_in_a_long_journal(open_here: Open, asked: dict[str, object]) -> None:
    short, long = open_here("short.db"), open_here("long.db")
    filled(short, 1_000)
    filled(long, 6_000)
    few = steps_of(short, limit=40, **asked)
    many = steps_of(long, limit=40, **asked)
    assert many <= few * 1.5


# -- snapshots, samples, evidence, incidents


def test_the_newest_snapshot_that_is_old_enough(journal: SqliteJournal) -> None:
    services = {name: ServiceStatus(name) for name in ("web", "api")}
    old, new = State(seq=3, services=services), State(seq=9)
    journal.save_snapshot(old)
    journal.save_snapshot(new)
    assert journal.snapshot(2) is None
    assert journal.snapshot(8) == old
    assert list((journal.snapshot(8) or State()).services) == ["web", "api"]
    assert journal.snapshot(9) == new


def test_a_damaged_snapshot_is_no_snapshot(journal: SqliteJournal) -> None:
    journal.save_snapshot(State(seq=3))
    with sqlite3.connect(journal.path) as conn:
        conn.execute("UPDATE snapshots SET state = '{'")
    conn.close()
    assert journal.snapshot(9) is None


def test_samples_by_time(journal: SqliteJournal) -> None:
    looks = [Sample("api", at, "ok", 12, 200, "") for at in (10, 20, 20, 30)]
    journal.append([], samples=looks)
    assert list(journal.samples(0)) == looks
    assert list(journal.samples(10, 20)) == looks[1:3]


def test_more_samples_than_a_page(journal: SqliteJournal) -> None:
    looks = [Sample("api", at // 3, "ok") for at in range(2_500)]
    journal.append([], samples=looks)
    assert list(journal.samples(-1)) == looks


def test_old_samples_go_unless_they_lie_in_a_window(journal: SqliteJournal) -> None:
    now: Ms = KEEP_SAMPLES_MS + 1_000
    journal.append([], samples=[Sample("api", at, "ok") for at in (100, 500, 600, 999, 1_000, now)])
    assert journal.prune(now, [(450, 650)]) == 2
    assert [s.at for s in journal.samples(0)] == [500, 600, 1_000, now]


@pytest.mark.req("F4")
def test_evidence_is_kept_once(journal: SqliteJournal) -> None:
    seen = Evidence("check", '{"status":503}')
    journal.append([], evidence=[seen, seen])
    assert journal.evidence(seen.sha256) == seen
    assert journal.evidence("0" * 64) is None


def test_incidents_are_found_by_the_envelope(journal: SqliteJournal) -> None:
    appended(journal, opened("i1", 1), opened("i2", 2), note("late", 3, incident="i1"), closed("i1", 4))
    appended(journal, note("later", 5, incident="i1"))
    assert journal.incidents() == [("i1", 1, 4), ("i2", 2, None)]
    assert journal.late("i1", 4) == [5]


@pytest.mark.parametrize(("at", "first"), [(0, 1), (10, 1), (11, 2), (35, 4), (41, 5)])
def test_where_a_window_begins(journal: SqliteJournal, at: Ms, first: int) -> None:
    appended(journal, note("a", 10), note("b", 30), note("back", 12), note("d", 40))
    assert journal.first_seen(at) == first


# -- files and versions


def test_the_file_is_the_users_own(journal: SqliteJournal) -> None:
    appended(journal, note("x"))
    assert stat.S_IMODE(Path(journal.path).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(journal.path).parent.stat().st_mode) == 0o700


def test_the_mode_follows_the_library(journal: SqliteJournal) -> None:
    conn = journal._writer.conn
    mode = conn.execute("PRAGMA journal_mode").fetchone()[0]
    assert mode == ("wal" if schema.wal_is_safe() else "truncate")
    assert conn.execute("PRAGMA synchronous").fetchone()[0] == 2


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
    ],
)
def test_wal_only_with_the_fix(version: tuple[int, ...], safe: bool) -> None:
    assert schema.wal_is_safe(version) is safe


def test_a_newer_journal_is_read_and_not_written(open_here: Open) -> None:
    first = open_here()
    given = appended(first, note("x"))
    first.close()
    with sqlite3.connect(first.path) as conn:
        conn.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
        conn.execute("UPDATE events SET type = 'moon.risen'")
    conn.close()
    newer = open_here()
    assert "newer incidentui" in newer.read_only
    put = newer.append([note("y")])
    assert isinstance(put, Aside), "it waits for the newer program"
    assert "Update incidentui" in put.why
    with pytest.raises(JournalReadOnlyError):
        newer.prune(0)
    assert [r.event for r in newer.read()] == [
        UnknownEvent("moon.risen", '{"by":"ana","key":false,"load":null,"text":"x","trigger":false,"until":null}')
    ]
    assert next(newer.cloudevents())["hash"] == given[0].hash


@pytest.mark.parametrize("content", [b"no database" * 200, None], ids=["no database", "another"])
def test_a_foreign_file_is_kept_under_another_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "journal.db"
    if content is None:
        with sqlite3.connect(path) as conn:
            conn.execute("CREATE TABLE recipes (name)")
        conn.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(JournalError, match="It was left"):
        open_journal(path, "leads", SystemClock(), read_only=True)
    assert path.read_bytes() == before
    journal = open_journal(path, "leads", SystemClock())
    (said,) = [r.event for r in journal.read()]
    assert isinstance(said, JournalReplaced)
    assert Path(said.kept).read_bytes() == before
    assert (said.taken, journal.project, journal.verify()) == (0, "leads", [])
    journal.close()


def test_reading_makes_no_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened"):
        open_journal(tmp_path / "none.db", "leads", SystemClock(), read_only=True)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE events SET data = replace(data, 'two', 'tow') WHERE seq = 2", "the data of event 2 were changed"),
        ("UPDATE events SET subject = 'eve' WHERE seq = 2", "event 2 was changed"),
        ("UPDATE events SET happened = 7 WHERE seq = 3", "event 3 was changed"),
        ("DELETE FROM events WHERE seq = 2", "missing before event 3: 2"),
        ("UPDATE events SET prev = hash WHERE seq = 3", "event 3 does not follow event 2"),
    ],
)
def test_the_chain_names_what_was_touched(journal: SqliteJournal, damage: str, found: str) -> None:
    appended(journal, note("one"), note("two"), note("three"))
    with sqlite3.connect(journal.path) as conn:
        conn.execute(damage)
    conn.close()
    assert journal.verify()[0] == found


def test_the_chain_holds_when_leaked_data_are_erased_from_a_copy(journal: SqliteJournal) -> None:
    secret = Fact(CheckChanged("a", "s", "user", "ok", "failing", "pw"), 1, "check:a", "s")
    appended(journal, secret, note("two"))
    with sqlite3.connect(journal.path) as conn:
        conn.execute("UPDATE events SET data = '{}' WHERE seq = 1")
    conn.close()
    assert journal.verify() == ["the data of event 1 were changed"], "nothing else"
