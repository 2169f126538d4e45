"""The requirements page and the marks of the tests stay in step, both ways."""

import shutil
import subprocess
import sys
from pathlib import Path

from bench.coverage_req import DOC, ROOT, TESTS, marks, rows

LISTED = {row.name: row for row in rows(DOC.read_text(encoding="utf-8"))}


def test_every_row_that_is_said_to_be_shown_has_a_test() -> None:
    shown = marks(TESTS)
    assert [name for name, row in LISTED.items() if row.state != "not shown" and name not in shown] == []


def test_every_mark_names_a_row_of_the_page() -> None:
    unknown = {name: tests for name, tests in marks(TESTS).items() if name not in LISTED}
    assert unknown == {}, "add the row to docs/requirements.md"
    assert [name for name in marks(TESTS) if LISTED[name].state == "not shown"] == []


def test_no_row_is_listed_twice_and_none_is_unreadable() -> None:
    lines = [line for line in DOC.read_text(encoding="utf-8").splitlines() if line.startswith(("| R", "| F"))]
    assert len(lines) == len(LISTED) + 2, "a row whose state is none of shown, in part, not shown; or two of one name"


def test_a_row_without_its_test_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "__init__.py").touch()
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "bench" / "coverage_req.py", tmp_path / "bench")
    (tmp_path / "docs" / "requirements.md").write_text(
        "| F1 | it writes | wish | shown |\n| F2 | x | y | not shown |\n"
    )
    mark = "import pytest\n\n\n@pytest.mark.req('F1')\ndef test_it() -> None: ...\n"

    def run() -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "bench.coverage_req"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    without = run()
    assert (without.returncode, "NO TEST    F1" in without.stdout) == (1, True)
    (tmp_path / "tests" / "test_it.py").write_text(mark)
    with_it = run()
    assert with_it.returncode == 0
    assert "tests/test_it.py::test_it" in with_it.stdout
    assert "not shown  F2" in with_it.stdout
