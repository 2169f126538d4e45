"""`type = "command"` through `incidentui check`: exit code, output, and what is no fault of the service."""

import hashlib
import os
from pathlib import Path

import pytest

from incidentui.config.trust import ONE_RUN
from incidentui.drills.history import git
from tests.checks.asked import looked, one, refused, run, written
from tests.checks.servers import always, serving
from tests.e2e.world import COMMAND, Place
from tests.faults.pty import Pty

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "state"))


def sh(script: str, expect: str = "", more: str = "") -> str:
    wanted = f"expect = {{ {expect} }}\n" if expect else ""
    return f"type = \"command\"\ncommand = ['sh', '-c', '''{script}''']\n{wanted}{more}"


def allow(monkeypatch: pytest.MonkeyPatch, project: Path, *checks: str) -> None:
    """As CI does: by the hash of the file, which the refusal names."""
    content = written(project, *checks).read_bytes()
    monkeypatch.setenv(ONE_RUN, hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("check", "verdict", "why"),
    [
        (sh("true"), "ok", " ms"),
        (sh("echo lost the database >&2; exit 3"), "failing", "exit 3: lost the database"),
        (sh("exit 3", "exit = [0, 3]"), "ok", " ms"),
        (sh("true", "exit = 1"), "failing", "exit 0"),
        (sh("echo synced 48", "stdout = ['^synced [1-9]']"), "ok", " ms"),
        (sh("echo synced 0", "stdout = ['^synced [1-9]']"), "failing", "no ^synced [1-9] in it"),
        (sh("true", "stdout = ['x']"), "failing", "it prints nothing"),
        (sh("echo x >&2", "stdout = ['x']"), "failing", "no x in it"),
        (sh("echo 3 errors", "stdout_not = ['[1-9] errors']"), "failing", "it says 3 errors"),
        (sh("""echo '{"errors": 0}'""", "json = { '$.errors' = 0 }"), "ok", " ms"),
        (sh("""echo '{"errors": 2}'""", "json = { '$.errors' = { lt = 1 } }"), "failing", "$.errors is 2, not < 1"),
        (sh("""echo 'Warning: {}'""", "json = { '$.errors' = 0 }"), "failing", "not JSON, it begins with W"),
        (sh("true", "json = { '$.errors' = 0 }"), "failing", "it prints nothing"),
        (sh("kill -9 $$"), "failing", "exit 137"),
        (sh("no-such-program-here"), "unknown", "exit 127"),
        (sh("exit 127", "exit = 127"), "ok", " ms"),
        ("type = \"command\"\ncommand = ['no-such-program-here']", "unknown", "cannot be run: No such file"),
        ("type = \"command\"\ncommand = ['/']", "unknown", "exit 126"),
    ],
)
@pytest.mark.req("R1-49", "R3-09")
def test_how_it_ends_and_what_it_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: str, verdict: str, why: str
) -> None:
    allow(monkeypatch, tmp_path, check)
    code, (told,) = looked(tmp_path, check)
    assert (told["verdict"], code) == (verdict, {"ok": 0, "failing": 1, "unknown": 4}[verdict])
    assert why in told["why"]


def test_it_runs_in_the_project_without_input_and_its_output_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FERRY_TOKEN", "ghp_" + "a" * 36)
    check = sh("pwd; cat; echo $FERRY_TOKEN; yes | head -c 3000000; echo end >&2; exit 1", more='timeout = "20s"')
    allow(monkeypatch, tmp_path, check)
    kept = one(tmp_path, check)["evidence"]
    assert kept["body"].startswith(str(tmp_path))
    assert "ghp_" not in kept["body"]
    assert len(kept["body"]) <= 2048
    assert (kept["kind"], kept["why"], kept["method"]) == ("command", "exit 1: end", "")


def test_what_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = sh(
        "setsid sleep 987 & echo $! >pid; trap : TERM; sleep 4 && touch late; while :; do sleep 1; done",
        more='timeout = "400ms"',
    )
    allow(monkeypatch, tmp_path, check)
    told = one(tmp_path, check)
    assert (told["verdict"], told["why"]) == ("failing", "timed out after 0.4s")
    started = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(started, 0)
    assert not (tmp_path / "late").exists()


def test_nothing_runs_before_it_is_allowed(tmp_path: Path) -> None:
    ran, http = sh("touch ran"), 'url = "http://127.0.0.1:1/"\nexpect = { status = 200 }'
    written(tmp_path, ran)
    alone = run(tmp_path)
    assert alone.returncode == 4
    assert alone.stdout == "? c0  unknown  not run before you allow it: incidentui trust\n"
    status = run(tmp_path, verb="status")
    assert status.returncode == 4
    assert "not run before you allow it: incidentui trust" in status.stdout
    written(tmp_path, http, ran)
    assert run(tmp_path, "c1").returncode == 4
    assert run(tmp_path).returncode == 1, "what fails is worse than what nobody knows"
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
def test_the_screen_shows_what_is_not_allowed(tmp_path: Path) -> None:
    root, home = tmp_path / "shop", tmp_path / "home"
    root.mkdir()
    git(["init", "-q", "."], root)
    written(root, sh("touch ran"))
    env = Place(root, home).env()
    with Pty([COMMAND, "--project", str(root)], root, env) as screen:
        screen.see(r"api +unknown[^\n]*\n *└ not run before you allow it: incidentui trust")
        screen.press("q", "q")
        screen.end()
    assert not (root / "ran").exists()


def test_a_green_rest_does_not_hide_what_is_not_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(always()) as good:
        written(tmp_path, f'url = "{good.url}"', sh("true"))
        both = run(tmp_path)
        named = run(tmp_path, "c0")
    assert (both.returncode, named.returncode) == (4, 0)
    assert "checks.c1.command: not run before you allow it" in both.stderr


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("command = 'sh -c true'", 'write ["sh", "-c", "true"]'),
        ("", "checks[0].command: is missing"),
        ("command = ['a']\nexpect = { exit = 300 }", "checks[0].expect.exit: must be exit codes"),
        ("command = ['a']\nexpect = { stdout = ['('] }", "not a regular expression"),
        ("command = ['a']\nexpect = { json = { 'x[' = 1 } }", "is not a JSON path"),
    ],
)
def test_a_wrong_table_is_said(tmp_path: Path, wrong: str, words: str) -> None:
    assert words in refused(tmp_path, f'type = "command"\n{wrong}')
