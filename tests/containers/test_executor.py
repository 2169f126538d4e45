"""workload.restart: plan, act, settle; on real engines."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from incidentui.core.inputs import ActionStepped, Refusal
from incidentui.core.model import Attempt, Owner, Plan, ProjectSpec, ServiceSpec, Workload
from incidentui.core.state import State
from incidentui.edge.containers.docker_source import DockerSource
from incidentui.edge.containers.executor import WorkloadExecutor
from incidentui.edge.containers.supervisor import SupervisorEngine
from incidentui.session.ports import Clock
from tests.containers.conftest import PYTHON, Reports
from tests.containers.daemon import Supervisord, until_async
from tests.engine import Dockerd

Start = Callable[..., Supervisord]
Make = Callable[..., DockerSource]
STATE = State(project=ProjectSpec("leads", services=(ServiceSpec("api", workloads=("web",)),)))
SLEEPER = f"{PYTHON} -c 'import time; time.sleep(600)'\nstartsecs=0"
SLEEP = ("sleep", "600")


async def plan_for(executor: WorkloadExecutor, name: str, action: str = "workload.restart", **args: str) -> Plan:
    plan = await executor.plan(action, {"name": name, **args}, STATE, None)
    assert isinstance(plan, Plan), plan
    return plan


async def refused(executor: WorkloadExecutor, **args: str) -> Refusal:
    plan = await executor.plan("workload.restart", args, STATE, None)
    assert isinstance(plan, Refusal), plan
    return plan


def attempt(plan: Plan, asked: int) -> Attempt:
    return Attempt("r1", 1, plan, Owner("h", "b", 1, 1), "ana", asked)


async def up(engine: SupervisorEngine, name: str) -> Workload:
    async def running() -> list[Workload]:
        return [w for w in await engine.workloads() if w.name == name and w.state == "running"]

    await until_async(running, 1)
    return (await running())[0]


# -- Supervisor ----------------------------------------------------------------------------------


@pytest.mark.req("F22")
async def test_the_plan_says_all_that_would_happen_and_what_would_not(supervisord: Start, clock: Clock) -> None:
    engine = SupervisorEngine(str(supervisord(web=SLEEPER).socket))
    web = await up(engine, "web")
    plan = await plan_for(WorkloadExecutor(engine, clock=clock), "web", within="30s")
    assert (plan.target, plan.target_kind, plan.changes, plan.within_ms) == ("web", "workload", True, 30_000)
    assert [call for step in plan.steps for call in step.argv] == [
        ("supervisor", "stopProcess", "web"),
        ("supervisor", "startProcess", "web"),
    ]
    assert ("process", web.ident) in {(each.name, each.want) for each in plan.checked}
    assert "image, settings, environment" in {what for what, _ in plan.not_covered}
    assert plan.undo == "A restart cannot be undone."
    assert plan.host.endswith("s.sock")
    assert "interrupts api" in plan.title


@pytest.mark.slow
@pytest.mark.req("F27")
async def test_restart_gives_another_process_that_stays_up(supervisord: Start, clock: Clock, reports: Reports) -> None:
    engine = SupervisorEngine(str(supervisord(web=SLEEPER).socket))
    before = await up(engine, "web")
    executor = WorkloadExecutor(engine, clock=clock)
    plan = await plan_for(executor, "web")
    acted = await executor.act("r1", plan, None, reports)
    after = await up(engine, "web")
    assert acted.outcome == "done", acted.why
    assert after.ident != before.ident
    assert after.ident in acted.why
    steps = [(o.progress.n, o.progress.verb, o.progress.state) for o in reports.all if isinstance(o, ActionStepped)]
    assert steps == [
        (1, "stop", "running"), (1, "stop", "done"),
        (2, "start", "running"), (2, "start", "done"),
        (3, "look", "running"), (3, "look", "done"),
    ]  # fmt: skip
    again = await executor.act("r2", plan, None, reports)
    assert again.outcome == "refused"
    assert "not the run that the plan showed" in again.why
    assert (await up(engine, "web")).ident == after.ident


@pytest.mark.slow
async def test_a_program_that_does_not_stay_up_is_a_failed_restart(
    supervisord: Start, clock: Clock, reports: Reports
) -> None:
    crash = f"{PYTHON} -c 'import sys; sys.stderr.write(\"no DATABASE_URL\\n\"); sys.exit(7)'\nstartretries=1"
    engine = SupervisorEngine(str(supervisord(worker=crash).socket))
    executor = WorkloadExecutor(engine, clock=clock)

    async def given_up() -> list[Workload]:
        return [w for w in await engine.workloads() if w.note.startswith("gave up")]

    await until_async(given_up, 1)  # before that it is another process with each try, and a plan is of one
    plan = await plan_for(executor, "worker")
    acted = await executor.act("r1", plan, None, reports)
    assert acted.outcome == "failed", acted.why
    assert "Exited too quickly" in acted.why
    assert acted.evidence is not None
    assert "no DATABASE_URL" in acted.evidence.body


@pytest.mark.slow
async def test_a_stopped_program_is_started(supervisord: Start, clock: Clock, reports: Reports) -> None:
    engine = SupervisorEngine(str(supervisord(idle=SLEEPER + "\nautostart=false").socket))
    executor = WorkloadExecutor(engine, clock=clock)
    acted = await executor.act("r1", await plan_for(executor, "idle"), None, reports)
    assert acted.outcome == "done", acted.why


@pytest.mark.slow
async def test_supervisord_dies_during_the_restart(supervisord: Start, clock: Clock, reports: Reports) -> None:
    deaf = f"{PYTHON} -c 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)'\nstartsecs=0"
    daemon = supervisord(web=deaf)
    engine = SupervisorEngine(str(daemon.socket))
    await up(engine, "web")
    executor = WorkloadExecutor(engine, clock=clock)
    plan = await plan_for(executor, "web")
    task = asyncio.create_task(executor.act("r1", plan, None, reports))
    while not reports.all:  # noqa: ASYNC110  # reports come by plain calls
        await asyncio.sleep(0.01)
    await asyncio.to_thread(daemon.kill)
    acted = await task
    assert acted.outcome == "unknown"
    assert "went away" in acted.why
    assert (await executor.settle(attempt(plan, clock.now()))).outcome == "unknown"


async def test_settling_looks_at_the_world(supervisord: Start, clock: Clock) -> None:
    daemon = supervisord(web=SLEEPER)
    engine = SupervisorEngine(str(daemon.socket))
    await up(engine, "web")
    executor = WorkloadExecutor(engine, clock=clock)
    plan, asked = await plan_for(executor, "web"), clock.now()
    not_done = await executor.settle(attempt(plan, asked))
    assert (not_done.outcome, "did not happen" in not_done.why) == ("failed", True)
    daemon.ctl("restart", "web")
    done = await executor.settle(attempt(plan, asked))
    assert done.outcome == "done", done.why
    daemon.ctl("stop", "web")
    down = await executor.settle(attempt(plan, asked))
    assert (down.outcome, "not up" in down.why) == ("failed", True)


async def test_refusals(supervisord: Start, clock: Clock, tmp_path: Path) -> None:
    engine = SupervisorEngine(str(supervisord(backend=SLEEPER).socket))
    executor = WorkloadExecutor(engine, clock=clock)
    assert await refused(executor, name="bakend") == Refusal("no workload bakend", "there is: backend", usage=True)
    assert "which workload" in (await refused(executor)).why
    assert "is no duration" in (await refused(executor, name="backend", within="soon")).why
    twice = WorkloadExecutor(engine, engine, clock=clock)
    assert "2 workloads are called backend" in (await refused(twice, name="backend")).why
    lost = WorkloadExecutor(SupervisorEngine(str(tmp_path / "none.sock")), clock=clock)
    assert "not there; start supervisord" in (await refused(lost, name="backend")).why


# -- Docker --------------------------------------------------------------------------------------


@pytest.mark.docker
@pytest.mark.req("F27")
async def test_a_container_is_restarted_and_waited_for_until_healthy(
    engine: Dockerd, docker_at: Make, clock: Clock, reports: Reports
) -> None:
    obeys = "trap 'exit 0' TERM; while true; do sleep 0.1; done"
    ident = engine.run("web", "sh", "-c", obeys, options=("--health-cmd", "true", "--health-interval", "1s"))
    docker = docker_at(engine.url).engine
    executor = WorkloadExecutor(docker, clock=clock)
    plan = await plan_for(executor, "web")
    assert plan.steps[0].argv == (("docker", "restart", "--time", "10", ident),)
    assert plan.host == engine.url
    unsettled = await executor.settle(attempt(plan, clock.now()))
    assert (unsettled.outcome, "did not happen" in unsettled.why) == ("failed", True)
    acted = await executor.act("r1", plan, None, reports)
    assert acted.outcome == "done", acted.why
    assert "healthy" in acted.why
    assert (await executor.settle(attempt(plan, clock.now()))).outcome == "done"
    assert (await executor.act("r2", plan, None, reports)).outcome == "refused"


@pytest.mark.slow
@pytest.mark.docker
async def test_a_container_that_crashes_again_is_a_failed_restart(
    engine: Dockerd, docker_at: Make, clock: Clock, reports: Reports
) -> None:
    engine.run("worker", "sh", "-c", "echo no DATABASE_URL >&2; exit 7", options=("--restart", "always"))
    executor = WorkloadExecutor(docker_at(engine.url).engine, clock=clock)
    acted = await executor.act("r1", await plan_for(executor, "worker"), None, reports)
    assert acted.outcome == "failed"
    assert acted.evidence is not None
    assert "no DATABASE_URL" in acted.evidence.body


@pytest.mark.slow
@pytest.mark.docker
async def test_one_that_its_engine_starts_again_and_again_can_still_be_restarted(
    engine: Dockerd, docker_at: Make, clock: Clock, reports: Reports
) -> None:
    """The plan is made while it runs; by the time its word is typed it has ended several times."""
    first = "test -e /once || { touch /once; sleep 2; }; exit 7"
    engine.run("worker", "sh", "-c", first, options=("--restart", "always"))
    executor = WorkloadExecutor(docker_at(engine.url).engine, clock=clock)
    plan = await plan_for(executor, "worker")
    assert next(each.want for each in plan.checked if each.name == "start")

    async def between_two_runs() -> list[str]:
        said = engine.docker("inspect", "--format", "{{.RestartCount}} {{.State.Restarting}}", "worker").stdout.split()
        return [said[0].decode()] if int(said[0]) >= 4 and said[1] == b"true" else []

    await until_async(between_two_runs, 1)
    acted = await executor.act("r1", plan, None, reports)
    assert acted.outcome == "failed", acted.why


@pytest.mark.docker
async def test_another_container_under_the_name_is_left_alone(
    engine: Dockerd, docker_at: Make, clock: Clock, reports: Reports
) -> None:
    engine.run("web", *SLEEP)
    executor = WorkloadExecutor(docker_at(engine.url).engine, clock=clock)
    plan = await plan_for(executor, "web")
    engine.docker("rm", "-f", "web")
    engine.run("web", *SLEEP)
    acted = await executor.act("r1", plan, None, reports)
    assert (acted.outcome, "not there any more" in acted.why) == ("refused", True)
    assert (await executor.settle(attempt(plan, clock.now()))).outcome == "unknown"


@pytest.mark.slow
@pytest.mark.docker
async def test_the_engine_dies_during_the_restart(
    engine: Dockerd, docker_at: Make, clock: Clock, reports: Reports
) -> None:
    engine.run("deaf", "sh", "-c", "trap '' TERM; while true; do sleep 1; done")
    executor = WorkloadExecutor(docker_at(engine.url).engine, clock=clock)
    plan = await plan_for(executor, "deaf")
    task = asyncio.create_task(executor.act("r1", plan, None, reports))
    await asyncio.sleep(0.5)
    engine.kill()
    try:
        acted = await task
        assert (acted.outcome, "went away" in acted.why) == ("unknown", True)
    finally:
        await asyncio.to_thread(engine.start)
