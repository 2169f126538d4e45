"""Where a push goes is where it is proven: fetched from one address and pushed to another, or to several."""

from incidentui.core.inputs import Refusal
from tests.git.world import World, plain

PUSH = {"to": "good", "push": "true"}


def fork(world: World) -> None:
    plain(world.root, "clone", "-q", "--bare", str(world.remote), str(world.root / "fork.git"))
    world.git("remote", "set-url", "--push", "origin", str(world.root / "fork.git"))


async def test_the_address_pushed_to_is_asked(world: World) -> None:
    fork(world)
    plan = await world.planned(**PUSH)
    acted = await world.act(plan)
    assert acted.outcome == "done", acted.why
    assert plain(world.root / "fork.git", "rev-parse", "main") == acted.revision
    assert world.remote_tip() == world.bad[-1]
    assert (await world.lights(plan, acted))["remote"].ok is True


async def test_several_addresses_are_refused(world: World) -> None:
    fork(world)
    world.git("remote", "set-url", "--add", "--push", "origin", str(world.remote))
    refused = await world.plan(**PUSH)
    assert isinstance(refused, Refusal)
    assert "several addresses" in refused.why
    assert refused.hint


async def test_a_remote_named_like_an_option_of_push_runs_nothing(world: World) -> None:
    name = f"--receive-pack=touch {world.root}/canary;git-receive-pack"
    world.git("config", f"remote.{name}.url", str(world.remote))
    executor = world.executor(remote=name)
    plan = await executor.plan("git.reset", PUSH, world.state(), None)
    assert not isinstance(plan, Refusal), plan
    acted = await executor.act("r", plan, None, lambda seen: None)
    assert acted.outcome == "done", acted.why
    assert not (world.root / "canary").exists()
