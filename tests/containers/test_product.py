"""A real engine through the installed command: listed, crashing, restarted by its word, killed and said to be lost."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import engine as private

pytestmark = pytest.mark.docker
LABELS = ("--label", "com.docker.compose.project=ferry", "--label")


@pytest.fixture
def project(tmp_path: Path, engine: private.Dockerd) -> Callable[..., tuple[int, Any]]:
    """Runs `incidentui` in a project whose containers are those of `engine`."""
    folder = tmp_path / "ferry"
    folder.mkdir()
    (folder / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = { compose_project = "ferry" }\n')
    environment = {
        **os.environ,
        "DOCKER_HOST": engine.url,
        "INCIDENTUI_HOME": str(tmp_path / "state"),
        "INCIDENTUI_USER": "ines",
    }

    def incidentui(*argv: str) -> tuple[int, Any]:
        command = [sys.executable, "-m", "incidentui", "--project", str(folder), *argv, "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, json.loads(done.stdout or "null")

    return incidentui


def until(found: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it did not come"


@pytest.mark.req("R0-16")
def test_restarts_by_hand_are_recorded_with_the_container_and_counted(
    project: Callable[..., tuple[int, Any]], engine: private.Dockerd, tmp_path: Path
) -> None:
    options = (*LABELS, "com.docker.compose.service=web", "--health-cmd", "true", "--health-interval", "1s")
    ident = engine.run("ferry-web-1", "sleep", "600", options=options)
    state = {"DOCKER_HOST": engine.url, "INCIDENTUI_HOME": str(tmp_path / "state"), "INCIDENTUI_USER": "ines"}
    command = [sys.executable, "-m", "incidentui", "--project", str(tmp_path / "ferry"), "watch", "--json"]
    until(lambda: b"healthy" in engine.docker("ps", "--format", "{{.Status}}").stdout)

    def seen() -> list[dict[str, Any]]:
        (web,) = project("status")[1]["workloads"]
        return list(web["restarted"])

    with subprocess.Popen(command, env={**os.environ, **state}, stdout=subprocess.PIPE) as watch:
        try:
            assert watch.stdout is not None
            assert any(b"workloads.seen" in line for line in watch.stdout)
            engine.docker("restart", "-t", "0", "ferry-web-1")
            until(lambda: any(one["settled"] == "healthy" for one in seen()))
            engine.docker("restart", "-t", "0", "ferry-web-1")
            until(lambda: len(seen()) == 2)
        finally:
            watch.terminate()
    first, second = seen()
    assert {(one["was"], one["now"]) for one in (first, second)} == {(ident, ident)}
    assert (first["before"], second["before"], second["number"]) == ("healthy", "healthy", 2)


@pytest.mark.req("F60")
def test_containers_from_the_list_to_a_restart_and_a_dead_engine(
    project: Callable[..., tuple[int, Any]], engine: private.Dockerd
) -> None:
    engine.run("ferry-web-1", "sleep", "600", options=(*LABELS, "com.docker.compose.service=web"))
    loop = (*LABELS, "com.docker.compose.service=worker", "--restart", "always")
    engine.run("ferry-worker-1", "sh", "-c", "echo no database; exit 3", options=loop)

    def workloads() -> dict[str, Any]:
        return {w["name"]: w for w in project("status")[1]["workloads"]}

    def looping() -> bool:
        worker = workloads()["worker"]
        return bool(worker["state"] == "crashing" and worker["exit_code"] == 3)

    until(looping)
    assert workloads()["web"]["state"] == "running"
    before = engine.docker("inspect", "-f", "{{.State.StartedAt}}", "ferry-web-1").stdout
    code, refused = project("act", "workload.restart", "name=web")
    assert (code, refused["outcome"]) == (3, "refused")
    code, done = project("act", "workload.restart", "name=web", "within=30s", "--yes", "web")
    assert (code, done["outcome"], done["verdict"]["running_equal"]) == (0, "done", True)
    assert engine.docker("inspect", "-f", "{{.State.StartedAt}}", "ferry-web-1").stdout != before
    ident = engine.docker("inspect", "-f", "{{.Id}}", "ferry-web-1").stdout
    engine.docker("exec", "ferry-web-1", "touch", "/left-inside")
    code, closed = project("act", "workload.recreate", "name=web", "--yes", "web")
    assert (code, closed["outcome"]) == (3, "refused")
    assert "would be lost: 1 file changed inside it, outside its mounts: /left-inside" in closed["verdict"]["why"]
    assert engine.docker("inspect", "-f", "{{.Id}}", "ferry-web-1").stdout == ident
    code, anew = project("act", "workload.recreate", "name=web", "stay=1s", "lose=a test file", "--yes", "web")
    assert (code, anew["outcome"], anew["verdict"]["running_equal"]) == (0, "done", True), anew
    assert anew["plan"]["loses"] == ["1 file changed inside it, outside its mounts: /left-inside"]
    assert engine.docker("inspect", "-f", "{{.Id}}", "ferry-web-1").stdout != ident
    code, down = project("act", "workload.stop", "name=web", "stay=1s", "--yes", "web")
    assert (code, down["outcome"], down["verdict"]["user_path"]) == (0, "done", None)
    assert workloads()["web"]["state"] == "exited"
    assert project("act", "workload.start", "name=web", "stay=1s", "--yes", "web")[0] == 0
    engine.kill()
    try:
        _, lost = project("status")
        (why,) = (s["why"] for s in lost["sources"] if s["name"] == "docker")
        assert engine.url.removeprefix("unix://") in why
        assert all(w["state"] != "running" for w in lost["workloads"]), "unknown, never up"
    finally:
        engine.start()
