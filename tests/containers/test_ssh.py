"""An engine that is reached over ssh, by a real sshd: one connection, and each way in which it can fail."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from incidentui.core.inputs import Observation, SourceAnswered, SourceFailed, WorkloadsLooked
from incidentui.edge.containers.docker_client import Client
from incidentui.edge.containers.docker_source import DockerSource
from incidentui.edge.ssh import link as links
from tests.containers.composed import TOOL, container
from tests.containers.conftest import Reports
from tests.containers.daemon import until
from tests.containers.table.fault import root_without_power
from tests.containers.test_docker_where import add_context
from tests.e2e.world import COMMAND, Place
from tests.e2e.world import until as wait
from tests.engine import Dockerd
from tests.faults.pty import Pty
from tests.sshd import Yard

pytestmark = pytest.mark.docker
Make = Callable[..., DockerSource]


async def why(source: DockerSource) -> str:
    (failed,) = await source.look()
    assert isinstance(failed, SourceFailed)
    return failed.why


def left(yard: Yard) -> list[str]:
    """What connections of the program left on this machine."""
    return [each.name for each in yard.folder.glob("t/*")]


# -- each way in which it can fail


@pytest.mark.req("F60")
@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("unknown", r"its host key is not known here; ssh unknown true, once by hand, and compare the key"),
        (
            "changed",
            r"its host key HAS CHANGED: .*; ask who runs it; .*: ssh-keygen -f \S+/stale -R '\[127",
        ),
        ("keyless", r"permission denied root@127\.0\.0\.1 \(publickey\); ssh-add"),
        ("nameless", r"no such host: yard\.invalid; correct its address"),
        ("closed", r"no sshd listens on port \d+; start it there"),
        ("wrong", r"your ssh configuration: .*Bad configuration option: foo.*; correct it"),
    ],
)
async def test_a_host_that_cannot_be_reached(yard: Yard, docker_at: Make, host: str, words: str) -> None:
    source = docker_at(yard.url(Path("/none.sock"), host))
    if host == "wrong":
        with yard.wrong_configuration():
            said = await why(source)
    else:
        said = await why(source)
    assert re.fullmatch(rf"docker engine ssh://{host}/none\.sock: {words}.*", said), said


@pytest.mark.req("F60")
async def test_a_host_that_never_answers(yard: Yard, docker_at: Make) -> None:
    yard.accepts = False
    said = await why(docker_at(yard.url(Path("/none.sock"), "brisk")))
    assert "no answer from its sshd within 1 s; it hangs or is out of reach" in said


@contextlib.contextmanager
def forgotten(path: Path, mode: int = 0o600) -> Iterator[None]:
    """A socket that somebody left: nobody listens on it."""
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(path))
        path.chmod(mode)
        yield
    path.unlink()


@pytest.mark.req("F60")
async def test_no_engine_at_its_end(yard: Yard, docker_at: Make, engine: Dockerd) -> None:
    """What ssh itself says of each is the same; the socket is looked at over there."""
    path = yard.folder / "d.sock"
    assert f"no socket there: {path}; start Docker there" in await why(docker_at(yard.url(path)))
    with forgotten(path):
        assert f"nobody answers there, behind {path}; start Docker there" in await why(docker_at(yard.url(path)))
    yard.before = root_without_power()
    try:
        with forgotten(path):
            os.chown(path, 65534, 65534)
            links.end_all(10)
            said = await why(docker_at(yard.url(path)))
            assert f"root may not open the socket there: {path}; there: sudo usermod -aG docker root" in said
    finally:
        yard.before = ()


async def test_a_host_that_forbids_the_way(yard: Yard, docker_at: Make, engine: Dockerd) -> None:
    with yard.with_line("AllowStreamLocalForwarding no"):
        said = await why(docker_at(yard.url(engine.socket)))
    assert "its sshd forbids the way" in said


# -- one connection


async def test_one_connection_serves_lists_events_and_many_logs(yard: Yard, docker_at: Make, engine: Dockerd) -> None:
    from incidentui.core.inputs import Refusal
    from incidentui.edge.containers.logs import WorkloadLogs

    names = [f"w{n:02}" for n in range(6)]
    for name in names:
        engine.run(name, "sh", "-c", f"while true; do echo from {name}; sleep 0.2; done")
    source, other = docker_at(yard.url(engine.socket)), docker_at(yard.url(engine.socket))
    assert [w.name for w in await source.engine.workloads()] == names
    assert [w.name for w in await other.engine.workloads()] == names
    feed = await WorkloadLogs(source.engine).follow(dict.fromkeys(names))
    assert not isinstance(feed, Refusal)
    try:
        await until(lambda: {line.text for line in feed.take(5_000).lines} >= {f"from {name}" for name in names})
    finally:
        feed.close()
    assert len(yard.sessions) == 1


async def watching(source: DockerSource, reports: Reports) -> "asyncio.Task[None]":
    task = asyncio.create_task(source.run(reports))
    await until(lambda: any(isinstance(each, WorkloadsLooked) for each in reports.all))
    return task


def since(reports: Reports, kind: type[Observation]) -> int:
    return sum(isinstance(each, kind) for each in reports.all)


@pytest.mark.req("F60")
async def test_a_connection_that_is_cut_comes_back(
    yard: Yard, docker_at: Make, engine: Dockerd, reports: Reports
) -> None:
    engine.run("web", "sleep", "600")
    task = await watching(docker_at(yard.url(engine.socket)), reports)
    try:
        yard.cut()
        await until(lambda: since(reports, SourceFailed) and since(reports, SourceAnswered) == 2)
        (failed,) = [each for each in reports.all if isinstance(each, SourceFailed)]
        assert "ssh connection ended" in failed.why or "dropped the connection" in failed.why
        engine.docker("stop", "-t", "0", "web")
        await until(
            lambda: any(isinstance(r, WorkloadsLooked) and r.workloads[0].state == "exited" for r in reports.all)
        )
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_connection_that_hangs_is_told_and_comes_back(
    yard: Yard, docker_at: Make, engine: Dockerd, reports: Reports
) -> None:
    engine.run("web", "sleep", "600")
    task = await watching(docker_at(yard.url(engine.socket, "brisk")), reports)
    try:
        yard.hang(True)
        await until(lambda: since(reports, SourceFailed))
        yard.hang(False)
        await until(lambda: since(reports, SourceAnswered) == 2, 30)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_shared_connection_of_a_person_is_used_and_left_as_it_was(
    yard: Yard, docker_at: Make, engine: Dockerd
) -> None:
    """Its second factor was given by hand; a connection of our own would be asked for it."""
    engine.run("web", "sleep", "600")
    yard.ssh("-M", "-N", "-f", "-o", "ControlPersist=yes", "shared")
    try:
        source = docker_at(yard.url(engine.socket, "shared"))
        assert [w.name for w in await source.engine.workloads()] == ["web"]
        assert len(yard.sessions) == 1
        yard.ssh("-O", "exit", "shared")
        assert "ended" in await why(source)
        assert [w.name for w in await source.engine.workloads()] == ["web"], "by one of our own"
        links.end_all(10)
        await until(lambda: not yard.sessions)
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            yard.ssh("-O", "exit", "shared")


async def test_a_connection_whose_folder_was_cleaned_away_is_made_anew(
    yard: Yard, docker_at: Make, engine: Dockerd, monkeypatch: pytest.MonkeyPatch
) -> None:
    (yard.folder / "t").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(yard.folder / "t"))
    engine.run("web", "sleep", "600")
    source = docker_at(yard.url(engine.socket))
    assert [w.name for w in await source.engine.workloads()] == ["web"]
    assert left(yard)
    for folder in yard.folder.glob("t/*"):
        shutil.rmtree(folder)
    assert "ssh connection ended; it is made anew" in await why(source), "no word about the engine, which is up"
    assert [w.name for w in await source.engine.workloads()] == ["web"]


def test_one_slow_answer_moves_no_socket_from_under_those_that_use_it(yard: Yard, engine: Dockerd) -> None:
    yard.ssh("-M", "-N", "-f", "-o", "ControlPersist=yes", "shared")
    try:
        one, other = Client(yard.url(engine.socket, "shared")), Client(yard.url(engine.socket, "shared"))
        one.connected()
        given = one.named_to_others
        other.connected()
        other.lose()
        other.connected()
        assert Path(given["DOCKER_HOST"].removeprefix("unix://")).exists()
        one.close()
        other.close()
    finally:
        links.end_all(10)
        yard.ssh("-O", "exit", "shared")


# -- in the program


@pytest.fixture
def place(tmp_path: Path, yard: Yard, engine: Dockerd, monkeypatch: pytest.MonkeyPatch) -> Place:
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = {}\n')
    (yard.folder / "t").mkdir(exist_ok=True)
    monkeypatch.setenv("TMPDIR", str(yard.folder / "t"))
    monkeypatch.setenv("DOCKER_HOST", yard.url(engine.socket, "brisk"))
    return Place(root, tmp_path / "home")


@pytest.mark.req("F60")
def test_status_and_doctor_say_which_engine_it_is(
    place: Place, engine: Dockerd, yard: Yard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.run("web", "sleep", "600")
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "config.json").write_text("{}")
    (place.root / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = { context = "prod" }\n')
    add_context(tmp_path / "docker", "prod", yard.url(engine.socket))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.delenv("DOCKER_HOST")
    at = f"ssh://yard{engine.socket} (context prod)"
    assert f"  docker           {at}\n· web " in place.run("status").stdout
    assert f"{at}: 1 containers, over an ssh connection of our own" in place.run("doctor").stdout


def test_a_long_tmpdir_is_no_hindrance(place: Place, engine: Dockerd, yard: Yard) -> None:
    engine.run("web", "sleep", "600")
    top = yard.folder / ("t" * (70 - len(str(yard.folder)) - 1))
    top.mkdir()
    said = place.run("status", TMPDIR=str(top)).stdout
    assert "· web " in said, said


COMPOSE = """\
version: "3.8"
services:
  web:
    image: incident-test:1
    network_mode: host
    command: ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done"]
    environment: { MODE: a }
    volumes: ["leads:/data"]
volumes:
  leads: {}
"""


@pytest.mark.soak
@pytest.mark.req("F60")
@pytest.mark.skipif(not TOOL and not os.environ.get("CI"), reason="no docker-compose (Debian: docker-compose)")
def test_deeds_over_ssh_compose_exec_copy_and_backup(place: Place, engine: Dockerd, yard: Yard) -> None:
    file, act = place.root / "docker-compose.yml", ("act", "--yes", "web")
    file.write_text(COMPOSE)
    toml = '[project]\nname = "ferry"\ndocker = { compose_project = "ferry" }\n'
    (place.root / "incidentui.toml").write_text(toml)
    place.ok("trust", "docker-compose.yml")
    up = place.json(*act, "compose.up", "name=web", "stay=1s")
    assert (up["outcome"], up["verdict"]["running_equal"]) == ("done", True)
    assert "ssh://brisk" in up["plan"]["host"]
    assert container("web") in engine.docker("ps", "--format", "{{.Names}}").stdout.decode()
    place.ok(*act, "workload.exec", "name=web", "command=sh -c 'echo kept > /data/x'")
    place.ok(*act, "workload.copy-out", "name=web", "from=/data", "to=out")
    assert (place.root / "out" / "data" / "x").read_text() == "kept\n"
    assert "ferry_leads" in place.ok("backup", "take", "--workload", "web", "--json")
    file.write_text(COMPOSE.replace("MODE: a", "MODE: b"))
    assert "env MODE" in place.ok("status")
    place.whole()


HOSTS = ("unknown", "changed", "keyless", "nameless", "closed", "brisk")


@pytest.mark.parametrize("host", [HOSTS[0], *(pytest.param(host, marks=pytest.mark.soak) for host in HOSTS[1:])])
def test_status_and_doctor_say_why_it_is_not_reached(place: Place, yard: Yard, host: str) -> None:
    yard.accepts = host != "brisk"
    at = yard.url(Path("/none.sock"), host)
    found = json.loads(place.run("doctor", "--json", DOCKER_HOST=at).stdout)["findings"]
    (docker,) = [each for each in found if each["name"] == "docker"]
    assert docker["state"] == "bad"
    assert docker["text"].startswith(f"docker engine ssh://{host}/none.sock (DOCKER_HOST): ")
    told = json.loads(place.run("status", "--json", DOCKER_HOST=at).stdout)
    (source,) = [each for each in told["sources"] if each["name"] == "docker"]
    assert source["why"] == f"{docker['text']}; {docker['hint']}"
    assert told["engines"] == [{"name": "docker", "state": "unknown", "at": None}]


@pytest.mark.req("F60")
def test_the_screen_over_ssh_says_where_it_looks_and_restarts_there(place: Place, engine: Dockerd, yard: Yard) -> None:
    ident = engine.run("web", "sh", "-c", "trap 'exit 0' TERM; echo began; while true; do sleep 0.1; done")
    started = engine.docker("inspect", "-f", "{{.State.StartedAt}}", ident).stdout
    with Pty([COMMAND, str(place.root)], place.root, place.env()) as screen:
        screen.see(r"4 WORKLOADS ─+ docker ssh brisk", 30)
        screen.rest(0.4, 1)
        screen.press("4", "\r", gap_s=0.3)
        screen.see(r"(?s)engine +docker.*ssh://brisk.*\(DOCKER_HOST\)", 20)
        screen.see("began", 20)
        screen.press("a", "1", gap_s=0.3)
        screen.see("PLAN", 20)
        screen.see("ssh://brisk", 5)
        screen.press("x", *"web", "\r", gap_s=0.1)
        screen.see("COMPLETE", 40)
        assert engine.docker("inspect", "-f", "{{.State.StartedAt}}", ident).stdout != started
        yard.hang(True)
        screen.press("\x1b", "\x1b", "\x1b", gap_s=0.3)
        screen.see(r"4 WORKLOADS ─+ docker unknown", 40)
        screen.see(r"again in", 5)
        screen.press("q", "q", gap_s=0.3)
        assert screen.process.wait(10) == 0
    wait(lambda: not left(yard), "no ssh left", 10)


def test_killed_it_leaves_no_ssh_and_no_folder(place: Place, yard: Yard) -> None:
    watch = place.start("watch")
    wait(lambda: bool(yard.sessions and left(yard)), "a connection", 30)
    watch.send_signal(signal.SIGKILL)
    watch.communicate()
    wait(lambda: not yard.sessions and not left(yard), "nothing left", 10)


def test_stopped_it_leaves_no_ssh_and_no_folder(place: Place, yard: Yard) -> None:
    with place.watched():
        wait(lambda: bool(yard.sessions and left(yard)), "a connection", 30)
    wait(lambda: not yard.sessions and not left(yard), "nothing left", 10)
