"""The restart rehearsal as a person has it: the shipped runbook and its action, by the installed command."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.containers.conftest import PYTHON
from tests.containers.daemon import Supervisord
from tests.e2e.world import Ended, Place, until
from tests.engine import Dockerd

STAYS = f"{PYTHON} -S -c 'import time; time.sleep(600)'\nstartsecs=0"
DIES_LATER = f"{PYTHON} -S -c 'import os, sys, time; os.path.exists(\"off\") and sys.exit(4); time.sleep(600)'"
SERVICES = """
[[services]]
name = "web"
workloads = ["web"]
depends_on = ["api"]
[[services]]
name = "api"
workloads = ["api"]
depends_on = ["db"]
[[services]]
name = "db"
workloads = ["db"]
"""
UP = '[[checks]]\nname = "up"\nservice = "web"\ntype = "workload"\nworkload = "web"\nlayer = "user"\nevery = "1s"\n'


def project(tmp_path: Path, head: str) -> Place:
    (tmp_path / "six").mkdir()
    (tmp_path / "six" / "incidentui.toml").write_text(f'[project]\nname = "six"\n{head}\n{SERVICES}{UP}')
    return Place(tmp_path / "six", tmp_path / "state")


def rehearse(place: Place, *more: str, engine: str = "unix:///nowhere") -> Ended:
    return place.run(
        "act", "workload.rehearse", "stay=1s", "slow=4s", *more, "--yes", "six", "--json", DOCKER_HOST=engine
    )


@pytest.mark.slow
@pytest.mark.req("R1-38")
def test_everything_is_restarted_in_order_compared_and_recorded(
    supervisord: Callable[..., Supervisord], tmp_path: Path
) -> None:
    daemon = supervisord(web=STAYS, api=f"{DIES_LATER}\nstartsecs=0\nautorestart=false\ndirectory={tmp_path}", db=STAYS)
    place = project(tmp_path, f'supervisor = "{daemon.socket}"')
    before = pids(daemon)
    walk = ("runbook", "run", "restart-rehearsal", "--done", "1=Sunday", "--done", "3=40 rows", "--done", "8=done")
    done = place.run(*walk, "--yes", "six", "--set", "stay=1s", "--json")
    assert done.returncode == 0, done
    assert all(pids(daemon)[name] != pid for name, pid in before.items()), "each is another process"
    said = "3 of 3 workloads came back; nothing is another than before"
    assert said in place.ok("runbook", "list"), "the last run, and what came of it"
    asked = next(event for event in events(place, "action.requested") if event["plan"]["action"] == "workload.rehearse")
    restarts = [step["text"].split()[0] for step in asked["plan"]["steps"] if step["verb"] == "restart"]
    assert restarts == ["db", "api", "web"]
    # Now one does not come back: what stands behind it is left alone.
    (tmp_path / "off").touch()
    before = pids(daemon)
    failed = rehearse(place)
    assert failed.returncode == 1, failed
    for words in ("1 of 3 workloads came back; api did not:", "not restarted: web", "api: running → exited"):
        assert words in failed.stdout
    assert pids(daemon)["web"] == before["web"]


def pids(daemon: Supervisord) -> dict[str, str]:
    rows = [line.split() for line in daemon.ctl("status").splitlines()]
    return {row[0]: row[3].rstrip(",") for row in rows if row[1] == "RUNNING"}


def events(place: Place, kind: str) -> list[Any]:
    import json

    rows = [json.loads(line) for line in place.ok("events", "--json").splitlines()]
    return [row["data"] for row in rows if row["type"].endswith(kind)]


@pytest.mark.slow
def test_it_is_held_while_an_incident_is_open_and_outside_the_quiet_hours(
    supervisord: Callable[..., Supervisord], tmp_path: Path
) -> None:
    daemon = supervisord(web=STAYS, api=STAYS, db=STAYS)
    place, before = project(tmp_path, f'supervisor = "{daemon.socket}"'), pids(daemon)
    hour = time.localtime().tm_hour
    away = f"quiet={(hour + 3) % 24:02d}:00-{(hour + 4) % 24:02d}:00"
    held = rehearse(place, away)
    assert (held.returncode, "and quiet is" in held.stdout + held.stderr) == (3, True), held
    place.ok("open", "the pump is loud")
    held = rehearse(place)
    assert (held.returncode, "INC-1 is open: it is no quiet hour" in held.stdout + held.stderr) == (3, True), held
    assert pids(daemon) == before, "nothing was restarted"
    shown = place.ok("act", "workload.rehearse", away, "now=the owner is here", "--plan")
    assert "goes on all the same: the owner is here" in shown


LIVES = (
    "sh", "-c",
    "trap 'exit 0' TERM; rm -f /up; [ ! -e /flag/slow ] || sleep 5; touch /up; while true; do sleep 0.1; done",
)  # fmt: skip


@pytest.mark.docker
@pytest.mark.req("R1-38")
def test_a_slow_one_and_a_mount_with_nothing_in_it_are_told(engine: Dockerd, tmp_path: Path) -> None:
    place = project(tmp_path, 'docker = { compose_project = "six" }')
    for name in ("flag", "data"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept").touch()
    for name in ("web", "api", "db"):
        labels = ("--label", "com.docker.compose.project=six", "--label", f"com.docker.compose.service={name}")
        flag = tmp_path / ("flag" if name == "api" else "data")
        mounts = ("-v", f"{flag}:/flag", "-v", f"{tmp_path / 'data'}:/data")
        health = ("--health-cmd", "test -e /up", "--health-interval", "1s", "--health-start-period", "20s")
        engine.run(f"six-{name}-1", *LIVES, options=(*labels, *mounts, *health))
    until(lambda: "(healthy)" in engine.docker("ps", "--filter", "name=web").stdout.decode(), "a web that is healthy")
    (tmp_path / "flag" / "slow").touch()
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "data").mkdir()
    done = rehearse(place, engine=engine.url)
    assert done.returncode == 0, done
    for words in ("3 of 3 workloads came back; api slowly, in ", "empty: ", "db mount /data"):
        assert words in done.stdout
