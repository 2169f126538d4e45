"""Blast radius and workload.recreate on a real engine: nothing is lost; what does not come up gives its place back."""

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.inputs import Refusal
from incidentui.core.model import Plan, ProjectSpec, ServiceSpec
from incidentui.core.state import State
from incidentui.edge.containers.docker_source import DockerSource
from incidentui.edge.containers.executor import WorkloadExecutor
from incidentui.session.ports import Clock
from tests.containers.conftest import Reports
from tests.containers.test_executor import attempt, plan_for
from tests.engine import Dockerd

pytestmark = pytest.mark.docker
Make = Callable[..., DockerSource]
VERBS = ("aside", "create", "stop", "start", "remove")
OBEYS = ("sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done")
LABELS = ("--label", "com.docker.compose.project=ferry", "--label")
HEALTH = ("--health-cmd", "true", "--health-interval", "1s")
NEEDS_FLAG = (
    "sh",
    "-c",
    "trap 'exit 0' TERM; test -e /flag || test -n \"$ONCE\" || exit 3; while true; do sleep 0.1; done",
)
SERVICES = (ServiceSpec("api", workloads=("web",)), ServiceSpec("page", depends_on=("api",)))
STATE = State(project=ProjectSpec("ferry", services=SERVICES))


@pytest.fixture
def executor(engine: Dockerd, docker_at: Make, clock: Clock) -> WorkloadExecutor:
    return WorkloadExecutor(docker_at(engine.url).engine, clock=clock)


async def planned(executor: WorkloadExecutor, action: str, name: str, **args: str) -> Plan:
    plan = await executor.plan(f"workload.{action}", {"name": name, **args}, STATE, None)
    assert isinstance(plan, Plan), plan
    return plan


def inspect(engine: Dockerd, name: str) -> Any:
    return json.loads(engine.docker("inspect", name).stdout)[0]


def there(engine: Dockerd) -> set[str]:
    return set(engine.docker("ps", "-a", "--format", "{{.Names}}").stdout.decode().split())


def volumes(engine: Dockerd) -> set[str]:
    return set(engine.docker("volume", "ls", "-q").stdout.decode().split())


def written(engine: Dockerd, name: str, path: str, text: str) -> None:
    engine.docker("exec", name, "sh", "-c", f"printf %s '{text}' > {path}")


def read(engine: Dockerd, name: str, path: str) -> str:
    return engine.docker("exec", name, "cat", path).stdout.decode()


# -- the blast radius ----------------------------------------------------------------------------


@pytest.mark.req("R1-06")
async def test_the_plan_names_what_a_deed_touches(engine: Dockerd, executor: WorkloadExecutor, tmp_path: Path) -> None:
    bound = tmp_path / "bound"
    bound.mkdir()
    options = (
        "-v",
        f"{bound}:/bound",
        *LABELS,
        "com.docker.compose.service=web",
        "-v",
        "/data",
        "-v",
        "leads:/named:ro",
        "-v",
        "/etc:/host",
    )
    engine.run("ferry-web-1", *OBEYS, options=(*options, "--tmpfs", "/scratch", "--restart", "always"))
    needs = ("--label", "com.docker.compose.depends_on=web:service_started:false")
    engine.run("ferry-worker-1", *OBEYS, options=(*LABELS, "com.docker.compose.service=worker", *needs))
    engine.docker("run", "-d", "--network", "container:ferry-web-1", "--name", "sidecar", "incident-test:1", *OBEYS)
    engine.run("stranger", *OBEYS)
    stop = await planned(executor, "stop", "web")
    rows = dict(stop.blast)
    (unnamed,) = (m["Name"] for m in inspect(engine, "ferry-web-1")["Mounts"] if m["Destination"] == "/data")
    assert rows["api"] == "service: goes down with it"
    assert rows["page"] == "service: needs api"
    assert rows["worker"] == "needs it (depends_on): goes without"
    assert rows["sidecar"] == "uses its network, and has none then until it is restarted too"
    assert rows["/data"] == f"unnamed volume {unnamed[:12]}: stays"
    assert rows["/named"] == "volume leads, read-only: stays"
    assert rows["/host"] == "/etc of the host: stays"
    assert rows["/scratch"] == "in memory: is emptied"
    assert "engine itself is restarted" in rows["restart policy"]
    assert "stranger" not in rows
    assert stop.loses == ()
    anew = dict((await planned(executor, "recreate", "web")).blast)
    assert anew["/data"] == f"unnamed volume {unnamed[:12]}: goes over to the new one"
    assert anew["sidecar"].endswith("until it is created anew too")
    assert anew["/bound"] == f"{bound} of the host: stays"
    bound.rmdir()
    gone = dict((await planned(executor, "restart", "web")).blast)["/bound"]
    assert gone.endswith("is not there any more: the next start fails, or finds it empty")


async def test_a_restart_says_that_it_applies_no_new_image(engine: Dockerd, executor: WorkloadExecutor) -> None:
    engine.docker("tag", "incident-test:1", "web:1")
    engine.docker("run", "-d", "--network", "host", "--name", "web", "web:1", *OBEYS)
    try:
        assert "image" not in dict((await planned(executor, "restart", "web")).blast)
        other = engine.docker("commit", "-m", "another", "web", "web:1").stdout.decode().strip()
        image = dict((await planned(executor, "restart", "web")).blast)["image"]
        assert "web:1 is another one by now" in image
        assert other.removeprefix("sha256:")[:12] in image
        assert "does not apply it" in image
    finally:
        engine.remove_all()
        engine.docker("rmi", "-f", "web:1")


@pytest.mark.req("R1-13")
async def test_a_stop_that_removes_the_container_and_its_volume_needs_a_reason(
    engine: Dockerd, executor: WorkloadExecutor, reports: Reports
) -> None:
    ident = engine.run("web", *OBEYS, options=("--rm", "-v", "/data", "-v", "kept:/named"))
    before = volumes(engine)
    plan = await planned(executor, "stop", "web", stay="1s")
    assert len(plan.loses) == 2
    assert "removed when it stops" in plan.loses[0]
    assert "all that is in /data" in plan.loses[1]
    assert [p.ok for p in plan.checked if p.name == "loses"] == [False, False]
    why = await executor.plan("workload.recreate", {"name": "web"}, STATE, None)
    assert isinstance(why, Refusal)
    assert "--rm" in why.why
    assert inspect(engine, "web")["Id"] == ident
    meant = await planned(executor, "stop", "web", stay="1s", lose="a throw-away")
    assert all(p.ok for p in meant.checked)
    acted = await executor.act("r1", meant, None, reports)
    assert (acted.outcome, "removed it" in acted.why) == ("done", True), acted.why
    assert len(before - volumes(engine)) == 1
    assert "kept" in volumes(engine)


# -- recreate ------------------------------------------------------------------------------------


@pytest.mark.req("R1-23")
async def test_a_container_anew_loses_nothing(engine: Dockerd, executor: WorkloadExecutor, reports: Reports) -> None:
    options = (*LABELS, "com.docker.compose.service=web", "-v", "/data", "-v", "leads:/named", "--tmpfs", "/run")
    ident = engine.run(
        "ferry-web-1",
        *OBEYS,
        options=(*options, *HEALTH, "-e", "TOKEN=a b", "--user", "0:0", "--mount", "type=volume,dst=/m"),
    )
    for path in ("/data/agent.json", "/named/x", "/m/y"):
        written(engine, "ferry-web-1", path, f"of {path}")
    before, kept = inspect(engine, "ferry-web-1"), volumes(engine)
    plan = await planned(executor, "recreate", "web", stay="1s", within="40s")
    assert [step.verb for step in plan.steps] == ["aside", "create", "stop", "start", "look", "remove"]
    assert plan.loses == ()
    acted = await executor.act("r1", plan, None, reports)
    assert acted.outcome == "done", acted.why
    after = inspect(engine, "ferry-web-1")
    assert after["Id"] != ident
    assert after["State"]["Health"]["Status"] == "healthy"
    assert {path: read(engine, "ferry-web-1", path) for path in ("/data/agent.json", "/named/x", "/m/y")} == {
        "/data/agent.json": "of /data/agent.json",
        "/named/x": "of /named/x",
        "/m/y": "of /m/y",
    }
    for key in ("Env", "Cmd", "Labels", "Healthcheck", "User", "Image", "WorkingDir"):
        assert after["Config"][key] == before["Config"][key], key
    assert {m["Destination"]: m["Name"] for m in after["Mounts"]} == {
        m["Destination"]: m["Name"] for m in before["Mounts"]
    }
    assert there(engine) == {"ferry-web-1"}
    assert volumes(engine) == kept
    again = await executor.act("r2", await planned(executor, "recreate", "web", stay="1s"), None, reports)
    assert again.outcome == "done", "and once more, with volumes that have a name now"
    assert read(engine, "ferry-web-1", "/data/agent.json") == "of /data/agent.json"


async def test_what_cannot_be_created_costs_nothing(
    engine: Dockerd, executor: WorkloadExecutor, reports: Reports
) -> None:
    engine.docker("create", "--name", "config", "-v", "/config", "incident-test:1", "true")
    ident = engine.run("web", *OBEYS, options=("--volumes-from", "config"))
    engine.docker("rm", "config")
    before = inspect(engine, "web")["State"]["StartedAt"]
    acted = await executor.act("r1", await planned(executor, "recreate", "web"), None, reports)
    assert acted.outcome == "failed"
    assert "create failed" in acted.why
    assert "is back" in acted.why
    after = inspect(engine, "web")
    assert (after["Id"], after["State"]["StartedAt"]) == (ident, before), "it was never stopped"
    assert there(engine) == {"web"}


async def test_what_was_changed_inside_needs_a_reason_and_a_new_one_that_dies_gives_its_place_back(
    engine: Dockerd, executor: WorkloadExecutor, reports: Reports
) -> None:
    options = ("--network", "host", "--name", "web", "-v", "/data")
    ident = engine.docker("create", *options, "incident-test:1", *NEEDS_FLAG).stdout.decode().strip()
    engine.docker("cp", "-", "web:/", stdin=_tar("flag"))
    engine.docker("start", "web")
    written(engine, "web", "/data/x", "kept")
    plan = await planned(executor, "recreate", "web")
    assert plan.loses == ("1 file changed inside it, outside its mounts: /flag",)
    meant = await planned(executor, "recreate", "web", lose="the flag is old")
    acted = await executor.act("r1", meant, None, reports)
    assert acted.outcome == "failed"
    assert "did not stay up: exited, exit code 3" in acted.why
    assert "the container of before is back: running" in acted.why
    after = inspect(engine, "web")
    assert (after["Id"], after["State"]["Running"]) == (ident, True)
    assert there(engine) == {"web"}
    assert read(engine, "web", "/data/x") == "kept"
    assert engine.docker("exec", "web", "test", "-e", "/flag").returncode == 0
    written(engine, "web", "/more", "x")
    fresh = await planned(executor, "recreate", "web", lose="the flag is old")
    more = await executor.act("r2", replace(fresh, loses=plan.loses), None, reports)
    assert (more.outcome, "by now more would be lost" in more.why) == ("refused", True), "changed since the plan"


def _tar(name: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    return made.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("done", range(len(VERBS)))
async def test_killed_after_each_step_it_is_settled_without_loss(
    engine: Dockerd, docker_at: Make, clock: Clock, done: int
) -> None:
    docker = docker_at(engine.url).engine
    executor = WorkloadExecutor(docker, clock=clock)
    ident = engine.run("web", *OBEYS, options=("-v", "/data"))
    written(engine, "web", "/data/x", "kept")
    plan = await plan_for(executor, "web", "workload.recreate")
    workload = (await docker.workloads())[0]
    for verb in VERBS[:done]:
        await docker.do("renew" if verb == "start" else verb, workload)
    settled = await executor.settle(attempt(plan, clock.now()))
    assert settled.outcome == ("done" if done >= 4 else "failed"), settled.why
    now = inspect(engine, "web")
    assert now["State"]["Running"]
    assert (now["Id"] == ident) == (done < 4)
    assert read(engine, "web", "/data/x") == "kept"
    assert there(engine) - {"web"} == ({f"web.before-{ident[:12]}"} if done == 4 else set())


@pytest.mark.slow
async def test_networks_aliases_and_addresses_go_over(
    engine: Dockerd, executor: WorkloadExecutor, reports: Reports
) -> None:
    made = engine.docker("network", "create", "--subnet", "10.213.7.0/24", "lab", check=False)
    second = engine.docker("network", "create", "--subnet", "10.213.8.0/24", "back", check=False)
    if made.returncode or second.returncode:
        pytest.skip(f"no bridge can be made here: {made.stderr.decode()}")
    try:
        options = ("--network", "lab", "--network-alias", "api", "--ip", "10.213.7.9", "--name", "web")
        engine.docker("create", *options, "incident-test:1", *OBEYS)
        engine.docker("network", "connect", "--alias", "inner", "back", "web")
        engine.docker("start", "web")
        acted = await executor.act("r1", await planned(executor, "recreate", "web", stay="1s"), None, reports)
        assert acted.outcome == "done", acted.why
        networks = inspect(engine, "web")["NetworkSettings"]["Networks"]
        assert set(networks) == {"lab", "back"}
        assert networks["lab"]["IPAddress"] == "10.213.7.9"
        assert "api" in networks["lab"]["Aliases"]
        assert "inner" in networks["back"]["Aliases"]
    finally:
        engine.remove_all()
        engine.docker("network", "rm", "lab", "back", check=False)
