"""`act` on a sandbox that is really broken: what it says, its exit codes, and what the world says."""

import json
import signal
import subprocess
import time
from typing import Any

import pytest

from incidentui.drills.history import git
from tests.e2e.world import Ended, Ferry, until

pytestmark = pytest.mark.slow
LIGHTS = ("tree_equal", "worktree_equal", "remote_equal", "running_equal", "user_path")


@pytest.fixture
def broken(harbour: Ferry) -> Ferry:
    harbour.mend()
    harbour.break_it()
    git(["pull", "-q", "--no-rebase", "-X", "theirs", "origin", "main"], harbour.root)
    git(["reset", "-q", "--hard", "origin/main"], harbour.root)
    return harbour


def said(done: Ended, code: int) -> dict[str, Any]:
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    document: dict[str, Any] = json.loads(done.stdout)
    assert list(document) == ["action", "plan", "outcome", "verdict", "seq"]
    return document


@pytest.mark.req("F26")
def test_a_plan_is_only_shown(broken: Ferry) -> None:
    before = (broken.tip(), broken.commits(), broken.names().count("ActionRequested"))
    document = said(broken.run("act", "git.reset", "to=good", "push=true", "--plan", "--json"), 0)
    assert document["action"] == "git.reset"
    assert document["plan"]["target"] == "main"
    assert document["plan"]["changes"] is True
    assert [s["verb"] for s in document["plan"]["steps"]] == ["save", "write", "push", "follow", "look"]
    assert (document["outcome"], document["verdict"], document["seq"]) == (None, None, None)
    read = broken.run("act", "git.reset", "to=good", "push=true", "--plan")
    assert read.returncode == 0
    assert "Reset main to known-good" in read.stdout
    for row in ("touches branch main: on the remote", "touches bookings: service: what runs is replaced"):
        assert row in read.stdout, read.stdout
    assert (broken.tip(), broken.commits(), broken.names().count("ActionRequested")) == before


@pytest.mark.req("R3-38", "F24")
def test_without_the_word_or_with_a_wrong_one_nothing_happens(broken: Ferry) -> None:
    before = (broken.tip(), git(["rev-parse", "HEAD"], broken.root))
    asked = ("act", "git.reset", "to=good", "push=true")
    none = broken.run(*asked)
    assert none.returncode == 3
    assert "Reset main to known-good" in none.stdout
    assert "--yes main" in none.stderr
    unsaid = said(broken.run(*asked, "--json"), 3)
    assert unsaid["plan"]["title"].startswith("Reset main")
    assert unsaid["outcome"] == "refused"
    wrong = said(broken.run(*asked, "--yes", "mian", "--json"), 3)
    assert wrong["outcome"] == "refused"
    assert "main" in wrong["verdict"]["why"]
    assert broken.run("--read-only", *asked, "--yes", "main").returncode == 3
    assert (broken.tip(), git(["rev-parse", "HEAD"], broken.root)) == before


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["git.resett", "to=good"], 2, "git.reset"),
        (["git.reset", "good"], 2, "KEY=VALUE"),
        (["git.reset", "tp=good"], 2, "tp"),
        (["git.reset", "to=good", "to=HEAD"], 2, "twice"),
        (["git.reset", "to=nothing-like-it"], 2, "nothing-like-it"),
        (["git.revert"], 2, "commits"),
        (["workload.restart", "name=bakend"], 2, "backend"),
        (["verify", "checks=bookings-lst"], 2, "bookings-list"),
        (["verify", "within=soon"], 2, "soon"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_meant_is_said(harbour: Ferry, argv: list[str], code: int, says: str) -> None:
    done = harbour.run("act", *argv, "--yes", "main")
    assert done.returncode == code, done
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.req("R3-37", "F1")
def test_a_revert_that_deploys_nothing_is_not_complete(broken: Ferry) -> None:
    bad = broken.tip()
    document = said(
        broken.run("act", "git.revert", f"commits={bad}", "push=true", "within=4s", "--yes", "main", "--json"), 1
    )
    verdict = document["verdict"]
    assert document["outcome"] == "done"
    assert verdict["tree_equal"] is True
    assert verdict["remote_equal"] is True
    assert verdict["running_equal"] is False
    assert verdict["user_path"] is False
    assert verdict["complete"] is False
    assert "nothing deployed" in verdict["why"]
    assert broken.tree("main") == broken.tree(broken.good)
    assert broken.deployed() == bad
    assert broken.answers() == 503


@pytest.mark.req("R3-05", "R3-06", "R3-38", "F1", "F14")
@pytest.mark.parametrize("watched", [False, True], ids=["alone", "beside a watch"])
def test_a_reset_brings_back_the_known_good_tree(broken: Ferry, watched: bool) -> None:
    before = broken.commits()
    (broken.root / "notes.txt").write_text("mine\n", encoding="utf-8")
    asked = ("act", "git.reset", "to=good", "push=true", "within=20s", "--yes", "main", "--json")
    if watched:
        with broken.watched():
            document = said(broken.run(*asked), 0)
    else:
        document = said(broken.run(*asked), 0)
    verdict = document["verdict"]
    assert document["outcome"] == "done"
    assert {name: verdict[name] for name in LIGHTS if name != "worktree_equal"} == {
        "tree_equal": True,
        "remote_equal": True,
        "running_equal": True,
        "user_path": True,
    }
    assert verdict["complete"] is True
    assert verdict["in_force"] == []
    assert verdict["differs"] == []
    assert isinstance(document["seq"], int)
    assert broken.tree("main") == broken.tree(broken.good)
    assert broken.commits() == before + 1
    assert broken.deployed() == broken.tip() == verdict["revision"]
    assert broken.answers() == 200
    assert (broken.root / "notes.txt").read_text(encoding="utf-8") == "mine\n"
    assert git(["rev-parse", "HEAD"], broken.root) == broken.tip()
    (broken.root / "notes.txt").unlink()
    broken.whole()


@pytest.mark.req("F22")
def test_a_dirty_work_tree_survives(broken: Ferry) -> None:
    tracked = broken.root / "server" / "main.py"
    mine = tracked.read_text(encoding="utf-8") + "# half a thought\n"
    tracked.write_text(mine, encoding="utf-8")
    (broken.root / "new.txt").write_text("untracked\n", encoding="utf-8")
    git(["add", "new.txt"], broken.root)
    document = said(broken.run("act", "git.reset", "to=good", "push=true", "within=20s", "--yes", "main", "--json"), 0)
    assert document["verdict"]["worktree_equal"] is False
    assert document["verdict"]["complete"] is True
    assert tracked.read_text(encoding="utf-8") == mine
    assert (broken.root / "new.txt").read_text(encoding="utf-8") == "untracked\n"
    git(["reset", "-q", "--hard", "origin/main"], broken.root)
    (broken.root / "new.txt").unlink(missing_ok=True)


def supervised(ferry: Ferry, name: str) -> int:
    """The pid of a program, as the process table has it."""
    from incidentui.drills.sandbox import processes, programs

    command = " ".join(programs(ferry.sandbox, ferry.sandbox.about)[name])
    return next((pid for pid, line in processes() if line == command), 0)


def test_a_restart_is_another_process_and_needs_its_word(harbour: Ferry) -> None:
    harbour.mend()
    pid = supervised(harbour, "dashboard")
    assert harbour.run("act", "workload.restart", "name=dashboard", "--yes", "main").returncode == 3
    assert supervised(harbour, "dashboard") == pid
    document = said(
        harbour.run("act", "workload.restart", "name=dashboard", "within=20s", "--yes", "dashboard", "--json"), 0
    )
    assert document["outcome"] == "done"
    assert document["verdict"]["running_equal"] is True
    assert document["verdict"]["tree_equal"] is None
    assert document["verdict"]["complete"] is True
    assert supervised(harbour, "dashboard") not in (0, pid)


@pytest.mark.req("R3-26", "R3-23")
def test_verify_green_and_red(harbour: Ferry) -> None:
    harbour.mend()
    green = said(harbour.run("act", "verify", "within=20s", "consecutive=3", "--json"), 0)
    assert green["outcome"] == "done"
    assert green["verdict"]["user_path"] is True
    assert green["verdict"]["complete"] is True
    harbour.break_it()
    began = time.monotonic()
    red = said(harbour.run("act", "verify", "checks=bookings-list", "within=3s", "consecutive=2", "--json"), 1)
    assert red["outcome"] == "failed"
    assert red["verdict"]["user_path"] is False
    assert red["verdict"]["complete"] is False
    assert time.monotonic() - began < 30


def requested(broken: Ferry, asked: int) -> "subprocess.Popen[str]":
    """The reset under way. What was learned of known-good by the test before may come between plan and action."""
    told = ("", "")
    for _ in range(3):
        acting = broken.start("act", "git.reset", "to=good", "push=true", "within=30s", "--yes", "main")
        while acting.poll() is None and broken.names().count("ActionRequested") == asked:
            time.sleep(0.05)
        if acting.poll() is None:
            return acting
        told = acting.communicate()
        assert "open the plan again" in told[1], told
    raise AssertionError(told)


@pytest.mark.req("F23")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["INT", "TERM", "HUP"])
def test_an_interrupt_finishes_the_step_and_records_it(broken: Ferry, number: signal.Signals) -> None:
    before, asked = broken.commits(), broken.names().count("ActionRequested")
    acting = requested(broken, asked)
    acting.send_signal(number)
    assert acting.wait(60) == 128 + number
    assert acting.stderr is not None
    assert "Traceback" not in acting.stderr.read()
    acting.communicate()
    ended = [r.event for r in broken.records() if type(r.event).__name__ == "ActionEnded"][-1]
    assert ended.outcome == "done"  # type: ignore[union-attr]
    assert broken.commits() == before + 1
    assert broken.tree("main") == broken.tree(broken.good)
    with broken.watched():  # whoever comes next says how it ended
        until(lambda: not broken.dangling(), "a verdict")
    assert broken.commits() == before + 1
    broken.whole()


@pytest.mark.req("F48")
def test_one_action_at_a_time_in_all_processes(broken: Ferry) -> None:
    before = broken.commits()
    asked = ("act", "git.reset", "to=good", "push=true", "within=20s", "--yes", "main", "--json")
    both: list[subprocess.Popen[str]] = [broken.start(*asked, user=name) for name in ("ana", "ben")]
    ended = [(p.communicate(timeout=60), p.returncode) for p in both]
    codes = sorted(code for _, code in ended)
    assert codes == [0, 3], ended
    refused = next(json.loads(out) for (out, _), code in ended if code == 3)
    why = refused["verdict"]["why"]
    assert "running" in why
    assert "ana" in why or "ben" in why
    assert broken.commits() == before + 1
