"""`deploy.start`: the configured command, of the commit that the remote has, believed only when it runs."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.world import Place

pytestmark = pytest.mark.slow
TOML = """
[project]
name = "quay"
branch = "main"
[deploy]
start = { command = ["sh", "-c", "SCRIPT"] }
[[services]]
name = "api"
revision = { file = "REV" }
"""


def place(tmp_path: Path, script: str) -> Place:
    root = tmp_path / "quay"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "far.git")], check=True)
    subprocess.run(["git", "clone", "-q", str(tmp_path / "far.git"), str(root)], check=True, capture_output=True)
    (root / "incidentui.toml").write_text(TOML.replace("SCRIPT", script))
    for argv in (["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm1"], ["push", "-q"]):
        subprocess.run(["git", *argv], cwd=root, check=True, capture_output=True)
    (root / "REV").write_text("0" * 40)
    return Place(root, tmp_path / "state")


def tip(at: Place) -> str:
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=at.root, check=True, capture_output=True, text=True).stdout[
        :40
    ]


def test_it_runs_what_was_allowed_and_asks_the_services_whether_it_helped(tmp_path: Path) -> None:
    at = place(tmp_path, "echo {commit} > REV")
    refused = at.run("act", "deploy.start", "--yes", "main")
    assert (refused.returncode, "[deploy] start: not run before you allow it" in refused.stderr) == (3, True), refused
    assert (at.root / "REV").read_text() == "0" * 40
    at.ok("trust", "incidentui.toml")
    plan = at.run("act", "deploy.start")
    assert (plan.returncode, f"echo {tip(at)} > REV" in plan.stdout, "touches api" in plan.stdout) == (3, True, True)
    done = at.run("act", "deploy.start", "within=20s", "--yes", "main", "--json")
    verdict = json.loads(done.stdout)["verdict"]
    assert (done.returncode, verdict["word"], verdict["running_equal"]) == (0, "complete", True), done


@pytest.mark.parametrize(
    ("script", "word", "why"),
    [("echo no room; exit 3", "failed", "sh: exit 3: no room"), ("true", "not complete", "still 0000000")],
)
def test_a_command_that_fails_or_deploys_nothing_is_said(tmp_path: Path, script: str, word: str, why: str) -> None:
    at = place(tmp_path, script)
    at.ok("trust", "incidentui.toml")
    done = at.run("act", "deploy.start", "within=2s", "--yes", "main", "--json")
    verdict = json.loads(done.stdout)["verdict"]
    assert (done.returncode, verdict["word"], verdict["why"]) == (1, word, why)
