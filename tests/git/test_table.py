"""The table of states: after each action nothing is lost, nothing is claimed that is not so, nothing is left half done.

Judged from outside; see tests/git/table. Known outcomes stand in outcomes.txt: GOLDEN=write writes them anew.
"""

import os
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.table import record
from tests.git.table.plain_ways import WAYS
from tests.git.table.play import ACTIONS, STATES, Case, Result, board, cases, line, play_all

OUTCOMES = Path(__file__).parent / "table" / "outcomes.txt"
SEED = 4
SAMPLE = 60


def sample() -> list[Case]:
    """Every action about as often, kept here and pushed; no state twice."""
    chance = random.Random(SEED)
    states = chance.sample([s for s in STATES if not s.waits], SAMPLE)
    actions = cases(("clean",))
    return [Case(s, actions[n % 12].action, actions[n % 12].push) for n, s in enumerate(states)]


def told(results: Sequence[Result]) -> dict[str, int]:
    bad = [line(result) for result in results if result.faults]
    print("\n".join([*bad, str(board(results))]))  # noqa: T201 - the scoreboard is what a run is read for
    return board(results)


def known() -> dict[str, str]:
    rows = (row.rpartition(": ") for row in OUTCOMES.read_text(encoding="utf-8").splitlines())
    return {name: outcome for name, _, outcome in rows if name}


def as_known(results: Sequence[Result]) -> None:
    """Each state is a defined outcome: another one than written down is a change somebody must look at."""
    if os.environ.get("GOLDEN") == "write":
        rows = {**(known() if OUTCOMES.exists() else {}), **{r.case.name: r.outcome for r in results}}
        order = {case.name: n for n, case in enumerate(cases())}
        names = sorted((name for name in rows if name in order), key=order.__getitem__)
        OUTCOMES.write_text("".join(f"{name}: {rows[name]}\n" for name in names), encoding="utf-8")
    expected = known()
    changed = {r.case.name: (expected[r.case.name], r.outcome, r.why[:120]) for r in results if r.case.name in expected}
    assert {name: row for name, row in changed.items() if row[0] != row[1]} == {}


def test_every_state_has_a_written_outcome_for_every_action() -> None:
    """But the two that wait for time limits, and undoing at once, which has the outcome of what it undoes."""
    written = known()
    assert [case.name for case in cases(waits=False) if case.action in ACTIONS and case.name not in written] == []


@pytest.mark.slow
@pytest.mark.req("R3-05", "R3-38")
def test_a_sample_of_the_table_loses_nothing_and_tells_no_lie() -> None:
    results = play_all(sample())
    assert told(results) == {"cases": SAMPLE, "lost": 0, "lies": 0, "stuck": 0}
    as_known(results)


@pytest.mark.soak
def test_the_whole_table_loses_nothing_and_tells_no_lie() -> None:
    every = cases()
    results = play_all(every)
    record("git: states × actions, here and pushed", **board(results))
    assert told(results) == {"cases": len(every), "lost": 0, "lies": 0, "stuck": 0}
    as_known(results)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_the_judge_sees_what_plain_git_does(way: str) -> None:
    """Control: the same judge over what people type. It must find what is known to happen there."""
    states = ("dirty in the way", "work beside", "untracked in the way", "ignored in the way", "assume-unchanged",
              "detached HEAD", "bisect in progress", "changed again on top", "target is no ancestor",
              "behind the remote, fetched", "half reverted by hand", "replace refs", "branch in another worktree",
              "merge in the window", "index.lock left", "link to a folder outside committed")  # fmt: skip
    chosen = [case for case in cases(states) if case.action == "reset" and (case.push or "force" not in way)]
    if way == "git revert":
        # With anything staged it does not even begin.
        chosen = [replace(case, state=replace(case.state, work=False)) for case in chosen]
    found = told(play_all(chosen, way=WAYS[way]))
    if way == "git revert":
        assert found["stuck"] >= 5
        assert found["lies"] >= 5
    else:
        assert found["lost"] >= 10
        assert found["lies"] >= 2
