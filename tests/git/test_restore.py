"""`git.restore-work` and `git.mark-good`: saved work comes back bit for bit, and never over anything of today."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from incidentui.core.inputs import Refusal
from incidentui.core.model import Plan
from tests.git.test_undo import Record
from tests.git.world import World, attempt, files, plain

BASE = "refs/incidentui/INC-1/8"
Do = Callable[[World], object]


@pytest.fixture
def record(world: World) -> Record:
    return Record(world)


def links(repo: Path) -> dict[str, str]:
    return {str(p.relative_to(repo)): os.readlink(p) for p in repo.rglob("*") if p.is_symlink()}


def modes(repo: Path) -> dict[str, bool]:
    return {name: os.access(repo / name, os.X_OK) for name in files(repo)}


def seen(world: World) -> tuple[object, ...]:
    """The responder's work as anybody can see it: bytes, links, executable bits, index."""
    return files(world.repo), links(world.repo), modes(world.repo), world.git("ls-files", "-s")


def _much(world: World) -> None:
    world.write("a.txt", "staged\n")
    world.git("add", "a.txt")
    world.write("a.txt", "edited after\n")
    world.write("n.txt", "new\n")
    world.git("add", "n.txt")
    world.write("notes/todo with\nnewline.txt", "untracked\n")
    world.write("notes/run.sh", "#!/bin/sh\n").chmod(0o755)
    (world.repo / "link").symlink_to("a.txt")
    (world.repo / "b.txt").unlink()
    (world.repo / os.fsdecode(b"caf\xe9")).write_bytes(b"\xff\x00\r\n")
    world.git("rm", "-q", "--cached", "old.txt")


def _line_ends(world: World) -> None:
    world.git("config", "core.autocrlf", "input")
    (world.repo / "a.txt").write_bytes(b"one\r\ntwo\nthree\r\n")
    world.git("add", "a.txt")
    (world.repo / "b.txt").write_bytes(b"b1\r\nmixed\n")


def _filtered(world: World) -> None:
    world.write(".gitattributes", "*.txt filter=up\n")
    world.git("config", "filter.up.clean", "tr a-z A-Z")
    world.git("config", "filter.up.smudge", "tr A-Z a-z")
    world.write("b.txt", "MiXed\n")


WORK: tuple[tuple[str, Do], ...] = (
    ("much", _much), ("line ends", _line_ends), ("filtered", _filtered),
    ("executable", lambda w: (w.repo / "a.txt").chmod(0o755)),
)  # fmt: skip


@pytest.mark.req("R3-38")
@pytest.mark.parametrize(("name", "work"), WORK, ids=[row[0] for row in WORK])
async def test_work_comes_back_bit_for_bit_and_goes_again(record: Record, name: str, work: Do) -> None:
    world = record.world
    work(world)
    before = seen(world)
    await record.act("git.reset", to="good", push="true")
    assert seen(world) == before
    world.git("-c", "core.hooksPath=/dev/null", "reset", "-q", "--hard")
    world.git("clean", "-q", "-f", "-d")
    empty = seen(world)
    world.git("gc", "-q", "--prune=now")
    plan, acted = await record.act("git.restore-work", **{"from": BASE})
    assert acted.outcome == "done", acted.why
    assert seen(world) == before
    light = (await world.lights(plan, acted))["worktree"]
    assert light.ok, light.finding
    assert (await world.executor().settle(attempt(plan))).outcome == "done"
    back, undone = await record.act("git.undo")
    assert undone.outcome == "done", undone.why
    assert seen(world) == empty
    assert back.undo_argv[2:4] == ("git.restore-work", f"from={BASE}")
    assert (await record.act("git.restore-work", **{"from": BASE}))[1].outcome == "done"
    assert seen(world) == before


@pytest.mark.slow
async def test_a_repository_of_long_hashes_is_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    (tmp_path / "long").mkdir()
    record = Record(World(tmp_path / "long").build())
    world = record.world
    assert len(world.good) == 64
    _much(world)
    before = seen(world)
    for args in ({"to": "good"}, {"to": "good", "mode": "branch"}):
        assert (await record.act("git.reset", **args, push="true"))[1].outcome == "done"
        assert seen(world) == before
        assert (await record.act("git.undo"))[1].outcome == "done"
    world.git("reset", "-q", "--hard")
    world.git("clean", "-q", "-f", "-d")
    assert (await record.act("git.restore-work", **{"from": BASE}))[1].outcome == "done"
    assert seen(world) == before


async def test_the_newest_that_holds_work_is_meant(record: Record) -> None:
    world = record.world
    world.write("notes.txt", "mine\n")
    await record.act("git.reset", to="good", push="true")
    (world.repo / "notes.txt").unlink()
    await record.act("git.undo")
    plan, acted = await record.act("git.restore-work")
    assert dict(plan.args) == {"from": BASE}
    assert acted.outcome == "done"
    assert (world.repo / "notes.txt").read_text() == "mine\n"


WAYS: tuple[tuple[str, Do, str], ...] = (
    ("edited", lambda w: w.write("a.txt", "of today\n"), "a.txt"),
    ("hidden", lambda w: (w.git("update-index", "--assume-unchanged", "a.txt"), w.write("a.txt", "today\n")), "a.txt"),
    ("untracked", lambda w: w.write("notes.txt", "of today\n"), "notes.txt"),
    ("staged", lambda w: (w.write("a.txt", "x\n"), w.git("add", "a.txt"), w.write("a.txt", "a2\n")), "a.txt"),
    ("a folder", lambda w: w.write("notes.txt/inner", "of today\n"), "notes.txt"),
    ("a link above", lambda w: (w.repo / "deep").symlink_to(w.root), "deep/er.txt"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "today", "named"), WAYS, ids=[row[0] for row in WAYS])
async def test_what_is_different_now_is_named_and_kept(record: Record, name: str, today: Do, named: str) -> None:
    world = record.world
    world.write("a.txt", "staged\n")
    world.git("add", "a.txt")
    world.write("notes.txt", "mine\n")
    world.write("deep/er.txt", "mine\n")
    await record.act("git.reset", to="good", push="true")
    world.git("reset", "-q", "--hard")
    world.git("clean", "-q", "-f", "-d")
    planned = await record.plan("git.restore-work")
    assert isinstance(planned, Plan)
    today(world)
    now = seen(world)
    refused = await record.plan("git.restore-work")
    assert isinstance(refused, Refusal)
    assert named in refused.why
    late = await world.act(planned)
    assert late.outcome == "refused"
    assert named in late.why
    assert seen(world) == now
    assert not (world.root / "er.txt").exists()


async def test_ignored_files_in_the_way_are_saved_too(record: Record) -> None:
    world = record.world
    world.git("rm", "-q", "old.txt")
    world.git("commit", "-q", "-m", "drop old")
    world.push()
    world.write(".git/info/exclude", "old.txt\nrun.log\n")
    world.write("old.txt", "precious\n")
    world.write("run.log", "not in the way\n")
    await record.act("git.reset", to="good", push="true")
    assert world.git("show", f"{BASE}/worktree:old.txt") == "precious"
    assert plain(world.repo, "ls-tree", f"{BASE}/worktree", "run.log") == ""


@pytest.mark.parametrize(("args", "why"), [({}, "no unsaved work"), ({"from": "refs/heads/main"}, "nothing was saved")])
async def test_what_cannot_be_brought_back(record: Record, args: dict[str, str], why: str) -> None:
    refused = await record.plan("git.restore-work", **args)
    assert isinstance(refused, Refusal)
    assert why in refused.why


async def test_work_that_is_there_already_needs_nothing(record: Record) -> None:
    record.world.write("notes.txt", "mine\n")
    await record.act("git.reset", to="good", push="true")
    refused = await record.plan("git.restore-work")
    assert isinstance(refused, Refusal)
    assert "nothing to do" in refused.why


# -- known-good


async def test_a_marked_commit_is_kept_by_a_ref(record: Record) -> None:
    world = record.world
    plan, acted = await record.act("git.mark-good", rev="HEAD~1")
    assert not plan.changes
    assert (acted.outcome, acted.revision) == ("done", world.bad[1])
    assert world.git("rev-parse", f"refs/incidentui/known-good/{world.bad[1]}") == world.bad[1]
    assert (await world.executor().settle(attempt(plan))).outcome == "done"
    refused = await record.plan("git.mark-good", rev="nowhere")
    assert isinstance(refused, Refusal)
