"""`git.reset mode=branch`: the branch itself moves, nothing is lost, and a colleague's push is never overwritten."""

from collections.abc import Callable
from pathlib import Path

import pytest

from incidentui.core.inputs import ActionStepped, Observation, Refusal
from incidentui.core.model import Plan
from tests.git.world import World, attempt, files, plain

BACKUP = "refs/incidentui/INC-1/8"
MODE = {"to": "good", "mode": "branch"}
PUSH = {**MODE, "push": "true"}


def said(plan: Plan) -> str:
    return " | ".join(f"{check.text}: {check.note}" for check in plan.checked)


@pytest.mark.req("R3-06", "R3-38", "F49")
async def test_the_plan_shows_what_vanishes_and_a_push_that_needs_the_tip_it_saw(world: World) -> None:
    plan = await world.planned(**PUSH)
    tip = world.bad[-1]
    assert plan.rewrites
    assert plan.target == "main"
    assert [step.verb for step in plan.steps] == ["save", "push", "follow", "look"]
    push = ("git", "push", f"--force-with-lease=refs/heads/main:{tip}", "origin", f"{world.good}:refs/heads/main")
    assert plan.steps[1].argv == (push,)
    assert [commit.sha for commit in plan.takes_back] == list(reversed(world.bad))
    assert f"3 commits vanish from origin/main: kept under {BACKUP}/tip" in said(plan)
    assert world.remote_tip() == tip


@pytest.mark.parametrize("push", ["true", "false"])
async def test_the_branch_is_the_old_commit_and_the_tip_is_kept(world: World, push: str) -> None:
    world.write("notes.txt", "mine\n")
    plan = await world.planned(**MODE, push=push)
    acted = await world.act(plan)
    assert acted.outcome == "done", acted.why
    assert world.git("rev-parse", "HEAD") == world.git("rev-parse", "main") == world.good
    assert world.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert world.git("status", "--porcelain") == "?? notes.txt"
    assert world.remote_tip() == (world.good if push == "true" else world.bad[-1])
    assert world.git("rev-parse", f"{BACKUP}/tip") == world.bad[-1]
    lights = await world.lights(plan, acted)
    assert (lights["tree"].ok, lights["worktree"].ok) == (True, True)
    assert lights["remote"].ok is (push == "true")
    settled = await world.executor().settle(attempt(plan))
    assert (settled.outcome, settled.revision) == ("done", world.good)


WAYS: tuple[tuple[str, Callable[[World], object], str], ...] = (
    ("edited", lambda w: w.write("a.txt", "mine\n"), "a.txt in the way"),
    ("staged", lambda w: (w.write("b.txt", "staged\n"), w.git("add", "b.txt")), "b.txt in the way"),
    ("assume-unchanged", lambda w: (w.git("update-index", "--assume-unchanged", "a.txt"), w.write("a.txt", "mine\n")),
     "a.txt in the way"),
    ("skip-worktree", lambda w: (w.git("update-index", "--skip-worktree", "a.txt"), w.write("a.txt", "mine\n")),
     "a.txt in the way"),
    ("untracked", lambda w: (w.commit("drop", {}), w.write("old.txt", "precious\n")), "old.txt in the way"),
    ("ignored", lambda w: (w.commit("drop", {}), w.write(".git/info/exclude", "old.txt\n"),
                           w.write("old.txt", "precious\n")), "old.txt in the way"),
    ("index.lock", lambda w: w.write(".git/index.lock", ""), "lock"),
    ("main.lock", lambda w: w.write(".git/refs/heads/main.lock", ""), "lock"),
)  # fmt: skip


@pytest.fixture
def dropping(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A commit without files drops old.txt."""
    commit = world.commit

    def made(subject: str, given: dict[str, str], author: str = "sam") -> str:
        if given:
            return commit(subject, given, author)
        world.git("rm", "-q", "old.txt")
        world.git("commit", "-q", "-m", subject)
        world.push()
        return world.git("rev-parse", "HEAD")

    monkeypatch.setattr(world, "commit", made)
    return world


@pytest.mark.parametrize("push", ["true", "false"])
@pytest.mark.parametrize(("name", "before", "says"), WAYS, ids=[way[0] for way in WAYS])
async def test_what_is_in_the_way_stays_and_is_named(
    dropping: World, name: str, before: Callable[[World], object], says: str, push: str
) -> None:
    world = dropping
    before(world)
    plan = await world.planned(**MODE, push=push)
    kept, index, tip = files(world.repo), world.git("ls-files", "-s", "-v"), world.git("rev-parse", "HEAD")
    acted = await world.act(plan)
    texts = acted.why + (acted.evidence.body if acted.evidence else "")
    assert says in texts, texts
    assert acted.outcome == ("done" if push == "true" else "refused")
    assert (files(world.repo), world.git("ls-files", "-s", "-v")) == (kept, index)
    assert world.git("rev-parse", "HEAD") == tip
    assert world.remote_tip() == (world.good if push == "true" else tip)


async def test_commits_of_ones_own_stay_on_the_branch(world: World) -> None:
    mine = world.commit("mine", {"m.txt": "m\n"}, "ana")
    acted = await world.act(await world.planned(**PUSH))
    assert acted.outcome == "done"
    assert world.git("rev-parse", "main") == mine
    assert world.remote_tip() == world.good
    assert acted.evidence is not None
    assert "commits of its own here" in acted.evidence.body


@pytest.mark.req("R3-38")
@pytest.mark.parametrize("fetched", [False, True], ids=["", "with a fetch in between"])
@pytest.mark.parametrize("args", [PUSH, {"to": "good", "push": "true"}], ids=["branch", "tree"])
async def test_a_colleagues_push_is_never_overwritten(world: World, args: dict[str, str], fetched: bool) -> None:
    plan = await world.planned(**args)
    hotfix = world.colleague({"h.txt": "fix\n"}, "hotfix for leads")
    if fetched:
        world.git("fetch", "-q")
    acted = await world.act(plan)
    assert acted.outcome == "refused"
    assert f"kim: hotfix for leads ({hotfix[:7]})" in acted.why
    assert world.remote_tip() == hotfix
    assert world.git("rev-parse", "HEAD") == world.bad[-1]


@pytest.mark.parametrize("fetched", [False, True], ids=["", "with a fetch in between"])
@pytest.mark.parametrize("verb", ["save", "push"], ids=["after the last look", "while git pushes"])
async def test_a_push_in_the_last_moment_is_stopped(world: World, verb: str, fetched: bool) -> None:
    """A colleague is faster than the look: once before git asks the remote (the lease), once after (the server)."""
    plan = await world.planned(**PUSH)
    pushed: list[str] = []

    def colleague(seen: Observation) -> None:
        if isinstance(seen, ActionStepped) and (seen.progress.verb, seen.progress.state) == ("save", "done"):
            pushed.append(world.colleague({"h.txt": "fix\n"}))
            if fetched:
                world.git("fetch", "-q")

    if verb == "push":
        _pushes_in_a_hook(world, fetched)
    acted = await world.executor().act("run-1", plan, "INC-1", colleague if verb == "save" else lambda seen: None)
    assert acted.outcome == "failed"
    assert "nothing was overwritten" in acted.why
    assert "kim: hotfix" in acted.why
    assert plain(world.remote, "log", "-1", "--format=%an: %s", "main") == "kim: hotfix"
    assert pushed in ([], [world.remote_tip()])
    assert world.git("rev-parse", "HEAD") == world.bad[-1]
    settled = await world.executor().settle(attempt(plan))
    assert settled.outcome == "failed", settled.why


def _pushes_in_a_hook(world: World, fetched: bool) -> None:
    clone = world.root / "colleague"
    plain(world.root, "clone", "-q", str(world.remote), str(clone))
    (clone / "h.txt").write_text("fix\n")
    plain(clone, "add", "-A")
    plain(clone, "-c", "user.name=kim", "-c", "user.email=kim@x", "commit", "-q", "-m", "hotfix")
    fetch = f"env -i PATH=\"$PATH\" git -C '{world.repo}' fetch -q" if fetched else "true"
    hook = world.write(".git/hooks/pre-push", f"#!/bin/sh\nenv -i PATH=\"$PATH\" git -C '{clone}' push -q\n{fetch}\n")
    hook.chmod(0o755)


async def test_a_server_that_takes_no_step_back_is_said(world: World) -> None:
    plain(world.remote, "config", "receive.denyNonFastForwards", "true")
    acted = await world.act(await world.planned(**PUSH))
    assert acted.outcome == "failed"
    assert "origin does not accept it" in acted.why
    assert world.remote_tip() == world.bad[-1]
    assert world.git("rev-parse", "HEAD") == world.bad[-1]


async def test_settings_that_would_force_are_not_obeyed(world: World) -> None:
    world.git("config", "push.useForceIfIncludes", "true")
    world.git("config", "remote.origin.push", "+refs/heads/*:refs/heads/*")
    world.git("branch", "private")
    acted = await world.act(await world.planned(**PUSH))
    assert acted.outcome == "done", acted.why
    assert plain(world.remote, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


@pytest.mark.parametrize("args", [{"to": "HEAD", "mode": "branch"}, {"to": "good", "mode": "hard"}])
async def test_what_is_refused(world: World, args: dict[str, str]) -> None:
    refused = await world.plan(**args)
    assert isinstance(refused, Refusal)
    assert refused.hint
    assert "refs/incidentui" not in plain(Path(world.repo), "for-each-ref")
