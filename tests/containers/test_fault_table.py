"""The table of container faults on a real engine: the right words on the screen, nothing lost, the screen alive.

See tests/containers/table. One program stands on one engine from fault to fault, in a terminal, and is looked at as a
person looks: the panes, the page, a plan.
"""

import random
from collections.abc import Sequence

import pytest

from tests.containers.table.declared import DECLARED
from tests.containers.table.ends import ENDS
from tests.containers.table.engines import ENGINES
from tests.containers.table.fault import Fault, Ground
from tests.containers.table.outside import OUTSIDE
from tests.containers.table.over_ssh import OVER_SSH
from tests.containers.table.stage import Result, board, play_all
from tests.engine import Dockerd
from tests.faults.table import record

pytestmark = pytest.mark.docker

EVERY = (*ENDS, *OUTSIDE, *DECLARED, *ENGINES, *OVER_SSH)
SEED = 6
SAMPLE = 8


def sample() -> list[Fault]:
    return random.Random(SEED).sample(
        [fault for fault in EVERY if not fault.long and fault not in (*DECLARED, *OVER_SSH)], SAMPLE
    )


def well(results: Sequence[Result]) -> None:
    bad = [result.told for result in results if result.bad]
    assert board(results) == {"cases": len(results), "wrong_words": 0, "lost": 0, "deaf": 0}, "\n".join(bad)


@pytest.mark.docker
def test_no_fault_stands_there_twice() -> None:
    assert len({fault.name for fault in EVERY}) == len(EVERY)


@pytest.mark.req("R1-24")
def test_a_sample_of_the_faults(shared_engine: Dockerd) -> None:
    well(play_all(shared_engine, sample()))


@pytest.mark.soak
def test_every_fault(shared_engine: Dockerd) -> None:
    results = play_all(shared_engine, EVERY)
    record("containers: faults on a real engine, on the screen", **board(results))
    well(results)


@pytest.mark.soak
def test_the_same_words_on_a_small_screen(shared_engine: Dockerd) -> None:
    results = play_all(shared_engine, (*ENDS, *DECLARED), 80, 24)
    record("containers: ends and drift, on a screen of 80 by 24", **board(results))
    well(results)


@pytest.mark.soak
def test_the_judge_sees_when_nothing_is_said(shared_engine: Dockerd) -> None:
    """Control: faults that are not done. Their words must be missed."""
    quiet = [Fault(f.name, _nothing, f.row, f.page, f.of, patience_s=1) for f in ENDS]
    assert board(play_all(shared_engine, quiet))["wrong_words"] == len(quiet)


def _nothing(_: Ground) -> None:
    return
