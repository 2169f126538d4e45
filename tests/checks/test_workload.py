"""`type = "workload"` through `incidentui check`, on a real supervisord; a real Docker engine in `tests/containers`."""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.checks.asked import looked, refused, run, written
from tests.checks.servers import always, closed_port, serving
from tests.containers.conftest import PYTHON
from tests.containers.daemon import Supervisord, answering

SLEEPER = f"{PYTHON} -c 'import time; time.sleep(600)'\nstartsecs=0"
ENDS = f"{PYTHON} -c 'import sys; sys.exit(3)'\nstartsecs=0\nautorestart=false"
CRASHER = f"{PYTHON} -c 'import sys; sys.exit(7)'\nstartsecs=1\nstartretries=1"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Supervisord]:
    programs = {"web": SLEEPER, "job": ENDS, "idle": f"{SLEEPER}\nautostart=false", "worker": CRASHER}
    daemon = Supervisord(tmp_path, programs)
    daemon.start()
    yield daemon
    daemon.kill()


def workload(name: str, more: str = "") -> str:
    return f'type = "workload"\nworkload = "{name}"\n{more}'


def asked(project: Path, *checks: str, code: int) -> list[Any]:
    """What is said of each check, in a project that watches the supervisord beside it."""
    file = written(project, *checks)
    file.write_text(file.read_text().replace("[project]\n", '[project]\nsupervisor = "s.sock"\n'))
    done = run(project, "--json")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    told: list[Any] = json.loads(done.stdout)["checks"]
    return told


def until_gave_up(daemon: Supervisord) -> None:
    end = time.monotonic() + 20
    while "FATAL" not in daemon.ctl("status", "worker") or "EXITED" not in daemon.ctl("status", "job"):
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.req("R3-19")
def test_only_what_runs_is_good_and_the_rest_says_why(tmp_path: Path, daemon: Supervisord) -> None:
    until_gave_up(daemon)
    names = ("web", "job", "idle", "worker", "wbe")
    told = asked(tmp_path, *(workload(name) for name in names), code=1)
    said = {name: (one["verdict"], one["why"]) for name, one in zip(names, told, strict=True)}
    assert said["web"] == ("ok", "running")
    assert said["job"] == ("failing", "exited: Bad exit code 3")
    assert said["idle"] == ("failing", "stopped: never started")
    assert said["worker"][0] == "failing"
    assert said["worker"][1].startswith("crashing: gave up")
    assert said["wbe"] == ("failing", "wbe is not there")
    evidence = told[0]["evidence"]
    assert (evidence["kind"], evidence["layer"], evidence["url"]) == ("workload", "inner", "workload web")
    assert evidence["body"].startswith("supervisor ")


@pytest.mark.req("R1-30", "R3-10")
def test_running_is_not_healthy_and_nothing_is_green_before_it_answers(tmp_path: Path, daemon: Supervisord) -> None:
    runs = workload("web", 'layer = "inner"')
    with serving(always('{"status": "starting"}')) as server:
        ready = f"url = '{server.url}/leads'\nexpect = {{ json = {{ '$.status' = 'ok' }} }}"
        file = written(tmp_path, runs, ready, f"url = 'http://127.0.0.1:{closed_port()}/leads'")
        file.write_text(file.read_text().replace("[project]\n", '[project]\nsupervisor = "s.sock"\n'))
        done = run(tmp_path, "--json")
    told = json.loads(done.stdout)
    assert [(c["verdict"], c["why"]) for c in told["checks"]] == [
        ("ok", "running"),
        ("failing", '200, but $.status is "starting", not "ok"'),
        ("failing", "no answer: connection refused"),
    ]
    assert (done.returncode, told["verdict"], told["bypassed"]) == (1, "failing", ["api"])


def test_a_workload_that_began_lately_has_not_shown_that_it_stays(tmp_path: Path, daemon: Supervisord) -> None:
    young, old = asked(tmp_path, workload("web", 'up_for = "10m"'), workload("web", 'up_for = "1ms"'), code=1)
    assert (young["verdict"], young["why"]) == ("failing", "it began less than 10m ago")
    assert old["verdict"] == "ok"


@pytest.mark.slow
def test_what_the_engine_does_not_tell_is_unknown(tmp_path: Path, daemon: Supervisord) -> None:
    counted, healthy = asked(tmp_path, workload("web", "max_restarts = 3"), workload("web", "healthy = true"), code=4)
    assert counted["why"] == "supervisor counts no restarts: write up_for"
    assert (healthy["verdict"], healthy["why"]) == ("unknown", "it has no health check of its own")
    daemon.kill()
    (away,) = asked(tmp_path, workload("web"), code=4)
    assert away["verdict"] == "unknown"
    assert "s.sock" in away["why"]


@pytest.mark.slow
def test_an_engine_that_hangs_and_none_at_all(tmp_path: Path) -> None:
    with answering(tmp_path / "s.sock", b"", drip=True):
        (hangs,) = asked(tmp_path, workload("web", 'timeout = "700ms"'), code=4)
    assert hangs["verdict"] == "unknown"
    code, (none,) = looked(tmp_path, workload("web"))
    assert (code, none["why"]) == (4, "no engine is watched: [project] supervisor or docker is missing")


def test_a_table_that_is_wrong_is_said(tmp_path: Path) -> None:
    assert "workload: is missing" in refused(tmp_path, 'type = "workload"')
    assert "max_restarts" in refused(tmp_path, workload("web", "max_restarts = -1"))
    written(tmp_path, workload("web", 'layer = "user"'))
    assert "a workload that runs does not show that a user is served" in run(tmp_path).stderr


# -- its log


def log(name: str, *rules: str) -> str:
    return "\n".join(['type = "log"', f'workload = "{name}"', *rules])


@pytest.fixture
def talker(tmp_path: Path) -> Iterator[Supervisord]:
    """Two programs: one says what `said` holds, and one more than its engine gives."""
    (tmp_path / "said").write_text("")
    loud = (
        "import sys, time; sys.stdout.write('2020-01-01T00:00:00Z x\\\\n' * 9000); sys.stdout.flush(); time.sleep(600)"
    )
    programs = {
        "app": f"tail -n +1 -F {tmp_path}/said\nstartsecs=0\nstopasgroup=true",
        "loud": f'{PYTHON} -c "{loud}"\nstartsecs=0',
    }
    daemon = Supervisord(tmp_path, programs)
    daemon.start()
    yield daemon
    daemon.kill()


def said(project: Path, daemon: Supervisord, *lines: str) -> None:
    with (project / "said").open("a") as file:
        file.writelines(f"{line}\n" for line in lines)
    end = time.monotonic() + 20
    while lines[-1] not in daemon.ctl("tail", "app"):
        assert time.monotonic() < end
        time.sleep(0.1)


def stamp(ago_s: int, zone: bool = True) -> str:
    moment = datetime.now().astimezone() - timedelta(seconds=ago_s)
    return moment.strftime("%Y-%m-%dT%H:%M:%S%z" if zone else "%Y-%m-%d %H:%M:%S")


@pytest.mark.slow
@pytest.mark.parametrize("zone", [True, False])
def test_the_log_of_a_program_without_a_file(tmp_path: Path, talker: Supervisord, zone: bool) -> None:
    errors = log("app", "since = '5m'", "max_new_errors = 0")
    said(tmp_path, talker, f"{stamp(7200, zone)} ERROR long ago", f"{stamp(7190, zone)} connected")
    assert asked(tmp_path, errors, code=0)[0]["verdict"] == "ok", "two hours of silence make nothing new"
    said(tmp_path, talker, f"{stamp(20, zone)} ERROR out of disk")
    (told,) = asked(tmp_path, errors, code=1)
    assert told["why"].startswith("1 new error line in the last 5m: ")
    assert told["why"].endswith("ERROR out of disk")
    assert "out of disk" in told["evidence"]["body"]
    assert told["evidence"]["url"] == "log of app"
    (missing,) = asked(tmp_path, log("app", "contains = ['ready']"), code=1)
    assert missing["why"] == "no ready"


@pytest.mark.slow
def test_a_log_that_was_not_read_whole_or_not_at_all_is_unknown(tmp_path: Path, talker: Supervisord) -> None:
    end = time.monotonic() + 20
    while "x" not in talker.ctl("tail", "loud"):
        assert time.monotonic() < end
        time.sleep(0.1)
    quiet = log("loud", "since = '5m'", "not_contains = ['FATAL']")
    loud, gone = asked(tmp_path, quiet, log("nobody", "contains = ['x']"), code=4)
    assert (loud["verdict"], gone["why"]) == ("unknown", "nobody is not there")
    assert loud["why"].startswith("only the last 64 KiB were read, they begin at ")
    talker.kill()
    (away,) = asked(tmp_path, log("app", "contains = ['x']"), code=4)
    assert "s.sock" in away["why"]
    assert "has neither file nor workload" in refused(tmp_path, 'type = "log"\ncontains = ["x"]')
    assert "has both file and workload" in refused(tmp_path, log("app", "file = 'x'", "contains = ['x']"))
