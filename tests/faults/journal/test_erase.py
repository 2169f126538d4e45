"""Erasing a leaked secret: gone from the file's bytes, the chain whole, the state as true as before."""

import json
import sqlite3
from pathlib import Path

import pytest

from incidentui.core import envelope
from incidentui.core.events import (
    NAMES,
    ActionEnded,
    ActionRequested,
    CheckChanged,
    Fact,
    ServiceChanged,
    StepChanged,
    UnknownEvent,
    VerdictGiven,
    WatchStarted,
)
from incidentui.core.inputs import Evidence
from incidentui.core.model import Owner, Plan, ProjectSpec, Verdict
from incidentui.core.words import row
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.erase import EraseRefusedError, erase
from incidentui.edge.store.jsonl import JsonlJournal, export_lines, write_lines
from incidentui.edge.store.sqlite import SqliteJournal
from incidentui.edge.store.window import window_of
from incidentui.session.turn import load, state_at
from tests import parts
from tests.faults.journal import unguarded
from tests.faults.journal.conftest import Open, Run, file_of, fill, ok
from tests.faults.journal.cuts import Program
from tests.store.conftest import closed, note, opened

SECRET = "hunter2-zorro-4711"


def gone(path: Path) -> bool:
    """From every file of the folder, free pages included."""
    return not any(SECRET.encode() in file.read_bytes() for file in path.parent.iterdir() if file.is_file())


@pytest.mark.req("F25")
def test_the_data_go_and_the_chain_holds(open_here: Open, tmp_path: Path) -> None:
    journal = open_here()
    proof = Evidence("log", f"password={SECRET}")
    red = CheckChanged("api", "api", "user", "ok", "failing", f"wrong password {SECRET}", evidence=proof.sha256)
    journal.append([opened("INC-1", 1), note("before", incident="INC-1")])
    journal.append([Fact(red, 2, "check:api", "api")], evidence=[proof])
    journal.append([Fact(ServiceChanged("api", "ok", "failing", "down"), 3, "check:api", "api", "key")])
    journal.save_snapshot(state_at(journal, journal.last()))
    journal.append([note(f"it is {SECRET}", incident="INC-1"), closed("INC-1", 9)])
    path = Path(journal.path)
    assert not gone(path)
    erase(str(path), 3, "a password", "ana", SystemClock(), evidence=True)
    erase(str(path), 5, "a password", "ana", SystemClock())
    assert gone(path)
    assert journal.verify() == []
    assert journal.evidence(proof.sha256) is None
    state = state_at(journal, journal.last())
    assert (state.checks["api"].state, state.checks["api"].why) == ("failing", "erased"), "red is still red"
    records = list(journal.read())
    assert isinstance(records[4].event, UnknownEvent)
    assert row(records[4]).text == "note.added: erased"
    assert row(records[6]).text == "event 3 was erased by ana: a password"
    assert journal.moved()

    window = window_of(journal, "INC-1")
    assert window is not None
    exported = tmp_path / "record.jsonl"
    write_lines(exported, export_lines(journal, window))
    assert SECRET not in exported.read_text()
    copy = JsonlJournal(exported)
    assert copy.verify() == [], "the chain can be followed elsewhere"
    assert any(row(r).text == "note.added: erased" for r in copy.read())


def test_a_running_session_forgets_it_and_saves_it_nowhere(open_here: Open) -> None:
    journal = open_here()
    journal.append([opened("INC-1", 1), note("x")])
    state = state_at(journal, 2)
    journal.append([Fact(CheckChanged("a", "s", "user", "ok", "failing", SECRET), 1, "check:a", "s")])
    desk = load(journal, 10)
    assert desk.base.checks["a"].why == SECRET
    erase(journal.path, 3, "leaked", "ana", SystemClock())
    journal.save_snapshot(desk.base)
    assert gone(Path(journal.path)), "a state of before is not kept"
    desk = desk.caught_up(journal, list(journal.read(desk.base.seq)))
    assert desk.base.checks["a"].why == "erased"
    journal.save_snapshot(desk.base)
    assert journal.snapshot(9) == desk.base
    assert state.seq == 2


def acted(run: str, *, over: bool) -> list[Fact]:
    plan = Plan("git.reset", (("to", SECRET),), "reset", "main")
    asked = ActionRequested(run, 1, plan, Owner("h", "b", 1, 1), "ana")
    facts = [Fact(asked, 1, "responder:ana", "main"), Fact(ActionEnded(run, "done", "ok"), 2, "executor", "main")]
    if over:
        facts.append(Fact(VerdictGiven(run, "done", Verdict("complete", "", ())), 3, "session", "main"))
    return facts


def test_what_is_needed_now_is_refused(open_here: Open) -> None:
    journal = open_here()
    watch = Fact(WatchStarted(ProjectSpec("leads"), "ana"), 1, "session", "watch")
    journal.append([watch, watch, *acted("r1", over=True), *acted("r2", over=False)])
    before = Path(journal.path).read_bytes()
    for seq, why in {2: "watched now", 6: "is running", 7: "is running", 99: "no event 99"}.items():
        with pytest.raises(EraseRefusedError, match=why):
            erase(journal.path, seq, "x", "ana", SystemClock())
    assert [r.seq for r in journal.read()] == list(range(1, 8))
    assert len(before) == Path(journal.path).stat().st_size
    said = erase(journal.path, 3, "x", "ana", SystemClock()).seq
    erase(journal.path, 1, "x", "ana", SystemClock())
    for seq in (1, said):
        with pytest.raises(EraseRefusedError):
            erase(journal.path, seq, "x", "ana", SystemClock())
    assert state_at(journal, journal.last()).attempts.keys() == {"r2"}, "folds to nothing"
    assert journal.verify() == []


def test_other_events_with_the_same_words_are_named(open_here: Open) -> None:
    journal = open_here()
    journal.append([note(f"pass: {SECRET}"), note("calm"), note(f"pass: {SECRET} again")])
    assert erase(journal.path, 1, "x", "ana", SystemClock()).also == (3,)


def test_what_a_step_said_when_it_failed_goes_with_it(open_here: Open) -> None:
    journal = open_here()
    failed = StepChanged(
        "r", 1, "Look", "running", "failed", "ana", "exit 1", fault=f"exit 1 · wrong password {SECRET}"
    )
    journal.append([Fact(failed, 1, "session", "step 1"), note(f"it said: {failed.fault}")])
    assert erase(journal.path, 1, "a password", "ana", SystemClock()).also == (2,)
    erase(journal.path, 2, "a password", "ana", SystemClock())
    assert gone(Path(journal.path))


def test_no_event_reads_an_erased_one_as_its_own(open_here: Open) -> None:
    from incidentui.core.codec import event_from

    for cls, name in NAMES.items():
        data = envelope.canonical({"erased": True})
        assert isinstance(event_from(name, data), UnknownEvent), cls


def test_an_erasure_that_nobody_announced_is_damage(open_here: Open) -> None:
    journal: SqliteJournal = open_here()
    journal.append([note("one"), note("two")])
    conn = sqlite3.connect(journal.path)
    conn.execute("UPDATE events SET data = '{\"erased\":true}' WHERE seq = 1")
    conn.commit()
    conn.close()
    assert journal.verify() == ["the data of event 1 were erased, and no event says so"]


def test_from_the_command_line(run: Run, home: Path, tmp_path: Path) -> None:
    ok(run("note", "one"))
    ok(run("note", "code", SECRET, "and", "more"))
    told = json.loads(ok(run("journal", "erase", "2", "--reason", "leaked", "--json")))
    assert told == {"erased": 2, "seq": 3, "evidence": [], "also": [], "files": []}
    assert gone(file_of(home))
    assert [json.loads(line)["data"] for line in ok(run("events")).splitlines()][1] == {"erased": True}
    again = run("journal", "erase", "2", "--reason", "leaked")
    assert (again.returncode, again.stderr) == (3, "incidentui: event 2 was erased before.\n")
    assert run("journal", "erase", "1").returncode == 2
    assert run("--read-only", "journal", "erase", "1", "--reason", "x").returncode == 3
    copy = tmp_path / "copy.db"
    assert json.loads(ok(run("journal", "backup", str(copy), "--json")))["events"] == 3
    before = copy.read_bytes()
    assert run("journal", "backup", str(copy)).returncode == 3
    assert copy.read_bytes() == before
    assert "whole" in ok(run("journal", "verify"))


def standing(*folders: Path) -> list[str]:
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return sorted(file.name for file in files if SECRET.encode() in file.read_bytes())


def test_what_is_kept_beside_the_journal_is_named(run: Run, home: Path, tmp_path: Path) -> None:
    """Damaged files, copies, what a killed command left: all that hold it, and nothing else."""
    ok(run("note", "one"))
    ok(run("note", f"it is {SECRET}"))
    path = file_of(home)
    path.write_bytes(path.read_bytes()[:-1])
    ok(run("note", "it is mended"))
    left = path.with_name(f".{path.name}.left")
    left.write_bytes(path.read_bytes())
    unread = path.with_name(f"{path.name}.aside.jsonl.unread")
    unread.write_text(json.dumps({"strange": f"it is {SECRET}"}) + "\n")
    path.with_name("harmless").write_text("it is calm")
    done = run("journal", "erase", "2", "--reason", "leaked", "--json")
    named = [Path(name) for name in json.loads(ok(done))["files"]]
    assert sorted(file.name for file in named) == standing(home, tmp_path / "elsewhere")
    assert len(named) == 3
    assert all(f"the same words stand in {file}: it is yours to remove" in done.stderr for file in named)
    for file in named:
        file.unlink()
    assert standing(home) == []


def test_what_waits_in_a_side_file_is_taken_in_and_named(run: Run, small_disk: Path, tmp_path: Path) -> None:
    ok(run("note", f"it is {SECRET}"))
    fill(small_disk / "ballast")
    ok(run("note", f"once more: it is {SECRET} " + "z" * 3000))
    (small_disk / "ballast").unlink()
    told = json.loads(ok(run("journal", "erase", "1", "--reason", "leaked", "--json")))
    assert (told["also"], told["files"]) == ([2], [])
    ok(run("journal", "erase", "2", "--reason", "leaked"))
    assert standing(small_disk, tmp_path / "elsewhere") == []


def in_free_pages(path: Path) -> None:
    """What an earlier command deleted without wiping it."""
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute("PRAGMA secure_delete = 0")
    conn.execute("CREATE TABLE t (x)")
    conn.executemany("INSERT INTO t VALUES (?)", [(f"it is {SECRET}" * 200,)] * 9)
    conn.execute("DROP TABLE t")
    conn.close()


@pytest.mark.slow
@pytest.mark.req("F25")
def test_an_erasure_that_was_killed_is_ended_by_the_next(run: Run, home: Path) -> None:
    """At calls all over it: when the same command says that it was done, no file keeps a trace."""
    parts.need("strace")
    calls = "write,pwrite64,ftruncate,fsync,fdatasync,unlink"
    kills, half = 0, 0
    ok(run("note", "one"))
    path = file_of(home)
    for call in range(1, 200, 7):
        seq = int(ok(run("note", f"it is {SECRET}")).split()[-1])
        in_free_pages(path)
        argv = ("journal", "erase", str(seq), "--reason", "leaked")
        fault = f"--inject={calls}:signal=KILL:when={call}"
        done = run(*argv, before=("strace", "-f", "-o", "/dev/null", f"--trace={calls}", fault))
        if done.returncode == 0:
            break
        kills, half = kills + 1, half + (standing(home) != [])
        assert run(*argv).returncode in (0, 3)
        assert standing(home) == [], call
    assert 5 < half <= kills
    assert "whole" in ok(run("journal", "verify"))


def test_somebody_reads_meanwhile(project: Path, env: dict[str, str], home: Path, tmp_path: Path) -> None:
    """With a write-ahead log the old pages stay as long as somebody reads them: that is no erasure yet."""
    changes = {
        "edge/store/schema.py": [
            ("if not wal_is_safe():", "if False:"),
            ("WRITER_BUSY_S = 30.0", "WRITER_BUSY_S = 0.2"),
        ]
    }
    program = Program((), project, env).built(unguarded.build(tmp_path, changes))
    assert program.run("note", f"it is {SECRET}").returncode == 0
    reader = sqlite3.connect(file_of(home), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM events").fetchall()
    argv = ("journal", "erase", "1", "--reason", "leaked")
    done = program.run(*argv)
    assert done.returncode == 2
    assert "not for good. Run it again" in done.stderr
    assert standing(home) != []
    reader.close()
    done = program.run(*argv)
    assert (done.returncode, "was erased before" in done.stderr) == (3, True)
    assert standing(home) == []
