"""The drills solved by a robot that knows none of them: it takes the runbook that is offered, and does what it says."""

import json
import re
from pathlib import Path

import pytest

from incidentui.drills import follower
from tests.drills.test_robot import drill, kept, told
from tests.e2e.world import Place

FIXES = {"restart-cascade": ["configuration-mismatch"]}
"""The runbooks that lead out of it, all of them shipped; of the others the way back alone."""


def solve(home: Path, name: str, seed: int) -> None:
    result = told(drill(home, "run", name, "--no-docker", "--robot=runbook", "--seed", str(seed), "--keep", "--json"))
    record = kept(home)
    try:
        assert (result["resolved"], result["tree_equal"], result["wrong_turns"]) == (True, True, 0)
        assert result["score"] >= 90
        place = Place(record.sandbox.work, record.home)
        events = [json.loads(line) for line in place.ok("events", "--json").splitlines()]
        assert not list(record.sandbox.work.glob("runbooks/*")), "none of its own"
        begun = [e["data"]["runbook"] for e in events if e["type"].endswith("runbook.started")]
        assert sorted(begun) == sorted(FIXES.get(name, ["roll-back-a-bad-deploy"]))
        listed = json.loads(place.ok("runbook", "list", "--json"))["runbooks"]
        assert [book["why"] for book in listed if book["why"]] == []  # nothing is red, and the incident is closed
    finally:
        assert drill(home, "clean").returncode == 0
    assert not Path(record.root).exists()


DRILLS = ["dead-backend", "half-rollback", "login-page-200", "restart-cascade"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in FIXES else [pytest.mark.soak]) for n in DRILLS])
def test_the_offered_runbooks_lead_out_of_it(tmp_path: Path, name: str) -> None:
    solve(tmp_path, name, 1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 6))
@pytest.mark.parametrize("name", DRILLS)
def test_the_offered_runbooks_lead_out_of_it_however_it_came(tmp_path: Path, name: str, seed: int) -> None:
    solve(tmp_path, name, seed)


def test_it_knows_no_drill_and_no_runbook() -> None:
    source = Path(follower.__file__).read_text(encoding="utf-8")
    root = Path(__file__).parents[2]
    titles = {
        re.sub("-", " ", p.name.split(".")[0])
        for p in (*root.glob("runbooks/*.md"), *root.glob("incidentui/drills/*/runbooks/*"))
    }
    assert not [title for title in titles if title in source.lower()]
    assert not [name for name in ("ferry", "toolshed", "weave", "lab", "main") if re.search(rf"\"{name}\"", source)]
