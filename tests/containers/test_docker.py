"""Docker as a source, against a real engine; and against what answers in an engine's place."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from incidentui.core.inputs import Refusal, SourceAnswered, SourceFailed, WorkloadsLooked
from incidentui.core.model import Workload, is_bad
from incidentui.edge.containers import docker_source
from incidentui.edge.containers.docker_source import DockerSource
from incidentui.edge.containers.docker_words import listed, names
from incidentui.edge.containers.logs import WorkloadLogs
from incidentui.session.ports import Clock
from tests.containers.conftest import Reports
from tests.containers.daemon import answering, until, until_async
from tests.engine import Dockerd

Make = Callable[..., DockerSource]
SLEEP = ("sleep", "600")
CRASH = ("sh", "-c", "echo worker: no DATABASE_URL >&2; exit 7")


TOO_NEW = "client version 1.50 is too new."
TOO_OLD = "client version 1.41 is too old."


@asynccontextmanager
async def running(source: DockerSource, reports: Reports) -> AsyncIterator[None]:
    task = asyncio.create_task(source.run(reports))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: not [t for t in threading.enumerate() if t.name.startswith("docker")])


def last(reports: Reports) -> dict[str, Workload]:
    lists = [o for o in reports.all if isinstance(o, WorkloadsLooked)]
    return {w.name: w for w in lists[-1].workloads} if lists else {}


def state(reports: Reports, name: str) -> str:
    return last(reports)[name].state if name in last(reports) else ""


# -- a real engine -------------------------------------------------------------------------------


@pytest.mark.docker
@pytest.mark.req("F60")
async def test_list_with_state_health_exit_code_and_revision(engine: Dockerd, docker_at: Make) -> None:
    label = "org.opencontainers.image.revision=59a77c4"
    healthy = ("--health-cmd", "true", "--health-interval", "1s", "--label", label)
    sick = ("--health-cmd", "false", "--health-interval", "1s", "--health-retries", "1")
    compose = ("--label", "com.docker.compose.service=api", "--label", "com.docker.compose.project=leads")
    engine.run("web", *SLEEP, options=healthy)
    engine.run("sick", *SLEEP, options=sick)
    engine.run("leads-api-1", *SLEEP, options=compose)
    engine.run("job", "sh", "-c", "exit 3")
    engine.run("held", *SLEEP)
    engine.docker("pause", "held")
    engine.docker("create", "--network", "nosuch", "--name", "bad", "incident-test:1", *SLEEP)
    engine.docker("start", "bad", check=False)
    engine.docker("create", "--name", "unborn", "incident-test:1", *SLEEP)
    source = docker_at(engine.url)

    async def look() -> dict[str, Workload]:
        found = [o for o in await source.look() if isinstance(o, WorkloadsLooked)]
        return {w.name: w for w in found[-1].workloads}

    async def settled() -> list[str]:
        seen = await look()
        return [n for n, h in (("web", "healthy"), ("sick", "unhealthy")) if seen[n].health == h]

    await until_async(settled, 2)
    seen = await look()
    assert {name: w.state for name, w in seen.items()} == {
        "web": "running", "sick": "running", "api": "running", "job": "exited",
        "held": "paused", "bad": "exited", "unborn": "stopped",
    }  # fmt: skip
    assert (seen["web"].revision, seen["web"].image) == ("59a77c4", "incident-test:1")
    assert seen["web"].restarts == 0
    assert seen["job"].exit_code == 3
    assert seen["web"].exit_code is None
    assert "nosuch" in seen["bad"].note
    assert seen["api"].health == "none"
    only = await docker_at(engine.url, "leads").look()
    assert [w.name for o in only if isinstance(o, WorkloadsLooked) for w in o.workloads] == ["api"]


@pytest.mark.docker
@pytest.mark.req("F60", "R1-24", "R3-19")
async def test_a_crash_loop_is_seen_with_its_last_words(engine: Dockerd, docker_at: Make, reports: Reports) -> None:
    async with running(docker_at(engine.url), reports):
        await until(lambda: reports.all)
        engine.run("worker", *CRASH, options=("--restart", "always"))
        await until(lambda: state(reports, "worker") == "crashing" and last(reports)["worker"].seen_restarts >= 4)
    lists = [o for o in reports.all if isinstance(o, WorkloadsLooked) and o.workloads]
    states = [o.workloads[0].state for o in lists]
    assert set(states[states.index("crashing") :]) == {"crashing"}, "never better between two tries"
    assert last(reports)["worker"].exit_code == 7
    assert any("no DATABASE_URL" in log.body for o in lists for name, log in o.logs if name == "worker")


@pytest.mark.docker
async def test_a_look_that_hears_no_events_shows_the_loop_as_it_is_now(engine: Dockerd, docker_at: Make) -> None:
    """Who acts beside one that watches looks now and then: what it saw at its first look is not what it tells."""

    def count() -> int:
        return int(engine.docker("inspect", "--format", "{{.RestartCount}}", "worker").stdout)

    async def look() -> int:
        found = [o for o in await source.look() if isinstance(o, WorkloadsLooked)]
        return found[-1].workloads[0].restarts or 0

    source = docker_at(engine.url)
    engine.run("worker", *CRASH, options=("--restart", "always"))
    await until(lambda: count() >= 3)
    before = await look()
    await until(lambda: count() >= before + 2)
    there = count()
    assert await look() >= there


@pytest.mark.docker
async def test_a_loop_that_lives_a_moment_is_no_running_container(
    engine: Dockerd, docker_at: Make, reports: Reports
) -> None:
    async with running(docker_at(engine.url), reports):
        engine.run("slow", "sh", "-c", "sleep 1; exit 1", options=("--restart", "always"))
        await until(lambda: state(reports, "slow") == "crashing" and (last(reports)["slow"].restarts or 0) >= 3)
    lists = [o.workloads[0].state for o in reports.all if isinstance(o, WorkloadsLooked) and o.workloads]
    assert "running" not in lists[lists.index("crashing") + 6 :]


@pytest.mark.docker
async def test_events_wake_the_lister(engine: Dockerd, docker_at: Make, reports: Reports) -> None:
    engine.run("web", *SLEEP)
    async with running(docker_at(engine.url), reports):
        await until(lambda: state(reports, "web") == "running")
        engine.docker("pause", "web")
        await until(lambda: state(reports, "web") == "paused", 10)  # the slow list comes after thirty
        engine.docker("unpause", "web")
        engine.docker("rm", "-f", "web")
        await until(lambda: not last(reports), 10)


@pytest.mark.docker
async def test_nothing_is_asked_while_nothing_happens(engine: Dockerd, docker_at: Make, reports: Reports) -> None:
    engine.run("web", *SLEEP, options=("--health-cmd", "true", "--health-interval", "200ms"))
    source = docker_at(engine.url)
    async with running(source, reports):
        await until(lambda: "web" in last(reports) and last(reports)["web"].health == "healthy")
        await asyncio.sleep(0.5)
        before = len(reports.all)
        await asyncio.sleep(1.5)
        assert len(reports.all) == before


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.req("F60")
async def test_the_engine_is_killed_and_comes_back(engine: Dockerd, docker_at: Make, reports: Reports) -> None:
    engine.run("web", *SLEEP, options=("--restart", "always"))
    async with running(docker_at(engine.url), reports):
        await until(lambda: state(reports, "web") == "running")
        before = len(reports.all)
        engine.kill()
        await until(lambda: [o for o in reports.all if isinstance(o, SourceFailed)], 5)
        failed = next(o for o in reports.all if isinstance(o, SourceFailed))
        assert failed.source == "docker"
        assert str(engine.socket) in failed.why
        assert failed.retry_ms
        assert not [o for o in reports.all[before:] if isinstance(o, WorkloadsLooked)], "the last data stays"
        before = len(reports.all)
        engine.start()
        await until(lambda: [o for o in reports.all[before:] if isinstance(o, WorkloadsLooked)])
        assert [o for o in reports.all[before:] if isinstance(o, SourceAnswered)]
        await until(lambda: state(reports, "web") == "running")


@pytest.mark.docker
async def test_an_engine_that_hangs_is_lost_within_three_seconds(engine: Dockerd, docker_at: Make) -> None:
    source = docker_at(engine.url)
    await source.look()
    engine.pause(True)
    try:
        found = await source.look()
    finally:
        engine.pause(False)
    assert [o.why for o in found if isinstance(o, SourceFailed)] == [
        f"docker engine {engine.url}: no answer within 3 s; it hangs or is out of reach"
    ]
    assert any(isinstance(o, SourceAnswered) for o in await source.look())


@pytest.mark.docker
async def test_one_that_hangs_while_nothing_happens_is_noticed_long_before_the_next_list(
    engine: Dockerd, docker_at: Make, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_source, "SAFETY_S", 600.0)
    monkeypatch.setattr(docker_source, "ALIVE_S", 0.3)
    engine.run("web", *SLEEP)
    async with running(docker_at(engine.url), reports):
        await until(lambda: state(reports, "web") == "running")
        await asyncio.sleep(docker_source.ECHO_S + 1)  # what the last event asked for is over
        lists = len([o for o in reports.all if isinstance(o, WorkloadsLooked)])
        engine.pause(True)
        try:
            await until(lambda: [o for o in reports.all if isinstance(o, SourceFailed)])
        finally:
            engine.pause(False)
        assert len([o for o in reports.all if isinstance(o, WorkloadsLooked)]) == lists
        await until(lambda: len([o for o in reports.all if isinstance(o, WorkloadsLooked)]) > lists)


@pytest.mark.docker
@pytest.mark.req("F61")
async def test_logs_are_bounded_harmless_and_dated(engine: Dockerd, docker_at: Make, clock: Clock) -> None:
    token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
    hostile = r"seq 1 5000; printf '\033[2J\033]0;owned\007ERROR boom\n'; " + f"echo token={token}; sleep 600"
    engine.run("web", "sh", "-c", hostile)
    logs = WorkloadLogs(docker_at(engine.url).engine)

    async def lines() -> list[str]:
        found = await logs.logs("web", 20)
        assert not isinstance(found, Refusal), found
        return [line.text for line in found if "token" in line.text]

    await until_async(lines, 1)
    found = await logs.logs("web", 20)
    assert not isinstance(found, Refusal)
    assert len(found) == 20
    assert all(line.at is not None and abs(line.at - clock.now()) < 60_000 for line in found)
    assert found[-2].level == "error"
    text = "\n".join(line.text for line in found)
    assert "\x1b" not in text
    assert "ghp_0123456789" not in text


@pytest.mark.docker
async def test_logs_of_a_name_that_is_not_there(engine: Dockerd, docker_at: Make) -> None:
    engine.run("backend", *SLEEP)
    found = await WorkloadLogs(docker_at(engine.url).engine).logs("bakend")
    assert found == Refusal("no workload bakend", "there is: backend", usage=True)


# -- no engine -----------------------------------------------------------------------------------


async def why_lost(url: str, docker_at: Make) -> str:
    found = await docker_at(url).look()
    assert [type(o) for o in found] == [SourceFailed]
    failed = found[0]
    assert isinstance(failed, SourceFailed)
    assert url in failed.why
    return failed.why


async def test_no_socket(tmp_path: Path, docker_at: Make) -> None:
    assert "no socket there; start Docker" in await why_lost(f"unix://{tmp_path}/none.sock", docker_at)


async def test_nobody_listens(tmp_path: Path, docker_at: Make) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "old.sock"))
    assert "nobody listens" in await why_lost(f"unix://{tmp_path}/old.sock", docker_at)


async def test_nobody_listens_on_a_port(docker_at: Make) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "nobody listens" in await why_lost(f"tcp://127.0.0.1:{port}", docker_at)


def http(status: str, body: bytes, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http("200 OK", b"<html>Sign in</html>", "text/html"), "not a Docker engine"),
        (b"SSH-2.0-OpenSSH_9\r\n", "not a Docker engine"),
        (http("200 OK", b'["odd"]'), "not a Docker engine"),
        (http("200 OK", b"{}"), "not a Docker engine"),
        (http("500 Oops", b'{"message": "disk \\u001b[2J full"}'), "disk ␛[2J full"),
        (http("200 OK", json.dumps({"ApiVersion": "1.12"}).encode()), "another API version"),
        (
            http(
                "400 Bad Request", json.dumps({"message": f"{TOO_NEW} Maximum supported API version is 1.12"}).encode()
            ),
            "speaks another API version: at most 1.12, not 1.50; upgrade the engine",
        ),
        (
            http(
                "400 Bad Request", json.dumps({"message": f"{TOO_OLD} Minimum supported API version is 1.44"}).encode()
            ),
            "speaks another API version: at least 1.44, not 1.41; upgrade this program",
        ),
        (b"\n", "not a Docker engine"),
    ],
)
async def test_what_answers_is_something_else(tmp_path: Path, docker_at: Make, answer: bytes, words: str) -> None:
    with answering(tmp_path / "odd.sock", answer, until_end=b"\r\n\r\n"):
        assert words in await why_lost(f"unix://{tmp_path}/odd.sock", docker_at)


@pytest.mark.slow
@pytest.mark.parametrize("drip", [False, True])
async def test_an_engine_that_hangs_or_drips(tmp_path: Path, docker_at: Make, drip: bool) -> None:
    with answering(tmp_path / "hang.sock", b"", drip=drip):
        assert "no answer within 3 s" in await why_lost(f"unix://{tmp_path}/hang.sock", docker_at)


async def test_a_lost_engine_is_told_once_and_tried_again(tmp_path: Path, docker_at: Make, reports: Reports) -> None:
    source = docker_at(f"unix://{tmp_path}/none.sock")
    async with running(source, reports):
        await until(lambda: reports.all)
        await asyncio.sleep(2)
    assert len(reports.all) == 1


def test_a_container_set_aside_is_nobodys_service() -> None:
    labels = {"Labels": {"com.docker.compose.service": "web"}}
    old = {"Id": "a" * 64, "Names": [f"/ferry-web-1.before-{'a' * 12}"], **labels}
    new = {"Id": "b" * 64, "Names": ["/ferry-web-1"], **labels}
    assert names([old, new]) == [f"ferry-web-1.before-{'a' * 12}", "web"]
    assert names([old]) == [f"ferry-web-1.before-{'a' * 12}"]


@pytest.mark.parametrize("own", [f"{'a' * 12}_ferry_web_1", f"ferry-web-1.before-{'a' * 12}"])
def test_one_that_was_set_aside_has_not_failed(own: str) -> None:
    """While it is made anew the old one is ended: with 137 where it is deaf to TERM. That is no news of a crash."""
    labels = {"com.docker.compose.service": "web"}
    old = {"Id": "a" * 64, "Names": [f"/{own}"], "Labels": labels, "State": "exited", "Status": "Exited (137) 1 second"}
    new = {"Id": "b" * 64, "Names": ["/ferry_web_1"], "Labels": labels, "State": "running", "Status": "Up 1 second"}
    shown = [listed(entry, name, None) for entry, name in zip([old, new], names([old, new]), strict=True)]
    assert [(w.name, w.state, is_bad(w)) for w in shown] == [(own, "stopped", False), ("web", "running", False)]
    assert shown[0].note == "set aside: another one has its place"
    (alone,) = [listed(entry, name, None) for entry, name in zip([old], names([old]), strict=True)]
    assert is_bad(alone) is own.startswith("a"), "one that compose left so, with none in its place, is the service"


def test_what_compose_run_made_beside_a_service_is_not_the_service() -> None:
    labels = {"com.docker.compose.service": "web", "com.docker.compose.oneoff": "False"}
    web = {"Id": "a" * 64, "Names": ["/ferry-web-1"], "Labels": labels}
    once = {"Id": "b" * 64, "Names": ["/ferry-web-run-1f2e"], "Labels": labels | {"com.docker.compose.oneoff": "True"}}
    assert names([web, once]) == ["web", "ferry-web-run-1f2e"]
    assert names([once]) == ["ferry-web-run-1f2e"]


def test_a_container_that_compose_renamed_is_the_service_until_another_one_is_there() -> None:
    """A recreate that failed leaves it alone: then it is what there is of the service."""
    labels = {"Labels": {"com.docker.compose.service": "web"}}
    old = {"Id": "a" * 64, "Names": [f"/{'a' * 12}_ferry_web_1"], **labels}
    new = {"Id": "b" * 64, "Names": ["/ferry_web_1"], **labels}
    assert names([old]) == ["web"]
    assert names([old, new]) == [f"{'a' * 12}_ferry_web_1", "web"]
    assert names([new, {**new, "Id": "c" * 64, "Names": ["/ferry_web_2"]}]) == ["ferry_web_1", "ferry_web_2"]


def test_the_one_that_compose_2_makes_in_the_place_of_another_is_not_the_service_yet() -> None:
    labels = {"com.docker.compose.service": "web", "com.docker.compose.project": "ferry"}
    old = {"Id": "a" * 64, "Names": ["/ferry-web-1"], "Labels": labels}
    new = {"Id": "b" * 64, "Names": [f"/{'a' * 12}_ferry-web-1"], "Labels": labels}
    assert names([old, new]) == ["web", f"{'a' * 12}_ferry-web-1"]
    assert names([new]) == ["web"], "the old one is removed: this is it"
