"""A container that fails with a message many have met: its meaning and a next step, on the screen and in `status`."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.events import ErrorSeen
from incidentui.drills.terminal import Terminal, TerminalError
from tests import engine as private
from tests.e2e.world import COMMAND, Place, until

pytestmark = pytest.mark.docker
DETAIL = "The data directory was initialized by PostgreSQL version 10, which is not compatible with this version 11.2."
OLD_DATA = f"echo 'FATAL:  database files are incompatible with server'; echo 'DETAIL:  {DETAIL}'; exit 1"
REJECTED = "echo 'INFO agent connected'; echo 'ERROR agent authentication failed: invalid token'; sleep 600"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = {}\n', encoding="utf-8")
    return Place(root, tmp_path / "home")


@contextmanager
def screen(place: Place, engine: private.Dockerd, columns: int = 120, rows: int = 40) -> Iterator[Terminal]:
    env = place.env(DOCKER_HOST=engine.url)
    with Terminal([COMMAND, str(place.root)], place.home.parent, env, columns, rows) as terminal:
        try:
            terminal.wait(r"\? help", 30)
            yield terminal
            terminal.press("q")
            if terminal.see(r"Leave\?", 3):
                terminal.press("q")
            assert terminal.wait_end(20) == 0
        except TerminalError as error:
            raise AssertionError(f"{error}\n{error.screen}") from None


def status(place: Place, engine: private.Dockerd) -> dict[str, Any]:
    done = place.run("status", "--json", DOCKER_HOST=engine.url)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.req("R1-12")
def test_the_generic_message_and_the_deeper_one_stand_side_by_side(place: Place, engine: private.Dockerd) -> None:
    engine.run("db", "sh", "-c", OLD_DATA)
    until(lambda: b"exited" in engine.docker("inspect", "-f", "{{.State.Status}}", "db").stdout, "the end of db")
    (told,) = status(place, engine)["known_errors"]
    assert (told["source"], told["name"]) == ("workload:db", "postgres-other-version")
    assert "database files are incompatible with server" in told["line"]
    with screen(place, engine) as terminal:
        terminal.wait("exit 1", 20)
        terminal.press("4", "\r")
        terminal.wait("says +FATAL.*means  The data was written by another", 15)
        terminal.wait("next +Start the image of before", 5)
        terminal.wait("└ known: The data was written by another", 5)


def test_a_program_that_runs_and_is_thrown_out_is_seen_in_its_log(place: Place, engine: private.Dockerd) -> None:
    engine.run("agent", "sh", "-c", REJECTED)
    with screen(place, engine, 80, 24) as terminal:
        terminal.press("4")
        terminal.wait("no health check", 20)
        terminal.press("\r")
        terminal.wait("It connects and is thrown out", 15)
        terminal.wait("says +ERROR agent authentication failed: invalid token", 5)


def test_the_record_keeps_what_was_recognised(place: Place, engine: private.Dockerd) -> None:
    engine.run("db", "sh", "-c", OLD_DATA, options=("--restart", "always"))
    watch = subprocess.Popen(
        [COMMAND, "--project", str(place.root), "watch", "--json"],
        env=place.env(DOCKER_HOST=engine.url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: "ErrorSeen" in place.names(), "the error in the record", 60)
    finally:
        watch.terminate()
        watch.wait(30)
    seen = next(r.event.seen for r in place.records() if isinstance(r.event, ErrorSeen))
    assert [each.name for each in seen.known] == ["postgres-other-version"]
