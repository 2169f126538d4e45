"""One flipped bit anywhere in the file: what the record says is either unchanged, or `verify` notices."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from incidentui.core.events import Fact, MomentMarked
from incidentui.core.inputs import Evidence
from incidentui.core.recent import Sample
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.errors import JournalError
from incidentui.edge.store.sqlite import open_journal
from incidentui.session.ports import Aside
from tests.faults.journal.conftest import Open, Run, file_of, ok
from tests.faults.table import record
from tests.store.conftest import closed, note, opened

TABLES = ("meta", "events", "timeline", "incidents", "evidence")
SEED = 7


def told(path: Path) -> object:
    """All that the record says, asked of SQLite itself, with each index and without."""
    conn = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    try:
        plain = [conn.execute(f"SELECT * FROM {table} NOT INDEXED").fetchall() for table in TABLES]
        by_index = conn.execute("SELECT seq, incident FROM events WHERE incident IS NOT NULL ORDER BY incident, seq")
        keys = conn.execute("SELECT happened, seq FROM timeline WHERE moment = 'key' ORDER BY happened, seq")
        return plain, by_index.fetchall(), keys.fetchall()
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        return type(error).__name__
    finally:
        conn.close()


def noticed(path: Path) -> bool:
    try:
        journal = open_journal(path, "leads", SystemClock(), read_only=True)
    except JournalError:
        return True
    try:
        return bool(journal.verify(1))
    finally:
        journal.close()


def written_all_the_same(path: Path) -> None:
    """Whatever the bit, a fact gets into the journal, the new one, or the side file; nothing else is raised."""
    journal = open_journal(path, "leads", SystemClock())
    result = journal.append([note("all the same")])
    journal.close()
    if isinstance(result, Aside):
        side = Path(result.path)
        assert "all the same" in side.read_text()
        side.unlink()
    for kept in path.parent.glob(path.name + "?*"):
        kept.unlink()


def written(open_here: Open) -> Path:
    journal = open_here()
    journal.append([opened("INC-1", 1_000)])
    for n in range(40):
        proof = Evidence("log", f"line {n} " * 30)
        journal.append([note(f"note {n}", at=1_000 + n, moment="detail" if n % 3 else "key")], evidence=[proof])
    journal.append([Fact(MomentMarked(5, "ana"), 2_000, "responder:ana", "5"), closed("INC-1", 3_000)])
    journal.append((), samples=[Sample("api", n, "ok", 200) for n in range(50)])
    journal.close()
    return Path(journal.path)


def sweep(open_here: Open, flips: int, noticed: Callable[[Path], bool]) -> None:
    path = written(open_here)
    assert not noticed(path)
    whole, truth = path.read_bytes(), told(path)
    chance = random.Random(SEED)
    changed, missed = 0, []
    for _ in range(flips):
        place, bit = chance.randrange(len(whole)), chance.randrange(8)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << bit)]) + whole[place + 1 :])
        if told(path) != truth:
            changed += 1
            if not noticed(path):
                missed.append((place, bit))
            written_all_the_same(path)
    record("flipped bits", cases=flips, changed_the_record=changed, silently_wrong=len(missed))
    assert missed == []
    assert changed > flips / 4, "most of the file is record"


@pytest.mark.req("F25")
def test_every_flip_that_changes_the_record_is_noticed(open_here: Open) -> None:
    sweep(open_here, 60, noticed)


@pytest.mark.soak
def test_a_thousand_flips(open_here: Open, run: Run, home: Path) -> None:
    ok(run("note", "where the journal lies"))
    place = file_of(home)

    def noticed_by_the_command(path: Path) -> bool:
        place.write_bytes(path.read_bytes())
        return run("journal", "verify").returncode == 1

    sweep(open_here, 1_000, noticed_by_the_command)


def test_the_index_rows_and_the_evidence_are_compared(open_here: Open) -> None:
    path = written(open_here)
    whole = path.read_bytes()
    for damage, found in {
        "UPDATE timeline SET moment = 'key' WHERE seq = 3": "the timeline does not show event 3 as it is",
        "DELETE FROM timeline WHERE seq = 4": "the timeline does not show event 4 as it is",
        "INSERT INTO timeline VALUES (9, 999, 'key', NULL, NULL)": "the timeline has a row for event 999",
        "UPDATE timeline SET marked = NULL": "the timeline is wrong about event 5 being marked",
        "UPDATE incidents SET closed_seq = NULL": "the list of incidents is wrong about INC-1",
        "UPDATE evidence SET body = 'x' WHERE rowid = 2": "was changed",
        "UPDATE events SET high = high + 1 WHERE seq = 8": "the bound of event 8 is wrong",
        "DELETE FROM events WHERE seq = 9": "missing before event 10: 9",
    }.items():
        path.write_bytes(whole)
        conn = sqlite3.connect(path)
        assert conn.execute(damage).rowcount > 0, damage
        conn.commit()
        conn.close()
        journal = open_journal(path, "leads", SystemClock(), read_only=True)
        assert any(found in problem for problem in journal.verify()), damage
        journal.close()
