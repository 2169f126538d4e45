"""One built repository, copied for each test: building it by git takes longer than most tests."""

import shutil
from pathlib import Path

import pytest

from tests.git.world import World


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("template")).build()


@pytest.fixture
def world(template: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    root = tmp_path / "world"
    shutil.copytree(template.root, root, symlinks=True)
    world = World(root)
    world.good, world.bad = template.good, list(template.bad)
    world.git("remote", "set-url", "origin", str(world.remote))
    world.git("update-index", "-q", "--refresh")
    return world
