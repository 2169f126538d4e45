"""Four shells that note at once with the installed program: every note is stored, none is refused or put aside."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from tests.e2e.world import COMMAND
from tests.faults.journal import unguarded
from tests.faults.journal.conftest import ROOT, file_of, notes
from tests.faults.journal.cuts import Program
from tests.faults.table import record

WRITERS = 4
LOOP = 'i=0; while [ $i -lt "$1" ]; do i=$((i+1)); "${@:3}" note --json "$2-$i" || echo "refused $i" >&2; done'
WAL = {"edge/store/schema.py": [("if not wal_is_safe():", "if False:")]}


def sweep(program: Program, home: Path, each: int, row: str) -> int:
    """How many of the notes did not get into the journal at once."""
    assert program.run("note", "the first").returncode == 0
    argv = ["bash", "-c", LOOP, "bash", str(each)]
    shells = [
        subprocess.Popen(
            [*argv, f"w{n}", *program.argv],
            cwd=program.project,
            env=dict(program.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(WRITERS)
    ]
    said = [shell.communicate(timeout=600) for shell in shells]
    told = [json.loads(line) for out, _ in said for line in out.splitlines()]
    complaints = [line for _, err in said for line in err.splitlines()]
    stored = notes(file_of(home))
    refused = WRITERS * each - sum(answer["seq"] is not None for answer in told)
    record(row, cases=WRITERS * each, refused=refused, stored=len(stored) - 1)
    assert refused or complaints == []
    if not refused:
        assert sorted(stored) == sorted(
            ["the first", *(f"w{n}-{i}" for n in range(WRITERS) for i in range(1, each + 1))]
        )
        assert len({answer["seq"] for answer in told}) == WRITERS * each
    return refused


@pytest.fixture
def program(project: Path, env: dict[str, str]) -> Program:
    return Program((COMMAND,), project, env)


@pytest.mark.slow
@pytest.mark.req("F69")
def test_four_shells_note_at_once(program: Program, home: Path) -> None:
    assert sweep(program, home, 15, "four shells (sample)") == 0


@pytest.mark.soak
@pytest.mark.parametrize("log", ["rollback", "write-ahead"])
def test_eight_hundred_notes_at_once(program: Program, home: Path, tmp_path: Path, log: str) -> None:
    if log == "write-ahead":
        program = program.built(unguarded.build(tmp_path, WAL))
    assert sweep(program, home, 200, f"notes of four shells at once, {log} log") == 0


APPEND = """
import sys
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from incidentui.session.ports import Appended
from tests.store.conftest import note
journal = open_journal(sys.argv[1], "leads", SystemClock())
sys.stdin.readline()
print(sum(not isinstance(journal.append([note(f"{sys.argv[2]}-{n}")]), Appended) for n in range(int(sys.argv[3]))))
"""


def refused_in_loops(home: Path, each: int, build: Path | None = None) -> int:
    """Four processes that do nothing but append: how many facts went aside."""
    env = {**os.environ, "TMPDIR": str(home), "PYTHONPATH": f"{build}:{ROOT}" if build else str(ROOT)}
    path = home / "journal.db"
    open_journal(path, "leads", SystemClock()).close()
    everybody = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", APPEND, str(path), f"w{n}", str(each)],
            cwd=home,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(WRITERS)
    ]
    for process in everybody:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    refused = sum(int(process.communicate(timeout=600)[0]) for process in everybody)
    assert len(notes(path)) + refused >= WRITERS * each
    return refused


@pytest.mark.soak
def test_four_loops_append_at_once(home: Path) -> None:
    home.mkdir()
    refused = refused_in_loops(home, 200)
    record("appends of four processes at once", cases=WRITERS * 200, refused=refused)
    assert refused == 0


def test_with_a_plain_begin_some_are_refused(home: Path, tmp_path: Path) -> None:
    """The control: the same processes. How often they meet is the scheduler's choice, so they may try for longer."""
    home.mkdir()
    changes = {"edge/store/transaction.py": [('execute("BEGIN IMMEDIATE")', 'execute("BEGIN")')]}
    build = unguarded.build(tmp_path, changes)
    assert any(refused_in_loops(home, each, build) > 0 for each in (50, 200, 800))
