"""A project on a private engine, and where the engine keeps a volume."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import engine as private
from tests.containers.conftest import shared_engine as shared_engine
from tests.e2e.world import Ended, Place
from tests.engine import Dockerd

OBEYS = ("sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done")
LABELS = ("--label", "com.docker.compose.project=ferry", "--label", "com.docker.compose.service=web")


@pytest.fixture
def engine(shared_engine: private.Dockerd) -> Iterator[private.Dockerd]:
    """The engine, without containers and volumes afterwards."""
    yield shared_engine
    shared_engine.remove_all()
    for name in shared_engine.docker("volume", "ls", "-q").stdout.decode().split():
        shared_engine.docker("volume", "rm", "-f", name, check=False)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = { compose_project = "ferry" }\n')
    return Place(root, tmp_path / "state")


@pytest.fixture
def ask(place: Place, engine: Dockerd) -> Callable[..., Ended]:
    return lambda *argv: place.run(*argv, "--json", DOCKER_HOST=engine.url)


def run_web(engine: Dockerd, *options: str) -> str:
    return engine.run("ferry-web-1", *OBEYS, options=(*LABELS, *options))


def inside(engine: Dockerd, volume: str) -> Path:
    """Where it lies on this machine: the engine is ours, and we are root."""
    found: Any = json.loads(engine.docker("volume", "inspect", volume).stdout)[0]
    return Path(found["Mountpoint"])
