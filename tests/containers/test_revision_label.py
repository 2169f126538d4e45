"""What runs, as the label of a real image says it: the installed command on a real engine."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incidentui.drills.history import git
from tests import engine as private
from tests.e2e.world import COMMAND

pytestmark = pytest.mark.docker
REVISION, VERSION = "org.opencontainers.image.revision", "org.opencontainers.image.version"
CONFIG = f"""[project]
name = "quay"
docker = {{ compose_project = "quay" }}

[[services]]
name = "api"
workloads = ["web", "worker"]
revision = {{ label = "{REVISION}" }}
"""


@pytest.fixture
def status(tmp_path: Path, engine: private.Dockerd) -> Callable[[], Any]:
    git(["init", "-q", "-b", "main", "--template=", "."], tmp_path)
    (tmp_path / "incidentui.toml").write_text(CONFIG, encoding="utf-8")
    git(["add", "."], tmp_path)
    git(["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "It works"], tmp_path)
    env = {**os.environ, "DOCKER_HOST": engine.url, "INCIDENTUI_HOME": f"{tmp_path}-state", "INCIDENTUI_USER": "ines"}

    def ask() -> Any:
        argv = [COMMAND, "--project", str(tmp_path), "status", "--json"]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
        return json.loads(done.stdout)

    return ask


def image(engine: private.Dockerd, tag: str, **labels: str) -> None:
    """An image of its own with these labels: none is put on the container."""
    made = engine.docker("create", private.IMAGE, "true").stdout.decode().strip()
    changes = [word for key, value in labels.items() for word in ("--change", f"LABEL {key}={value}")]
    engine.docker("commit", *changes, made, tag)
    engine.docker("rm", made)


def run(engine: private.Dockerd, name: str, tag: str) -> None:
    labels = ("com.docker.compose.project=quay", f"com.docker.compose.service={name}")
    options = [word for label in labels for word in ("--label", label)]
    engine.docker("rm", "-f", f"quay-{name}", check=False)
    engine.docker("run", "-d", "--network", "host", "--name", f"quay-{name}", *options, tag, "sleep", "600")


@pytest.mark.req("R1-14", "R1-15")
def test_the_label_of_the_image_says_what_runs(
    status: Callable[[], Any], engine: private.Dockerd, tmp_path: Path
) -> None:
    head = git(["rev-parse", "HEAD"], tmp_path)
    image(engine, "quay:good", **{REVISION: head})
    image(engine, "quay:other", **{REVISION: "1" * 40})
    image(engine, "quay:dirty", **{REVISION: f"{head}-dirty"})
    image(engine, "quay:version", **{REVISION: head, VERSION: "1.4.0-dirty"})
    assert "no workload of api has the label" in status()["services"][0]["running_why"]
    run(engine, "web", "quay:good")
    api = status()["services"][0]
    assert (api["running"], api["build"], api["running_is"]["head"]) == (head, None, True)

    run(engine, "worker", "quay:other")
    api = status()["services"][0]
    assert api["running"] is None
    assert api["running_why"] == f"its workloads run different revisions: web {head[:12]}, worker {'1' * 12}"

    run(engine, "web", "quay:dirty")
    run(engine, "worker", "quay:dirty")
    found = status()
    assert (found["services"][0]["running"], found["services"][0]["build"]) == (None, "dirty")
    assert {w["name"]: w["dirty"] for w in found["workloads"]}["web"] == f"{REVISION} = {head}-dirty"

    run(engine, "web", "quay:version")
    run(engine, "worker", "quay:version")
    found = status()
    assert found["services"][0]["running"] == head
    assert {w["dirty"] for w in found["workloads"]} == {f"{VERSION} = 1.4.0-dirty"}
