"""`doctor` and `trust` as a person and a script meet them: through the real command line, in real folders."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

THREE_MISTAKES = """[project]
name = "ferry"
deploy_within = 90

[[services]]
name = "api"
workload = ["backend"]

[[checks]]
name = "health"
service = "apo"
url = "http://127.0.0.1/"
"""
BOOK = "# B\n\n1. Look\n\n   ```sh\n   ls \x1b[2J\n   df\n   ```\n"
BOOK += '\n2. Reset\n\n   ```yaml {"action":"verify"}\n   within: 5m\n   ```\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "p" / "runbooks").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(tmp_path / "p")], check=True)
    return tmp_path / "p"


def run(project: Path, *args: str, code: int = 0, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "incidentui", *args],
        cwd=project,
        env={**os.environ, "INCIDENTUI_HOME": str(project.parent / "home"), "LANG": "C.UTF-8", **env},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stdout + done.stderr
    return done.stdout + done.stderr


def findings(project: Path, *args: str, code: int = 0, **env: str) -> dict[str, list[dict[str, str]]]:
    out: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(run(project, *args, "doctor", "--json", code=code, **env))["findings"]:
        out.setdefault(finding["name"], []).append(finding)
    return out


def test_three_mistakes_at_once_with_line_key_and_hint(project: Path) -> None:
    (project / "incidentui.toml").write_text(THREE_MISTAKES)
    said = run(project, "doctor", code=1)
    for expected in (
        '✗ config      incidentui.toml:3: project.deploy_within: 90 has no unit\n              → write "90s" or "90ms"',
        "incidentui.toml:7: services[0].workload: unknown key\n              → did you mean workloads?",
        "incidentui.toml:11: checks[0].service: no service is called apo\n              → did you mean api?",
    ):
        assert expected in said
    assert "✓ project     ferry" in said


def test_a_broken_world_is_named_part_by_part(project: Path) -> None:
    text = '[project]\nsupervisor = "run/none.sock"\ndocker = {}\n'
    (project / "incidentui.toml").write_text(text)
    found = findings(project, code=1, DOCKER_HOST=f"unix://{project}/none.sock")
    assert found["supervisor"][0]["state"] == "bad"
    assert "none.sock" in found["supervisor"][0]["text"]
    assert found["supervisor"][0]["hint"]
    assert found["docker"][0]["state"] == "bad"
    assert found["docker"][0]["hint"]
    assert found["work tree"][0]["text"] == "no remote"
    assert found["journal"][0]["text"] == "nothing recorded yet"


def test_the_journals_chain_is_checked(project: Path) -> None:
    run(project, "note", "hello", INCIDENTUI_USER="ann")
    assert findings(project)["journal"][0]["text"] == "1 event, the chain is whole"
    (journal,) = (project.parent / "home" / "projects").glob("*/journal.db")
    journal.write_bytes(b"SQLite format 3\0 not at all")
    assert findings(project, code=1)["journal"][0]["state"] == "bad"


def test_a_state_folder_that_cannot_be_written_or_believed(project: Path) -> None:
    home = project.parent / "home"
    home.mkdir()
    home.chmod(0o777)
    assert findings(project, code=1)["trust"][0]["state"] == "bad"
    found = findings(project, code=1, INCIDENTUI_HOME="/proc/nowhere")
    assert found["state"][0]["state"] == "bad"


def test_ascii_and_a_folder_that_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "q").mkdir()
    said = run(tmp_path / "q", "--ascii", "doctor")
    assert said.isascii()
    assert "! project" in said
    assert "+ python" in said


@pytest.mark.slow
@pytest.mark.req("F23")
def test_trust_shows_everything_then_allows_exactly_that(project: Path) -> None:
    book = project / "runbooks/b.md"
    book.write_text(BOOK)
    (project / "runbooks/only-words.md").write_text("# Words\n\n1. Think\n")
    (project / "incidentui.toml").write_text('[[services]]\nname = "api"\nrevision = { command = ["cat", "REV"] }\n')
    held = findings(project)["config"][0]
    assert (held["state"], held["text"]) == (
        "warn",
        "incidentui.toml: services.api.revision: not run before you allow it: cat REV",
    )
    said = run(project, "trust")
    assert "\x1b" not in said
    for line in (
        "  services.api.revision: cat REV",
        "  5: ls ␛[2J",
        "      df",
        "  12: verify within=5m",
        "Allowed 2 files.",
    ):
        assert line in said
    assert "only-words" not in said
    assert "config" not in findings(project)
    assert "(allowed already)" in run(project, "trust", "runbooks/b.md")
    book.write_text(BOOK + "\n")
    said = run(project, "trust", "runbooks/b.md")
    assert "(changed since it was allowed, +1 −0 line)" in said
    assert "  what changed in b.md:\n    @ line " in said
    assert run(project, "trust", "--revoke", "runbooks/b.md") == "runbooks/b.md: withdrawn\n"
    assert run(project, "trust", "--revoke", "runbooks/b.md") == "runbooks/b.md: was not allowed\n"


def test_trust_for_scripts(project: Path) -> None:
    import hashlib

    (project / "runbooks/b.md").write_text(BOOK)
    document = json.loads(run(project, "trust", "--json", "runbooks/b.md"))
    assert document == {"trusted": [{"file": "runbooks/b.md", "hash": hashlib.sha256(BOOK.encode()).hexdigest()}]}
    assert json.loads(run(project, "trust", "--json", "--revoke", "runbooks/b.md"))["revoked"][0]["grants"] == 1
    run(project, "trust", "runbooks/none.md", code=2)
    run(project, "--read-only", "trust", code=3)


def test_nothing_to_allow(project: Path) -> None:
    assert "there is nothing to allow" in run(project, "trust")
    assert json.loads(run(project, "trust", "--json")) == {"trusted": []}
    assert not (project.parent / "home" / "trust").exists()
