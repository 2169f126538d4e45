"""What disks and processes do to a journal: many writers, a full disk, a read-only one, kill -9."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core.events import Fact, IncidentOpened, NoteAdded
from incidentui.core.inputs import Evidence
from incidentui.edge.clock import SystemClock
from incidentui.edge.processes import SystemProcesses, started
from incidentui.edge.store.observer import ObserverLock
from incidentui.edge.store.sqlite import SqliteJournal, open_journal
from incidentui.edge.store.transaction import aside_lines
from incidentui.session.ports import Appended, Aside
from tests import parts
from tests.store.conftest import Open, note, opened

WRITER = """
import sys
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from tests.store.conftest import note
path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
journal = open_journal(path, "leads", SystemClock())
for i in range(count):
    result = journal.append([note(f"{name}-{i}")])
    print(result.records[0].seq, f"{name}-{i}", flush=True)
journal.close()
"""


def writer(path: Path, name: str, count: int) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def acknowledged(output: str) -> dict[str, int]:
    """What a writer was told: text of the note -> sequence. A line cut by the kill was not told."""
    whole = output[: output.rfind("\n") + 1].splitlines()
    return {text: int(seq) for seq, text in (line.split() for line in whole)}


def stored(journal: SqliteJournal) -> dict[str, int]:
    return {r.event.text: r.seq for r in journal.read() if isinstance(r.event, NoteAdded)}


@pytest.mark.slow
@pytest.mark.req("F69")
def test_four_processes_append_two_thousand_events(tmp_path: Path, open_here: Open) -> None:
    path = Path(open_here().path)
    writers = [writer(path, f"w{n}", 500) for n in range(4)]
    told: dict[str, int] = {}
    for process in writers:
        told |= acknowledged(process.communicate(timeout=120)[0])
        assert process.returncode == 0
    journal = open_here()
    assert [r.seq for r in journal.read()] == list(range(1, 2001))
    assert journal.verify() == []
    assert stored(journal) == told


@pytest.mark.req("F69")
@pytest.mark.slow
def test_kill_9_loses_nothing_that_was_acknowledged(open_here: Open) -> None:
    chance = random.Random(7)
    journal = open_here()
    told: dict[str, int] = {}
    for n in range(20):
        process = writer(Path(journal.path), f"k{n}", 100_000)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        told |= acknowledged(first + process.stdout.read())
        process.wait()
        process.stdout.close()
        assert told.items() <= stored(journal).items()
    assert journal.verify() == []
    assert journal.last() - len(told) <= 20, "at most one unacknowledged event for each kill"


HALF_DONE = """
import os, signal, sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
conn.execute("PRAGMA cache_size = 1")
conn.execute("BEGIN IMMEDIATE")
conn.execute("UPDATE events SET subject = 'torn'")
conn.executemany("INSERT INTO meta VALUES (?, ?)", ((str(i), "x" * 500) for i in range(2000)))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_reader_recovers_what_a_killed_writer_left_half_done(open_here: Open) -> None:
    journal = open_here()
    journal.append([note("whole")])
    journal.close()
    subprocess.run([sys.executable, "-c", HALF_DONE, journal.path], check=False)
    assert Path(journal.path + "-journal").stat().st_size > 0, "half done, on disk"
    reader = open_here(read_only=True)
    assert [r.subject for r in reader.read()] == ["ana"]
    assert reader.verify() == []


# -- a disk that refuses


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    parts.mount("-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", place)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def fill(path: Path) -> None:
    """Until the disk is full."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 512):
            pass


def test_a_full_disk_puts_facts_aside_and_space_brings_them_back(small_disk: Path, open_here: Open) -> None:
    journal = open_journal(small_disk / "journal.db", "leads", SystemClock())
    journal.append([note("before")])
    fill(small_disk / "ballast")
    proof = Evidence("log", "y" * 8000)
    results = [journal.append([note(f"full-{i} " + "z" * 3000)], evidence=[proof]) for i in range(3)]
    assert all(isinstance(r, Aside) and "full" in r.why for r in results)
    first = results[0]
    assert isinstance(first, Aside)
    assert str(small_disk) not in first.path, "the side file is elsewhere"
    assert len(list(journal.read())) == 1
    (small_disk / "ballast").unlink()
    after = journal.append([note("after")])
    assert isinstance(after, Appended)
    assert [text.split()[0] for text in stored(journal)] == ["before", "full-0", "full-1", "full-2", "after"]
    assert after.records[0].seq == 5
    assert journal.evidence(proof.sha256) == proof
    assert journal.verify() == []
    assert not Path(first.path).exists()
    journal.close()


def test_what_a_program_put_aside_stays_with_the_incident_it_opened(open_here: Open) -> None:
    first, second = open_here(), open_here()
    side = first._side

    def aside(journal: SqliteJournal, fact: Fact) -> None:
        side.write(aside_lines([journal._draft(fact)], (), "leads", journal._name))

    aside(first, opened("INC-1", 1_000))
    aside(second, opened("INC-1", 2_000))
    aside(first, note("of the first", incident="INC-1"))
    aside(second, note("of the second", incident="INC-1"))
    waiting = side.paths[0].read_text()
    first.append([note("space")])
    side.paths[0].write_text(waiting)  # as if its merger had been killed
    aside(second, note("and this", incident="INC-1"))
    first.append([note("more")])
    noted = {r.event.text: r.incident for r in first.read() if isinstance(r.event, NoteAdded)}
    assert noted == {
        "of the first": "INC-1",
        "of the second": "INC-2",
        "space": None,
        "and this": "INC-2",
        "more": None,
    }
    assert [key.id for key in first.incidents()] == ["INC-1", "INC-2"]
    assert [r.event.id for r in first.read() if isinstance(r.event, IncidentOpened)] == ["INC-1", "INC-2"]
    assert first.verify() == []


def test_a_killed_merge_brings_nothing_in_twice(open_here: Open) -> None:
    journal = open_here()
    side = journal._side
    journal.append([note("known")])
    known = next(journal.cloudevents())
    waiting = {k: v for k, v in known.items() if k not in ("sequence", "hash", "prevhash")}
    fresh = {**waiting, "id": "another", "data": {"text": "fresh", "by": "ana", "key": False}}
    side.write([json.dumps(waiting), json.dumps(fresh)])
    with side.paths[0].open("a") as torn:
        torn.write('{"id": "half a li')
    side.write([json.dumps({**fresh, "id": "third", "recordedtime": "2999-01-01T00:00:00.000Z"})])
    journal.append([note("next")])
    texts = [r.event.text for r in journal.read() if isinstance(r.event, NoteAdded)]
    assert texts == ["known", "fresh", "fresh", "next"]
    assert not side.paths[0].exists()


def test_a_line_that_is_no_fact_is_kept_for_a_person(open_here: Open) -> None:
    journal = open_here()
    journal._side.write(['{"evidence": 5}', '{"strange": true}'])
    assert isinstance(journal.append([note("x")]), Appended)
    kept = list(Path(journal.path).parent.glob("*.unread"))
    assert len(kept) == 1


def test_another_process_does_not_take_a_side_file_that_is_held(open_here: Open) -> None:
    journal = open_here()
    journal._side.write(['{"evidence": {"sha256": "s", "kind": "k", "body": "b"}}'])
    held = journal._side.claim()
    assert len(held.lines) == 1
    assert journal._side.claim().lines == []
    held.release()


READ_ONLY = """
import sys
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from tests.store.conftest import note
journal = open_journal(sys.argv[1], "leads", SystemClock())
print([r.event.text for r in journal.read()], len(journal.rows()), type(journal.append([note("x")])).__name__)
"""


def test_a_read_only_disk_is_read_and_facts_go_aside(tmp_path: Path, open_here: Open) -> None:
    journal = open_here()
    journal.append([note("seen")])
    journal.close()
    disk, elsewhere = tmp_path / "read-only", tmp_path / "elsewhere"
    disk.mkdir()
    elsewhere.mkdir(mode=0o777)
    shutil.copy(journal.path, disk / "journal.db")
    source = Path(__file__).parents[2]
    parts.mount("--bind", disk, disk)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(disk)], check=True)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(disk / "journal.db")],
            env={**os.environ, "TMPDIR": str(elsewhere)},
            cwd=source,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
    assert done.stdout == "['seen'] 1 Aside\n", done.stderr
    assert len(list(elsewhere.rglob("*.aside.jsonl"))) == 1


def test_a_side_folder_of_somebody_else_is_not_used(
    open_here: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_here()
    folder = journal._side.paths[1].parent
    folder.mkdir(mode=0o777, parents=True)
    folder.chmod(0o777)
    journal._side.paths[0].mkdir()  # the first place fails
    with pytest.raises(PermissionError, match="private folder"):
        journal._side.write(["{}"])


# -- who lives, who observes


def test_a_process_is_known_by_more_than_its_pid() -> None:
    here = SystemProcesses()
    me = here.me()
    assert here.alive(me) is True
    assert here.alive(replace(me, started=me.started + 1)) is False, "the pid was used again"
    assert here.alive(replace(me, boot="another")) is False
    assert here.alive(replace(me, host="elsewhere")) is None


def test_a_dead_process_is_dead_even_as_a_zombie() -> None:
    here = SystemProcesses()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    ticks = started(child.pid)
    assert ticks
    child.kill()
    deadline = time.monotonic() + 10
    while started(child.pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert started(child.pid) is None, "killed, not waited for"
    child.communicate()
    assert here.me().pid == os.getpid()


HOLDER = """
import sys
from pathlib import Path
from incidentui.edge.store.observer import ObserverLock
lock = ObserverLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_the_observer_lock_goes_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "p" / "observer.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    mine = ObserverLock(path)
    assert not mine.acquire()
    assert mine.holder() == holder.pid
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert mine.acquire()
    assert mine.held
    mine.release()
    assert not mine.held
