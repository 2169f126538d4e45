"""What is loaded when the first frame stands: the screen, the journal, and nothing that looks at the world."""

import json
import os
import sys
from pathlib import Path

import pytest

from bench.pty_harness import Terminal

HEAVY = {"httpx", "git", "docker", "pydantic", "yaml", "jinja2", "markdown_it", "ftfy", "supervisor", "xmlrpc"}
OURS = ("incidentui.edge.checks", "incidentui.edge.git", "incidentui.edge.containers", "incidentui.config.validation")
PROGRAM = """
import json, os, signal, sys
from pathlib import Path
from incidentui.cli.main import cli
from incidentui.cli.live import live
from incidentui.cli.options import Options
from incidentui.cli.screen import show

def first_frame_stands():
    Path(sys.argv[2]).write_text(json.dumps(sorted(sys.modules)))
    os.kill(os.getpid(), signal.SIGTERM)

root = Path(sys.argv[1])
show(live(root, "ana").session, root, Options(), start=first_frame_stands)
"""
CONFIG = """
[project]
name = "ferry"
supervisor = "run/supervisor.sock"
docker = { compose_project = "ferry" }
[[services]]
name = "api"
[[checks]]
name = "api-health"
service = "api"
url = "http://127.0.0.1:9/"
"""


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose journal holds an open incident."""
    from incidentui.cli.main import run

    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "incidentui.toml").write_text(CONFIG)
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCIDENTUI_USER", "ana")
    assert run(["--project", str(tmp_path / "project"), "open", "api is down"]) == 0
    return tmp_path / "project"


def test_the_first_frame_needs_no_library_that_looks_at_the_world(opened: Path, tmp_path: Path) -> None:
    told = tmp_path / "modules.json"
    env = {"PYTHONPATH": os.pathsep.join(sys.path)}
    with Terminal([sys.executable, "-c", PROGRAM, str(opened), str(told)], env=env) as terminal:
        terminal.until("api is down", 20)
        terminal.wait(20)
    loaded = set(json.loads(told.read_text()))
    assert "incidentui.tui.app" in loaded
    assert not {name.partition(".")[0] for name in loaded} & HEAVY
    assert not [name for name in loaded if name.startswith(OURS)]
