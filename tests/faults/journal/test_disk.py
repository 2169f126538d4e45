"""A full disk, both disks full, a disk that may not be written: seen from the command line and a terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.journal.conftest import Run, file_of, fill, notes, ok
from tests.faults.pty import Pty


def waiting(folder: Path) -> list[str]:
    return [line for file in folder.rglob("*.aside.jsonl") for line in file.read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.req("F25")
def test_note_on_a_full_disk_says_where_it_went(run: Run, small_disk: Path, tmp_path: Path) -> None:
    ok(run("note", "before"))
    path = file_of(small_disk)
    for again in range(3):
        fill(small_disk / "ballast")
        for n in range(4):
            done = run("note", "--json", f"full {again} {n} " + "z" * 3000)
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["seq"] is None
            assert "not in the journal yet (database or disk is full)" in done.stderr
            assert f"waits in {tmp_path / 'elsewhere'}" in done.stderr
        told = json.loads(run("journal", "verify", "--json").stdout)
        assert (told["ok"], sum(side["facts"] for side in told["waiting"])) == (True, 4)
        (small_disk / "ballast").unlink()
        assert ok(run("note", f"space {again}")).startswith("noted as ")
        assert waiting(tmp_path) == []
    heads = [" ".join(text.split()[:3]) for text in notes(path)]
    expected = ["before"]
    for again in range(3):
        expected += [*(f"full {again} {n}" for n in range(4)), f"space {again}"]
    assert heads == expected
    assert "whole" in ok(run("journal", "verify"))


def test_incidents_that_waited_under_one_number_are_all_there(run: Run, small_disk: Path, tmp_path: Path) -> None:
    """Nobody who opens one on a full disk can see the one that waits."""
    document = tmp_path / "past.md"
    document.write_text("# Board stood still\n\n## Timeline (UTC)\n\n- 2026-03-04 09:00 alerts fire\n")
    ok(run("note", "before"))
    fill(small_disk / "ballast")
    for argv in (("open", "Checkout down"), ("import", str(document)), ("open", "Login down")):
        done = run(*argv)
        assert "waits in" in done.stderr, done
    (small_disk / "ballast").unlink()
    assert ok(run("note", "space")).startswith("noted as ")
    rows = json.loads(ok(run("incidents", "--json")))
    assert {i["id"]: i["title"] for i in rows} == {
        "INC-1": "Checkout down",
        "INC-2": "Board stood still",
        "INC-3": "Login down",
    }
    assert [i["id"] for i in rows if i["closed"]] == ["INC-2"]
    assert "alerts fire" in ok(run("export", "INC-2"))
    assert ok(run("open", "The next")).startswith("opened INC-4")
    assert "whole" in ok(run("journal", "verify"))


def test_both_disks_full_is_said_and_nothing_is_torn(run: Run, small_disk: Path, env: dict[str, str]) -> None:
    ok(run("note", "before"))
    both = {**env, "TMPDIR": str(small_disk)}
    fill(small_disk / "ballast")
    done = run("note", "lost " + "z" * 3000, env=both)
    assert done.returncode == 2
    assert "nothing could be saved" in done.stderr
    assert "Free some disk space" in done.stderr
    (small_disk / "ballast").unlink()
    assert ok(run("note", "after", env=both)) == "noted as 2\n"
    assert notes(file_of(small_disk)) == ["before", "after"]


def test_the_first_note_of_all_on_a_full_disk(run: Run, small_disk: Path, tmp_path: Path) -> None:
    fill(small_disk / "ballast")
    done = run("note", "--json", "first")
    assert (done.returncode, json.loads(done.stdout)["seq"]) == (0, None)
    assert len(waiting(tmp_path)) == 1
    (small_disk / "ballast").unlink()
    assert ok(run("note", "second")) == "noted as 2\n"
    assert notes(file_of(small_disk)) == ["first", "second"]


def test_a_disk_that_became_read_only(run: Run, small_disk: Path, tmp_path: Path) -> None:
    ok(run("note", "before"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = run("note", "--json", "during")
    assert (done.returncode, json.loads(done.stdout)["seq"]) == (0, None)
    assert "whole" in ok(run("journal", "verify"))
    assert len(ok(run("events")).splitlines()) == 1
    assert ok(run("journal", "backup", str(tmp_path / "copy.db"))) == ""
    assert notes(tmp_path / "copy.db") == ["before"]
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    ok(run("note", "after"))
    assert notes(file_of(small_disk)) == ["before", "during", "after"]


CHECKED = """
[project]
name = "leads"
[[services]]
name = "api"
[[checks]]
service = "api"
name = "api-port"

url = "http://127.0.0.1:1/"
every = "1s"
"""


@pytest.mark.slow
@pytest.mark.req("F25")
def test_the_red_bar_comes_and_goes(run: Run, small_disk: Path, project: Path, env: dict[str, str]) -> None:
    (project / "incidentui.toml").write_text(CHECKED)
    ok(run("note", "before"))
    path = file_of(small_disk)
    with Pty([sys.executable, "-m", "incidentui"], project, env, 120, 40) as screen:
        screen.see("journal ok", 30)
        fill(small_disk / "ballast")
        during = run("note", "during the full disk " + "z" * 3000)
        assert during.returncode == 0
        screen.see("journal: database or disk is full", 15)
        assert "during" not in " ".join(notes(path))
        (small_disk / "ballast").unlink()
        screen.see("journal ok", 15)
        assert any(text.startswith("during") for text in notes(path)), "taken in"
        os.rename(path, path.with_name("moved.db"))
        ok(run("note", "into a new file"))
        screen.see("journal: journal.db was replaced by another", 15)
        screen.press("q", gap_s=0.3)
        screen.press("y", gap_s=0.3)
