"""A checkpoint on green by the installed `watch`: a real repository, a real check, a deploy that somebody else made."""

import json
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.events import CheckChanged, Event
from tests.e2e.plain import Quay, quay
from tests.e2e.world import until

POLICY = '\n[checkpoint]\nfiles = ["server/*"]\non_green = "2s"\nat_most = "1s"\nkeep = 2\n'
CHECK = (
    '\n[[checks]]\nname = "ready"\nservice = "api"\ntype = "log"\nfile = "app.log"\ncontains = ["ready"]\n'
    'every = "1s"\nfail_after = 1\nrecover_after = 1\n'
)


def whys(place: Quay) -> list[str]:
    return [row["why"] for row in reversed(place.json("checkpoint", "list"))]


def events(place: Quay) -> list[Event]:
    return [record.event for record in place.records()]


def taken(place: Quay) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in place.ok("events").splitlines()]
    return [row["data"] for row in rows if row["type"] == "incidentui.checkpoint.taken"]


@pytest.mark.slow
@pytest.mark.req("F43", "R1-33")
def test_it_is_taken_by_itself_after_a_deploy_and_never_while_something_is_red(tmp_path: Path) -> None:
    place = quay(tmp_path, more=CHECK + POLICY)
    log = place.root / "app.log"
    log.write_text("ready\n")
    with place.watched():
        until(lambda: "CheckpointTaken" in place.names(), "the first")
        assert whys(place)[0].endswith("after the watch began")
        log.write_text("no database\n")
        until(lambda: any(isinstance(e, CheckChanged) and e.now == "failing" for e in events(place)), "red")
        fix = place.commit({"server/a.py": "a = 2\n"}, "Another port")
        place.deploy(fix)
        until(lambda: "Deployed" in place.names(), "the deploy")
        assert len(whys(place)) == 1
        log.write_text("ready\n")
        until(lambda: place.names().count("CheckpointTaken") == 2, "the second")
    assert whys(place)[1].endswith(f"after deploy {fix[:7]}")
    told = taken(place)
    assert [row["why"] for row in told] == whys(place)
    assert told[1]["id"] == place.json("checkpoint", "show", "latest")["id"]
    assert place.json("checkpoint", "show", "latest")["commit"] == fix
    assert "1 of 1 checks good" in told[1]["told"]
