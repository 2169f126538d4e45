"""The drill `login-page-200`: every inner test is green while nobody who clicks is served, and both robots end right.

Judged by curl as an operator's browser, by plain git on the remote, and by the bytes of the journal.
"""

import contextlib
import json
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from incidentui.config.load import load
from incidentui.drills import keeper, records
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.history import git
from incidentui.drills.login_page_200 import PASSWORD_FILE, syncs
from incidentui.drills.sandbox import Sandbox, ask
from tests.drills.parts import built as built_of
from tests.drills.parts import proven, removed, running, wait
from tests.drills.test_half_rollback import tree, window
from tests.drills.test_robot import broken, drill, finish_after_a_kill, kept, resets, told

DRILL = "login-page-200"
SYNCED = {"status": "ok", "synced": 48, "errors": 0}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running(DRILL) as built:
        yield built


class Browser:
    """curl with a cookie jar of its own: what it is answered, after every redirect."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._base = f"http://127.0.0.1:{sandbox.about.front}"
        self._jar, self._body = folder / "cookies", folder / "body"
        self._password = sandbox.root / PASSWORD_FILE
        self._jar.unlink(missing_ok=True)

    def ask(self, path: str, *options: str) -> tuple[int, str, str]:
        """Status, the path it ends at, the body."""
        jar = str(self._jar)
        argv = ["curl", "-sS", "-L", "-b", jar, "-c", jar, "-H", "X-Rehearsal: 1", "-o", str(self._body), *options]
        told = ["-w", "%{http_code} %{url_effective}", self._base + path]
        said = subprocess.run([*argv, *told], check=True, capture_output=True, text=True, timeout=20).stdout
        status, _, url = said.partition(" ")
        return int(status), url.removeprefix(self._base), self._body.read_text(encoding="utf-8")

    def log_in(self) -> tuple[int, str, str]:
        self.ask("/login/")
        form = ["-d", "username=operator", "--data-urlencode", f"password@{self._password}"]
        return self.ask("/login/", *form, "-d", f"csrfmiddlewaretoken={self.token}")

    def click(self) -> tuple[int, str, str]:
        return self.ask("/api/fabrics/35/sync/", "-d", "", "-H", f"X-CSRFToken: {self.token}")

    @property
    def token(self) -> str:
        found = re.search(r"\tcsrftoken\t(\S+)", self._jar.read_text(encoding="utf-8"))
        assert found, "the cookie of the CSRF token"
        return found[1]


def by_hand(sandbox: Sandbox) -> dict[str, Any]:
    """The sync from the command line, as the check of the inner layer runs it."""
    checks = load(sandbox.work, untrusted=True).config.checks
    argv = next(argv for check in checks for _, argv in check.commands() if "sync" in argv)
    answer: dict[str, Any] = json.loads(subprocess.check_output(argv, cwd=sandbox.work, timeout=20))
    return answer


# -- the sandbox itself


def test_the_configuration_of_the_sandbox_has_no_mistake() -> None:
    with removed(built_of(DRILL)) as built:
        loaded = load(built.work, untrusted=True)
    assert loaded.problems == ()
    assert [(check.name, check.layer) for check in loaded.config.checks] == [
        ("sync-journey", "user"),
        ("front-page", "user"),
        ("sync-command", "inner"),
        ("controller-health", "inner"),
    ]


@pytest.mark.slow
def test_each_of_its_checks_is_proven_to_see_what_it_claims(tmp_path: Path) -> None:
    assert proven(DRILL, tmp_path) == ["sync-journey", "front-page", "controller-health"]


@pytest.mark.slow
@pytest.mark.req("R2-03", "R2-05")
def test_who_clicks_gets_a_login_page_with_200_while_every_inner_test_is_green(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    browser = Browser(sandbox, tmp_path)
    assert browser.log_in()[:2] == (200, "/fabrics/35/")
    assert json.loads(browser.click()[2]) == SYNCED
    assert by_hand(sandbox) == SYNCED

    before = starts_of(sandbox)
    keeper.push_breaking(sandbox)
    wait_deployed(sandbox, before)
    browser = Browser(sandbox, tmp_path)
    status, path, page = browser.log_in()
    assert (status, path) == (200, "/fabrics/35/"), "the page itself is served to who logged in"
    assert "Sync from fabric" in page
    status, path, page = browser.click()
    assert (status, path) == (200, "/login/?next=/api/fabrics/35/sync/")
    assert 'type="password"' in page
    assert by_hand(sandbox) == SYNCED
    assert ask(sandbox.about.front, "/")[0] == 200
    assert not sandboxes.healthy(sandbox)


def wait_deployed(sandbox: Sandbox, before: int) -> None:
    """Until the web was started anew and nobody restarts it any more."""
    wait(lambda: starts_of(sandbox) > before, "a start of the web")
    wait(lambda: not restarting(sandbox), "the end of the restarts")
    wait(lambda: ask(sandbox.about.front, "/")[0] == 200, "the web's answer")


def restarting(sandbox: Sandbox) -> bool:
    commands = [command for _, command in sandboxes.processes() if str(sandbox.conf) in command]
    return any("supervisorctl" in command for command in commands)


@pytest.mark.slow
def test_the_three_theories_are_sound_and_none_is_the_cause(sandbox: Sandbox) -> None:
    before = starts_of(sandbox)
    keeper.push_breaking(sandbox)
    wait_deployed(sandbox, before)
    cause, *theories = window(sandbox)
    assert len(theories) == 3
    for theory in theories:
        deploy_without(sandbox, theory)
        assert not syncs(sandbox.root, sandbox.about.front), "taking a theory back heals nothing"
    deploy_without(sandbox, cause)
    assert syncs(sandbox.root, sandbox.about.front), "all three still stand, and users are served"


def deploy_without(sandbox: Sandbox, sha: str) -> None:
    """The colleague's commits but that one, pushed as a responder would; returns once the web runs on it."""
    git(["fetch", "-q", "origin"], sandbox.work)
    git(["checkout", "-q", "-B", "trial", window(sandbox)[-1]], sandbox.work)
    git(["revert", "--no-edit", sha], sandbox.work)
    new = git(["commit-tree", "HEAD^{tree}", "-p", "origin/main", "-m", f"without {sha}"], sandbox.work)
    before = starts_of(sandbox)
    git(["push", "-q", "origin", f"{new}:refs/heads/main"], sandbox.work)
    wait_deployed(sandbox, before)


def starts_of(sandbox: Sandbox) -> int:
    return (sandbox.logs / "web.log").read_text(encoding="utf-8").count("web ready")


# -- the robots


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A responder's state directory; whatever a test leaves running is taken down."""
    yield tmp_path
    roots = [Path(record.root) for record in records.known(tmp_path / "drills")]
    assert drill(tmp_path, "clean").returncode == 0
    assert not any(root.exists() for root in roots)


def told_of(journal: str, kind: str) -> list[dict[str, Any]]:
    """What the events of one type hold, oldest first: read without the program."""
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as conn:
        rows = conn.execute("SELECT data FROM events WHERE type = ? ORDER BY seq", (kind,)).fetchall()
    return [json.loads(row[0]) for row in rows]


@pytest.mark.slow
@pytest.mark.req("R2-03", "R2-04", "R2-05")
def test_the_robot_sees_the_bypassed_layer_and_lets_operators_sync_again(home: Path) -> None:
    result = told(drill(home, "run", "login-page-200", "--robot", "--keep", "--json"))
    record, sandbox = kept(home), kept(home).sandbox
    assert (result["resolved"], result["tree_equal"], result["wrong_turns"]) == (True, True, 0)
    assert 0 < result["recovered_after_s"] < 40
    assert tree(sandbox, "main") == tree(sandbox, sandbox.about.good)
    assert (resets(record), broken(record)) == (1, 4)
    browser = Browser(sandbox, home)
    browser.log_in()
    assert json.loads(browser.click()[2]) == SYNCED
    # The user's way turned red and said where; what does not go it never did.
    red = [change for change in told_of(result["journal"], "check.changed") if change["now"] == "failing"]
    assert red[0]["check"] == "sync-journey"
    assert not {change["check"] for change in red} & {"sync-command", "controller-health"}
    assert any(change["why"].startswith("step 4, sync button: 200, but a login page") for change in red)
    assert "sync button" in Path(result["draft"]).read_text(encoding="utf-8")
    theories_are_told(result)
    # What it runs is allowed for the drill alone; the responder's own state learns nothing of it.
    assert (record.home / "trust").is_dir()
    assert not (home / "trust").exists()
    nowhere_written(record.home, (sandbox.root / PASSWORD_FILE).read_bytes())


def theories_are_told(result: dict[str, Any]) -> None:
    """What was believed, in the record and in the draft: thought, did, saw, why it was not the cause."""
    thought = [h["thought"] for h in told_of(result["journal"], "hypothesis.added")]
    judged = [h for h in told_of(result["journal"], "hypothesis.changed") if h["judged"]]
    verdicts = ["correct, not the cause", "refuted", "correct, not the cause"]
    assert [(h["n"], h["now"]) for h in judged] == list(enumerate(verdicts, 1))
    draft = Path(result["draft"]).read_text(encoding="utf-8").split("## Hypotheses\n")[1].split("\n## ")[0]
    assert [line for line in draft.splitlines() if line.startswith("###")] == [
        f"### {n}. {thought[n - 1]}: {verdict}" for n, verdict in enumerate(verdicts, 1)
    ]
    for h in judged:
        assert all(f": {said}\n" in draft for said in (h["did"], h["saw"], h["why"]))


def nowhere_written(folder: Path, secret: bytes) -> None:
    assert len(secret) > 10
    # The copies of a checkpoint hold what the files hold: they are the owner's alone, and go into no record.
    files = [file for file in folder.rglob("*") if file.is_file() and "checkpoints" not in file.parts]
    assert files
    assert [file for file in files if secret in file.read_bytes()] == []


@pytest.mark.slow
@pytest.mark.req("R2-18")
def test_the_naive_robot_restarts_claims_it_and_is_believed_by_nobody(home: Path) -> None:
    done = drill(home, "run", "login-page-200", "--robot=naive", "--keep", "--json")
    assert "stuck" not in done.stderr, done.stderr
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert (result["resolved"], result["wrong_turns"], result["score"]) == (False, 1, 0)
    browser = Browser(kept(home).sandbox, home)
    browser.log_in()
    assert 'type="password"' in browser.click()[2]
    verdicts = told_of(result["journal"], "action.verdict-given")
    assert [given["verdict"]["word"] for given in verdicts] == ["not complete"]
    assert told_of(result["journal"], "incident.closed") == [
        {"by": "robot", "reason": "works for me", "resolved": False, "left": []}
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
def test_killed_at_some_moment_it_can_be_finished(tmp_path: Path, seed: int) -> None:
    finish_after_a_kill(tmp_path, "login-page-200", seed, 22.0)
