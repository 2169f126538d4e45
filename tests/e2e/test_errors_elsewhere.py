"""Errors may go to a file: the screen is drawn all the same."""

import os
import subprocess
from pathlib import Path

import pytest

from incidentui.drills.terminal import Terminal
from tests.e2e.world import COMMAND


def test_the_screen_is_drawn_though_errors_go_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("INCIDENTUI_USER", "ana")
    root = tmp_path / "quay"
    root.mkdir()
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    errors = tmp_path / "errors"
    with Terminal(["sh", "-c", f"exec '{COMMAND}' '{root}' 2>'{errors}'"], root, dict(os.environ), 120, 40) as screen:
        screen.wait("TIMELINE", 20)
        screen.wait("COMMITS", 5)
    assert errors.read_text() == ""
