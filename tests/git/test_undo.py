"""`git.undo`: each action taken back, and nothing of anybody else with it."""

from dataclasses import replace

import pytest

from incidentui.core.inputs import ActionActed, Refusal
from incidentui.core.model import Attempt, Plan
from incidentui.core.state import State
from tests.git.world import World, attempt, plain

ACTIONS = {
    "reset": ("git.reset", {"to": "good"}),
    "branch": ("git.reset", {"to": "good", "mode": "branch"}),
    "revert": ("git.revert", {"commits": "HEAD~1"}),
}


class Record:
    """What a journal knows after some actions."""

    def __init__(self, world: World) -> None:
        self.world, self.done = world, list[Attempt]()

    @property
    def state(self) -> State:
        return replace(self.world.state(), seq=7 + len(self.done), attempts={a.run: a for a in self.done})

    async def plan(self, action: str, **args: str) -> Plan | Refusal:
        return await self.world.executor().plan(action, args, self.state, "INC-1")

    async def act(self, action: str, **args: str) -> tuple[Plan, ActionActed]:
        plan = await self.plan(action, **args)
        assert isinstance(plan, Plan), plan
        acted = await self.world.act(plan)
        n = len(self.done) + 1
        known = replace(attempt(plan, acted.revision), run=f"run-{n:04}", asked=n, outcome=acted.outcome)
        self.done.append(known)
        return plan, acted


@pytest.fixture
def record(world: World) -> Record:
    return Record(world)


@pytest.mark.req("R3-38", "F32", "F33")
@pytest.mark.parametrize("push", ["true", "false"])
@pytest.mark.parametrize("name", ACTIONS)
async def test_an_action_is_undone_and_the_undo_too(record: Record, name: str, push: str) -> None:
    world = record.world
    action, args = ACTIONS[name]
    world.write("notes.txt", "mine\n")
    before = world.git("rev-parse", "HEAD^{tree}")
    plan, done = await record.act(action, **args, push=push)
    after = world.git("rev-parse", "HEAD^{tree}")
    assert plan.undo_argv[:3] == ("incidentui", "act", "git.undo")
    words = dict(word.split("=", 1) for word in plan.undo_argv if "=" in word)
    undo, undone = await record.act("git.undo", **words)
    assert undone.outcome == "done", undone.why
    assert world.git("rev-parse", "HEAD^{tree}") == before
    if push == "true":
        assert world.tree(world.remote_tip(), world.remote) == before
        assert world.git("rev-parse", "HEAD") == world.remote_tip()
    if name == "branch":
        assert world.git("rev-parse", "main") == world.bad[-1]
    else:
        assert world.git("rev-parse", "main~1") == done.revision
        assert world.git("log", "-1", "--format=%s").startswith("Undo ")
    lights = await world.lights(undo, undone)
    assert lights["tree"].ok
    _, again = await record.act("git.undo")
    assert again.outcome == "done", again.why
    assert world.git("rev-parse", "HEAD^{tree}") == after
    assert (world.repo / "notes.txt").read_text() == "mine\n"


@pytest.mark.parametrize("name", ACTIONS)
async def test_the_last_one_is_meant_and_pushed_as_it_was(record: Record, name: str) -> None:
    action, args = ACTIONS[name]
    await record.act(action, **args, push="true")
    plan = await record.plan("git.undo")
    assert isinstance(plan, Plan)
    assert plan.push


async def test_by_its_run_or_by_its_backup_alone(record: Record) -> None:
    await record.act("git.reset", to="good", push="true")
    assert isinstance(await record.plan("git.undo", of="run-0001"), Plan)
    bare = await record.world.plan("git.undo", of="refs/incidentui/INC-1/8", push="true")
    assert isinstance(bare, Plan)
    assert bare.expects_tree == record.world.tree(record.world.bad[-1])


@pytest.mark.parametrize("name", ACTIONS)
async def test_where_others_built_on_it_their_commits_are_named(record: Record, name: str) -> None:
    world = record.world
    action, args = ACTIONS[name]
    _, done = await record.act(action, **args, push="true")
    hotfix = world.colleague({"h.txt": "fix\n"}, "hotfix for leads")
    refused = await record.plan("git.undo")
    assert isinstance(refused, Refusal)
    assert f"kim: hotfix for leads ({hotfix[:7]})" in refused.why
    assert "git.reset" in [offer.action for offer in refused.choices]
    assert world.remote_tip() == hotfix
    revert = next((offer for offer in refused.choices if offer.action == "git.revert"), None)
    assert (revert is None) == (name == "branch")
    if revert is not None:
        assert dict(revert.args) == {"commits": done.revision, "push": "true"}
        _, reverted = await record.act(revert.action, **dict(revert.args))
        assert reverted.outcome == "done"
        assert plain(world.remote, "show", "main:h.txt") == "fix"


@pytest.mark.parametrize(
    ("of", "why"),
    [("last", "no action in the record"), ("run-9999", "no action of this program"), ("--x", "no action of"),
     ("refs/incidentui/none/1", "not in this clone"), ("refs/heads/main", "no action of")],
)  # fmt: skip
async def test_what_cannot_be_undone(record: Record, of: str, why: str) -> None:
    refused = await record.plan("git.undo", of=of)
    assert isinstance(refused, Refusal)
    assert why in refused.why
    assert refused.hint


async def test_an_undo_twice_has_nothing_left(record: Record) -> None:
    plan, _ = await record.act("git.reset", to="good", push="true")
    words = dict(word.split("=", 1) for word in plan.undo_argv if "=" in word)
    await record.act("git.undo", **words)
    refused = await record.plan("git.undo", **words)
    assert isinstance(refused, Refusal)
    assert "came on top" in refused.why


# -- a second attempt


async def test_what_an_earlier_reset_took_back_is_not_innocent_any_more(record: Record) -> None:
    world = record.world
    await record.act("git.reset", to=world.bad[0], push="true")
    plan = await record.plan("git.reset", to="good", push="true")
    assert isinstance(plan, Plan)
    roles = {commit.sha: commit.role for commit in plan.takes_back}
    assert [roles[sha] for sha in world.bad] == ["innocent", "taken back", "taken back"]
    await record.act("git.undo")
    plan = await record.plan("git.reset", to="good", push="true")
    assert isinstance(plan, Plan)
    roles = {commit.sha: commit.role for commit in plan.takes_back}
    assert [roles[sha] for sha in world.bad] == ["innocent", "innocent", "innocent"]
