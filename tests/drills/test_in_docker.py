"""The drills that run in containers, on a real engine: solved, and taken down to the last network, also after kill -9.

Judged by the docker command, plain HTTP and the bytes of the journal. Somebody else's container is there too.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from incidentui.drills import engine as engines
from incidentui.drills import keeper, records
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.history import git
from incidentui.drills.lab_in_docker import RUNBOOKS
from incidentui.drills.sandbox import Sandbox
from tests import engine as private
from tests.drills.parts import wait
from tests.drills.test_login_page import nowhere_written, told_of
from tests.drills.test_robot import PROGRAM, environment, kept, told

pytestmark = pytest.mark.docker
CAUSES = ["tunnel-port", "captures-there", "last-recreate", "agent-runs", "agent-let-in", "code-of-main"]
TOKEN = "dev-token-change-in-production"


@pytest.fixture(scope="module")
def docker() -> Iterator[private.Dockerd]:
    if why := private.missing():
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    with private.private_engine() as dockerd:
        dockerd.docker("network", "create", "theirs")
        dockerd.docker("volume", "create", "theirs")
        dockerd.run("theirs", "sleep", "3600", options=("-v", "theirs:/data"))
        yield dockerd
        # Its bridge is this machine's: it would outlive the engine.
        dockerd.remove_all()
        dockerd.docker("network", "rm", "theirs")


@pytest.fixture
def home(docker: private.Dockerd, tmp_path: Path) -> Iterator[Path]:
    """A responder's state directory. In the end nothing of any drill is here, and all that is another's."""
    yield tmp_path
    roots = [Path(record.root) for record in records.known(tmp_path / "drills")]
    assert drill(docker, tmp_path, "clean").returncode == 0
    assert not any(root.exists() for root in roots)
    assert not [line for _, line in sandboxes.processes() if any(str(root) in line for root in roots)]
    assert everything(docker) == ["theirs", "theirs", "theirs"]


def everything(docker: private.Dockerd) -> list[str]:
    """Containers, volumes and networks by name, and images of drills."""
    lists = (
        ("ps", "-a", "--format", "{{.Names}}"),
        ("volume", "ls", "--format", "{{.Name}}"),
        ("network", "ls", "--filter", "type=custom", "--format", "{{.Name}}"),
        ("image", "ls", "-a", "--filter", f"label={engines.LABEL}", "--format", "{{.ID}}"),
    )
    return [name for argv in lists for name in docker.docker(*argv).stdout.decode().split()]


def surroundings(docker: private.Dockerd, home: Path) -> dict[str, str]:
    return {**environment(home), "DOCKER_HOST": docker.url}


def drill(docker: private.Dockerd, home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    argv = [*PROGRAM, "drill", *words]
    env = surroundings(docker, home)
    return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=300, check=False)


def red_in_order(journal: str) -> list[str]:
    red = [change["check"] for change in told_of(journal, "check.changed") if change["now"] == "failing"]
    return list(dict.fromkeys(red))


# -- the robots


@pytest.mark.req("R1-07", "R1-12", "R1-23", "R1-26", "R1-27", "R1-50")
def test_the_robot_takes_all_six_causes_out_of_the_way(docker: private.Dockerd, home: Path) -> None:
    done = drill(docker, home, "run", "restart-cascade", "--robot", "--keep", "--json")
    assert f"with containers, on {docker.url}" in done.stderr
    result = told(done)
    sandbox = kept(home).sandbox
    assert (result["resolved"], result["tree_equal"], result["wrong_turns"]) == (True, True, 1), "the recreate fails"
    assert (result["docker"], result["score"] >= 85) == (True, True)
    assert [cause["check"] for cause in result["causes"]] == CAUSES
    assert all(cause["lost_s"] is not None for cause in result["causes"]), "and how long each took"
    # The world's word: a capture, on containers that were built from main.
    assert captured(sandbox) == (200, '{"status": "ok", "samples": 48}')
    tip = git(["rev-parse", "main"], sandbox.remote)
    label = '{{index .Config.Labels "org.opencontainers.image.revision"}}'
    for service in ("backend", "agent"):
        name = f"{sandbox.root.name}-{service}-1"
        assert docker.docker("inspect", "--format", label, name).stdout.decode().strip() == tip
    # The journal's word: each cause in its turn, drift beside it, and no token.
    named = red_in_order(result["journal"])
    assert [name for name in named if name in CAUSES] == CAUSES
    drifted = " ".join(row for seen in told_of(result["journal"], "drift.seen") for row in words_of(seen))
    for words in ("mount /captures", "missing", "mount /config", "empty"):
        assert words in drifted
    nowhere_written(kept(home).home, TOKEN.encode())


def words_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from words_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from words_of(each)
    else:
        yield str(value)


def captured(sandbox: Sandbox) -> tuple[int, str]:
    return sandboxes.ask(sandbox.about.front, "/api/capture", "POST")


def test_the_robot_brings_bookings_back_in_containers(docker: private.Dockerd, home: Path) -> None:
    result = told(drill(docker, home, "run", "dead-backend", "--docker", "--robot", "--json"))
    assert (result["resolved"], result["tree_equal"], result["wrong_turns"]) == (True, True, 0)
    assert everything(docker) == ["theirs", "theirs", "theirs"], "nothing stays, without a word of ours"


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "most", "books"),
    [
        ("dead-backend", 0, {"roll-back-a-bad-deploy"}),
        # A deploy and two starts come before what users wait for is there.
        ("restart-cascade", 4, {"configuration-mismatch", "volume-came-up-empty", "crash-loop", "verify-recovery"}),
    ],
)
def test_who_knows_no_drill_gets_there_by_the_shipped_runbooks(
    docker: private.Dockerd, home: Path, name: str, most: int, books: set[str]
) -> None:
    result = told(drill(docker, home, "run", name, "--docker", "--robot=runbook", "--keep", "--json"))
    assert (result["resolved"], result["tree_equal"]) == (True, True)
    assert result["wrong_turns"] <= most
    assert not list(kept(home).sandbox.work.glob("runbooks/*")), "none of its own"
    assert {begun["runbook"] for begun in told_of(result["journal"], "runbook.started")} <= books
    if name == "restart-cascade":
        assert captured(kept(home).sandbox) == (200, '{"status": "ok", "samples": 48}')


@pytest.mark.soak
def test_the_naive_robot_claims_the_first_fix_and_is_believed_by_nobody(docker: private.Dockerd, home: Path) -> None:
    done = drill(docker, home, "run", "restart-cascade", "--docker", "--robot=naive", "--json")
    assert "stuck" not in done.stderr, done.stderr
    assert done.returncode == 1
    assert '"resolved": false, "score": 0' in done.stdout
    assert '"wrong_turns": 3' in done.stdout


@pytest.mark.soak
def test_whoever_restarts_the_backend_again_scores_nothing(docker: private.Dockerd, home: Path) -> None:
    done = drill(docker, home, "run", "dead-backend", "--docker", "--robot=naive", "--json")
    assert "stuck" not in done.stderr, done.stderr
    assert done.returncode == 1
    assert '"resolved": false, "score": 0' in done.stdout


# -- kill -9


def test_a_killed_drill_is_named_by_doctor_and_the_next_start_takes_it_down(
    docker: private.Dockerd, home: Path
) -> None:
    killed(docker, home, "dead-backend", lambda name: len(engines.left(docker.url, name).containers) >= 2)
    name = kept(home).sandbox.root.name
    argv = [*PROGRAM, "--project", str(home), "doctor"]
    env = surroundings(docker, home)
    said = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False).stdout
    assert f"left by a killed run: dead-backend in {kept(home).root}" in said
    assert "container" in said.split(name, 1)[1].splitlines()[0]
    assert "incidentui drill clean takes it down" in said
    # The next start, whatever becomes of it: half-rollback without a robot of that name would not even begin.
    lines = [*PROGRAM, "drill", "run", "half-rollback", "--robot", "--json"]
    with subprocess.Popen(lines, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr is not None
        first = started.stderr.readline()
        started.send_signal(signal.SIGKILL)
    assert "taken down: a killed run of dead-backend" in first
    assert everything(docker) == ["theirs", "theirs", "theirs"]


def killed(
    docker: private.Dockerd, home: Path, name: str, when: Callable[[str], bool], *, keeper_too: bool = True
) -> None:
    """kill -9 of the drill and all its processes, once its sandbox is so far."""
    argv = [*PROGRAM, "drill", "run", name, "--docker", "--robot", "--keep"]
    env = surroundings(docker, home)
    started = subprocess.Popen(
        argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait(lambda: bool(records.known(home / "drills")), "the record of the drill")
        wait(lambda: when(kept(home).sandbox.root.name), "the moment to kill it", 60)
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()
    if keeper_too:
        root = kept(home).root
        sandboxes.end([pid for pid, line in sandboxes.processes() if root in line])


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize("name", ["dead-backend", "restart-cascade"])
def test_killed_at_any_moment_nothing_is_left(docker: private.Dockerd, home: Path, name: str, seed: int) -> None:
    """Also while the image is imported, while containers are made, and in the middle of a fix: the fixture looks."""
    until = time.monotonic() + random.Random(seed).uniform(0.1, 40)
    killed(docker, home, name, lambda _: time.monotonic() > until)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 6))
def test_killed_in_the_middle_it_can_be_finished_in_containers(docker: private.Dockerd, home: Path, seed: int) -> None:
    """On the engine that it had, whatever is meant by then."""
    running = random.Random(seed).uniform(0.5, 12)
    begun: list[float] = []

    def long_enough(name: str) -> bool:
        if not begun and "HTTP/1." in engines.log(docker.url, name, "front-door"):
            begun.append(time.monotonic())
        return bool(begun) and time.monotonic() > begun[0] + running

    killed(docker, home, "dead-backend", long_enough, keeper_too=False)
    argv = [*PROGRAM, "drill", "run", "dead-backend", "--resume", "--robot", "--json"]
    done = subprocess.run(argv, env=environment(home), capture_output=True, text=True, timeout=200, check=False)
    result = told(done)
    assert (result["docker"], result["resolved"], result["tree_equal"]) == (True, True, True)


# -- the sandbox, without a screen


@pytest.fixture
def lab(docker: private.Dockerd) -> Iterator[Sandbox]:
    made = sandboxes.new()
    try:
        sandboxes.build(made, "restart-cascade", 1, int(time.time()), docker.url)
        sandboxes.start(made)
        sandboxes.wait_green(made)
        yield made
    finally:
        sandboxes.take_down(made)
        engines.take_down(docker.url, made.root.name)
        sandboxes.remove(made)


def fix(lab: Sandbox, name: str) -> int:
    argv = ["sh", f"ops/{name}.sh"]
    return subprocess.run(argv, cwd=lab.work, capture_output=True, timeout=120, check=False).returncode


@pytest.mark.soak
def test_each_fix_shows_the_next_cause_and_only_the_last_heals(docker: private.Dockerd, lab: Sandbox) -> None:
    assert captured(lab)[0] == 200
    keeper.push_breaking(lab)
    wait(lambda: sandboxes.ask(lab.about.front, "/")[0] == 0, "the page is gone")
    name = lab.root.name
    causes: list[tuple[str, Callable[[], bool]]] = [
        ("lead-the-tunnel", lambda: sandboxes.ask(lab.about.front, "/api/captures")[0] == 404),
        ("apply-the-compose-file", lambda: "KeyError: 'ContainerConfig'" in (lab.logs / "up.log").read_text()),
        ("take-away-what-is-left", lambda: "agent.json" in engines.log(docker.url, name, "agent")),
        ("restore-the-agent", lambda: "rejected: invalid token" in engines.log(docker.url, name, "backend")),
        ("give-the-token", lambda: "Field required" in captured(lab)[1]),
        ("build-the-image", lambda: captured(lab)[0] == 200),
    ]
    assert tuple(fixed for fixed, _ in causes) == RUNBOOKS
    for fixed, shown in causes:
        assert not shown(), f"{fixed}: seen before its time"
        assert captured(lab)[0] != 200
        ended = fix(lab, fixed)
        assert (ended == 0) == (fixed != "apply-the-compose-file")
        wait(shown, f"what stands behind {fixed}", 30)


@pytest.mark.soak
def test_a_restart_harms_nothing_yet_and_heals_nothing_later(docker: private.Dockerd, lab: Sandbox) -> None:
    again = [f"{lab.root.name}-{service}-1" for service in ("backend", "agent")]
    keeper.push_breaking(lab)
    wait(lambda: sandboxes.ask(lab.about.front, "/")[0] == 0, "the page is gone")
    docker.docker("restart", *again)
    time.sleep(2)
    assert sandboxes.ask(lab.about.front, "/")[0] == 0


@pytest.mark.soak
def test_an_image_is_made_of_what_this_python_loads(docker: private.Dockerd) -> None:
    image = engines.import_python(docker.url, "iui-by-hand")
    try:
        words = docker.docker(
            "run", "--rm", "--network", "none", image, "python3", "-c", "import sys; print(sys.version)"
        )
        assert words.stdout.decode().strip() == sys.version
        wait_for_ever = ("python3", "-c", "import time; print('up'); time.sleep(600)")
        docker.docker("run", "-d", "--network", "none", "--name", "sleeper", image, *wait_for_ever)
        wait(lambda: docker.docker("logs", "sleeper").stdout.strip() == b"up", "a Python that has started")
        docker.docker("stop", "--time", "30", "sleeper")
        assert docker.docker("inspect", "--format", "{{.State.ExitCode}}", "sleeper").stdout.strip() == b"143"
    finally:
        engines.take_down(docker.url, "iui-by-hand")
