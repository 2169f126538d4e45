"""kill -9 in the middle of an action: afterwards settling tells the truth and the responder's work is whole."""

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from incidentui.core.model import Plan
from incidentui.drills.sandbox import alive
from tests.git.world import World, attempt, files, plain

MOMENTS = 8
SCRIPT = """
import asyncio, pickle, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.git.world import Watch
from incidentui.edge.git.executor import GitExecutor
plan = pickle.loads(Path(sys.argv[2]).read_bytes())
print("ready", flush=True)
asyncio.run(GitExecutor(Path(sys.argv[1]), None, None, Watch()).act("run-1", plan, "INC-1", lambda o: None))
print("over", flush=True)
"""


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
    below, found = {pid}, []
    for _ in range(6):
        more = [child for child, parent in parents if parent in below and child not in below]
        found += more
        below.update(more)
    return found


def _kill(world: World, plan: Plan, after_s: float, whole: bool) -> str:
    """Run the act in a process of its own and kill it; `whole`: with every git it started, as a dying machine does."""
    saved = world.root / "plan"
    saved.write_bytes(pickle.dumps(plan))
    script = SCRIPT.format(root=str(Path(__file__).parents[2]))
    words = [sys.executable, "-c", script, str(world.repo), str(saved)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after_s)
        below = _children(process.pid)
        process.kill()
        for pid in below if whole else ():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + 10
        while any(alive(pid) for pid in below) and time.monotonic() < deadline:
            time.sleep(0.01)
        return process.stdout.read()


@pytest.mark.slow
@pytest.mark.parametrize("push", ["true", "false"])
@pytest.mark.parametrize("action", ["git.reset", "git.revert"])
async def test_after_kill_9_settling_says_what_is_so(world: World, action: str, push: str) -> None:
    world.write("notes.txt", "mine\n")
    world.write("run.log", "ignored\n")
    chance = random.Random(f"{action} {push}")
    outcomes = set()
    for n in range(MOMENTS):
        words = {"to": "good"} if action == "git.reset" else {"commits": world.bad[0]}
        plan = await world.planned(action, push=push, **words)
        before = {name: files(world.repo)[name] for name in ("notes.txt", "run.log")}
        tip, head = world.remote_tip(), world.git("rev-parse", "HEAD")
        _kill(world, plan, chance.uniform(0.0, 0.25), whole=bool(n % 2))
        acted = await world.executor().settle(attempt(plan))
        outcomes.add(acted.outcome)
        new = world.remote_tip() if push == "true" else world.git("rev-parse", "refs/heads/main")
        done = world.tree(new, world.remote if push == "true" else world.repo) == plan.expects_tree
        assert acted.outcome == ("done" if done else "failed"), acted.why
        assert new == acted.revision if done else new in (tip, head)
        assert {name: files(world.repo)[name] for name in before} == before
        for mark in ("MERGE_HEAD", "REVERT_HEAD", "sequencer", "rebase-merge"):
            assert not (world.repo / ".git" / mark).exists()
        plain(world.repo, "fsck", "--connectivity-only")
        plain(world.remote, "fsck", "--connectivity-only")
        _put_back(world, acted.why)
    assert outcomes <= {"done", "failed"}


def _put_back(world: World, why: str) -> None:
    """The bad code again, as a responder would find it: locks are named in the settling, then removed by hand."""
    for lock in (world.repo / ".git").rglob("*.lock"):
        assert lock.name not in ("index.lock", "main.lock") or str(lock) in why
        lock.unlink()
    for lock in world.remote.rglob("*.lock"):
        lock.unlink()
    world.git("checkout", "-q", "-f", "-B", "main", world.bad[-1])
    plain(world.remote, "update-ref", "refs/heads/main", world.bad[-1])
