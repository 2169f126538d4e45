"""Which engine is shown, and the words when none can be: contexts, ssh, a socket that is forbidden."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from incidentui.core.inputs import SourceFailed
from incidentui.edge.containers.compose_look import environment
from incidentui.edge.containers.docker_source import DockerSource
from tests import engine as private
from tests.containers.conftest import WallClock
from tests.containers.daemon import answering
from tests.e2e.world import COMMAND, Place
from tests.faults.pty import Pty


@pytest.fixture
def docker_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the docker command alone: no DOCKER_HOST, no context of this machine."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "docker"
    home.mkdir()
    (home / "config.json").write_text("{}")
    monkeypatch.setenv("DOCKER_CONFIG", str(home))
    return home


def add_context(home: Path, name: str, host: str) -> None:
    """As `docker context create` writes it."""
    folder = home / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    endpoints = {"docker": {"Host": host, "SkipTLSVerify": False}}
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": endpoints}))


def break_contexts(home: Path) -> None:
    for meta in home.rglob("meta.json"):
        meta.write_text("{")


async def why(clock: WallClock, context: str | None = None) -> str:
    source = DockerSource(None, clock, context=context)
    failed = (await source.look())[0]
    source.engine.close()
    assert isinstance(failed, SourceFailed)
    return failed.why


@pytest.mark.req("F60")
async def test_the_current_context_is_asked_and_named(docker_home: Path, clock: WallClock, tmp_path: Path) -> None:
    add_context(docker_home, "lab", f"unix://{tmp_path}/none.sock")
    (docker_home / "config.json").write_text('{"currentContext": "lab"}')
    said = await why(clock)
    assert said.startswith(f"docker engine unix://{tmp_path}/none.sock (context lab): no socket there")


async def test_docker_context_goes_before_the_current_one(
    docker_home: Path, clock: WallClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_context(docker_home, "lab", f"unix://{tmp_path}/lab.sock")
    add_context(docker_home, "yard", f"unix://{tmp_path}/yard.sock")
    (docker_home / "config.json").write_text('{"currentContext": "lab"}')
    monkeypatch.setenv("DOCKER_CONTEXT", "yard")
    assert f"unix://{tmp_path}/yard.sock (context yard)" in await why(clock)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/host.sock")
    assert f"unix://{tmp_path}/host.sock (DOCKER_HOST)" in await why(clock)


async def test_the_context_of_the_project_goes_before_the_current_one_and_after_the_shell(
    docker_home: Path, clock: WallClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("lab", "yard", "prod"):
        add_context(docker_home, name, f"unix://{tmp_path}/{name}.sock")
    (docker_home / "config.json").write_text('{"currentContext": "lab"}')
    assert "/prod.sock (context prod)" in await why(clock, "prod")
    assert "context ghost: there is none of that name; correct incidentui.toml" in await why(clock, "ghost")
    monkeypatch.setenv("DOCKER_CONTEXT", "yard")
    assert "/yard.sock (context yard)" in await why(clock, "prod")


@pytest.mark.parametrize("by", ["DOCKER_CONTEXT", "currentContext"])
async def test_a_context_that_is_not_there_is_no_other_engine(
    docker_home: Path, clock: WallClock, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    if by == "DOCKER_CONTEXT":
        monkeypatch.setenv("DOCKER_CONTEXT", "ghost")
    else:
        (docker_home / "config.json").write_text('{"currentContext": "ghost"}')
    said = await why(clock)
    assert said.startswith("docker context ghost: there is none of that name")
    assert by in said


async def test_a_context_is_found_where_the_docker_command_keeps_it(
    docker_home: Path, clock: WallClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nobody ever logged in anywhere, and never in the folder that one happens to stand in."""
    add_context(docker_home, "prod", f"unix://{tmp_path}/prod.sock")
    (docker_home / "config.json").unlink()
    add_context(tmp_path / "repository", "trap", f"unix://{tmp_path}/trap.sock")
    monkeypatch.chdir(tmp_path / "repository")
    assert "/prod.sock (context prod)" in await why(clock, "prod")
    assert "context trap: there is none of that name" in await why(clock, "trap")


async def test_a_configuration_that_cannot_be_read_is_no_engine_of_this_machine(
    docker_home: Path, clock: WallClock
) -> None:
    (docker_home / "config.json").write_text('{"currentContext": "prod"')
    said = await why(clock)
    assert said.startswith(f"docker {docker_home}/config.json cannot be read")
    assert "; correct it, or set DOCKER_CONTEXT" in said


async def test_compose_is_led_to_the_engine_that_is_shown(docker_home: Path, clock: WallClock) -> None:
    """Version 1 knows no contexts: it would work on this machine's own."""
    add_context(docker_home, "lab", "tcp://127.0.0.1:1")
    source = DockerSource(None, clock, context="lab")
    await source.look()
    assert environment(source.engine)["DOCKER_HOST"] == "tcp://127.0.0.1:1"
    source.engine.close()


async def test_a_broken_context_says_so(docker_home: Path, clock: WallClock, monkeypatch: pytest.MonkeyPatch) -> None:
    add_context(docker_home, "lab", "unix:///x")
    break_contexts(docker_home)
    monkeypatch.setenv("DOCKER_CONTEXT", "lab")
    assert "docker context lab: its file cannot be read" in await why(clock)


async def test_an_engine_over_ssh_needs_an_ssh(
    docker_home: Path, clock: WallClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add_context(docker_home, "yard", "ssh://ops@yard.example")
    monkeypatch.setenv("DOCKER_CONTEXT", "yard")
    monkeypatch.setenv("PATH", str(tmp_path))
    said = await why(clock)
    where = "docker engine ssh://ops@yard.example (context yard)"
    assert said == f"{where}: there is no ssh here; install it (Debian: openssh-client)"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ssh://-oProxyCommand=x", "no address that ssh understands"),
        ("ssh://ops:word@yard", "a password stands in it, and ssh takes none; take it out"),
        ("ssh://yard/a b", "'/a b' cannot be the path of a socket"),
        ("ssh://yard/$(x)", "'/$(x)' cannot be the path of a socket"),
        ("ssh://", "no address that ssh understands"),
        ("ssh://yard:x", "no address"),
    ],
)
async def test_an_address_that_ssh_is_not_given(
    docker_home: Path, clock: WallClock, monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    said = await why(clock)
    assert said.startswith("docker engine ssh://"), said
    assert f" (DOCKER_HOST): {words}" in said
    assert "word@" not in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not")
@pytest.mark.req("F60")
async def test_a_socket_that_is_forbidden(tmp_path: Path, clock: WallClock) -> None:
    source = DockerSource(None, clock, f"unix://{tmp_path}/root.sock")
    await source.look()  # what it needs is loaded while everything may be read
    with answering(tmp_path / "root.sock", b""):
        (tmp_path / "root.sock").chmod(0o600)
        os.seteuid(65534)
        try:
            (failed,) = await source.look()
        finally:
            os.seteuid(0)
            source.engine.close()
    assert isinstance(failed, SourceFailed)
    assert "permission denied; run as a member of the group docker" in failed.why


@pytest.mark.docker
async def test_a_real_engine_by_its_context(docker_home: Path, engine: private.Dockerd, clock: WallClock) -> None:
    engine.run("web", "sleep", "600")
    add_context(docker_home, "lab", engine.url)
    (docker_home / "config.json").write_text('{"currentContext": "lab"}')
    source = DockerSource(None, clock)
    try:
        assert [w.name for w in await source.engine.workloads()] == ["web"]
        assert source.engine.address == f"{engine.url} (context lab)"
    finally:
        source.engine.close()


@pytest.mark.docker
@pytest.mark.req("F60")
def test_the_screen_says_which_engine_it_is(docker_home: Path, tmp_path: Path, engine: private.Dockerd) -> None:
    """Not only while it is lost: what runs in production is not to be taken for what runs here."""
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = {}\n', encoding="utf-8")
    add_context(docker_home, "lab", engine.url)
    (docker_home / "config.json").write_text('{"currentContext": "lab"}')
    engine.run("web", "sleep", "600")
    place = Place(root, tmp_path / "home")
    with Pty([COMMAND, str(root)], root, place.env()) as screen:
        screen.see(r"4 WORKLOADS ─+ docker context lab", 30)
        screen.rest(0.4, 1)
        screen.press("4", "\r", gap_s=0.3)
        screen.see(r"(?s)engine +docker.*unix:///tmp/incident-engine.*\(context lab\)", 20)


async def test_a_docker_host_that_is_set_and_wrong_is_to_be_corrected(
    clock: WallClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    said = await why(clock)
    assert said.endswith("no.sock (DOCKER_HOST): no socket there; start Docker, or correct DOCKER_HOST")
