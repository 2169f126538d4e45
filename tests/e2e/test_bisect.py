"""`git.bisect` through the installed command, on real histories; the clone is compared byte for byte."""

import json
import os
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.events import ActionEnded, ActionProgressed
from incidentui.drills.history import git
from incidentui.drills.sandbox import alive
from tests.e2e.world import Place, until

pytestmark = pytest.mark.slow
FAULT = 9
"""Which of the sixteen commits breaks it."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "work"
    root.mkdir()
    git(["init", "-q", "-b", "main", "--template=", "."], root)
    git(["config", "user.name", "Ines"], root)
    git(["config", "user.email", "ines@quay.invalid"], root)
    for n in range(1, 17):
        commit(root, n)
    (root / "mine.txt").write_text("not saved\n", encoding="utf-8")
    (root / "n").write_text("touched\n", encoding="utf-8")
    return Place(root, tmp_path / "home")


def commit(root: Path, n: int) -> None:
    (root / "n").write_text(f"{n}\n", encoding="utf-8")
    (root / "fault").write_text("yes\n" if n >= FAULT else "no\n", encoding="utf-8")
    git(["add", "-A"], root)
    git(["commit", "-q", "-m", f"change {n}"], root)


def sha(place: Place, n: int) -> str:
    return git(["rev-parse", f"main~{16 - n}"], place.root)


def everything(root: Path) -> dict[str, bytes]:
    """Every file of the clone, git's own too: no object needs to be written either."""
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def scratches() -> set[str]:
    return {p.name for p in Path(tempfile.gettempdir()).glob("incidentui-bisect-*")}


def bisect(place: Place, command: str, *more: str) -> tuple[int, Any]:
    asked = ("act", "git.bisect", f"good={sha(place, 1)}", "bad=main", f"command={command}", *more, "--json")
    done = place.run(*asked)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.req("F40")
def test_the_first_bad_commit_is_found_and_nothing_here_moves(place: Place) -> None:
    git(["bisect", "start"], place.root)  # one of the user's own goes on
    before, left = everything(place.root), scratches()
    code, document = bisect(place, "grep -q no fault")
    assert (code, document["outcome"]) == (0, "done"), document
    verdict = document["verdict"]
    assert verdict["revision"] == sha(place, FAULT)
    assert f"{sha(place, FAULT)[:7]} is the first bad commit: change {FAULT}" in verdict["why"]
    assert "bisect: first bad of 15, 6 tested" in verdict["why"]
    assert everything(place.root) == before
    assert scratches() == left
    said = [r.event.progress.text for r in place.records() if isinstance(r.event, ActionProgressed)]
    assert any("commits left, about" in text for text in said)
    (ended,) = [r.event for r in place.records() if isinstance(r.event, ActionEnded)]
    with place.journal() as journal:
        kept = journal.evidence(ended.evidence or "")
    assert kept is not None
    assert f"{sha(place, FAULT)[:7]} bad: exit 1" in kept.body


@pytest.mark.req("F40")
def test_what_cannot_be_tested_is_gone_around(place: Place) -> None:
    # Commits 4 to 7 cannot be tested, each in another way.
    script = (
        "case $(cat n) in 4) exit 125;; 5) exec nothing-like-it;; 6) kill -9 $$;; 7) sleep 600;; esac; grep -q no fault"
    )
    code, document = bisect(place, f"sh -c '{script}'", "step=1s")
    assert (code, document["verdict"]["revision"]) == (0, sha(place, FAULT)), document
    # And where the fault hides among them, that is what is said.
    hidden = f"test $(cat n) -lt {FAULT - 2} -o $(cat n) -gt {FAULT + 1} || exit 125; grep -q no fault"
    code, document = bisect(place, f"sh -c '{hidden}'")
    assert (code, document["outcome"]) == (1, "failed")
    assert "cannot be tested" in document["verdict"]["why"]
    assert sha(place, FAULT)[:7] in document["verdict"]["why"]


@pytest.mark.parametrize(
    ("command", "says"),
    [("true", "passes at bad"), ("false", "fails at good"), ("no-such-program", "cannot run at good")],
)
def test_a_command_that_does_not_see_the_fault_proves_nothing(place: Place, command: str, says: str) -> None:
    code, document = bisect(place, command)
    assert (code, document["outcome"]) == (1, "failed")
    assert says in document["verdict"]["why"]


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["good=main", "bad=main~3", "command=true"], 3, "not in the history"),
        (["good=main", "bad=main", "command=true"], 3, "no commit between"),
        (["good=main~3", "bad=main"], 2, "command="),
        (["good=main~3", "bad=main", "command='"], 2, "cannot be read"),
        (["good=--help", "bad=main", "command=true"], 2, "not a revision"),
        (["bad=main", "command=true"], 3, "no known-good"),
    ],
)
def test_what_cannot_be_meant_is_said(place: Place, args: list[str], code: int, says: str) -> None:
    done = place.run("act", "git.bisect", *args)
    assert (done.returncode, says in done.stderr) == (code, True), done


def test_side_branches_are_left_out_where_only_merges_count(place: Place) -> None:
    git(["checkout", "-q", "-f", "-b", "side", sha(place, 3)], place.root)
    (place.root / "side").write_text("x\n", encoding="utf-8")
    git(["add", "side"], place.root)
    git(["commit", "-q", "-m", "broken for itself"], place.root)
    aside = git(["rev-parse", "HEAD"], place.root)
    git(["checkout", "-q", "-f", "main"], place.root)
    git(["reset", "-q", "--hard", sha(place, 5)], place.root)
    git(["merge", "-q", "--no-ff", "-m", "merge side", "side"], place.root)
    merge = git(["rev-parse", "HEAD"], place.root)
    argv = (
        "act",
        "git.bisect",
        f"good={git(['rev-parse', 'main~3'], place.root)}",
        "bad=main",
        "command=test ! -e side",
    )
    every = json.loads(place.run(*argv, "--json").stdout)
    first = json.loads(place.run(*argv, "first-parent=true", "--json").stdout)
    assert every["verdict"]["revision"] == aside
    assert first["verdict"]["revision"] == merge


def test_a_command_of_the_configuration_needs_trust(place: Place, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    text = f'[bisect]\ncommand = ["sh", "-c", "touch {ran}; grep -q no fault"]\n'
    (place.root / "incidentui.toml").write_text(text, encoding="utf-8")
    asked = ("act", "git.bisect", f"good={sha(place, 1)}", "bad=main", "--json")
    assert place.run(*asked).returncode == 2
    assert not ran.exists()
    place.ok("trust", "incidentui.toml")
    assert json.loads(place.run(*asked).stdout)["verdict"]["revision"] == sha(place, FAULT)
    assert ran.exists()


def waiting(place: Place, tmp_path: Path) -> "tuple[Any, int]":
    """A bisect whose command sleeps, with a grandchild; its pid."""
    file = tmp_path / "pid"
    argv = (
        "act",
        "git.bisect",
        f"good={sha(place, 1)}",
        "bad=main",
        f"command=sh -c 'sleep 600 & echo $! > {file}; wait'",
    )
    running = place.start(*argv)
    until(lambda: file.exists() and file.read_text().strip() != "", "the command runs")
    return running, int(file.read_text())


def test_an_interrupt_ends_it_and_all_it_started(place: Place, tmp_path: Path) -> None:
    before, left = everything(place.root), scratches()
    running, pid = waiting(place, tmp_path)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 130
    running.communicate()
    until(lambda: not alive(pid), "the grandchild")
    assert scratches() == left
    assert everything(place.root) == before
    (ended,) = [r.event for r in place.records() if isinstance(r.event, ActionEnded)]
    assert "stopped by ana" in ended.why
    assert not place.dangling()


def test_a_kill_leaves_a_scratch_folder_that_the_next_one_takes_away(place: Place, tmp_path: Path) -> None:
    before, left = everything(place.root), scratches()
    running, pid = waiting(place, tmp_path)
    running.kill()
    running.communicate()
    os.kill(pid, signal.SIGKILL)
    (mine,) = scratches() - left
    assert everything(place.root) == before
    code, document = bisect(place, "grep -q no fault")
    assert (code, document["outcome"]) == (0, "done"), document
    assert mine not in scratches()
    assert scratches() == left
    assert not place.dangling()


def test_no_variable_of_the_caller_leads_the_command_elsewhere(place: Place, tmp_path: Path) -> None:
    where = tmp_path / "where"
    command = f"sh -c 'git rev-parse --absolute-git-dir >> {where}; echo $INCIDENT_COMMIT >> {where}; grep -q no fault'"
    os.environ["GIT_DIR"] = str(place.root / ".git")
    try:
        code, _ = bisect(place, command)
    finally:
        del os.environ["GIT_DIR"]
    assert code == 0
    dirs = [line for line in where.read_text().splitlines() if "/" in line]
    assert dirs
    assert all("incidentui-bisect-" in line for line in dirs)
