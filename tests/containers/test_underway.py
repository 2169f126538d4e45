"""A program that is killed while its engine stops a container: the engine goes on, the word says what came of it."""

import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core.events import ActionProgressed, Recorded, VerdictGiven
from incidentui.core.model import Progress
from incidentui.edge.containers.docker_source import DockerSource
from incidentui.edge.containers.executor import WorkloadExecutor
from incidentui.session.ports import Clock
from tests.containers.test_executor import attempt, plan_for
from tests.containers.test_recreate import OBEYS, inspect, there
from tests.e2e.world import COMMAND, Place, until
from tests.engine import Dockerd

pytestmark = pytest.mark.docker
Make = Callable[..., DockerSource]
DEAF = ("sh", "-c", "trap '' TERM; while true; do sleep 0.2; done")
LABELS = ("--label", "com.docker.compose.project=ferry", "--label", "com.docker.compose.service=web")


def asked(engine: Dockerd, *argv: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["docker", "--host", engine.url, *argv], stdout=subprocess.DEVNULL)


def stops(record: Recorded) -> bool:
    return isinstance(record.event, ActionProgressed) and record.event.progress.verb == "stop"


def test_killed_while_the_engine_stops_it_the_stop_is_told_as_what_it_became(engine: Dockerd, tmp_path: Path) -> None:
    """Not as a thing that did not happen: a moment later it has."""
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = { compose_project = "ferry" }\n')
    place = Place(root, tmp_path / "state")
    engine.run("ferry-web-1", *DEAF, options=LABELS)
    act = [COMMAND, "act", "workload.stop", "name=web", "--yes", "web"]
    env = place.env(DOCKER_HOST=engine.url)
    with subprocess.Popen(act, cwd=root, env=env, stdout=subprocess.DEVNULL) as acting:
        until(lambda: any(map(stops, place.records())), "the stop", 60)
        acting.send_signal(signal.SIGKILL)
    with subprocess.Popen([COMMAND, "watch"], cwd=root, env=env, stdout=subprocess.DEVNULL) as watch:
        until(lambda: not place.dangling(), "the settling", 60)
        watch.send_signal(signal.SIGTERM)
    (end,) = (r.event for r in place.records() if isinstance(r.event, VerdictGiven))
    assert (end.outcome, "web exited" in end.verdict.why) == ("done", True), end.verdict.why


@pytest.mark.parametrize("deed", ["restart", "recreate"])
async def test_what_the_engine_still_does_is_waited_for(
    engine: Dockerd, docker_at: Make, clock: Clock, deed: str
) -> None:
    ident = engine.run("web", *DEAF)
    executor = WorkloadExecutor(docker_at(engine.url).engine, clock=clock)
    plan = await plan_for(executor, "web", f"workload.{deed}")
    started = inspect(engine, "web")["State"]["StartedAt"]
    verb = "stop" if deed == "recreate" else deed
    with asked(engine, verb, "--time", "2", ident):
        step = next(n for n, each in enumerate(plan.steps, 1) if each.verb == verb)
        left = replace(attempt(plan, clock.now()), progress=(Progress(step, verb, "running"),))
        settled = await executor.settle(left)
    now = inspect(engine, "web")
    assert (now["Id"], now["State"]["Running"]) == (ident, True), settled.why
    assert now["State"]["StartedAt"] != started, "the engine had killed it"
    assert settled.outcome == ("failed" if deed == "recreate" else "done"), settled.why


async def test_an_engine_that_hangs_in_the_middle_of_it_gets_the_old_one_back_once_it_answers(
    engine: Dockerd, docker_at: Make, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it hangs the old one is aside and the new one not started: to leave it so would be the outage."""
    ident = engine.run("web", *OBEYS)
    docker = docker_at(engine.url).engine
    executor = WorkloadExecutor(docker, clock=clock)
    plan = await plan_for(executor, "web", "workload.recreate")
    do = docker.do

    async def hangs(verb: str, workload: object) -> None:
        if verb == "stop":
            engine.pause(True)
        await do(verb, workload)  # type: ignore[arg-type]

    monkeypatch.setattr(docker, "do", hangs)
    monkeypatch.setattr("incidentui.edge.containers.docker.STOP_S", 1)
    monkeypatch.setattr("incidentui.edge.containers.docker.CALL_S", 1.0)

    def report(observation: object) -> None:
        if "brought back" in str(observation):
            engine.pause(False)

    try:
        acted = await executor.act("r1", plan, None, report)
    finally:
        engine.pause(False)
    assert (acted.outcome, "the container of before is back" in acted.why) == ("failed", True), acted.why
    assert (inspect(engine, "web")["Id"], there(engine)) == (ident, {"web"})
    assert inspect(engine, "web")["State"]["Running"]
