"""What a drill says when there is no engine for its containers, and what holds of their files without one."""

import ast
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from incidentui.config.load import load
from incidentui.core.score import Score
from incidentui.drills import engine, history, python_image, records
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.registry import CONTAINERS, DRILLS
from incidentui.drills.sandbox import Sandbox
from incidentui.drills.scorecard import lines
from tests.drills.test_robot import PROGRAM, drill, environment

NOWHERE = "unix:///nowhere/docker.sock"


def asked(home: Path, host: str, *words: str) -> "subprocess.CompletedProcess[str]":
    env = {**environment(home), "DOCKER_HOST": host}
    argv = [*PROGRAM, "drill", "run", *words]
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (NOWHERE, ("no Docker engine answers at unix:///nowhere/docker.sock", "--no-docker")),
        ("tcp://lab.invalid:2375", ("its engine is elsewhere", "folders and ports are on this machine")),
    ],
)
def test_an_engine_that_cannot_be_used_is_named_with_what_to_do(tmp_path: Path, host: str, said: tuple[str]) -> None:
    done = asked(tmp_path, host, "dead-backend", "--docker", "--robot")
    assert done.returncode == 2
    for words in said:
        assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "drills").exists()


def test_a_drill_without_containers_says_which_have_some(tmp_path: Path) -> None:
    done = asked(tmp_path, NOWHERE, "half-rollback", "--docker", "--robot")
    assert done.returncode == 2
    assert "half-rollback has no containers; dead-backend and restart-cascade run with --docker" in done.stderr


def test_the_list_says_which_run_in_containers(tmp_path: Path) -> None:
    listed = {entry["name"]: entry for entry in json.loads(drill(tmp_path, "list", "--json").stdout)}
    assert {name for name, entry in listed.items() if entry["docker"]} == set(CONTAINERS)
    text = drill(tmp_path, "list").stdout
    assert (
        "in containers, where an engine is here, about 15 to 40 minutes; without one 1 of 6 causes is left out" in text
    )
    assert "needs no container engine; --docker runs it in containers" in text


def test_the_list_gives_no_drill_away(tmp_path: Path) -> None:
    """What is broken is told when it is over."""
    told = drill(tmp_path, "list").stdout + drill(tmp_path, "list", "--json").stdout
    for words in ("port", "mount", "volume", "token", "ContainerConfig", "cookie", "login", "rollback", "at start"):
        assert words not in told.replace("login-page-200", "").replace("half-rollback", ""), words
    for scenario in (*DRILLS.values(), *CONTAINERS.values()):
        assert scenario.debrief not in told
        assert " ".join(scenario.debrief.split()) in " ".join(" ".join(lines(Score(resolved=True), scenario)).split())
        assert scenario.debrief[:30] not in "\n".join(lines(Score(), scenario)), "who left may try again"


def test_a_killed_drill_is_named_by_doctor(tmp_path: Path) -> None:
    sandbox = sandboxes.new()
    try:
        records.remember(tmp_path / "drills", sandbox, "dead-backend", 1, NOWHERE)
        argv = [*PROGRAM, "--project", str(tmp_path), "doctor"]
        done = subprocess.run(argv, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False)
        assert f"left by a killed run: dead-backend in {sandbox.root}, and perhaps containers" in done.stdout
        cleaned = drill(tmp_path, "clean")
        assert cleaned.returncode == 2
        assert "stays until it answers" in cleaned.stderr
        assert records.known(tmp_path / "drills"), "who has containers somewhere is not forgotten"
    finally:
        sandboxes.remove(sandbox)


@pytest.mark.parametrize(
    "docker", ['[ "$3" = ps ] || exec /bin/sleep 60\necho abc', '/bin/rm "$0"\necho abc'], ids=["slow", "gone"]
)
def test_a_log_that_cannot_be_read_ends_no_drill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docker: str) -> None:
    command = tmp_path / "docker"
    command.write_text(f"#!/bin/sh\n{docker}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))  # no other docker is found once it is gone
    assert engine.log(NOWHERE, "drill", "web", within_s=1) == ""


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_its_configuration_has_no_mistake(name: str, tmp_path: Path) -> None:
    scenario = CONTAINERS[name]
    ports = {port: 20_000 + n for n, port in enumerate(scenario.ports)}
    known = sandboxes.marks(Sandbox(tmp_path), ports, NOWHERE)
    for file, text in history.tree(scenario, len(scenario.past), known).items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
        assert "@NAME@" not in text
    loaded = load(tmp_path, untrusted=True)
    assert loaded.problems == ()
    assert loaded.config.docker is not None
    assert loaded.config.docker.compose_project == tmp_path.name


@pytest.mark.parametrize("name", sorted(CONTAINERS))
def test_what_its_programs_import_is_in_the_image(name: str) -> None:
    scenario = CONTAINERS[name]
    texts = [
        text for n in range(1, len(scenario.past) + 2) for f, text in scenario.tree(n).items() if f.endswith(".py")
    ]
    services = Path(sandboxes.__file__).parent / "services"
    texts += [(services / file).read_text(encoding="utf-8") for file in ("database.py", "front_door.py")]
    own = {"seatmap", "store", *(file.stem for file in services.glob("*.py"))}
    wanted = {module for text in texts for module in imports(text)} - own
    brought = {*python_image.MODULES, *(module.partition(".")[0] for module in python_image.MODULES)}
    assert wanted <= brought


def imports(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="the image is made of a Linux Python")
def test_the_image_has_nothing_of_a_person() -> None:
    """Only the interpreter, its libraries and the standard library."""
    with tarfile.open(fileobj=io.BytesIO(python_image.tar())) as tar:
        names = tar.getnames()
    assert "usr/bin/python3" in names
    assert not any("site-packages" in name for name in names)
    assert all(name.startswith(("usr/", "lib", "tmp", "etc")) for name in names)
