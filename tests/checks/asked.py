"""`incidentui check --json` on a project of one service, as a script would run it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HEAD = '[project]\nname = "ferry"\n[[services]]\nname = "api"\n'


def run(project: Path, *args: str, verb: str = "check") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "incidentui", "--project", str(project), verb, *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def written(project: Path, *checks: str) -> Path:
    text = HEAD + "".join(f'[[checks]]\nname = "c{n}"\nservice = "api"\n{check}\n' for n, check in enumerate(checks))
    file = project / "incidentui.toml"
    file.write_text(text)
    return file


def looked(project: Path, *checks: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and what was said of each check."""
    written(project, *checks)
    done = run(project, "--json")
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)["checks"]


def one(project: Path, check: str) -> dict[str, Any]:
    (told,) = looked(project, check)[1]
    return told


def refused(project: Path, check: str) -> str:
    """What is said of a table that is wrong."""
    written(project, check)
    done = run(project)
    assert done.returncode == 2
    return done.stderr
