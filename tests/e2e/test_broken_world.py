"""A deliberately broken world: it starts, says what is missing, and works with the rest. In a real terminal."""

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from incidentui.drills.history import git
from incidentui.drills.sandbox import free_ports
from incidentui.drills.terminal import Terminal, TerminalError
from tests import parts
from tests.e2e.world import COMMAND, Place

pytestmark = pytest.mark.slow
BROKEN = """\
[project]
name = "leads"
branch = "main"
remote = "origin"
docker = {{ }}

[[services]]
name = "api"
workloads = ["backend"]

[[checks]]
name = "api-health"
service = "api"
layer = "user"
url = "http://127.0.0.1:{port}/health"
every = "1s"
timeout = "1s"
fail_after = 2
recover_after = 2
"""
WRONG = (
    BROKEN
    + """
[[checks]]
name = "typo"
service = "api"
url = "http://127.0.0.1:{port}/"
evry = "1s"

[[checks]]
name = "stranger"
service = "apu"
url = "http://127.0.0.1:{port}/"

[[checks]]
name = "no-time"
service = "api"
url = "http://127.0.0.1:{port}/"
timeout = "soon"
"""
)


def project(tmp_path: Path, text: str, *, repository: bool = True) -> Place:
    root = tmp_path / "leads"
    root.mkdir()
    (root / "incidentui.toml").write_text(text.format(port=free_ports(1)[0]), encoding="utf-8")
    if repository:
        git(["init", "-q", "-b", "main", "--template=", "."], root)
        git(["config", "user.name", "Ines"], root)
        git(["config", "user.email", "ines@example.invalid"], root)
        git(["add", "."], root)
        git(["commit", "-q", "-m", "first"], root)
        git(["remote", "add", "origin", str(tmp_path / "gone.git")], root)
    return Place(root, tmp_path / "home")


@contextmanager
def screen(place: Place, columns: int = 120, rows: int = 40, **more: str) -> Iterator[Terminal]:
    env = place.env(DOCKER_HOST="unix:///nowhere/docker.sock", **more)
    with Terminal([COMMAND, str(place.root)], place.home.parent, env, columns, rows) as terminal:
        try:
            yield terminal
        except TerminalError as error:
            raise AssertionError(f"{error}\n{error.screen}") from None


def leave(terminal: Terminal) -> None:
    terminal.press("q")
    if terminal.see(r"Leave\?", 3):
        terminal.press("q")
    assert terminal.wait_end(15) == 0


def test_docker_remote_and_port_are_gone_and_each_is_said(tmp_path: Path) -> None:
    place = project(tmp_path, BROKEN)
    with screen(place) as terminal:
        terminal.wait(r"\? help", 20)  # now it takes keys
        terminal.wait(r"docker", 15)
        terminal.wait(r"api is failing", 20)
        terminal.wait(r"refused|no answer|connect", 5)
        terminal.wait(r"first", 5)  # the commit is there all the same
        terminal.press("n")
        terminal.wait("note ›", 5)
        for key in "notes work":
            terminal.press(key)
            terminal.read(0.05)
        terminal.press("\r")
        terminal.wait("notes work", 5)
        leave(terminal)
    lost = {r.subject: r for r in place.records() if type(r.event).__name__ == "SourceLost"}
    assert any("docker" in name for name in lost), lost
    assert any("origin" in name or "remote" in name for name in lost), lost
    assert "Traceback" not in terminal.text


def test_without_a_repository(tmp_path: Path) -> None:
    place = project(tmp_path, BROKEN, repository=False)
    with screen(place) as terminal:
        terminal.wait(r"\? help", 20)  # now it takes keys
        terminal.wait(r"[Nn]ot a git", 10)
        terminal.wait(r"api is failing", 20)
        leave(terminal)


@pytest.mark.req("F51")
def test_three_errors_at_once_with_file_line_key_and_hint(tmp_path: Path) -> None:
    place = project(tmp_path, WRONG)
    lines = (place.root / "incidentui.toml").read_text().splitlines()
    at = [lines.index(line) + 1 for line in ('evry = "1s"', 'service = "apu"', 'timeout = "soon"')]
    doctor = place.run("doctor", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert doctor.returncode == 1
    checked = place.run("check", timeout=60)
    for told in (doctor.stdout, checked.stderr):
        for line, key in zip(at, ("evry", "apu", "soon"), strict=True):
            assert f"incidentui.toml:{line}" in told, told
            assert key in told
        assert "every" in told, "the hint"
        assert "api" in told
    assert checked.returncode in (1, 2), checked
    with screen(place) as terminal:
        terminal.wait(r"3 problems in the configuration, incidentui doctor lists them", 20)
        assert f"incidentui.toml:{min(at)}" in terminal.text
        terminal.wait(r"api is failing", 20)  # the rest of the file is used
        terminal.wait(r"3 problems in the configuration", 5)
        leave(terminal)
    with place.watched() as watch:
        time.sleep(1.0)
        watch.send_signal(signal.SIGTERM)
        told = watch.communicate(timeout=20)[1]
    assert all(f"incidentui.toml:{line}" in told for line in at), told


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    place = project(tmp_path, "[project\nname = 3\n")
    with screen(place, 80, 24) as terminal:
        terminal.wait(r"incidentui\.toml:1", 20)
        terminal.wait(r"\? help", 20)
        terminal.press("3")
        terminal.wait(r"HEAD .*first", 10)
        leave(terminal)
    assert place.run("check").returncode == 2
    assert place.run("note", "still").returncode == 0


@pytest.mark.req("F54")
def test_a_window_of_20_by_6(tmp_path: Path) -> None:
    place = project(tmp_path, BROKEN)
    with screen(place, 20, 6) as terminal:
        terminal.wait(r"n note", 20)
        terminal.wait(r"✗ api", 20)
        assert "still recording" in terminal.text or "needs" in terminal.text
        terminal.resize(120, 40)
        terminal.wait(r"api is failing", 10)
        terminal.wait("TIMELINE", 5)
        terminal.resize(20, 6)
        terminal.wait(r"n note", 5)
        leave(terminal)


def test_without_a_terminal(tmp_path: Path) -> None:
    place = project(tmp_path, BROKEN)
    done = place.run()
    assert done.returncode == 2
    assert "terminal" in done.stderr
    assert "watch" in done.stderr
    assert done.stdout == ""


def test_a_journal_of_a_newer_program_is_read_and_facts_wait(tmp_path: Path) -> None:
    place = project(tmp_path, BROKEN)
    place.ok("note", "before the update")
    with sqlite3.connect(place.journal_file) as conn:
        conn.execute("PRAGMA user_version = 999")
    conn.close()
    noted = place.run("note", "meanwhile", "--json")
    assert noted.returncode == 0
    assert json.loads(noted.stdout)["seq"] is None
    assert "newer incidentui" in noted.stderr
    with screen(place) as terminal:
        terminal.wait(r"journal: .*newer incidentui", 20)
        terminal.wait(r"before the update", 10)
        terminal.wait(r"api is failing", 20)
        leave(terminal)
    done = place.run("act", "git.reset", "to=HEAD", "--yes", "main")
    assert done.returncode in (2, 3), done
    assert "Traceback" not in done.stderr
    with sqlite3.connect(place.journal_file) as conn:
        conn.execute("PRAGMA user_version = 1")
    conn.close()
    place.ok("note", "after the update")
    texts = [getattr(r.event, "text", "") for r in place.records()]
    assert {"before the update", "meanwhile", "after the update"} <= set(texts)
    place.whole()


@pytest.fixture
def read_only_disk(tmp_path: Path) -> Iterator[Place]:
    """A state directory on a disk that takes nothing, with a journal on it."""
    place = project(tmp_path, BROKEN)
    place.ok("note", "written before")
    home = str(place.home)
    parts.mount("--bind", home, home)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", home], check=True)
        yield place
    finally:
        subprocess.run(["umount", "-l", home], check=True)


def test_a_state_directory_that_takes_nothing(read_only_disk: Place, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place = read_only_disk
    with screen(place, TMPDIR=str(elsewhere)) as terminal:
        terminal.wait(r"written before", 20)
        terminal.wait(r"✗ journal: ", 20)
        terminal.wait(r"api is failing", 20)
        leave(terminal)
    aside = list(elsewhere.rglob("*.aside.jsonl"))
    assert len(aside) == 1
    assert "check.changed" in aside[0].read_text()
    noted = place.run("note", "on a full disk", TMPDIR=str(elsewhere))
    assert noted.returncode == 0, noted
    assert "waits in" in noted.stderr


def test_a_state_directory_that_was_never_writable_is_one_sentence(tmp_path: Path) -> None:
    place = project(tmp_path, BROKEN)
    place.home.write_text("a file stands where the folder should be")
    with screen(place) as terminal:
        assert terminal.wait_end(20) == 2
        assert "INCIDENTUI_HOME" in terminal.text or "cannot be" in terminal.text, terminal.text
        assert "Traceback" not in terminal.text
    done = place.run("watch", timeout=20)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_runbooks_lie_where_the_project_says(tmp_path: Path) -> None:
    place = project(tmp_path, '[project]\nname = "leads"\nrunbooks = ["ops"]\n')
    (place.root / "ops").mkdir()
    (place.root / "ops" / "lights.md").write_text("# Turn the lights on\n\n1. Find the switch\n", encoding="utf-8")
    with screen(place) as terminal:
        terminal.wait(r"\? help", 20)
        terminal.press("r")
        terminal.wait(r"RUNBOOKS[\s\S]*Turn the lights on", 15)
        leave(terminal)
