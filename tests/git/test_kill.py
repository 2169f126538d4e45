"""kill -9 at random moments of each action, through the installed command: never between, never twice, truly told."""

import json
import os
import random
import subprocess
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.table import record
from tests.git.kill import WORK, Ending, moment, span
from tests.git.table.ground import Slot, quiet_home
from tests.git.table.play import ACTIONS, Case, ours

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
    record(f"git: kill -9, {action}", cases=len(endings), wrong=sum(bool(ending.faults) for ending in endings))
    assert [ending for ending in endings if ending.faults] == []


@pytest.mark.slow
def test_a_process_that_is_just_being_started_is_seen_by_the_judge(tmp_path: Path) -> None:
    """Between two programs it shows no settings: a git that went on was taken for none, and the look came too early."""
    again = tmp_path / "again.sh"
    again.write_text('[ "$1" -gt 0 ] && exec sh "$0" $(($1 - 1))\n')
    env = {**os.environ, "INCIDENTUI_HOME": str(tmp_path / "home")}
    with subprocess.Popen(["sh", str(again), "1000"], cwd=tmp_path, env=env) as process:
        looks = []
        while process.poll() is None:
            with suppress(OSError):  # it ended
                looks.append(ours(Path("/proc") / str(process.pid), tmp_path) or process.poll() is not None)
    assert looks
    assert all(looks)


@pytest.mark.slow
@pytest.mark.req("R3-06")
@pytest.mark.parametrize("action", ACTIONS)
def test_killed_at_some_moments(tmp_path: Path, action: str) -> None:
    told(action, many(tmp_path, action, IN_CI))


@pytest.mark.soak
@pytest.mark.parametrize("action", ACTIONS)
def test_killed_at_two_hundred_moments(tmp_path: Path, action: str) -> None:
    told(action, many(tmp_path, action, MOMENTS))
