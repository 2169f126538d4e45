"""Runbooks worked through in a real terminal, with what goes wrong on the way: one table, and what its record says."""

from pathlib import Path

import pytest

from tests.e2e.world import Place
from tests.faults import run_back, run_middle, slow_push
from tests.faults.run_cases import CASES
from tests.faults.runs import prepared
from tests.faults.table import record

ROW = "7 runs of a runbook"
TABLES = (run_middle, run_back)  # their cases are in the table too
SAMPLE = [
    "fails is mended and goes on",
    "what changed is shown then allowed then runs",
    "quitting lets it end",
    "who leaves what is followed is asked and waits for no hours",
    "killed its outcome is unknown and it can be run again",
    "a second screen sees it and starts nothing",
    "is skipped with a reason",
]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return slow_push.build(tmp_path, 0)


@pytest.mark.slow
@pytest.mark.req("F30", "F31", "F34")
@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in SAMPLE else [pytest.mark.soak]) for n in CASES])
def test_a_run_in_a_terminal(place: Place, name: str) -> None:
    case = CASES[name]
    with prepared(place, case.blocks, case.front) as run:
        case.do(run)
        told, canary = ", ".join(run.states()), run.there("canary")
        names = run.names()
    asked, ended = names.count("ActionRequested"), names.count("VerdictGiven")
    record(ROW, cases=1, wrong=int(told != case.record), ran_unasked=int(canary), without_an_outcome=asked - ended)
    assert told == case.record
    assert not canary
    assert asked == ended


def test_the_table_has_what_was_asked_for() -> None:
    assert len(CASES) >= 30
    assert set(SAMPLE) <= CASES.keys()
