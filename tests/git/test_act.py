"""Plans, acts, reverts, lights and backups, on real repositories with a real remote."""

import asyncio
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core.inputs import ActionStepped, Refusal
from incidentui.core.ledger import in_force, taken_back
from incidentui.core.model import Suspect
from incidentui.edge.git import leftovers
from incidentui.edge.git import scratch as bisect_folders
from incidentui.edge.git.executor import GitExecutor
from incidentui.edge.git.place import layout
from incidentui.edge.git.rehearsal import scratch
from incidentui.edge.git.remote import address
from tests.git.world import Watch, World, attempt, files, plain

PUSH = {"push": "true"}


@pytest.mark.req("R3-05", "R3-16", "R3-38")
async def test_a_plan_says_all_it_will_do_and_does_nothing(world: World) -> None:
    before = world.git("for-each-ref")
    state = replace(world.state(), suspect=Suspect(world.bad[1], "api", ("big",)))
    plan = await world.executor().plan("git.reset", {"to": "good", "push": "true", "within": "2m"}, state, "INC-7")
    assert not isinstance(plan, Refusal)
    assert plan.title == f"Reset main to known-good {world.good[:7]}, then push"
    assert (plan.target, plan.push, plan.within_ms, plan.changes) == ("main", True, 120_000, True)
    assert plan.expects_tree == world.tree(world.good)
    assert [step.verb for step in plan.steps] == ["save", "write", "push", "follow", "look"]
    assert plan.steps[1].argv[0][:5] == ("git", "commit-tree", plan.expects_tree, "-p", world.bad[-1])
    assert plan.steps[2].argv == (("git", "push", "origin", "<new commit>:refs/heads/main"),)
    roles = [(commit.sha, commit.author, commit.role) for commit in plan.takes_back]
    assert roles == [
        (world.bad[2], "lee", "innocent"), (world.bad[1], "sam", "suspect"), (world.bad[0], "sam", "innocent"),
    ]  # fmt: skip
    assert {"database", "volumes", "settings"} == {what for what, _ in plan.not_covered}
    assert "refs/incidentui/INC-7/8" in plan.steps[0].text
    assert plan.undo_argv[:4] == ("incidentui", "act", "git.undo", "of=refs/incidentui/INC-7/8")
    assert world.git("for-each-ref") == before
    assert world.remote_tip() == world.bad[-1]


@pytest.mark.req("R3-32")
async def test_a_migration_in_the_window_is_named(world: World) -> None:
    world.commit("schema", {"db/migrations/0007_leads.sql": "alter table leads ...;\n"})
    world.push()
    why = dict((await world.planned(to="good", **PUSH)).not_covered)["database"]
    assert "db/migrations/0007_leads.sql" in why
    await world.act(await world.planned(to="good", **PUSH))
    world.commit("later", {"a.txt": "a9\n"})
    world.push()
    assert "no migration file" in dict((await world.planned(to="HEAD~1", **PUSH)).not_covered)["database"]


async def test_a_way_back_that_takes_the_checks_with_it_says_so(world: World) -> None:
    world.commit("checks", {"incidentui.toml": "[project]\nname = 'leads'\n"})
    world.push()
    (gone,) = (await world.planned(to="good", **PUSH)).warnings
    assert "incidentui.toml goes with it: the next start has no checks" in gone
    world.commit("more checks", {"incidentui.toml": "[project]\nname = 'leads'\nbranch = 'main'\n"})
    world.push()
    (older,) = (await world.planned(to="HEAD~1", **PUSH)).warnings
    assert "incidentui.toml goes back too" in older
    world.commit("later", {"a.txt": "a9\n"})
    world.push()
    assert (await world.planned(to="HEAD~1", **PUSH)).warnings == ()


@pytest.mark.req("R3-06", "R1-22", "F42")
async def test_each_step_is_reported_and_the_evidence_holds_them(world: World) -> None:
    plan = await world.planned(to="good", **PUSH)
    acted = await world.act(plan)
    steps = [o.progress for o in world.reported if isinstance(o, ActionStepped)]
    ended = [(step.n, step.verb, step.state) for step in steps if step.state != "running"]
    assert ended == [(1, "save", "done"), (2, "write", "done"), (3, "push", "done"), (4, "follow", "done")]
    assert all(step.took_ms is not None for step in steps if step.state != "running")
    assert (acted.was, acted.revision) == (world.bad[-1], world.remote_tip())
    assert acted.evidence is not None
    assert "push: done" in acted.evidence.body
    assert "-a2" in acted.evidence.body.splitlines()
    assert "+a1" in acted.evidence.body.splitlines()
    assert acted.ledger is not None
    assert (in_force(acted.ledger), acted.ledger.files) == ((), ())


async def test_without_a_push_branch_and_checkout_go_together(world: World) -> None:
    plan = await world.planned(to="good")
    acted = await world.act(plan)
    assert acted.outcome == "done"
    assert world.git("rev-parse", "HEAD") == acted.revision
    assert world.remote_tip() == world.bad[-1]
    lights = await world.lights(plan, acted)
    assert (lights["tree"].ok, lights["worktree"].ok, lights["remote"].ok) == (True, True, False)
    assert "nothing was pushed" in lights["remote"].finding


async def test_without_a_push_a_file_in_the_way_stops_all_of_it(world: World) -> None:
    world.write("a.txt", "mine\n")
    plan = await world.planned(to="good")
    before, index = files(world.repo), world.git("ls-files", "-s")
    acted = await world.act(plan)
    assert acted.outcome == "refused"
    assert "a.txt in the way" in acted.why
    assert world.git("rev-parse", "HEAD") == world.bad[-1]
    assert (files(world.repo), world.git("ls-files", "-s")) == (before, index)


async def test_what_was_unsaved_can_be_restored_bit_for_bit(world: World) -> None:
    world.write("a.txt", "staged\n")
    world.git("add", "a.txt")
    world.write("a.txt", "edited after\n")
    world.write("c.txt", "hidden\n")
    world.git("update-index", "--assume-unchanged", "c.txt")
    world.write("notes/new file.txt", "untracked\n")
    (world.repo / "b.txt").unlink()
    before, index = files(world.repo), world.git("ls-files", "-s", "-v")
    plan = await world.planned(to="good", **PUSH)
    await world.act(plan)
    assert (files(world.repo), world.git("ls-files", "-s", "-v")) == (before, index)
    base = "refs/incidentui/INC-1/8"
    assert world.git("rev-parse", f"{base}/head") == world.bad[-1]
    assert world.git("show", f"{base}/index:a.txt") == "staged"
    world.git("gc", "-q", "--prune=now")
    out = world.root / "restored"
    plain(world.root, "clone", "-q", "--no-checkout", str(world.repo), str(out))
    plain(out, "fetch", "-q", str(world.repo), f"{base}/worktree")
    plain(out, "checkout", "-q", "FETCH_HEAD")
    assert files(out) == before


async def test_an_index_with_conflicts_is_saved_too(world: World) -> None:
    world.git("switch", "-q", "-c", "side", world.good)
    world.commit("clash", {"a.txt": "other\n"})
    world.git("switch", "-q", "main")
    world.git("merge", "-q", "side", ok=False)
    index = world.git("ls-files", "-s")
    acted = await world.act(await world.planned(to="good", **PUSH))
    assert acted.outcome == "done"
    assert world.git("ls-files", "-s") == index
    assert world.git("show", "refs/incidentui/INC-1/8/index:a.txt") == "a2"
    assert "<<<<<<<" in world.git("show", "refs/incidentui/INC-1/8/worktree:a.txt")


async def test_a_secret_in_the_address_is_not_shown(world: World) -> None:
    world.git("remote", "set-url", "--push", "origin", "https://ana:hunter2@git.example.org/leads.git")
    assert await address(await layout(world.repo), "origin") == "https://git.example.org/leads.git"


async def test_a_push_goes_elsewhere_and_its_address_is_in_no_argument(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`git` as the program finds it writes down what it was called with."""
    elsewhere = world.root / "elsewhere-hunter2.git"
    plain(world.root, "clone", "-q", "--bare", str(world.remote), str(elsewhere))
    world.git("remote", "set-url", "--push", "origin", str(elsewhere))
    real, calls = shutil.which("git"), tmp_path / "calls"
    spy = tmp_path / "bin" / "git"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexec {real} "$@"\n')
    spy.chmod(0o755)
    before = world.remote_tip()
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    plan = await world.planned(to="good", **PUSH)
    acted = await world.act(plan)
    monkeypatch.undo()
    assert acted.outcome == "done", acted.why
    assert plain(elsewhere, "rev-parse", "main") == acted.revision
    assert world.remote_tip() == before
    ours = [line for line in calls.read_text().splitlines() if line.startswith("--no-pager")]
    assert [line for line in ours if "ls-remote" in line]
    assert [line for line in ours if "hunter2" in line] == []


# -- revert


@pytest.mark.req("R3-05")
async def test_one_commit_is_reverted_in_gits_own_words(world: World) -> None:
    plan = await world.planned("git.revert", commits=world.bad[0][:8], **PUSH)
    acted = await world.act(plan)
    assert acted.outcome == "done"
    message = plain(world.remote, "log", "-1", "--format=%B")
    assert message.strip() == f'Revert "faster leads"\n\nThis reverts commit {world.bad[0]}.'
    assert plain(world.remote, "show", "main:a.txt") == "a1"
    assert plain(world.remote, "show", "main:b.txt") == "b2"
    assert world.git("rev-parse", "HEAD") == world.remote_tip()
    assert acted.ledger is not None
    assert in_force(acted.ledger) == (world.bad[2], world.bad[1])
    assert taken_back(acted.ledger, {acted.revision}) == (world.bad[0],)
    assert {file.path for file in acted.ledger.files} == {"b.txt", "c.txt", "old.txt"}
    lights = await world.lights(plan, acted)
    assert [lights[name].ok for name in ("tree", "worktree", "remote")] == [True, True, True]
    assert world.git("worktree", "list").count("\n") == 0


async def test_several_commits_become_one_in_any_order_of_words(world: World) -> None:
    plan = await world.planned("git.revert", commits=",".join(world.bad), **PUSH)
    assert [commit.sha for commit in plan.takes_back] == list(reversed(world.bad))
    acted = await world.act(plan)
    assert acted.outcome == "done"
    assert world.tree(world.remote_tip(), world.remote) == world.tree(world.good)
    assert plain(world.remote, "log", "-1", "--format=%s") == 'Revert "tune worker" and 2 more'
    assert plain(world.remote, "rev-list", "--count", f"{world.bad[-1]}..main") == "1"


async def test_a_conflict_is_refused_with_its_files_and_leaves_nothing(world: World) -> None:
    world.commit("on top", {"a.txt": "a3\n"})
    world.push()
    world.write("mine.txt", "mine\n")
    before = files(world.repo)
    refused = await world.plan("git.revert", commits=world.bad[0], **PUSH)
    assert isinstance(refused, Refusal)
    assert "a.txt" in refused.why
    assert "git.reset" in refused.hint
    assert files(world.repo) == before
    assert world.git("worktree", "list").count("\n") == 0
    for mark in ("REVERT_HEAD", "sequencer", "MERGE_MSG"):
        assert not (world.repo / ".git" / mark).exists()


async def test_what_a_revert_refuses(world: World) -> None:
    world.git("switch", "-q", "-c", "side", world.good)
    stray = world.commit("side", {"s.txt": "s\n"})
    world.git("switch", "-q", "main")
    world.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    world.push()
    merge = world.git("rev-parse", "HEAD")
    world.git("switch", "-q", "-c", "other", world.good)
    elsewhere = world.commit("elsewhere", {"e.txt": "e\n"})
    world.git("switch", "-q", "main")
    for commits, why in {
        merge: "which side stays",
        elsewhere: "not in origin/main",
        "": "no commit",
        "--all": "revision",
    }.items():
        refused = await world.plan("git.revert", commits=commits, **PUSH)
        assert isinstance(refused, Refusal), commits
        assert why in refused.why
    assert (await world.act(await world.planned("git.revert", commits=stray, **PUSH))).outcome == "done"


async def test_a_scratch_worktree_of_a_dead_process_is_taken_away(world: World) -> None:
    dead = world.root / "incidentui-scratch-999999999-x"
    world.git("worktree", "add", "-q", "--detach", str(dead))
    await world.planned("git.revert", commits=world.bad[0], **PUSH)
    assert not dead.exists()
    assert world.git("worktree", "list").count("\n") == 0


@pytest.mark.parametrize("kind", ["scratch", "bisect"])
async def test_another_process_with_the_id_of_the_dead_one_keeps_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    process = await asyncio.create_subprocess_exec("sleep", "1000")
    began = (Path("/proc") / str(process.pid) / "stat").read_text().rpartition(")")[2].split()[19]
    dead, living = (tmp_path / f"incidentui-{kind}-{process.pid}-{at}-x" for at in (int(began) - 1, began))
    dead.mkdir()
    living.mkdir()
    where = await layout(world.repo)
    told = leftovers.abandoned(where)
    leftovers.tidy(where)
    bisect_folders.tidy()
    process.kill()
    await process.wait()
    assert not dead.exists()
    assert living.exists()
    assert told == ([dead] if kind == "scratch" else [])


async def test_what_is_laid_out_now_is_nobody_elses_to_take_away(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    where = await layout(world.repo)
    async with scratch(where, "HEAD") as folder:
        assert leftovers.tidy(where) == []
        assert str(os.getpid()) == folder.name.split("-")[2]
        assert any(folder.iterdir())


async def test_a_message_prepared_for_the_next_commit_stays(world: World) -> None:
    message = world.repo / ".git" / "MERGE_MSG"
    message.write_text("what I meant to say\n")
    acted = await world.act(await world.planned(to="good", **PUSH))
    assert acted.outcome == "done"
    assert world.git("rev-parse", "HEAD") == acted.revision
    assert message.read_text() == "what I meant to say\n"


async def test_a_gc_between_plan_and_act_changes_nothing(world: World) -> None:
    plan = await world.planned("git.revert", commits=world.bad[0], **PUSH)
    world.git("gc", "-q", "--prune=now")
    assert (await world.act(plan)).outcome == "done"


# -- lights


async def test_the_lights_see_what_status_hides(world: World) -> None:
    plan = await world.planned(to="good", **PUSH)
    acted = await world.act(plan)
    world.write("a.txt", "hidden\n")
    world.git("update-index", "--assume-unchanged", "a.txt")
    world.write("left.txt", "over\n")
    light = (await world.lights(plan, acted))["worktree"]
    assert light.ok is False
    assert "files differ: a.txt" in light.finding
    assert "hidden from git status: a.txt" in light.finding
    assert "untracked, left there: left.txt" in light.finding


async def test_the_lights_tell_the_index_from_the_files(world: World) -> None:
    plan = await world.planned(to="good", **PUSH)
    acted = await world.act(plan)
    was = (world.repo / "a.txt").read_text()
    world.write("a.txt", "staged\n")
    world.git("add", "a.txt")
    world.write("a.txt", was)
    light = (await world.lights(plan, acted))["worktree"]
    assert light.ok is False
    assert light.finding == "index differs: a.txt"


async def test_the_remote_light_goes_out_when_somebody_pushes_the_bad_code_again(world: World) -> None:
    plan = await world.planned(to="good", **PUSH)
    acted = await world.act(plan)
    world.colleague({"a.txt": "a2\n"})
    lights = await world.lights(plan, acted)
    assert (lights["tree"].ok, lights["remote"].ok) == (True, False)
    plain(world.remote, "branch", "-m", "main", "gone")
    assert (await world.lights(plan, acted))["remote"].ok is False
    world.remote.rename(world.root / "away")
    light = (await world.lights(plan, acted))["remote"]
    assert light.ok is False
    assert "not there" in light.finding


async def test_no_remote_is_nothing_to_look_at(world: World) -> None:
    world.git("remote", "remove", "origin")
    plan = await world.planned(to="good")
    acted = await world.act(plan)
    assert acted.outcome == "done"
    assert (await world.lights(plan, acted))["remote"].ok is None


# -- settling


async def test_settling_tells_what_did_not_happen(world: World) -> None:
    plan = await world.planned(to="good", **PUSH)
    acted = await world.executor().settle(attempt(plan))
    assert (acted.outcome, "it did not happen" in acted.why) == ("failed", True)
    world.remote.rename(world.root / "away")
    assert (await world.executor().settle(attempt(plan))).outcome == "unknown"


async def test_settling_finds_a_push_that_others_built_on(world: World) -> None:
    plan = await world.planned(to="good", **PUSH)
    done = await world.act(plan)
    world.colleague({"k.txt": "k\n"})
    acted = await world.executor().settle(attempt(plan))
    assert (acted.outcome, acted.revision) == ("done", done.revision)
    assert "since then it moved" in acted.why


async def test_settling_says_when_a_checkout_was_stopped_half_way(world: World) -> None:
    plan = await world.planned(to="good")
    world.write("a.txt", "a1\n")
    (world.repo / "c.txt").unlink()
    lock = world.write(".git/index.lock", "")
    acted = await world.executor().settle(attempt(plan))
    assert acted.outcome == "failed"
    assert "partly: a.txt, c.txt already changed" in acted.why
    assert str(lock) in acted.why
    assert lock.exists()


async def test_a_folder_without_git_and_a_bare_one_are_refused_plainly(world: World, tmp_path: Path) -> None:
    for folder, why in ((tmp_path, "not a git repository"), (world.remote, "bare")):
        refused = await GitExecutor(folder, None, None, Watch()).plan("git.reset", {}, world.state(), None)
        assert isinstance(refused, Refusal)
        assert why in refused.why
        assert refused.hint
