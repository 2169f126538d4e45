"""`git.revert` of one, many, a range and merges; conflicts with choices; rehearsals with the project's own commands."""

from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.config.model import RehearseConfig
from incidentui.core.inputs import Refusal
from incidentui.core.model import Plan
from incidentui.drills.sandbox import alive
from tests.git.test_undo import Record
from tests.git.world import World, files, plain

PUSH = {"push": "true"}


@pytest.fixture
def record(world: World) -> Record:
    return Record(world)


def leftovers(world: World) -> list[str]:
    """Worktrees and marks of an operation that a revert may leave."""
    marks = [
        m for m in ("REVERT_HEAD", "sequencer", "MERGE_MSG", "CHERRY_PICK_HEAD") if (world.repo / ".git" / m).exists()
    ]
    return [*marks, *world.git("worktree", "list", "--porcelain").split("\n\n")[1:]]


async def _refused(world: World, **args: str) -> Refusal:
    before, index, refs = files(world.repo), world.git("ls-files", "-s"), world.git("for-each-ref")
    refused = await world.plan("git.revert", **args)
    assert isinstance(refused, Refusal), refused
    assert (files(world.repo), world.git("ls-files", "-s"), world.git("for-each-ref")) == (before, index, refs)
    return refused


@pytest.mark.req("R3-05")
@pytest.mark.parametrize("text", ["{good}..HEAD", "{good}..", "{c0},{c1}..{c2},{c1}", "{c2},{c0}..{c1},suspect"])
async def test_a_range_is_one_commit(world: World, text: str) -> None:
    names = {"good": world.good, **{f"c{n}": sha for n, sha in enumerate(world.bad)}}
    commits = text.format(**names).replace("suspect", world.bad[0])
    plan = await world.planned("git.revert", commits=commits, **PUSH)
    assert [c.sha for c in plan.takes_back] == list(reversed(world.bad))
    assert (await world.act(plan)).outcome == "done"
    assert world.tree(world.remote_tip(), world.remote) == world.tree(world.good)
    assert plain(world.remote, "rev-list", "--count", f"{world.bad[-1]}..main") == "1"
    assert leftovers(world) == []


@pytest.mark.parametrize(("commits", "why"), [
    ("HEAD..HEAD", "holds no commit"), ("HEAD...HEAD~1", "no range"), ("..HEAD", "no range"),
    ("HEAD~1..--all", "not a revision"), ("nowhere..HEAD", "no revision"), (",", "no commit named"),
])  # fmt: skip
async def test_what_is_no_range(world: World, commits: str, why: str) -> None:
    assert why in (await _refused(world, commits=commits)).why


async def test_a_revert_is_reverted(record: Record) -> None:
    world = record.world
    before = world.tree("HEAD")
    _, first = await record.act("git.revert", commits=world.bad[0], **PUSH)
    _, second = await record.act("git.revert", commits=first.revision or "", **PUSH)
    assert second.outcome == "done"
    assert world.tree(world.remote_tip(), world.remote) == before


# -- merges


def _merge(world: World) -> str:
    world.git("switch", "-q", "-c", "side", world.good)
    world.commit("side work", {"s.txt": "s\n"}, "lee")
    late = {"GIT_COMMITTER_DATE": "2030-01-01T00:00:00Z"}  # by its clock newer than what stands on main
    plain(world.repo, "commit", "-q", "--amend", "--no-edit", env=late)
    world.git("switch", "-q", "main")
    world.git("merge", "-q", "--no-ff", "-m", "merge side", "side")
    world.push()
    return world.git("rev-parse", "HEAD")


async def test_of_a_merge_the_side_that_stays_is_asked_for(world: World) -> None:
    merge = _merge(world)
    refused = await _refused(world, commits=merge, **PUSH)
    assert "which side stays" in refused.why
    first, second = (world.git("rev-parse", f"{merge}^{n}")[:7] for n in (1, 2))
    assert f"mainline=1 keeps {first} tune worker" in refused.hint
    assert f"mainline=2 keeps {second} side work" in refused.hint
    assert [dict(offer.args)["mainline"] for offer in refused.choices] == ["1", "2"]
    for bad in ("3", "0", "x"):
        assert isinstance(await world.plan("git.revert", commits=merge, mainline=bad, **PUSH), Refusal)


@pytest.mark.parametrize(("side", "gone", "kept"), [("1", "s.txt", "c.txt"), ("2", "c.txt", "s.txt")])
async def test_a_merge_is_taken_back_and_a_warning_says_what_a_later_merge_brings(
    world: World, side: str, gone: str, kept: str
) -> None:
    merge = _merge(world)
    plan = await world.planned("git.revert", commits=merge, mainline=side, **PUSH)
    assert "brings nothing back" in " ".join(plan.warnings)
    assert (await world.act(plan)).outcome == "done"
    names = plain(world.remote, "ls-tree", "--name-only", "main").split("\n")
    assert gone not in names
    assert kept in names
    parent = world.git("rev-parse", f"{merge}^{side}")
    assert f"reversing\nchanges made to {parent}." in plain(world.remote, "log", "-1", "--format=%B")


async def test_a_range_with_a_merge_counts_it_once(world: World) -> None:
    merge = _merge(world)
    assert "which side" in (await _refused(world, commits=f"{world.good}..HEAD", **PUSH)).why
    plan = await world.planned("git.revert", commits=f"{world.good}..HEAD", mainline="1", **PUSH)
    assert [c.sha for c in plan.takes_back] == [merge, *reversed(world.bad)]
    assert (await world.act(plan)).outcome == "done"
    assert world.tree(world.remote_tip(), world.remote) == world.tree(world.good)


async def test_a_reset_over_a_merge_warns_too(world: World) -> None:
    _merge(world)
    assert "brings nothing back" in " ".join((await world.planned(to="good", **PUSH)).warnings)


# -- conflicts


def _conflicting(world: World) -> str:
    """bad[0] cannot be taken back alone; bad[1] can."""
    later = world.commit("on top", {"a.txt": "a3\n"})
    world.push()
    return later


async def test_a_conflict_names_commit_and_files_and_offers_what_can_be_done(world: World) -> None:
    _conflicting(world)
    commits = f"{world.bad[0]},{world.bad[1]}"
    refused = await _refused(world, commits=commits, **PUSH)
    assert refused.why.startswith(world.bad[0][:7])
    assert "faster leads" in refused.why
    assert "(a.txt)" in refused.why
    assert "edit=true" in refused.hint
    assert f"drop={world.bad[0][:12]}" in refused.hint
    assert f"git.reset to={world.good[:12]}" in refused.hint
    assert [offer.action for offer in refused.choices] == ["git.revert", "git.revert", "git.reset"]
    assert leftovers(world) == []


async def test_dropped_the_others_are_taken_back(world: World) -> None:
    _conflicting(world)
    refused = await _refused(world, commits=f"{world.bad[0]},{world.bad[1]}", **PUSH)
    plan = await world.planned("git.revert", **dict(refused.choices[1].args))
    assert [c.sha for c in plan.takes_back] == [world.bad[1]]
    assert (await world.act(plan)).outcome == "done"
    assert plain(world.remote, "show", "main:a.txt") == "a3"
    assert plain(world.remote, "show", "main:old.txt") == "old"
    assert isinstance(await world.plan("git.revert", commits=world.bad[0], drop=world.bad[0]), Refusal)


async def _edit(world: World, args: tuple[tuple[str, str], ...]) -> tuple[Path, dict[str, str], Refusal]:
    laid_out = await world.plan("git.revert", **dict(args))
    assert isinstance(laid_out, Refusal)
    words = dict(laid_out.choices[0].args)
    return Path(words["resolved"]), words, laid_out


async def test_edited_in_a_worktree_of_ones_own(world: World) -> None:
    _conflicting(world)
    world.write("notes.txt", "mine\n")
    refused = await _refused(world, commits=f"{world.bad[0]},{world.bad[1]}", **PUSH)
    folder, words, laid_out = await _edit(world, refused.choices[0].args)
    assert str(folder) in laid_out.why
    assert f"resolved={folder}" in laid_out.hint
    assert (folder / "old.txt").read_text() == "old\n"
    assert "<<<<<<<" in (folder / "a.txt").read_text()
    early = await world.plan("git.revert", **words)
    assert isinstance(early, Refusal)
    assert "conflict marks in a.txt" in early.why
    (folder / "a.txt").write_text("by hand\n")
    plan = await world.planned("git.revert", **words)
    assert (await world.act(plan)).outcome == "done"
    assert plain(world.remote, "show", "main:a.txt") == "by hand"
    assert plain(world.remote, "show", "main:old.txt") == "old"
    assert (world.repo / "notes.txt").read_text() == "mine\n"
    assert not folder.exists()
    assert leftovers(world) == []


async def test_an_edit_goes_on_to_the_next_conflict(world: World) -> None:
    world.commit("more", {"b.txt": "b3\n"})
    _conflicting(world)
    refused = await _refused(world, commits=f"{world.bad[0]},{world.bad[2]},{world.bad[1]}", **PUSH)
    folder, words, _ = await _edit(world, refused.choices[0].args)
    (folder / "b.txt").write_text("b by hand\n")
    second = await world.plan("git.revert", **words)
    assert isinstance(second, Refusal)
    assert "(a.txt)" in second.why
    other, words, _ = await _edit(world, second.choices[0].args)
    (other / "a.txt").write_text("a by hand\n")
    acted = await world.act(await world.planned("git.revert", **words))
    assert acted.outcome == "done"
    shown = [plain(world.remote, "show", f"main:{name}") for name in ("a.txt", "b.txt", "old.txt")]
    assert shown == ["a by hand", "b by hand", "old"]


async def test_an_edit_is_taken_only_for_what_it_was_made_for(world: World) -> None:
    _conflicting(world)
    refused = await _refused(world, commits=world.bad[0], **PUSH)
    folder, words, _ = await _edit(world, refused.choices[0].args)
    (folder / "a.txt").write_text("by hand\n")
    for changed, why in (
        ({**words, "commits": world.bad[1]}, "other commits"),
        ({**words, "resolved": str(world.root)}, "no conflict of this program"),
        ({**words, "resolved": str(world.repo)}, "no conflict of this program"),
    ):
        wrong = await world.plan("git.revert", **changed)
        assert isinstance(wrong, Refusal)
        assert why in wrong.why
    world.colleague({"h.txt": "fix\n"})
    late = await world.plan("git.revert", **words)
    assert isinstance(late, Refusal)
    assert "moved since" in late.why


# -- the rehearsal


def _there(path: str) -> bool:
    return Path(path).exists()


def _told(plan: Plan) -> str:
    return next(f"{c.text}: {c.note}" for c in plan.checked if c.name == "rehearsed")


ASKED = {
    "tree": ("git.reset", {"to": "good"}), "branch": ("git.reset", {"to": "good", "mode": "branch"}),
    "revert": ("git.revert", {"commits": "HEAD"}),
}  # fmt: skip


@pytest.mark.req("R0-06", "R3-09")
@pytest.mark.parametrize("name", [*ASKED, "undo"])
async def test_the_projects_commands_run_on_the_rehearsed_tree(record: Record, name: str) -> None:
    world = record.world
    if name == "undo":
        await record.act("git.reset", to="good")
    see = (
        "sh",
        "-ec",
        'pwd; cat a.txt b.txt; test -z "$GIT_DIR"; test "$INCIDENTUI_REHEARSAL" = 1; read x || echo eof',
    )
    world.rehearse = RehearseConfig((see, ("git", "status", "--short")))
    before = files(world.repo)
    action, args = ASKED.get(name, ("git.undo", {}))
    plan = await record.plan(action, **args)
    assert isinstance(plan, Plan)
    assert plan.rehearsal is not None
    assert [c.state for c in plan.rehearsal.commands] == ["ok", "ok"]
    output = plan.rehearsal.commands[0].output.split("\n")
    assert output[0] != str(world.repo)
    assert not _there(output[0])
    content = [plain(world.repo, "show", f"{plan.expects_tree}:{file}") for file in ("a.txt", "b.txt")]
    assert output[1:4] == [*content, "eof"]
    assert plan.rehearsal.commands[1].output.replace("M ", "").split() in ([], ["b.txt"])
    assert _told(plan).startswith("rehearsed: ")
    assert files(world.repo) == before
    assert leftovers(world) == []


@pytest.mark.parametrize(("argv", "state", "why"), [
    (("sh", "-ec", "echo broken; exit 2"), "failed", "exit 2"),
    (("no-such-program",), "failed", "could not be started"),
    (("sh", "-ec", "sleep 600 & echo $! > {pid}; wait"), "stopped", "stopped after"),
])  # fmt: skip
@pytest.mark.req("R0-06")
async def test_a_red_rehearsal_closes_the_plan(world: World, argv: tuple[str, ...], state: str, why: str) -> None:
    pid = world.root / "pid"
    argv = tuple(word.replace("{pid}", str(pid)) for word in argv)
    world.rehearse = RehearseConfig((argv, ("true",)), timeout_ms=1_500)
    plan = await world.planned(to="good")
    assert plan.rehearsal is not None
    assert [c.state for c in plan.rehearsal.commands] == [state, "not run"]
    assert why in _told(plan)
    assert [c.name for c in plan.checked if not c.ok] == ["rehearsed"]
    assert "broken" in plan.rehearsal.commands[0].output or state != "failed" or why != "exit 2"
    if pid.exists():
        assert not alive(int(pid.read_text()))
    assert leftovers(world) == []


@pytest.mark.req("R0-12")
async def test_a_skip_needs_a_reason_and_is_kept(world: World) -> None:
    ran = world.root / "ran"
    world.rehearse = RehearseConfig((("touch", str(ran)),))
    plan = await world.planned(to="good", skip_rehearsal="the build box is down")
    assert plan.rehearsal is not None
    assert plan.rehearsal.skipped == "the build box is down"
    assert dict(plan.args)["skip_rehearsal"] == "the build box is down"
    assert "skipped: the build box is down" in _told(plan)
    assert not ran.exists()
    for action, args in ASKED.values():
        refused = await world.plan(action, **args, skip_rehearsal=" ")
        assert isinstance(refused, Refusal)
        assert "reason" in refused.why


async def test_without_commands_it_says_so(world: World) -> None:
    assert "no [rehearse] commands" in _told(await world.planned(to="good"))
    world.rehearse = replace(world.rehearse, refused="its commands are not allowed yet")
    assert "not allowed yet" in _told(await world.planned("git.revert", commits="HEAD"))


async def test_output_is_bounded_and_cleaned(world: World) -> None:
    flood = "printf '\\033]0;x\\007'; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo the end"
    world.rehearse = RehearseConfig((("sh", "-ec", flood),))
    plan = await world.planned(to="good")
    assert plan.rehearsal is not None
    output = plan.rehearsal.commands[0].output
    assert len(output) <= 4_000
    assert output.rstrip().endswith("the end")
    assert "\x1b" not in output
