"""kill -9 at random moments of each action, through the installed command: never between, never twice, truly told."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.git.kill import WORK, Ending, moment, span
from tests.git.table.ground import Slot, quiet_home
from tests.git.table.play import ACTIONS, Case

IN_CI = 5
MOMENTS = 200


def many(folder: Path, action: str, count: int) -> list[Ending]:
    slot = Slot(folder / "slot")
    slot.folder.mkdir()
    chance = random.Random(f"kill {action}")
    with quiet_home(folder):
        took_s = span(slot, Case(WORK, action, True))
        cases = [Case(WORK, action, n % 3 > 0) for n in range(count)]
        return [moment(slot, case, chance, n, took_s) for n, case in enumerate(cases)]


def told(action: str, endings: list[Ending]) -> None:
    where = Counter(f"{ending.where} {ending.outcome}".strip() for ending in endings)
    left = Counter(one.rpartition("/")[2].split("-")[0] for ending in endings for one in ending.left)
    print(json.dumps({"action": action, "moments": len(endings), "where": where, "left": left}))  # noqa: T201 - the result
    assert [ending for ending in endings if ending.faults] == []


@pytest.mark.slow
@pytest.mark.req("R3-06")
@pytest.mark.parametrize("action", ACTIONS)
def test_killed_at_some_moments(tmp_path: Path, action: str) -> None:
    told(action, many(tmp_path, action, IN_CI))


@pytest.mark.soak
@pytest.mark.parametrize("action", ACTIONS)
def test_killed_at_two_hundred_moments(tmp_path: Path, action: str) -> None:
    told(action, many(tmp_path, action, MOMENTS))
