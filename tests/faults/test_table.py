"""The table of a sweep adds up what several processes recorded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import table

ROOT = Path(__file__).parents[2]


def test_rows_of_several_processes_are_added_up(tmp_path: Path) -> None:
    file = tmp_path / "soak.jsonl"
    code = (
        "from tests.faults.table import record\nfor _ in range(200): record('kill -9 | at any moment', cases=1, lost=0)"
    )
    env = {**os.environ, table.FILE: str(file), "PYTHONPATH": str(ROOT)}
    everybody = [subprocess.Popen([sys.executable, "-c", code], env=env, cwd=ROOT) for _ in range(4)]
    assert [process.wait(60) for process in everybody] == [0] * 4
    shown = subprocess.run(
        [sys.executable, "-m", "tests.faults.table"], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert shown.stdout.splitlines()[2:] == ["| kill -9 \\| at any moment | 800 | 0 lost |"]


def test_without_the_variable_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(table.FILE, raising=False)
    monkeypatch.chdir(tmp_path)
    table.record("anything", cases=1)
    assert list(tmp_path.iterdir()) == []
