"""Where a push goes is where it is proven: fetched from one address and pushed to another, or to several."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from incidentui.core.inputs import Refusal
from tests.e2e.world import until
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


@contextlib.contextmanager
def served(world: World) -> Iterator[str]:
    """The remote behind a server of its own, which ends what it began whoever hangs up."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = ["git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", f"--base-path={world.root}"]
    argv += ["--export-all", "--enable=receive-pack", str(world.root)]
    daemon = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    url = f"git://127.0.0.1:{port}/remote.git"
    try:
        until(lambda: subprocess.run(["git", "ls-remote", url], capture_output=True).returncode == 0, "the server")
        yield url
    finally:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()


@pytest.mark.slow
@pytest.mark.req("R3-38")
async def test_a_push_without_an_answer_from_afar_is_unknown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server accepts it after we gave up: "failed" would have been a lie."""
    hook = world.remote / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\nwhile [ ! -e {world.root}/go ]; do sleep 0.1; done\n")
    hook.chmod(0o755)
    with served(world) as url:
        world.git("remote", "set-url", "origin", url)
        plan = await world.planned(**PUSH)
        monkeypatch.setattr("incidentui.edge.git.remote.PUSH_S", 2)
        acted = await world.act(plan)
        assert acted.outcome == "unknown", acted.why
        assert "may still accept it" in acted.why
        assert world.remote_tip() == world.bad[-1]
        (world.root / "go").touch()
        until(lambda: world.remote_tip() != world.bad[-1], "the server accepts it")
    assert world.tree(world.remote_tip(), world.remote) == world.tree(world.good)
