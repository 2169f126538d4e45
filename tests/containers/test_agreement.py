"""What a container was really started with, against the files: the installed command on a real engine."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incidentui.edge.containers.docker_words import settings_of
from tests import engine as private
from tests.e2e.world import COMMAND

CONFIG = """[project]
name = "lab"
docker = { compose_project = "lab" }

[[services]]
name = "backend"

[[checks]]
name = "agent-token"
service = "backend"
type = "agreement"
values = [
  { name = "agent", file = "agent_config.json", path = "$.auth_token" },
  { name = "backend", workload = "backend", env = "AGENT_TOKEN" },
]

[[checks]]
name = "port"
service = "backend"
type = "agreement"
values = [
  { name = "tunnel", file = "tunnel.sh", regex = 'localhost:(\\d+)' },
  { name = "compose", compose = "docker-compose.yml", service = "backend", port = 5050 },
  { name = "running", workload = "backend", port = 5050 },
]

[[checks]]
name = "release"
service = "backend"
type = "agreement"
values = [
  { name = "file", file = "RELEASE" },
  { name = "label", workload = "backend", label = "release" },
]
"""
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def ask(tmp_path: Path, engine: private.Dockerd) -> Ask:
    """Asks every check once: name -> what was told of it."""
    (tmp_path / "incidentui.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "agent_config.json").write_text('{"auth_token": "dev-token"}')
    (tmp_path / "tunnel.sh").write_text("ssh -N -L 5050:localhost:5050 lab\n")
    (tmp_path / "docker-compose.yml").write_text('services:\n  backend:\n    ports: ["5051:5050"]\n')
    (tmp_path / "RELEASE").write_text("7\n")

    def asked(url: str = engine.url) -> dict[str, Any]:
        env = {**os.environ, "DOCKER_HOST": url, "INCIDENTUI_HOME": f"{tmp_path}-state"}
        argv = [COMMAND, "--project", str(tmp_path), "check", "--json"]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert "dev-token" not in done.stdout + done.stderr
        return {check["name"]: check for check in json.loads(done.stdout)["checks"]}

    return asked


def run(engine: private.Dockerd, token: str | None, *options: str, network: str = "host") -> None:
    labels = ("com.docker.compose.project=lab", "com.docker.compose.service=backend", "release=6")
    words = [word for label in labels for word in ("--label", label)]
    words += ["--env", f"AGENT_TOKEN={token}"] if token is not None else []
    engine.docker("rm", "-f", "lab-backend-1", check=False)
    engine.docker(
        "run", "-d", "--network", network, "--name", "lab-backend-1", *words, *options, private.IMAGE, "sleep", "600"
    )


@pytest.mark.docker
@pytest.mark.req("R1-07", "R1-26", "R1-50", "F64")
def test_what_runs_is_held_against_the_files(ask: Ask, engine: private.Dockerd) -> None:
    assert ask()["release"]["why"] == "label: container backend is not there"
    run(engine, "dev-token-change-in-production")
    told = ask()
    assert (told["agent-token"]["verdict"], told["agent-token"]["why"]) == (
        "failing",
        "agent and backend differ (not shown)",
    )
    # On the host's network a port inside is the port outside.
    assert told["port"]["why"] == "compose says 5051, while tunnel and running say 5050"
    assert told["release"]["why"] == "file says 7, label says 6"

    run(engine, "dev-token")
    assert ask()["agent-token"]["why"] == "2 values agree (not shown)"
    run(engine, None)
    assert ask()["agent-token"]["why"] == "backend has no AGENT_TOKEN"
    engine.docker("stop", "--time", "0", "lab-backend-1")
    told = ask()
    assert (told["release"]["verdict"], told["release"]["why"]) == ("unknown", "label: container backend does not run")


@pytest.mark.docker
def test_what_a_container_publishes(ask: Ask, engine: private.Dockerd) -> None:
    run(engine, "dev-token", network="none")
    assert ask()["port"]["why"].startswith("tunnel says 5050, compose says 5051, running does not publish 5050")


@pytest.mark.docker
def test_an_engine_that_is_not_there_is_no_disagreement(ask: Ask, tmp_path: Path) -> None:
    told = ask(f"unix://{tmp_path}/no.sock")
    assert told["agent-token"]["verdict"] == "unknown"
    assert "no socket there; start Docker, or correct DOCKER_HOST" in told["agent-token"]["why"]
    assert told["port"]["why"] == "tunnel says 5050, compose says 5051", "two that could be read differ already"


def test_ports_as_an_inspection_lists_them() -> None:
    both = [{"HostIp": "0.0.0.0", "HostPort": "5051"}, {"HostIp": "::", "HostPort": "5051"}]
    ports = {"5050/tcp": both, "53/udp": both, "80/tcp": None, "443/tcp": [{"HostIp": "", "HostPort": "1"}, both[0]]}
    found = settings_of({"NetworkSettings": {"Ports": ports}, "HostConfig": {"NetworkMode": "lab_default"}})
    assert found.ports == {5050: (5051,), 80: (), 443: (1, 5051)}
