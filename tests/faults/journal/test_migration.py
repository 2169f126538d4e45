"""An older journal and the next release: copied, then brought up to date whole or not at all, killed at every call."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests import parts
from tests.faults.journal import unguarded
from tests.faults.journal.conftest import ROOT, file_of, fill
from tests.faults.journal.cuts import Program, Step, journal_in, long_sweep
from tests.faults.table import record

GOLDEN = ROOT / "tests" / "store" / "golden" / "journal-1.sql"
SCHEMA, MIGRATE = "edge/store/schema.py", "edge/store/migrate.py"
STEPS = """STEPS: dict[int, tuple[str, ...]] = {1: (
    "ALTER TABLE samples ADD COLUMN zone TEXT NOT NULL DEFAULT ''",
    "UPDATE samples SET zone = 'UTC'",
    "CREATE TABLE zones (name TEXT PRIMARY KEY) STRICT",
    "INSERT INTO zones SELECT DISTINCT zone FROM samples",
    "CREATE INDEX samples_zone ON samples (zone)",
)}"""
NEXT = {SCHEMA: [("VERSION = 1", "VERSION = 2")], MIGRATE: [("STEPS: dict[int, tuple[str, ...]] = {}", STEPS)]}
"""The program of the next release: this one, with another version of the journal."""
CALLS = "write,pwrite64,ftruncate,fsync,fdatasync,link,unlink,rename"


def golden(path: Path) -> None:
    """The journal as the first release wrote it."""
    for file in path.parent.glob("journal.db*"):
        file.unlink()
    conn = sqlite3.connect(path)
    conn.executescript(GOLDEN.read_text())
    conn.executemany(
        "INSERT INTO samples (name, at, state, why) VALUES ('api', ?, 'ok', '')", [(n,) for n in range(500)]
    )
    conn.commit()
    conn.close()


def told(path: Path) -> tuple[list[object], list[object]]:
    """Events and looks as SQLite reads them, without what the next version adds. Of a copy: looking mends a file."""
    with_journal = path.parent.parent / "looked-at"
    shutil.rmtree(with_journal, ignore_errors=True)
    with_journal.mkdir()
    for file in path.parent.glob(path.name + "*"):
        if file.name in (path.name, path.name + "-journal", path.name + "-wal"):
            shutil.copy(file, with_journal / file.name)
    conn = sqlite3.connect(with_journal / path.name)
    try:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        events = conn.execute("SELECT * FROM events ORDER BY seq").fetchall()
        samples = conn.execute("SELECT n, name, at, state, latency_ms, status, why FROM samples ORDER BY n").fetchall()
        version = conn.execute("PRAGMA user_version").fetchone()[0]
        columns = [row[1] for row in conn.execute("PRAGMA table_info(samples)")]
        tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE name LIKE '%zone%'")]
        if version == 2:
            zones = conn.execute("SELECT DISTINCT zone FROM samples").fetchall()
            assert (zones, sorted(tables)[0]) == ([("UTC",)], "samples_zone"), "all of the new version"
        else:
            assert (version, tables, "zone" in columns) == (1, [], False), "nothing of the new version"
    finally:
        conn.close()
    return events, samples


@pytest.fixture
def release(tmp_path: Path, project: Path, env: dict[str, str]) -> Program:
    """The next one."""
    parts.need("strace")
    return next_release(tmp_path, project, env, NEXT)


def next_release(
    tmp_path: Path, project: Path, env: Mapping[str, str], changes: Mapping[str, list[tuple[str, str]]]
) -> Program:
    return Program((), project, env).built(unguarded.build(tmp_path, changes))


def killed(program: Program, call: int) -> int:
    """`note`, killed at its nth call that changes something; 0 when it made fewer."""
    fault = f"--inject={CALLS}:signal=KILL:when={call}"
    argv = ["strace", "-f", "-o", "/dev/null", f"--trace={CALLS}", fault, *program.argv, "note", "after the update"]
    return subprocess.run(argv, cwd=program.project, env=dict(program.env), capture_output=True, check=False).returncode


def sweep_kills(program: Program, path: Path, step: int) -> tuple[int, int]:
    """Kill at every call; how often, and how often the file was neither old nor new, or had no copy of the old."""
    golden(path)
    before = told(path)
    kills = half = 0
    for call in range(1, 200, step):
        golden(path)
        if killed(program, call) not in (-signal.SIGKILL, 128 + signal.SIGKILL):
            assert call > 20, "it was killed in the middle of the work"
            break
        kills += 1
        try:
            after = told(path)
            assert (after[0][: len(before[0])], after[1]) == before
            new = sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (2,)
            copies = list(path.parent.glob("journal.db.version-1*"))
            assert all(told(copy) == before for copy in copies if not copy.name.endswith("-journal"))
            assert copies or not new, "a copy before the change"
        except (AssertionError, sqlite3.DatabaseError):
            half += 1
            continue
        said = program.run("note", "--json", "the next one")
        assert json.loads(said.stdout)["seq"] in (len(before[0]) + 1, len(before[0]) + 2), said.stderr
        assert told(path)[0][: len(before[0])] == before[0]
    return kills, half


@pytest.fixture
def path(release: Program, home: Path) -> Path:
    assert release.run("note", "where the journal lies").returncode == 0
    return file_of(home)


def test_an_older_journal_is_copied_and_brought_up_to_date(release: Program, path: Path) -> None:
    golden(path)
    before = told(path)
    assert release.run("note", "after the update").stdout == "noted as 5\n"
    assert told(path)[0][:4] == before[0]
    assert "zone" in [row[1] for row in sqlite3.connect(path).execute("PRAGMA table_info(samples)")]
    copy = Path(f"{path}.version-1")
    assert told(copy) == before
    assert f"kept aside: {copy}" in release.run("journal", "verify").stdout
    assert release.run("note", "again").stdout == "noted as 6\n"
    assert len(list(path.parent.glob("journal.db.version-1*"))) == 1


@pytest.mark.slow
@pytest.mark.req("F25")
def test_killed_at_calls_of_a_migration(release: Program, path: Path) -> None:
    kills, half = sweep_kills(release, path, 5)
    assert half == 0
    assert kills > 5


@pytest.mark.soak
def test_killed_at_every_call_of_a_migration(release: Program, path: Path) -> None:
    kills, half = sweep_kills(release, path, 1)
    record("kill -9 at each call of a migration", cases=kills, half_migrated=half)
    assert half == 0
    assert kills >= 40


@pytest.mark.slow
def test_without_one_transaction_it_would_be_half(
    tmp_path: Path, project: Path, env: dict[str, str], home: Path
) -> None:
    """The control: the same kills."""
    bare = {
        **NEXT,
        MIGRATE: [*NEXT[MIGRATE], ('    conn.execute("BEGIN IMMEDIATE")\n', ""), ('execute("COMMIT")', "commit()")],
    }
    program = next_release(tmp_path, project, env, bare)
    assert program.run("note", "where the journal lies").returncode == 0
    assert sweep_kills(program, file_of(home), 3)[1] > 0


@pytest.mark.slow
@pytest.mark.req("F25")
def test_power_cuts_in_a_migration(release: Program, tmp_path: Path) -> None:
    parts.need("strace")
    top = tmp_path / "disk"
    (top / "aside").mkdir(parents=True)
    program = replace(release, env={**release.env, "INCIDENTUI_HOME": str(top / "home"), "TMPDIR": str(top / "aside")})
    steps = (
        Step(("note", "--json", "where the journal lies")),
        Step(
            ("note", "--json", "after the update"), '"text":"after the update"', before=lambda t: golden(journal_in(t))
        ),
        Step(("note", "--json", "and on"), '"text":"and on"'),
    )
    counts = long_sweep(program, top, steps, 25)
    record("power cut in a migration", cases=counts.states, lost=counts.lost, unreadable=len(counts.refused))
    assert (counts.worst, counts.refused, counts.damaged) == ([], [], 0)


RUNNING = """
import sys
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from tests.store.conftest import note
journal = open_journal(sys.argv[1], "leads", SystemClock())
print("open", flush=True)
sys.stdin.readline()
print(journal.append([note("of the old one")]), flush=True)
"""


def test_a_program_from_before_the_update_writes_aside(release: Program, path: Path, env: dict[str, str]) -> None:
    golden(path)
    command = [sys.executable, "-c", RUNNING, str(path)]
    old = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert old.stdout is not None
    assert old.stdout.readline() == "open\n"
    assert release.run("note", "of the new one").stdout == "noted as 5\n"
    said = old.communicate("go\n", timeout=60)[0]
    assert "Aside" in said
    assert "a newer incidentui has taken the journal over" in said
    assert release.run("note", "taken in").stdout == "noted as 7\n"
    texts = [json.loads(event[11]).get("text") for event in told(path)[0]]  # type: ignore[index]
    assert texts[4:] == ["of the new one", "of the old one", "taken in"]


def test_no_room_for_the_copy(tmp_path: Path, project: Path, env: dict[str, str], small_disk: Path) -> None:
    """Nothing is changed, the fact waits, the record can be read; with room it goes on."""
    release = next_release(tmp_path, project, env, NEXT)
    assert release.run("note", "where the journal lies").returncode == 0
    path = file_of(small_disk)
    golden(path)
    before = told(path)
    shutil.rmtree(small_disk / "projects" / "looked-at")
    fill(small_disk / "ballast")
    done = release.run("note", "--json", "no room")
    assert (done.returncode, json.loads(done.stdout)["seq"]) == (0, None), done
    assert "an older incidentui wrote it" in done.stderr
    assert len(release.run("events").stdout.splitlines()) == 4
    (small_disk / "ballast").unlink()
    assert told(path) == before
    assert release.run("note", "room").stdout == "noted as 6\n"
