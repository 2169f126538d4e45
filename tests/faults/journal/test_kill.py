"""kill -9 while facts are taken in from the side file, a state is saved, an export written, a damaged file replaced."""

import json
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from incidentui.edge.store.jsonl import JsonlJournal
from tests.faults.journal.conftest import ROOT, Open, notes
from tests.faults.table import record
from tests.store.conftest import closed, opened

HEAD = """
import sys, uuid
from pathlib import Path
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from incidentui.edge.store.jsonl import export_lines, write_lines
from incidentui.edge.store.transaction import aside_lines
from incidentui.edge.store.window import window_of
from incidentui.session.turn import state_at
from tests.store.conftest import note
path, name = sys.argv[1], sys.argv[2]
journal = open_journal(path, "leads", SystemClock())
def told(text): print(text, flush=True)
"""
WORK = {
    "append": "while (n := globals().get('n', 0) + 1):\n  journal.append([note(f'{name}-{n}')]); told(f'{name}-{n}')",
    "side file": """
for n in range(10**9):
    for k in range(4):
        text = f"{name}-{n}-{k}"
        journal._side.write(aside_lines([journal._draft(note(text))], (), "leads"))
        told(text)
    journal.append([])
""",
    "snapshot": """
for n in range(10**9):
    journal.append([note(f"{name}-{n}")]); told(f"{name}-{n}")
    journal.save_snapshot(state_at(journal, journal.last()))
""",
    "export": """
for n in range(10**9):
    journal.append([note(f"{name}-{n}", incident="INC-1")]); told(f"{name}-{n}")
    Path(path + ".jsonl").unlink(missing_ok=True)
    write_lines(path + ".jsonl", export_lines(journal, window_of(journal, "INC-1")))
""",
    "damage": """
for n in range(10**9):
    journal.append([note(f"{name}-{n}")]); told(f"{name}-{n}")
    journal.close()
    with open(path, "ab") as file: file.write(b"x")
    journal = open_journal(path, "leads", SystemClock())
""",
}


def waiting(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for side in (path.with_name(path.name + ".aside.jsonl"), *path.parent.parent.rglob("*.aside.jsonl")):
        if side.exists():
            found += [json.loads(line) for line in side.read_bytes().split(b"\n") if line.endswith(b"}")]
    return found


def killed(kind: str, path: Path, name: str, chance: random.Random) -> set[str]:
    """What the process was told before it was killed."""
    command = [sys.executable, "-c", HEAD + WORK[kind], str(path), name]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first, "it began"
    time.sleep(chance.uniform(0, 0.12))
    process.kill()
    told = (first + process.stdout.read()).split("\n")
    process.wait()
    process.stdout.close()
    return set(told[:-1])


def sweep(kind: str, open_here: Open, kills: int) -> None:
    chance = random.Random(11)
    journal = open_here()
    journal.append([opened("INC-1", 1)])
    path = Path(journal.path)
    journal.close()
    told: set[str] = set()
    for n in range(kills):
        told |= killed(kind, path, f"k{n}", chance)
        if kind == "export" and (exported := Path(f"{path}.jsonl")).exists():
            assert JsonlJournal(exported).verify() == [], "whole, or not there"
    lost = told - set(notes(path)) - {str(line["data"]["text"]) for line in waiting(path)}  # type: ignore[index]
    if kills > 20:
        record(f"kill -9 in the store: {kind}", cases=kills, acknowledged=len(told), lost=len(lost))
    assert lost == set()
    last = open_here()
    last.append([closed("INC-1", 9)])
    assert waiting(path) == []
    stored = notes(path)
    assert told <= set(stored)
    assert len(stored) == len(set(stored)), "nothing is there twice"
    assert last.verify() == []
    conn = sqlite3.connect(path)
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    conn.close()


@pytest.mark.slow
@pytest.mark.req("F25")
@pytest.mark.parametrize("kind", WORK)
def test_twenty_kills(kind: str, open_here: Open) -> None:
    sweep(kind, open_here, 20)


@pytest.mark.soak
@pytest.mark.parametrize("kind", WORK)
def test_a_hundred_kills(kind: str, open_here: Open) -> None:
    sweep(kind, open_here, 100)
