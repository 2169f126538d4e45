"""The drill `half-rollback`: it breaks as it says, three commits are not enough, and both robots end as they should.

Judged by plain git on the remote, by HTTP at the front door and by the worker's own log.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidentui.config.load import parse, validate
from incidentui.drills import keeper
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.half_rollback import BREAKING, LEND
from incidentui.drills.history import git
from incidentui.drills.sandbox import Sandbox, ask
from incidentui.drills.scripts import ROBOTS
from tests.drills.parts import built as built_of
from tests.drills.parts import removed, running, wait
from tests.drills.test_robot import broken, drill, kept, resets, told, types

DRILL = "half-rollback"
PAGE = Path(__file__).parents[2] / "docs" / "drills.md"
FATAL = "TypeError: hook 'snapshot' is defined twice"
TRAP = ["api/loans.py", "api/members.py", "api/shelf.py", "api/texts.py"]
"""What differs from known-good once the newest three are taken back."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running(DRILL) as built:
        yield built


def lent(sandbox: Sandbox) -> tuple[int, str]:
    """What a member gets who borrows a tool."""
    return ask(sandbox.about.front, LEND.path, "POST")


def tree(sandbox: Sandbox, revision: str) -> str:
    return git(["rev-parse", f"{revision}^{{tree}}"], sandbox.remote)


def window(sandbox: Sandbox) -> list[str]:
    """The colleague's commits, oldest first."""
    author = sandbox.about.scenario.breaking[0].author
    since = f"{sandbox.about.good}..main"
    found = git(["rev-list", "--reverse", "--fixed-strings", f"--author={author}", since], sandbox.remote)
    return found.split()


def errors(sandbox: Sandbox) -> int:
    return (sandbox.logs / "api.log").read_text(encoding="utf-8").count(FATAL)


# -- the sandbox itself


def test_the_configuration_of_the_sandbox_has_no_mistake(sandbox: Sandbox) -> None:
    loaded = validate(parse(sandbox.work))
    assert loaded.problems == ()
    assert [(check.name, check.target.split()[0]) for check in loaded.config.checks if check.layer == "user"] == [
        ("lend-a-tool", "POST"),
        ("counter-page", "GET"),
    ]


def test_a_dry_write_is_kept_nowhere_and_a_real_one_is(sandbox: Sandbox) -> None:
    front = sandbox.about.front
    first = lent(sandbox)
    assert lent(sandbox) == first, "the same number is free again"
    ask(front, "/api/loans?tool=4&member=1", "POST")
    assert json.loads(lent(sandbox)[1])["id"] == json.loads(first[1])["id"] + 1


@pytest.mark.slow
def test_each_commit_breaks_and_only_the_tree_of_known_good_heals(sandbox: Sandbox) -> None:
    about = sandbox.about
    assert lent(sandbox)[1].startswith('{"status": "ok"')
    keeper.push_breaking(sandbox)
    commits = window(sandbox)
    assert len(commits) == len(BREAKING) == 6
    assert [tree(sandbox, sha) for sha in commits].count(tree(sandbox, about.good)) == 0
    for sha, starts in zip(commits, ["snapshot of 6 tools", "snapshot of 6 tools", "", "", "", ""], strict=True):
        deploy(sandbox, tree(sandbox, sha))
        status, body = lent(sandbox)
        assert (status, body[: len("snapshot of 6 tools")]) == (200, starts), sha
        assert ask(about.front, "/api/health")[0] == 200, "reading goes on as if nothing were wrong"
        wait(lambda: "No tool can be lent" in ask(about.ports["counter"], "/")[1], "the counter's own words")
    deploy(sandbox, tree(sandbox, about.good))
    wait(lambda: sandboxes.healthy(sandbox), "tools can be lent again")


def deploy(sandbox: Sandbox, wanted: str) -> None:
    """A push of that tree, as a responder's; returns once a worker runs on it."""
    git(["fetch", "-q", "origin"], sandbox.work)
    new = git(["commit-tree", wanted, "-p", "origin/main", "-m", "another tree"], sandbox.work)
    before = starts_of(sandbox)
    git(["push", "-q", "origin", f"{new}:refs/heads/main"], sandbox.work)
    wait(lambda: starts_of(sandbox) > before and lent(sandbox)[0] == 200, "the worker starts")


def starts_of(sandbox: Sandbox) -> int:
    return (sandbox.logs / "api.log").read_text(encoding="utf-8").count("lending api ready")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_newest_three_taken_back_by_hand_leave_the_same_fatal_error(seed: int) -> None:
    with removed(built_of(DRILL, seed)) as built:
        sandboxes.start(built)
        sandboxes.wait_green(built)
        keeper.push_breaking(built)
        wait(lambda: lent(built) == (200, ""), "an empty answer")
        wait(lambda: errors(built) > 0, "the fatal error in the worker's log")
        git(["pull", "-q", "--ff-only"], built.work)
        git(["revert", "--no-edit", "HEAD", "HEAD~1", "HEAD~2"], built.work)
        before, started = errors(built), starts_of(built)
        git(["push", "-q", "origin", "main"], built.work)
        wait(lambda: starts_of(built) > started and lent(built)[0] == 200, "the worker runs on what is left")
        assert lent(built) == (200, "")
        wait(lambda: errors(built) > before, "the same error again")
        assert tree(built, "main") == tree(built, window(built)[2])
        assert git(["diff", "--name-only", built.about.good, "main"], built.remote).split() == TRAP


def test_the_same_seed_gives_the_same_history_and_pushes() -> None:
    assert story(5) == story(5)


def story(seed: int) -> tuple[str, list[list[str]], str]:
    """Everything but times and ports: who wrote what, every file of every commit, and what each push brought."""
    with removed(built_of(DRILL, seed)) as built:
        git(["config", "core.logAllRefUpdates", "always"], built.remote)
        keeper.push_breaking(built)
        log = git(["log", "--format=%an %ae|%cn|%s", "main"], built.remote)
        files = [
            [line for line in git(["ls-tree", "-r", sha], built.remote).splitlines() if "incidentui.toml" not in line]
            for sha in git(["rev-list", "main"], built.remote).split()
        ]
        pushes = git(["reflog", "show", "--format=%s", "main"], built.remote)
        return log, files, pushes


@pytest.mark.slow
def test_the_seed_decides_how_many_pushes_there_are() -> None:
    assert {len(story(seed)[2].splitlines()) for seed in (1, 2, 3, 4)} != {1}


def test_a_keeper_killed_between_two_pushes_goes_on_where_it_stood() -> None:
    with removed(built_of(DRILL)) as built:
        sandboxes.clone(built, built.colleague, BREAKING[0].author)
        keeper._push(built, built.about, 3)
        assert not built.broken
        # Killed just after it wrote a commit that it had no time to push.
        git(["commit", "-q", "--allow-empty", "-m", "unpushed"], built.colleague)
        keeper.push_breaking(built)
        assert built.broken
        subjects = git(["log", "--reverse", "--format=%s", f"{built.about.good}..main"], built.remote)
        assert subjects.splitlines() == [written.subject for written in BREAKING]


def test_on_top_of_a_responders_work_nobody_pushes_any_more() -> None:
    with removed(built_of(DRILL)) as built:
        sandboxes.clone(built, built.colleague, BREAKING[0].author)
        keeper._push(built, built.about, 2)
        git(["pull", "-q", "--ff-only"], built.work)
        git(["revert", "--no-edit", "HEAD"], built.work)
        git(["push", "-q", "origin", "main"], built.work)
        mine = git(["rev-parse", "HEAD"], built.work)
        keeper.push_breaking(built)
        assert git(["rev-parse", "main"], built.remote) == mine


# -- the robots


@pytest.mark.slow
@pytest.mark.req("R0-14", "R0-24")
def test_the_robot_lets_members_borrow_again_through_the_screen(tmp_path: Path) -> None:
    result = told(drill(tmp_path, "run", "half-rollback", "--robot", "--keep", "--json"))
    record = kept(tmp_path)
    try:
        assert (result["resolved"], result["tree_equal"], result["wrong_turns"]) == (True, True, 0)
        assert (result["in_force"], result["differs"]) == ([], [])
        assert set(result) == documented(), "docs/drills.md lists the keys of the result"
        assert 0 < result["recovered_after_s"] < 40
        sandbox = record.sandbox
        assert tree(sandbox, "main") == tree(sandbox, sandbox.about.good)
        assert (resets(record), broken(record)) == (1, 6)
        assert lent(sandbox)[1].startswith('{"status": "ok"')
        assert ask(sandbox.about.ports["counter"], "/")[0] == 200
        draft = Path(result["draft"]).read_text(encoding="utf-8")
        assert "Revert all snapshot changes - back to working state" in draft
    finally:
        assert drill(tmp_path, "clean").returncode == 0
    assert not Path(record.root).exists()


def documented() -> set[str]:
    table = PAGE.read_text(encoding="utf-8").partition("## The result")[2]
    return {key for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}


def test_the_page_names_every_drill_and_robot() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, robots in ROBOTS.items():
        assert f"**`{name}`**" in page
        assert all(f"--robot={robot}" in page for robot in robots if robot)


@pytest.mark.slow
@pytest.mark.req("R0-08", "R0-09", "R0-10")
def test_the_naive_robot_takes_back_three_and_is_told_which_three_are_in_force(tmp_path: Path) -> None:
    done = drill(tmp_path, "run", "half-rollback", "--robot=naive", "--keep", "--json")
    assert "stuck" not in done.stderr, done.stderr
    assert done.returncode == 1
    result = json.loads(done.stdout)
    record = kept(tmp_path)
    try:
        assert (result["resolved"], result["tree_equal"], result["wrong_turns"]) == (False, False, 1)
        sandbox = record.sandbox
        assert sorted(result["in_force"]) == sorted(window(sandbox)[:3])
        there = git(["diff", "--name-only", sandbox.about.good, "main"], sandbox.remote).split()
        assert sorted(result["differs"]) == there == TRAP
        assert tree(sandbox, "main") == tree(sandbox, window(sandbox)[2])
        assert lent(sandbox) == (200, "")
        wait(lambda: errors(sandbox) > 0, "the fatal error in the worker's log")
        assert "incident.closed" not in types(result["journal"])
    finally:
        assert drill(tmp_path, "clean").returncode == 0
