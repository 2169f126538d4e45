"""Causes and layers as a script meets them: `status` and `check` of the installed program against real servers."""

import json
import subprocess
import sys
from pathlib import Path

from tests.checks.servers import always, closed_port, serving

COMMAND = str(Path(sys.executable).with_name("incidentui"))


def run(project: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    command = [COMMAND, "--project", str(project), *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def written(project: Path, needs: dict[str, list[str]], checks: list[tuple[str, str, str]], more: str = "") -> Path:
    """Services with what they need, and checks as (service, layer, url)."""
    text = '[project]\nname = "quay"\n'
    for name, wants in needs.items():
        text += f'[[services]]\nname = "{name}"\ndepends_on = {json.dumps(wants)}\n'
    for service, layer, url in checks:
        text += (
            f'[[checks]]\nname = "{service}-{layer}"\nservice = "{service}"\nlayer = "{layer}"\nurl = "{url}"\n{more}'
        )
    (project / "incidentui.toml").write_text(text)
    return project


def test_status_names_the_cause_first_and_its_echoes_as_such(tmp_path: Path) -> None:
    needs = {"page": ["api"], "api": ["db", "queue"], "db": [], "queue": []}
    down = f"http://127.0.0.1:{closed_port()}/"
    with serving(always("no", "503 No")) as bad:
        checks = [("page", "user", bad.url), ("api", "user", bad.url), ("db", "inner", down)]
        project = written(tmp_path, needs, checks)
        done, told = run(project, "status"), json.loads(run(project, "status", "--json").stdout)
    assert done.returncode == 1
    rows = [line.split(maxsplit=2) for line in done.stdout.splitlines() if line.startswith(("✗", "~", "?"))]
    assert [row[:2] for row in rows[:4]] == [["✗", "db"], ["?", "queue"], ["~", "page"], ["~", "api"]]
    assert rows[2][2].startswith("echo of db")
    assert "  └ needs queue, which is unknown: no check looks at it" in done.stdout
    services = {s["name"]: s for s in told["services"]}
    assert list(services) == ["page", "api", "db", "queue"], "the document keeps the order of the file"
    assert {name: s["echo_of"] for name, s in services.items()} == {
        "page": ["db"],
        "api": ["db"],
        "db": [],
        "queue": [],
    }
    assert services["api"]["needs_unknown"] == ["queue"]
    assert services["api"]["state"] == "failing", "an echo is red all the same"
