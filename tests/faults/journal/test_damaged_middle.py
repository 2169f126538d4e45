"""Pages of zeros in the middle of the file: the program opens, says it, and loses no new fact."""

import sqlite3
from pathlib import Path

import pytest

from incidentui.cli.live import live
from incidentui.edge.store.sqlite import SqliteJournal
from tests.faults.journal.conftest import Open, Run, file_of, notes, ok
from tests.store.conftest import note


def broken(path: Path) -> None:
    """The leaves of the events, but the last, are zeros."""
    conn = sqlite3.connect(path)
    (page,) = conn.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").fetchone()
    conn.close()
    whole = bytearray(path.read_bytes())
    at = (page - 1) * 4096
    assert whole[at] == 5, "an inner page"
    first = int.from_bytes(whole[at + int.from_bytes(whole[at + 12 : at + 14], "big") :][:4], "big")
    whole[(first - 1) * 4096 : first * 4096] = bytes(4096)
    path.write_bytes(whole)


def filled(journal: SqliteJournal) -> Path:
    journal.append([note(f"note {i} " + "z" * 400) for i in range(100)])
    journal.close()
    return Path(journal.path)


def test_readers_say_a_sentence_and_the_session_mends_it(
    run: Run, home: Path, project: Path, open_here: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    ok(run("note", "x"))
    path = file_of(home)
    path.write_bytes(filled(open_here()).read_bytes())
    broken(path)
    damaged = path.read_bytes()
    for argv in (("events",), ("journal", "verify"), ("doctor",)):
        done = run(*argv, timeout=60)
        assert done.returncode in (1, 2), (argv, done.stdout[-500:], done.stderr)
        assert "Traceback" not in done.stderr
        assert "a fault of the program" not in done.stderr, argv
        assert "malformed" in done.stdout + done.stderr, argv
    assert path.read_bytes() == damaged
    ok(run("note", "after the damage"))
    monkeypatch.setenv("INCIDENTUI_HOME", str(home))
    live(project, "ana").close()
    stored = notes(path)
    assert "after the damage" in stored
    assert len(stored) > 80, "what stood behind the damage was taken over too"
    assert len(set(stored)) == len(stored)
    (kept,) = [f for f in path.parent.glob("*.damaged-*") if not f.name.endswith("-journal")]
    assert kept.stat().st_size >= len(damaged)
    assert "whole" in ok(run("journal", "verify"))
