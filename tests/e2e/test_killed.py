"""kill -9 while `act git.reset` runs: nothing acknowledged is lost, nothing is done twice, and the end is looked up."""

import json
import random
import signal
import time
from contextlib import ExitStack

import pytest

from incidentui.core.events import ActionEnded, ActionRequested, VerdictGiven
from incidentui.drills.history import git
from tests.e2e.world import Ferry, until


def settled_after_a_kill(harbour: Ferry, seed: int) -> str:
    """Break, act, kill, reopen; how far the killed one had come."""
    chance = random.Random(seed)
    harbour.mend()
    harbour.break_it(f"Seat map: try {seed} of new layouts")
    git(["fetch", "-q", "origin"], harbour.root)
    git(["reset", "-q", "--hard", "origin/main"], harbour.root)
    commits, seen = harbour.commits(), len(harbour.records())
    said = [harbour.json("note", f"before the kill {seed}")["id"]]
    with ExitStack() as watching:
        if seed % 2:
            watching.enter_context(harbour.watched())
        kill_while_it_acts(harbour, seen, seed, chance)
        killed = harbour.records()
        said.append(harbour.json("note", f"after the kill {seed}")["id"])
        if not seed % 2:
            watching.enter_context(harbour.watched())
        until(lambda: not harbour.dangling(), "the action is settled", 40)
    records = harbour.records()
    assert [r.id for r in records[: len(killed)]] == [r.id for r in killed]
    assert {r.id for r in records} >= set(said)
    harbour.whole()
    new = records[seen:]
    asked = [r.event for r in new if isinstance(r.event, ActionRequested)]
    ends = [r.event.outcome for r in new if isinstance(r.event, ActionEnded)]
    verdicts = [r.event for r in new if isinstance(r.event, VerdictGiven)]
    done = harbour.commits() - commits
    if not asked:
        assert (done, ends, verdicts) == (0, [], [])
        return "before the request"
    assert len(asked) == len(verdicts) == 1
    assert ends[-1] == ("done" if done else "failed")
    assert verdicts[0].outcome == ends[-1]
    assert done <= 1, "never twice"
    if done:
        assert harbour.tree("main") == harbour.tree(harbour.good)
    if not any(isinstance(r.event, ActionEnded) for r in killed[seen:]):
        assert ends[0] == "unknown", "first what is so: nobody knows"
        return f"inside, {ends[-1]}"
    return "after the effect"


def kill_while_it_acts(harbour: Ferry, seen: int, seed: int, chance: random.Random) -> None:
    acting = harbour.start("act", "git.reset", "to=good", "push=true", "within=15s", "--yes", "main")
    if seed % 3:
        # From the request on: so that most moments lie inside the action.
        until(lambda: any(isinstance(r.event, ActionRequested) for r in harbour.records()[seen:]), "the request")
        time.sleep(chance.uniform(0.0, 0.8))
    else:
        time.sleep(chance.uniform(0.2, 2.5))
    acting.kill()
    acting.communicate()
    assert acting.returncode in (-signal.SIGKILL, 0)


@pytest.mark.slow
@pytest.mark.req("R3-06", "F42")
def test_an_action_killed_at_any_moment_is_settled_by_looking(harbour: Ferry) -> None:
    reached = {settled_after_a_kill(harbour, seed) for seed in range(1, 6)}
    assert any(how.startswith("inside") for how in reached), reached


@pytest.mark.soak
def test_an_action_killed_at_twenty_moments(harbour: Ferry) -> None:
    reached = [settled_after_a_kill(harbour, seed) for seed in range(6, 26)]
    print(json.dumps({how: reached.count(how) for how in set(reached)}))  # noqa: T201 - what a soak is read for
