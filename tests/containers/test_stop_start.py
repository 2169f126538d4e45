"""workload.stop and workload.start: plan, word, act, undo, settle; what "stays so" means. On real engines."""

import asyncio
import os
from collections.abc import Callable

import pytest

from incidentui.core.inputs import Refusal
from incidentui.edge.containers.deeds import became
from incidentui.edge.containers.docker_source import DockerSource
from incidentui.edge.containers.executor import WorkloadExecutor
from incidentui.edge.containers.supervisor import SupervisorEngine
from incidentui.session.ports import Clock
from tests.containers.conftest import PYTHON, Reports
from tests.containers.daemon import Supervisord
from tests.containers.test_executor import SLEEPER, STATE, attempt, plan_for, up
from tests.engine import Dockerd

pytestmark = pytest.mark.slow

Start = Callable[..., Supervisord]
Make = Callable[..., DockerSource]
DIES_LATE = f"{PYTHON} -c 'import time; time.sleep(3); raise SystemExit(7)'\nautorestart=false\nstartsecs=0"


async def refused(executor: WorkloadExecutor, action: str, **args: str) -> Refusal:
    plan = await executor.plan(action, args, STATE, None)
    assert isinstance(plan, Refusal), plan
    return plan


def alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True


# -- Supervisor ----------------------------------------------------------------------------------


async def test_a_program_is_stopped_and_started_again(supervisord: Start, clock: Clock, reports: Reports) -> None:
    daemon = supervisord(web=SLEEPER)
    engine = SupervisorEngine(str(daemon.socket))
    before = await up(engine, "web")
    executor = WorkloadExecutor(engine, clock=clock)
    stop = await plan_for(executor, "web", "workload.stop", stay="1s")
    assert (stop.target, stop.changes) == ("web", True)
    assert "takes down api" in stop.title
    assert stop.undo_argv == ("incidentui", "act", "workload.start", "name=web")
    stopped = await executor.act("r1", stop, None, reports)
    assert stopped.outcome == "done", stopped.why
    assert not alive(before.ident)
    assert "STOPPED" in daemon.ctl("status", "web")
    assert (await executor.settle(attempt(stop, clock.now()))).outcome == "done"
    assert (await executor.act("r2", stop, None, reports)).outcome == "refused"
    assert "nothing to stop" in (await refused(executor, "workload.stop", name="web")).hint
    start = await plan_for(executor, "web", "workload.start", stay="1s")
    started = await executor.act("r3", start, None, reports)
    assert started.outcome == "done", started.why
    after = await up(engine, "web")
    assert alive(after.ident)
    assert after.ident != before.ident
    again = await executor.act("r4", start, None, reports)
    assert (again.outcome, "come up meanwhile" in again.why) == ("refused", True)
    assert "workload.restart" in (await refused(executor, "workload.start", name="web")).hint


async def test_a_stop_that_something_takes_back_is_not_done(supervisord: Start, clock: Clock, reports: Reports) -> None:
    daemon = supervisord(web=SLEEPER)
    engine = SupervisorEngine(str(daemon.socket))
    await up(engine, "web")
    executor = WorkloadExecutor(engine, clock=clock)
    plan = await plan_for(executor, "web", "workload.stop", within="4s", stay="3s")
    task = asyncio.create_task(executor.act("r1", plan, None, reports))
    while "STOPPED" not in await asyncio.to_thread(daemon.ctl, "status", "web"):  # noqa: ASYNC110  # as above
        await asyncio.sleep(0.05)  # supervisorctl tells no event
    await asyncio.to_thread(daemon.ctl, "start", "web")
    acted = await task
    assert (acted.outcome, "not down within 4 s" in acted.why) == ("failed", True)
    settled = await executor.settle(attempt(plan, clock.now()))
    assert (settled.outcome, "runs again" in settled.why) == ("failed", True)


@pytest.mark.parametrize("action", ["workload.restart", "workload.start"])
async def test_what_dies_a_while_after_its_start_did_not_stay_up(
    supervisord: Start, clock: Clock, reports: Reports, action: str
) -> None:
    daemon = supervisord(web=DIES_LATE + "\nautostart=false")
    executor = WorkloadExecutor(SupervisorEngine(str(daemon.socket)), clock=clock)
    acted = await executor.act("r1", await plan_for(executor, "web", action, stay="10s"), None, reports)
    assert (acted.outcome, "did not stay up" in acted.why) == ("failed", True), acted.why
    short = await executor.act("r2", await plan_for(executor, "web", action, stay="1s"), None, reports)
    assert short.outcome == "done", "the same program, believed too early: this is what stay= is for"


async def test_times_that_cannot_be(supervisord: Start, clock: Clock) -> None:
    executor = WorkloadExecutor(SupervisorEngine(str(supervisord(web=SLEEPER).socket)), clock=clock)
    assert (await refused(executor, "workload.stop", name="web", within="5s", stay="5s")).usage
    assert "stay=soon" in (await refused(executor, "workload.stop", name="web", stay="soon")).why


async def test_a_stop_nobody_saw_end(supervisord: Start, clock: Clock) -> None:
    engine = SupervisorEngine(str(supervisord(web=SLEEPER).socket))
    web = await up(engine, "web")
    plan = await plan_for(WorkloadExecutor(engine, clock=clock), "web", "workload.stop")
    assert became(plan, 0, web).outcome == "failed"
    assert became(plan, 0, None).outcome == "unknown"


# -- Docker --------------------------------------------------------------------------------------


@pytest.mark.docker
async def test_a_container_is_stopped_and_started_again(
    engine: Dockerd, docker_at: Make, clock: Clock, reports: Reports
) -> None:
    obeys = "trap 'exit 0' TERM; while true; do sleep 0.1; done"
    ident = engine.run("web", "sh", "-c", obeys, options=("--health-cmd", "true", "--health-interval", "1s"))
    executor = WorkloadExecutor(docker_at(engine.url).engine, clock=clock)
    stop = await plan_for(executor, "web", "workload.stop", stay="1s")
    assert stop.steps[0].argv == (("docker", "stop", "--time", "10", ident),)
    stopped = await executor.act("r1", stop, None, reports)
    assert stopped.outcome == "done", stopped.why
    assert engine.docker("inspect", "-f", "{{.State.Status}}", ident).stdout == b"exited\n"
    start = await plan_for(executor, "web", "workload.start", stay="1s")
    assert "healthy" not in start.steps[0].text
    started = await executor.act("r2", start, None, reports)
    assert (started.outcome, "healthy" in started.why) == ("done", True), started.why
    shown = engine.docker("inspect", "-f", "{{.Id}} {{.State.Health.Status}}", "web").stdout.decode()
    assert shown == f"{ident} healthy\n", "the same container, healthy"


@pytest.mark.slow
@pytest.mark.docker
async def test_a_container_deaf_to_term_is_said_to_be_killed(
    engine: Dockerd, docker_at: Make, clock: Clock, reports: Reports
) -> None:
    engine.run("web", "sh", "-c", "trap '' TERM; while true; do sleep 1; done")
    executor = WorkloadExecutor(docker_at(engine.url).engine, clock=clock)
    acted = await executor.act("r1", await plan_for(executor, "web", "workload.stop", stay="1s"), None, reports)
    assert (acted.outcome, "deaf to TERM" in acted.why) == ("done", True), acted.why


@pytest.mark.slow
@pytest.mark.docker
async def test_a_start_the_engine_refuses_says_why(
    engine: Dockerd, docker_at: Make, clock: Clock, reports: Reports
) -> None:
    engine.docker("create", "--name", "web", "--network", "host", "incident-test:1", "/no/such/program")
    executor = WorkloadExecutor(docker_at(engine.url).engine, clock=clock)
    acted = await executor.act("r1", await plan_for(executor, "web", "workload.start"), None, reports)
    assert acted.outcome == "failed"
    assert "no such file" in acted.why


@pytest.mark.slow
@pytest.mark.docker
async def test_an_engine_that_hangs_during_a_stop(
    engine: Dockerd, docker_at: Make, clock: Clock, reports: Reports
) -> None:
    engine.run("web", "sleep", "600")
    executor = WorkloadExecutor(docker_at(engine.url).engine, clock=clock)
    plan = await plan_for(executor, "web", "workload.stop")
    engine.pause(True)
    try:
        acted = await executor.act("r1", plan, None, reports)
        assert acted.outcome == "refused", acted.why
    finally:
        engine.pause(False)
