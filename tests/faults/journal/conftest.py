"""A project whose journal lies in a folder of the test, the program as it is installed, and a disk that can be full."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import parts
from tests.store.conftest import Open, open_here

__all__ = ["Open", "open_here"]

ROOT = Path(__file__).parents[3]
Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "work" / "leads"
    root.mkdir(parents=True)
    (root / "incidentui.toml").write_text('[project]\nname = "leads"\n')
    return root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def env(tmp_path: Path, home: Path) -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if k not in ("CI", "INCIDENTUI_DEBUG")}
    aside = tmp_path / "elsewhere"
    aside.mkdir(mode=0o700)
    mine = {"INCIDENTUI_HOME": str(home), "INCIDENTUI_USER": "ana", "HOME": str(tmp_path), "TMPDIR": str(aside)}
    return {**plain, **mine, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def run(project: Path, env: dict[str, str]) -> Run:
    def run_it(*argv: str, before: tuple[str, ...] = (), **more: Any) -> Done:
        command = [*before, sys.executable, "-m", "incidentui", *argv]
        options = {"cwd": project, "env": env, "stdin": subprocess.DEVNULL, "timeout": 120, **more}
        return subprocess.run(command, capture_output=True, text=True, check=False, **options)

    return run_it


def ok(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def file_of(home: Path) -> Path:
    (found,) = home.glob("projects/*/journal.db")
    return found


def notes(path: Path) -> list[str]:
    """The notes of a journal by sequence, asked of SQLite itself."""
    conn = sqlite3.connect(f"file:{path}?mode=rw", uri=True)
    try:
        found = conn.execute("SELECT seq, json_extract(data, '$.text') FROM events ORDER BY seq").fetchall()
    finally:
        conn.close()
    assert [seq for seq, _ in found] == list(range(1, len(found) + 1)), "a dense sequence"
    return [text for _, text in found if text is not None]


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """The state directory on a file system of two megabytes."""
    home.mkdir()
    parts.mount("-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", home)
    yield home
    subprocess.run(["umount", "-l", str(home)], check=False)


def fill(path: Path) -> None:
    """Until the disk is full."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 512):
            pass
