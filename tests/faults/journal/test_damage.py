"""A journal that is damaged when it is opened: kept under another name, byte for byte, and carried on."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from incidentui.core.inputs import Evidence
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.errors import JournalError
from incidentui.edge.store.sqlite import open_journal
from tests.faults.journal.conftest import Open, Run, file_of, notes, ok
from tests.faults.table import record
from tests.store.conftest import note, opened

PAGE = 4096


def cut_to(size: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:size]


def foreign(_: bytes) -> bytes:
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE TABLE recipes (name)")
    return conn.serialize()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": cut_to(0),
    "one byte": cut_to(1),
    "first page only": cut_to(PAGE),
    "half": lambda whole: whole[: len(whole) // 2 // PAGE * PAGE],
    "last page": lambda whole: whole[:-PAGE],
    "last byte": lambda whole: whole[:-1],
    "in a page": lambda whole: whole[: -PAGE - 1000],
    "garbage": lambda whole: b"\x93" * len(whole),
    "text": lambda _: b"once upon a time\n" * 500,
    "another program": foreign,
    "head of zeros": lambda whole: bytes(100) + whole[100:],
    "another id": lambda whole: whole[:68] + b"\x00\x00\x00\x07" + whole[72:],
    "three bytes": cut_to(3),
    "head only": cut_to(100),
    "all but the head": lambda whole: bytes(PAGE) + whole[PAGE:],
    "doubled head": lambda whole: whole[:PAGE] + whole,
    "no schema": lambda whole: whole[:100] + bytes(PAGE - 100) + whole[PAGE:],
}


@pytest.mark.req("F25")
@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_kept_aside_and_carried_on(kind: str, open_here: Open) -> None:
    journal = open_here()
    texts = [f"note {i} " + "z" * 400 for i in range(200)]
    journal.append([note(text) for text in texts], evidence=[Evidence("log", "y" * 900)])
    path = Path(journal.path)
    journal.close()
    damaged = DAMAGE[kind](path.read_bytes())
    path.write_bytes(damaged)
    assert seen_damaged(path), "verify and whoever reads are told"
    assert path.read_bytes() == damaged, "a reader changes nothing"

    again = open_here()
    again.append([note("after")])
    (kept,) = [f for f in path.parent.glob("*.damaged-*") if not f.name.endswith("-journal")]
    assert kept.read_bytes() == damaged
    *before, last = notes(path)
    assert last == "after"
    assert before == texts[: len(before)], "what could be read, from the first on"
    said = next(e for e in again.cloudevents() if e["type"] == "incidentui.journal.replaced")
    assert said["data"]["kept"] == str(kept)
    assert said["data"]["taken"] == len(before) == said["sequence"] - 1
    assert again.verify() == []
    if kind in ("last byte", "in a page", "last page", "half"):
        assert before, "the events stand at the beginning of the file"


@pytest.mark.soak
@pytest.mark.parametrize("kind", DAMAGE)
def test_the_installed_program_notices_and_goes_on(kind: str, run: Run, home: Path) -> None:
    """`journal verify` fails, the next note is stored and the file as it was is named."""
    for n in range(4):
        ok(run("note", f"note {n} " + "z" * 3000))
    path = file_of(home)
    damaged = DAMAGE[kind](path.read_bytes())
    path.write_bytes(damaged)
    noticed = run("journal", "verify").returncode == 1
    record("cut, foreign and garbage files", cases=1, silent=int(not noticed))
    assert noticed
    assert path.read_bytes() == damaged
    ok(run("note", "after"))
    (kept,) = [f for f in path.parent.glob("*.damaged-*") if not f.name.endswith("-journal")]
    assert kept.read_bytes() == damaged
    assert f"kept aside: {kept}" in ok(run("journal", "verify"))
    assert notes(path)[-1] == "after"


def seen_damaged(path: Path) -> bool:
    try:
        reader = open_journal(path, "leads", SystemClock(), read_only=True)
    except JournalError as error:
        return "It was left as it is" in str(error) or "malformed" in str(error)
    problems = reader.verify()
    reader.close()
    return bool(problems)


def test_damaged_files_are_never_overwritten(open_here: Open) -> None:
    path = Path(open_here().path)
    for n in range(3):
        path.write_bytes(b"garbage %d" % n)
        open_here()
    kept = sorted(f.read_bytes() for f in path.parent.glob("*.damaged-*"))
    assert kept == [b"garbage 0", b"garbage 1", b"garbage 2"]


def test_the_incident_that_was_open_is_open_still(open_here: Open) -> None:
    journal = open_here()
    journal.append([opened("INC-1", 5), note("seen", incident="INC-1")])
    journal.close()
    path = Path(journal.path)
    path.write_bytes(path.read_bytes()[:-1])
    again = open_here()
    assert [key.id for key in again.incidents()] == ["INC-1"]
    assert next(e for e in again.cloudevents(2))["incident"] == "INC-1"


NOTE = """
import sys
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from tests.store.conftest import note
sys.stdin.readline()
journal = open_journal(sys.argv[1], "leads", SystemClock())
journal.append([note(sys.argv[2])])
journal.close()
"""


def test_several_find_the_damage_at_once(open_here: Open) -> None:
    path = Path(open_here().path)
    path.write_bytes(b"garbage")
    start = [sys.executable, "-c", NOTE, str(path)]
    everybody = [subprocess.Popen([*start, f"n{n}"], stdin=subprocess.PIPE, text=True) for n in range(4)]
    for process in everybody:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in everybody:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert len(list(path.parent.glob("*.damaged-*"))) == 1
    assert sorted(notes(path)) == ["n0", "n1", "n2", "n3"]


def test_the_command_line_says_what_it_did(run: Run, home: Path) -> None:
    ok(run("note", "one"))
    path = file_of(home)
    path.write_bytes(path.read_bytes()[:-1])
    told = run("journal", "verify", "--json")
    assert (told.returncode, json.loads(told.stdout)["ok"]) == (1, False)
    assert ok(run("note", "two")) == "noted as 3\n"
    whole = json.loads(ok(run("journal", "verify", "--json")))
    assert (whole["ok"], whole["events"], len(whole["kept"])) == (True, 3, 1)
    assert notes(path) == ["one", "two"]
