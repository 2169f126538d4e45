"""`type = "workload"` and the log of a container: the installed command on a real Docker engine."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import engine as private
from tests.e2e.world import COMMAND

pytestmark = pytest.mark.docker
OF = ("--label", "com.docker.compose.project=lab", "--label")
CHECKS = {
    "web": 'type = "workload"\nworkload = "web"\nup_for = "1ms"\nmax_restarts = 0',
    "worker": 'type = "workload"\nworkload = "worker"\nmax_restarts = 1',
    "sick": 'type = "workload"\nworkload = "sick"',
    "no-health": 'type = "workload"\nworkload = "web"\nhealthy = true',
    "by-name": 'type = "workload"\nworkload = "lab-web-1"',
    "web-log": 'type = "log"\nworkload = "web"\nsince = "10m"\nmax_new_errors = 0',
    "agent": 'type = "agent"\nworkload = "agent"\nconnected = "agent in"\n'
    'authenticated = "let in"\nrejected = "bad key"',
    "agent-log": 'type = "log"\nworkload = "agent"\nsince = "start"\ncontains = ["let in"]',
    "web-ready": 'type = "log"\nworkload = "web"\ncontains = ["^ready"]',
}
Ask = Callable[[], dict[str, Any]]


@pytest.fixture
def ask(tmp_path: Path, engine: private.Dockerd) -> Ask:
    text = '[project]\nname = "lab"\ndocker = { compose_project = "lab" }\n[[services]]\nname = "lab"\n'
    text += "".join(f'[[checks]]\nname = "{name}"\nservice = "lab"\n{check}\n' for name, check in CHECKS.items())
    (tmp_path / "incidentui.toml").write_text(text)
    env = {**os.environ, "DOCKER_HOST": engine.url, "INCIDENTUI_HOME": f"{tmp_path}-state"}

    def asked() -> dict[str, Any]:
        argv = [COMMAND, "--project", str(tmp_path), "check", "--json"]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert done.stdout, done.stderr
        return {check["name"]: (check["verdict"], check["why"]) for check in json.loads(done.stdout)["checks"]}

    return asked


@pytest.mark.req("R3-19")
def test_containers_that_run_loop_are_sick_and_talk(ask: Ask, engine: private.Dockerd) -> None:
    say = "echo ready; echo ERROR out of disk; sleep 600"
    engine.run("lab-web-1", "sh", "-c", say, options=(*OF, "com.docker.compose.service=web"))
    loop = (*OF, "com.docker.compose.service=worker", "--restart", "always")
    thrice = "echo >>/tries; test $(wc -l </tries) -gt 2 && sleep 600; exit 3"
    engine.run("lab-worker-1", "sh", "-c", thrice, options=loop)
    health = ("--health-cmd", "false", "--health-interval", "200ms", "--health-retries", "1")
    engine.run("lab-sick-1", "sleep", "600", options=(*OF, "com.docker.compose.service=sick", *health))
    end = time.monotonic() + 60
    while (told := ask())["worker"][1] != "more than 1 restart" or told["sick"][0] != "failing":
        assert time.monotonic() < end, told
    assert told["web"] == ("ok", "running")
    assert told["sick"] == ("failing", "its own health check says unhealthy")
    assert told["no-health"] == ("unknown", "it has no health check of its own")
    assert told["by-name"] == ("failing", "lab-web-1 is not there")
    assert told["web-log"] == ("failing", "1 new error line in the last 10m: ERROR out of disk")
    assert told["web-ready"][0] == "ok"
    assert told["agent"] == ("failing", "absent: agent is not there")
    engine.kill()
    try:
        away = ask()
        assert {verdict for verdict, _ in away.values()} == {"unknown"}
        assert engine.url.removeprefix("unix://") in away["web-log"][1]
    finally:
        engine.start()


@pytest.mark.req("R1-40", "R1-51")
def test_what_an_agent_said_before_it_was_started_anew_is_of_another_connection(
    ask: Ask, engine: private.Dockerd
) -> None:
    tries = "echo >>/n; case $(wc -l </n) in 1) echo agent in; echo let in;; 3) echo agent in; echo bad key 7;; esac"
    of = (*OF, "com.docker.compose.service=agent")
    engine.run("lab-agent-1", "sh", "-c", f"{tries}; sleep 600", options=of)

    def when(word: str) -> dict[str, Any]:
        end = time.monotonic() + 30
        while not (told := ask())["agent"][1].startswith(word):
            assert time.monotonic() < end, told
        return told

    when("authenticated")
    assert when("authenticated")["agent-log"][0] == "ok"  # the first look of the log may have come too early
    engine.docker("restart", "-t", "0", "lab-agent-1")
    assert when("absent: no line says that it connected")["agent-log"] == ("failing", "no let in since it was started")
    engine.docker("restart", "-t", "0", "lab-agent-1")
    assert when("rejected: bad key")["agent"][0] == "failing"
    engine.docker("stop", "-t", "0", "lab-agent-1")
    assert when("absent: agent is exited")["agent"][0] == "failing"
