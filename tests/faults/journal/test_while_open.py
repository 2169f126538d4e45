"""The file is moved, deleted, replaced, cut or overwritten while the program has it open."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import SqliteJournal, open_journal
from incidentui.edge.store.transaction import Transaction
from incidentui.session.ports import Appended, Aside
from tests.faults.journal.conftest import Open, notes
from tests.store.conftest import note

WRITTEN = [f"before-{i}" for i in range(5)]


@pytest.fixture
def journal(open_here: Open) -> SqliteJournal:
    journal = open_here()
    for text in WRITTEN[:3]:
        journal.append([note(text)])
    shutil.copy(journal.path, journal.path + ".older")
    for text in WRITTEN[3:]:
        journal.append([note(text)])
    return journal


def deleted(path: Path) -> None:
    path.unlink()


def renamed(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def folder_renamed(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


def folder_deleted(path: Path) -> None:
    shutil.rmtree(path.parent)


def swapped_for_a_copy(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").rename(path)


@pytest.mark.req("F25")
@pytest.mark.parametrize("fault", [deleted, renamed, folder_renamed, folder_deleted, swapped_for_a_copy])
def test_the_record_is_at_its_place_again_with_the_next_event(
    fault: Callable[[Path], None], journal: SqliteJournal
) -> None:
    path = Path(journal.path)
    fault(path)
    assert isinstance(journal.append([note("during")]), Appended)
    assert notes(path) == [*WRITTEN, "during"]
    assert [r.seq for r in journal.read()] == [1, 2, 3, 4, 5, 6], "readers open it too"
    assert journal.verify() == []
    assert isinstance(journal.append([note("after")]), Appended)
    assert notes(path) == [*WRITTEN, "during", "after"]
    assert not journal.moved()


def older_copy(path: Path) -> None:
    Path(str(path) + ".older").rename(path)


def another_journal(path: Path) -> None:
    other = open_journal(path.with_name("other.db"), "other", SystemClock())
    other.append([note(f"strange-{i}") for i in range(9)])
    other.close()
    path.with_name("other.db").rename(path)


def garbage_file(path: Path) -> None:
    path.with_name("garbage").write_bytes(b"garbage" * 900)
    path.with_name("garbage").rename(path)


@pytest.mark.parametrize("fault", [older_copy, another_journal, garbage_file])
def test_another_file_takes_nothing_and_all_until_then_gets_a_name(
    fault: Callable[[Path], None], journal: SqliteJournal, open_here: Open
) -> None:
    path = Path(journal.path)
    fault(path)
    strange = path.read_bytes()
    for text in ("during", "still"):
        result = journal.append([note(text)])
        assert isinstance(result, Aside)
        assert "was replaced by another file" in result.why
        assert "rescued" in result.why
    assert path.read_bytes() == strange, "nobody's file is written to"
    (rescued,) = path.parent.glob("*.rescued-*")
    assert notes(rescued) == WRITTEN
    assert open_here().append([note("after")])
    assert notes(path)[-3:] == ["during", "still", "after"], "whoever opens it next takes the side file in"


def test_the_right_file_comes_back(journal: SqliteJournal) -> None:
    path = Path(journal.path)
    shutil.copy(path, path.with_name("right"))
    older_copy(path)
    assert isinstance(journal.append([note("during")]), Aside)
    path.with_name("right").rename(path)
    assert isinstance(journal.append([note("after")]), Appended)
    assert notes(path) == [*WRITTEN, "during", "after"]


def overwritten_by_an_older_one(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(Path(str(path) + ".older").read_bytes())
        file.truncate()


def emptied(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(0)


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(4096)


def overwritten_by_garbage(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\x93" * path.stat().st_size)


@pytest.mark.parametrize("fault", [overwritten_by_an_older_one, emptied, cut, overwritten_by_garbage])
def test_what_is_written_into_the_same_file_is_noticed_at_once(
    fault: Callable[[Path], None], journal: SqliteJournal, open_here: Open
) -> None:
    path = Path(journal.path)
    fault(path)
    result = journal.append([note("during")])
    assert isinstance(result, Aside), "within one event"
    assert "during" in Path(result.path).read_text()
    again = open_here()
    assert isinstance(again.append([note("after")]), Appended)
    assert notes(path)[-2:] == ["during", "after"]
    assert again.verify() == []


def test_deleted_in_the_middle_of_a_transaction(journal: SqliteJournal) -> None:
    path = Path(journal.path)

    def work(transaction: Transaction) -> None:
        path.unlink(missing_ok=True)

    with pytest.raises(Exception, match="moved or deleted"):
        journal._writer.do(work)
    assert isinstance(journal.append([note("after")]), Appended)
    assert notes(path) == [*WRITTEN, "after"]


def test_a_fact_that_went_into_a_deleted_file_is_there_once(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(journal.path)
    insert = Transaction.insert

    def unlucky(self: Transaction, drafts: object) -> object:
        path.unlink(missing_ok=True)
        return insert(self, drafts)  # type: ignore[arg-type]

    monkeypatch.setattr(Transaction, "insert", unlucky)
    assert isinstance(journal.append([note("during")]), Aside), "written, but nobody would have found it"
    monkeypatch.setattr(Transaction, "insert", insert)
    assert isinstance(journal.append([note("after")]), Appended)
    assert notes(path) == [*WRITTEN, "during", "after"]
    ids = sqlite3.connect(path).execute("SELECT count(DISTINCT id), count(*) FROM events").fetchone()
    assert ids == (7, 7)
