"""Hostile names as branch, tag, file, remote, address and commit message: none is run, and each has a clear outcome."""

import random

import pytest

from tests.git.table.names import STATES
from tests.git.table.play import Case, board, cases, line, play_all

IN_CI = 24


def judged(chosen: list[Case]) -> None:
    results = play_all(chosen)
    assert [line(result) for result in results if result.faults] == []
    assert board(results) == {"cases": len(chosen), "lost": 0, "lies": 0, "stuck": 0}


@pytest.mark.slow
@pytest.mark.req("R3-38")
def test_some_hostile_names_run_nothing_and_have_an_outcome() -> None:
    judged(random.Random(7).sample(cases(of=STATES), IN_CI))


@pytest.mark.soak
def test_every_hostile_name_with_every_action() -> None:
    judged(cases(of=STATES))
