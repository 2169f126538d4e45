"""Real engines: a private dockerd for the run, a supervisord per test."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from incidentui.core.inputs import Observation
from incidentui.edge.containers.docker_source import DockerSource
from incidentui.edge.ssh.link import end_all
from tests import engine as private
from tests import sshd
from tests.containers.daemon import Supervisord


class WallClock:
    boot = "test"

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def mono(self) -> int:
        return time.monotonic_ns() // 1_000_000


@pytest.fixture
def clock() -> WallClock:
    return WallClock()


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[private.Dockerd]:
    why = private.missing()
    if why and os.environ.get("CI") == "true":
        pytest.fail(f"CI shows the Docker source on a real engine, and there is none: {why}")
    if why:
        pytest.skip(why)
    with private.private_engine() as dockerd:
        yield dockerd


@pytest.fixture
def engine(shared_engine: private.Dockerd) -> Iterator[private.Dockerd]:
    """The engine, without containers before and after."""
    yield shared_engine
    shared_engine.remove_all()


@pytest.fixture(scope="session")
def shared_yard() -> Iterator[sshd.Yard]:
    why = sshd.missing()
    if why and os.environ.get("CI") == "true":
        pytest.fail(f"CI shows an engine over ssh on a real sshd, and there is none: {why}")
    if why:
        pytest.skip(why)
    with sshd.private_yard() as yard:
        yield yard


@pytest.fixture
def yard(shared_yard: sshd.Yard, monkeypatch: pytest.MonkeyPatch) -> Iterator[sshd.Yard]:
    """A host whose ssh is the first in PATH; nothing leads there before and after."""
    monkeypatch.setenv("PATH", shared_yard.path)
    yield shared_yard
    shared_yard.hang(False)
    end_all(10)
    shared_yard.cut()


@pytest.fixture
def supervisord(tmp_path: Path) -> Iterator[Callable[..., Supervisord]]:
    started: list[Supervisord] = []

    def start(**programs: str) -> Supervisord:
        daemon = Supervisord(tmp_path, programs)
        started.append(daemon)
        daemon.start()
        return daemon

    yield start
    for daemon in started:
        daemon.kill()


@pytest.fixture
def docker_at(clock: WallClock) -> Iterator[Callable[..., DockerSource]]:
    """Sources whose connections are closed in the end."""
    made: list[DockerSource] = []

    def make(url: str, compose_project: str | None = None) -> DockerSource:
        made.append(DockerSource(compose_project, clock, url))
        return made[-1]

    yield make
    for source in made:
        source.engine.close()


class Reports:
    """What a source reported, in order."""

    def __init__(self) -> None:
        self.all: list[Observation] = []

    def __call__(self, observation: Observation) -> None:
        self.all.append(observation)


@pytest.fixture
def reports() -> Reports:
    return Reports()


PYTHON = sys.executable
