"""The checklist after recovery without a screen: the installed command while `watch` observes a real port."""

import json
import socket
from pathlib import Path

import pytest

from incidentui.drills.sandbox import free_ports
from tests.e2e.world import Place, until

CONFIG = """\
[project]
name = "quay"

[[services]]
name = "fleets"

[[checks]]
name = "way-in"
service = "fleets"
type = "tcp"
address = "127.0.0.1:{port}"
stays_open = "1ms"
every = "200ms"
timeout = "1s"
fail_after = 1
recover_after = 1

[recovery]
checklist = ["all fleets are on the page", "the manual sync button works", "yesterday's data is there"]
"""


@pytest.mark.slow
@pytest.mark.req("R3-42")
def test_a_resolved_close_takes_the_ticks_or_a_reason(tmp_path: Path) -> None:
    root, (port,) = tmp_path / "quay", free_ports(1)
    root.mkdir()
    (root / "incidentui.toml").write_text(CONFIG.format(port=port), encoding="utf-8")
    place = Place(root, tmp_path / "home")
    with place.watched():
        until(lambda: "CheckChanged" in place.names(), "it is red")
        place.ok("open", "nobody comes in")
        red = place.run("close", "--tick", "1")
        assert (red.returncode, "fleets is failing on the user path" in red.stderr) == (3, True)
        with socket.create_server(("127.0.0.1", port), backlog=100):
            until(lambda: place.names().count("CheckChanged") > 1, "it answers again")
            bare = place.run("close")
            assert bare.returncode == 3
            assert "○ 1 all fleets are on the page\n○ 2 the manual sync button works\n" in bare.stderr
            assert "not resolved: 3 lines of the checklist after recovery are open: all fleets" in bare.stderr
            some = place.run("close", "--tick", "1", "--tick", "3", user="bo")
            assert some.returncode == 3, "a tick is kept, and what is left still keeps it open"
            assert "✓ 1 all fleets are on the page  (bo, 2" in some.stderr
            assert "1 line of the checklist after recovery is open: the manual sync button works" in some.stderr
            beyond = place.run("close", "--tick", "4")
            assert (beyond.returncode, "has 3 lines" in beyond.stderr) == (2, True)
            shown = place.ok("show", "INC-1")
            assert "○ 2 the manual sync button works" in shown
            assert place.json("close", "--tick", "2")["id"] == "INC-1"
    draft = json.loads(place.ok("export", "INC-1", "--format", "json"))
    assert draft["incident"]["resolved"] is not None
    told = [(t["item"], t["by"]) for t in draft["after_recovery"]["ticked"]]
    assert told == [
        ("all fleets are on the page", "bo"),
        ("yesterday's data is there", "bo"),
        ("the manual sync button works", "ana"),
    ]
    assert place.json("show", "INC-1")["after_recovery"]["left"] == []
