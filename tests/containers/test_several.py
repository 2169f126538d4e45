"""One plan for several workloads or for the whole project, by keys and by the installed command, on real engines."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.model import Plan, Progress, ProjectSpec
from incidentui.core.state import State
from incidentui.edge.containers.docker_source import DockerSource
from incidentui.edge.containers.several import SeveralExecutor
from incidentui.session.ports import Clock
from tests.containers.composed import TOOL, compose, container
from tests.containers.daemon import Supervisord
from tests.containers.test_executor import SLEEPER, attempt
from tests.e2e.world import COMMAND, Ended, Place
from tests.engine import Dockerd
from tests.faults.pty import Pty

LIVES = "trap 'exit 0' TERM; while true; do sleep 0.1; done"
ONCE = f"test -e /data/x && test ! -e /flag && exit 3; touch /flag /data/x; {LIVES}"
"""Another container with its volume does not come up."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = { compose_project = "ferry" }\n')
    return Place(root, tmp_path / "state")


def running(engine: Dockerd, *rows: tuple[str, str, str]) -> dict[str, str]:
    """(service, what it needs, what it does): the needs as compose writes them on its containers."""
    ids = {}
    for name, needs, does in rows:
        labels = {"project": "ferry", "service": name, "depends_on": f"{needs}:service_started:false" if needs else ""}
        options = [word for key, value in labels.items() for word in ("--label", f"com.docker.compose.{key}={value}")]
        ids[name] = engine.run(f"ferry-{name}-1", "sh", "-c", does, options=(*options, "-v", "/data"))
    return ids


def now(engine: Dockerd) -> dict[str, str]:
    rows = engine.docker("ps", "--no-trunc", "--format", "{{.Names}} {{.ID}}").stdout.decode().split("\n")
    return {row.split("-")[1]: row.split()[1] for row in rows if row}


def act(place: Place, engine: Dockerd, *argv: str) -> Ended:
    return place.run("act", *argv, "--json", DOCKER_HOST=engine.url)


def shown(done: Ended) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.docker
def test_the_whole_project_is_created_anew_by_keys_in_order_of_need(engine: Dockerd, place: Place) -> None:
    before = running(engine, ("app", "store", LIVES), ("store", "", LIVES))
    engine.docker("exec", "ferry-store-1", "sh", "-c", "printf kept > /data/x")
    labels = ("--label", "com.docker.compose.project=ferry", "--label", "com.docker.compose.service=job")
    engine.docker("run", "--network", "none", "--name", "ferry-job-1", *labels, "incident-test:1", "true")
    with Pty([COMMAND, str(place.root)], place.root, place.env(DOCKER_HOST=engine.url), 80, 24) as screen:
        screen.see("workloads 3")
        screen.rest(0.4, 1)
        screen.press("4", "g", "a", gap_s=0.3)
        screen.see("ACT +workload")
        screen.press("G")
        screen.see("g  Create the whole project anew")
        screen.press("g")
        screen.see("Create 2 workloads anew, one after the other", 20)
        screen.rest(0.4, 1)
        screen.press("x", *"ferry", "\r", gap_s=0.1)
        screen.see("COMPLETE", 90)
    after = now(engine)
    assert set(after) == set(before), "none is left beside, and the job that was over is not started"
    assert all(after[name] != ident for name, ident in before.items())
    assert engine.docker("exec", "ferry-store-1", "cat", "/data/x").stdout == b"kept"
    rows = [json.loads(line) for line in place.ok("events", "--json").splitlines()]
    ended = [row["data"]["progress"] for row in rows if row["type"].endswith("action.progressed")]
    told = [(p["verb"], p["text"].split()[0]) for p in ended if p["state"] == "done"]
    assert told == [("save", "checkpoint"), ("recreate", "store"), ("recreate", "app")]
    (verdict,) = (row["data"]["verdict"] for row in rows if row["type"].endswith("verdict-given"))
    assert verdict["why"].startswith("store, app running"), verdict
    restarts = [row["data"]["restart"] for row in rows if row["type"].endswith("workload.restarted")]
    assert {each["workload"] for each in restarts if each["run"]} == {"store", "app"}, "each as its own"
    place.whole()


@pytest.mark.docker
def test_it_ends_at_the_first_that_does_not_come_back_which_gets_its_place_back(engine: Dockerd, place: Place) -> None:
    before = running(engine, ("app", "mid", LIVES), ("mid", "store", ONCE), ("store", "", LIVES))
    refused = act(place, engine, "workload.recreate", "name=all", "--yes", "ferry")
    assert refused.returncode == 3, refused
    assert [what.split(":")[0] for what in shown(refused)["plan"]["loses"]] == ["mid"], "what would be lost, of whom"
    wrong = act(place, engine, "workload.recreate", "name=all", "lose=known", "--yes", "store")
    assert (wrong.returncode, now(engine)) == (3, before), "the word is the project's name"
    done = act(place, engine, "workload.recreate", "name=all", "lose=known", "stay=1s", "--yes", "ferry")
    assert (done.returncode, shown(done)["outcome"]) == (1, "failed"), done
    why = shown(done)["verdict"]["why"]
    assert why.startswith("1 of 3 workloads came back: store; mid did not: it did not stay up: exited, exit code 3")
    assert "the container of before is back: running" in why
    assert why.endswith("not created anew: app")
    after = now(engine)
    assert (after["mid"], after["app"], after["store"] != before["store"]) == (before["mid"], before["app"], True)


@pytest.mark.slow
def test_several_programs_are_restarted_by_name(supervisord: Callable[..., Supervisord], tmp_path: Path) -> None:
    daemon = supervisord(web=SLEEPER, api=SLEEPER, other=SLEEPER)
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text(f'[project]\nname = "ferry"\nsupervisor = "{daemon.socket}"\n')
    place = Place(root, tmp_path / "state")
    before = {name: daemon.ctl("pid", name).strip() for name in ("web", "api", "other")}
    done = place.run("act", "workload.restart", "name=web,api", "stay=1s", "--yes", "ferry", "--json")
    assert (done.returncode, shown(done)["verdict"]["running_equal"]) == (0, True), done
    assert shown(done)["verdict"]["why"] == "api, web running"
    changed = {name for name, pid in before.items() if daemon.ctl("pid", name).strip() != pid}
    assert changed == {"web", "api"}
    missing = place.run("act", "workload.restart", "name=web,nobody", "--plan")
    assert (missing.returncode, "no workload nobody" in missing.stderr) == (2, True), missing


@pytest.mark.docker
async def test_whose_program_dies_in_the_middle_is_told_of_each(
    engine: Dockerd, docker_at: Callable[..., DockerSource], clock: Clock
) -> None:
    """`store` came back, `mid` was set aside and stopped, `app` was not begun."""
    before = running(engine, ("app", "mid", LIVES), ("mid", "store", LIVES), ("store", "", LIVES))
    docker = docker_at(engine.url, "ferry").engine
    executor = SeveralExecutor(docker, clock=clock)
    plan = await executor.plan("workload.recreate", {"name": "all"}, State(project=ProjectSpec("ferry")), None)
    assert isinstance(plan, Plan), plan
    (mid,) = (workload for workload in await docker.workloads() if workload.name == "mid")
    for verb in ("aside", "create", "stop"):
        await docker.do(verb, mid)
    far = (Progress(1, "recreate", "done", ""), Progress(2, "recreate", "running", ""))
    settled = await executor.settle(replace(attempt(plan, clock.now()), progress=far))
    assert settled.outcome == "failed", settled
    assert settled.why.startswith("1 of 3 workloads came back: store; mid did not: the container of before is back")
    assert settled.why.endswith("not created anew: app")
    assert now(engine) == before


COMPOSE = """\
version: "3.8"
services:
  app:
    image: incident-test:1
    network_mode: host
    command: ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]
    environment: { MODE: a }
    depends_on: [store]
  store:
    image: incident-test:1
    network_mode: host
    command: ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]
"""


@pytest.mark.docker
@pytest.mark.skipif(not TOOL and not os.environ.get("CI"), reason="no docker-compose (Debian: docker-compose)")
def test_the_compose_file_gives_the_order_and_what_of_it_is_not_applied_is_said(engine: Dockerd, place: Place) -> None:
    file = place.root / "docker-compose.yml"
    file.write_text(COMPOSE)
    compose(place.root, engine.url, "up", "-d")
    late = "  late:\n    image: incident-test:1\n"
    file.write_text(COMPOSE.replace("MODE: a", "MODE: b") + late)
    plan = shown(act(place, engine, "workload.recreate", "name=all", "--plan"))["plan"]
    assert dict(plan["args"])["name"] == "store,app"
    assert plan["warnings"] == [
        "app is declared otherwise: env MODE (docker-compose.yml:7); compose.up name=app applies it",
        "late is declared, and there is no container: compose.up name=late makes it",
    ]
    file.write_text(COMPOSE.replace("MODE: a", "MODE: b"))
    place.run("trust", "docker-compose.yml", "--json")
    engine.docker("rm", "-f", container("store"))
    done = act(place, engine, "compose.up", "name=all", "stay=1s", "--yes", "ferry")
    assert (done.returncode, shown(done)["verdict"]["why"]) == (0, "store, app running"), done
    ups = [step["text"] for step in shown(done)["plan"]["steps"] if step["verb"] == "up"]
    assert [text.split(" by ")[0] for text in ups] == ["store created", "app created anew"]
    assert b"MODE=b" in engine.docker("inspect", container("app")).stdout
