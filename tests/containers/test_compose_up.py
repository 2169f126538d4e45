"""compose.up by a real docker-compose on a real engine: what it would do, keeps, refuses, and what fails."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.containers.composed import TOOL, VERSION_1, compose, container
from tests.containers.newer import newer_engine
from tests.e2e.world import COMMAND, Ended, Place
from tests.engine import Dockerd
from tests.faults.pty import Pty

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(not TOOL and not os.environ.get("CI"), reason="no docker-compose (Debian: docker-compose)"),
]
WEB = container("web") if TOOL else ""
RUNS = """trap 'exit 0' TERM; while true; do sleep 0.1; done"""
FILE = """\
version: "3.8"
services:
  web:
    image: incident-test:1
    network_mode: host
    command: ["sh", "-c", "{runs}"]
    environment: {{ MODE: {mode} }}
    volumes: ["{data}:/data", "/unnamed"]
    depends_on: [db]
  db:
    image: incident-test:1
    network_mode: host
    command: ["sh", "-c", "{runs}"]
volumes:
  leads: {{}}
  other: {{}}
"""


class World:
    def __init__(self, place: Place, engine: Dockerd) -> None:
        self.place, self.engine, self.url = place, engine, engine.url

    def write(self, mode: str = "a", data: str = "leads", runs: str = RUNS, allow: bool = True) -> None:
        (self.place.root / "docker-compose.yml").write_text(FILE.format(mode=mode, data=data, runs=runs))
        if allow:
            assert self.place.run("trust", "docker-compose.yml", "--json").returncode == 0

    def compose(self, *argv: str) -> None:
        compose(self.place.root, self.engine.url, *argv)

    def ask(self, *argv: str, url: str = "") -> Ended:
        return self.place.run("act", "compose.up", *argv, "--json", DOCKER_HOST=url or self.url)

    def inspect(self, name: str = WEB) -> Any:
        return json.loads(self.engine.docker("inspect", name).stdout)[0]

    def names(self) -> list[str]:
        return sorted(self.engine.docker("ps", "-a", "--format", "{{.Names}}").stdout.decode().split())


@pytest.fixture
def world(tmp_path: Path, engine: Dockerd) -> World:
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = { compose_project = "ferry" }\n')
    return World(Place(root, tmp_path / "state"), engine)


def shown(done: Ended) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_one_service_is_created_then_created_anew_as_declared_with_its_volumes(world: World) -> None:
    world.write(allow=False)
    refused = world.ask("name=web", "--yes", "web")
    assert (refused.returncode, "incidentui trust docker-compose.yml" in refused.stderr) == (3, True)
    world.write()
    done = world.ask("name=web", "stay=1s", "--yes", "web")
    assert (done.returncode, shown(done)["verdict"]["running_equal"]) == (0, True), done
    assert shown(done)["plan"]["title"].endswith(": created")
    assert "what changed" not in dict(shown(done)["plan"]["not_covered"]), "nothing is there to change"
    assert world.names() == [WEB], "not what it depends on"
    first = world.inspect()
    world.engine.docker("exec", WEB, "sh", "-c", "printf 1 > /data/x; printf 2 > /unnamed/y")
    assert "runs as it is declared" in world.ask("name=web").stderr

    world.write(mode="b")
    plan = shown(world.ask("name=web"))["plan"]
    assert "created anew" in plan["title"]
    (up,) = (step for step in plan["steps"] if step["verb"] == "up")
    assert up["argv"] == [
        [
            *TOOL, "--ansi", "never", "-f", "docker-compose.yml", "-p", "ferry", "up", "-d", "--no-deps",
            "--no-build", *(() if VERSION_1 else ("--pull", "never")), "web",
        ]
    ]  # fmt: skip
    assert any(what == "env MODE" for what, _ in plan["blast"]), plan["blast"]
    assert plan["loses"] == []
    done = world.ask("name=web", "stay=1s", "--yes", "web")
    assert done.returncode == 0, done
    now = world.inspect()
    assert now["Id"] != first["Id"]
    assert "MODE=b" in now["Config"]["Env"]
    assert world.engine.docker("exec", WEB, "cat", "/data/x", "/unnamed/y").stdout == b"12"
    assert world.names() == [WEB]
    world.place.whole()


@pytest.mark.skipif(not VERSION_1, reason="the trap of docker-compose 1")
@pytest.mark.req("R1-12")
def test_the_trap_of_version_1_on_a_newer_engine(world: World, tmp_path: Path) -> None:
    """Compose itself falls into it: it sets the container aside, stopped, and ends with a KeyError."""
    world.write()
    world.compose("up", "-d", "--no-deps", "web")
    before = world.inspect()
    world.write(mode="b")
    short = Path("/tmp") / f"newer-{os.getpid()}.sock"
    try:
        with newer_engine(world.engine.socket, short) as url:
            refused = world.ask("name=web", "--yes", "web", url=url)
            assert (refused.returncode, "has no ContainerConfig" in refused.stderr) == (3, True), refused
            assert shown(refused)["verdict"]["choices"][0]["action"] == "workload.recreate"
            by_hand = subprocess.run(
                ["docker-compose", "-p", "ferry", "up", "-d", "--no-deps", "web"],
                cwd=world.place.root, env={**os.environ, "DOCKER_HOST": url}, capture_output=True, check=False,
            )  # fmt: skip
            assert by_hand.returncode != 0
            assert b"ContainerConfig" in by_hand.stderr + by_hand.stdout
    finally:
        short.unlink(missing_ok=True)
    assert before["Id"] == json.loads(world.engine.docker("inspect", before["Id"]).stdout)[0]["Id"]


def test_a_volume_that_another_would_take_the_place_of_needs_a_reason(world: World) -> None:
    world.write()
    world.compose("up", "-d", "--no-deps", "web")
    world.engine.docker("volume", "rm", "-f", "ferry_other")  # version 1 has made it, too
    world.write(data="other")
    refused = world.ask("name=web", "--yes", "web")
    lost = "/data: ferry_other, new and empty takes the place of volume ferry_leads"
    assert (refused.returncode, shown(refused)["plan"]["loses"]) == (3, [lost])
    assert {mount["Name"] for mount in world.inspect()["Mounts"]} >= {"ferry_leads"}


def test_a_compose_that_fails_half_way_gives_the_old_one_its_place_back(world: World) -> None:
    """The new one cannot be created: its command names no program. Compose has set the old one aside by then."""
    world.write()
    world.compose("up", "-d", "--no-deps", "web")
    before = world.inspect()["Id"]
    text = (world.place.root / "docker-compose.yml").read_text()
    (world.place.root / "docker-compose.yml").write_text(text.replace('["sh", "-c"', '["no-such-program", "-c"', 1))
    assert world.place.run("trust", "docker-compose.yml", "--json").returncode == 0
    done = world.ask("name=web", "stay=1s", "--yes", "web")
    assert (done.returncode, shown(done)["outcome"]) == (1, "failed"), done
    why = shown(done)["verdict"]["why"]
    assert "no-such-program" in why
    assert [known["name"] for known in shown(done)["verdict"]["known_errors"]] == ["exec-not-found"]
    if VERSION_1:
        assert "the container of before is there: running" in why
        assert world.inspect()["Id"] == before
    else:
        assert "the container of before is gone; another is in its place" in why
        assert "before the new one is started" in shown(done)["plan"]["undo"]
    assert world.names() == [WEB]


def test_what_does_not_stay_up_is_not_complete_and_what_is_not_here_is_not_pulled(world: World) -> None:
    world.write(runs="sleep 1; echo no database; exit 3")
    done = world.ask("name=web", "within=20s", "--yes", "web")
    assert (done.returncode, shown(done)["outcome"]) == (1, "failed"), done
    assert "exit code 3" in shown(done)["verdict"]["why"]
    text = (world.place.root / "docker-compose.yml").read_text()
    (world.place.root / "docker-compose.yml").write_text(text.replace("incident-test:1", "nowhere.invalid/x:1", 1))
    world.place.run("trust", "docker-compose.yml", "--json")
    refused = world.ask("name=web", "--yes", "web")
    assert (refused.returncode, "compose would pull it" in refused.stderr) == (3, True)
    assert "there is: " in world.ask("name=wed").stderr


@pytest.mark.req("F46")
def test_code_that_is_not_committed_is_not_built_without_a_reason(world: World) -> None:
    root = world.place.root
    (root / "Dockerfile").write_text("FROM incident-test:1\nCOPY app.sh /app.sh\n")
    (root / "app.sh").write_text("one")
    world.write()
    text = (root / "docker-compose.yml").read_text().replace("image: incident-test:1", "build: .", 1)
    (root / "docker-compose.yml").write_text(text)
    git = ("git", "-C", str(root), "-c", "user.name=ana", "-c", "user.email=ana@example.org")
    for argv in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *argv], check=True, capture_output=True)
    assert world.place.run("trust", "docker-compose.yml", "--json").returncode == 0
    (root / "app.sh").write_text("two")
    refused = world.ask("name=web", "build=true", "--yes", "web")
    assert refused.returncode == 3
    assert "it would build what is 1 file not committed: app.sh" in refused.stderr
    assert world.names() == []
    done = world.ask("name=web", "build=true", "stay=1s", "uncommitted=it burns", "--yes", "web")
    assert (done.returncode, shown(done)["outcome"]) == (0, "done"), done
    assert world.engine.docker("exec", WEB, "cat", "/app.sh").stdout == b"two"
    (stop,) = (p for p in shown(done)["plan"]["checked"] if p["name"] == "committed")
    assert stop["note"] == "goes all the same: it burns"
    (root / "app.sh").write_text("one")
    clean = shown(world.ask("name=web", "build=true", "--plan"))["plan"]
    assert all(p["name"] != "committed" for p in clean["checked"]), "as the last commit has it"


def test_one_that_is_gone_is_brought_up_from_its_row_and_a_failure_says_what_it_means(world: World) -> None:
    """By keys: nothing that cannot be done is offered, and beside the engine's words stand those that help."""
    world.write()
    world.compose("up", "-d", "--no-deps", "db")
    world.engine.run(WEB, "sleep", "600")  # of no project, and in the way
    root, env = world.place.root, world.place.env(DOCKER_HOST=world.url)
    with Pty([COMMAND, str(root)], root, env, 80, 24) as screen:
        screen.see("workloads 1")
        screen.rest(0.4, 1)
        screen.press("4")
        screen.see("web +declared, and there is no container", 30)
        screen.press("g", "j", "a", gap_s=0.3)
        screen.see("ACT +workload web")
        screen.see("1  Bring web up by compose")
        assert "Restart web" not in screen.text
        screen.press("1")
        screen.see("PLAN", 20)
        screen.rest(0.4, 1)
        screen.press("x", *"web", "\r", gap_s=0.1)
        screen.see("FAILED", 60)
        screen.see("Cannot create container")
        screen.see("means +A container of this name is still there")
        screen.see("1 +Plan it again|1 +Bring web up")


def test_where_nothing_runs_each_declared_service_is_a_row_and_is_brought_up_from_it(world: World) -> None:
    world.write()
    root, env = world.place.root, world.place.env(DOCKER_HOST=world.url)
    with Pty([COMMAND, str(root)], root, env, 80, 24) as screen:
        screen.see("workloads 0")
        screen.rest(0.4, 1)
        screen.press("4")
        screen.see("! web +declared, and there is no container", 30)
        screen.see("! db +declared, and there is no container")
        assert "No workloads" not in screen.text
        screen.press("g", "a", gap_s=0.3)
        screen.see("1  Bring (web|db) up by compose")
        screen.press("2")
        screen.see("PLAN +Bring 2 services up by compose", 30)
