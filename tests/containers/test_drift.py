"""Drift on a real engine: containers that a real docker-compose made, against files and volumes that changed since."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.events import DriftSeen
from tests import engine as private
from tests.containers.composed import CALLED, TOOL, compose, container
from tests.containers.test_known_errors import screen
from tests.e2e.world import COMMAND, Place, until

pytestmark = pytest.mark.docker
CONFIG = '[project]\nname = "ferry"\ndocker = { compose_project = "ferry" }\n'
COMPOSE = """\
version: "3.8"
services:
  db:
    image: incident-test:1
    command: sleep 600
    network_mode: none
    stop_signal: SIGKILL
    volumes:
      - data:/data
  web:
    image: incident-test:1
    command: sleep 600
    network_mode: none
    stop_signal: SIGKILL
    volumes:
      - ./config:/etc/web:ro
    environment:
      TOKEN: ${TOKEN:-dev-token-0123456789}
      MODE: live
    healthcheck:
      test: ["CMD", "true"]
      interval: 1s
    depends_on:
      - db
volumes:
  data: {}
"""


class Ferry:
    def __init__(self, place: Place, engine: private.Dockerd) -> None:
        self.place, self.engine = place, engine
        self.file = place.root / "docker-compose.yml"

    def compose(self, *argv: str) -> None:
        compose(self.place.root, self.engine.url, *argv)

    @property
    def database(self) -> str:
        return container("db")

    def status(self) -> dict[str, dict[str, Any]]:
        done = self.place.run("status", "--json", DOCKER_HOST=self.engine.url)
        assert "Traceback" not in done.stderr
        return {drift["workload"]: drift for drift in json.loads(done.stdout)["drift"]}

    def rows(self, workload: str) -> dict[str, tuple[str, str, str, str]]:
        drift = self.status()[workload]
        return {r["what"]: (r["level"], r["declared"], r["running"], r["place"]) for r in drift["rows"]}

    def line(self, text: str) -> str:
        lines = self.file.read_text().splitlines()
        return f"docker-compose.yml:{next(n for n, line in enumerate(lines, 1) if text in line)}"

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    def watch_until(self, seen: Callable[[], bool], what: str) -> None:
        env = self.place.env(DOCKER_HOST=self.engine.url)
        argv = [COMMAND, "--project", str(self.place.root), "watch"]
        watch = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(seen, what, 60)
        finally:
            watch.terminate()
            watch.wait(30)


@pytest.fixture
def ferry(tmp_path: Path, engine: private.Dockerd) -> Iterator[Ferry]:
    if not TOOL:
        pytest.fail("CI shows drift with a real docker-compose") if os.environ.get("CI") else pytest.skip("none here")
    root = tmp_path / "ferry"
    (root / "config").mkdir(parents=True)
    (root / "config" / "web.conf").write_text("listen 80\n")
    (root / "incidentui.toml").write_text(CONFIG)
    (root / "docker-compose.yml").write_text(COMPOSE)
    it = Ferry(Place(root, tmp_path / "home"), engine)
    it.compose("up", "-d")
    engine.docker("exec", container("db"), "sh", "-c", "echo 1 > /data/rows")
    yield it
    engine.remove_all()
    engine.docker("volume", "rm", "-f", "ferry_data")


@pytest.mark.req("F63")
def test_what_was_just_made_is_as_declared(ferry: Ferry) -> None:
    web = ferry.rows("web")
    assert {what: row[0] for what, row in web.items()} == {
        "image": "ok", "mount /etc/web": "ok", "env": "ok", "health check": "ok", "needs db": "look",
    }  # fmt: skip
    assert web["mount /etc/web"][3] == ferry.line("./config:/etc/web")
    assert web["needs db"] == ("look", "depends on it", "no check of any kind", ferry.line("- db"))
    assert web["env"][2] == "2 names, values masked"
    db = ferry.rows("db")
    assert db["mount /data"] == ("ok", "ferry_data", "ferry_data", ferry.line("data:/data"))
    assert db["health check"][:3] == ("look", "none", "none")
    assert ferry.status()["web"]["by"].endswith(f"{CALLED} config")
    ferry.compose("run", "-d", "--no-deps", "web", "sleep", "600")
    told = ferry.status()
    assert set(told) == {"web", "db"}, "what `compose run` made is no service: nobody declared how it runs"
    assert told["web"]["differs"] == 0


@pytest.mark.req("R1-10")
def test_what_changed_in_the_file_since_is_told_with_its_line(ferry: Ferry) -> None:
    ferry.edit("MODE: live", "MODE: test\n      EXTRA: more")
    ferry.edit("./config:/etc/web:ro", "./config:/etc/web:ro\n      - /var/lib/tftpboot:/tftp:ro")
    ferry.edit("    depends_on:", '    ports: ["8080:80"]\n    depends_on:')
    web = ferry.rows("web")
    assert web["env MODE"] == ("bad", "set", "another value", ferry.line("MODE: test"))
    assert web["env EXTRA"] == ("bad", "set", "not set", ferry.line("EXTRA: more"))
    assert web["mount /tftp"] == ("bad", "/var/lib/tftpboot  ro", "missing", ferry.line("tftpboot"))
    assert web["port 80"] == ("bad", "8080", "not published", ferry.line("8080:80"))
    assert ferry.status()["web"]["differs"] == 4


def test_a_secret_that_differs_is_told_and_shown_nowhere(ferry: Ferry) -> None:
    ferry.edit("dev-token-0123456789", "other-token-9876543210")
    ferry.watch_until(lambda: "DriftSeen" in ferry.place.names(), "drift in the record")
    assert ferry.rows("web")["env TOKEN"][:3] == ("bad", "set", "another value")
    kept = b"".join(path.read_bytes() for path in ferry.place.home.rglob("*") if path.is_file())
    assert b"DriftSeen" in kept or b"drift.seen" in kept
    assert b"dev-token-0123456789" not in kept
    assert b"other-token-9876543210" not in kept


@pytest.mark.req("F65", "R1-10")
def test_a_volume_that_was_made_anew_is_an_alarm_though_its_name_is_the_same(ferry: Ferry) -> None:
    ferry.watch_until(lambda: "DriftSeen" in ferry.place.names(), "drift in the record")
    ferry.compose("rm", "-sf")
    ferry.engine.docker("volume", "rm", "ferry_data")
    ferry.compose("up", "-d")
    db = ferry.rows("db")
    assert db["mount /data"][:3] == ("bad", "ferry_data", "ferry_data, empty")
    assert db["age of ferry_data"][:3] == ("bad", "the volume that was here before", "made anew")
    before = len(ferry.place.records())
    ferry.watch_until(
        lambda: any(isinstance(r.event, DriftSeen) and r.moment == "key" for r in ferry.place.records()[before:]),
        "a key moment",
    )
    assert ferry.place.run("checkpoint", "take", DOCKER_HOST=ferry.engine.url).returncode == 0
    assert "age of ferry_data" not in ferry.rows("db"), "who takes a checkpoint by hand says that it is meant"


@pytest.mark.req("R1-10")
def test_a_folder_that_its_user_may_not_read_is_seen_from_outside(ferry: Ferry) -> None:
    ferry.engine.run("opened", "/bin/busybox", "chmod", "755", "/bin")
    ferry.engine.docker("wait", "opened")
    ferry.engine.docker("commit", "opened", "incident-opened:1")
    (ferry.place.root / "config").chmod(0o700)
    ferry.edit("  web:\n    image: incident-test:1", '  web:\n    user: "1234:1234"\n    image: incident-opened:1')
    ferry.compose("up", "-d")
    assert ferry.rows("web")["mount /etc/web"][2].endswith("config, not readable inside")
    (ferry.place.root / "config").chmod(0o755)
    assert ferry.rows("web")["mount /etc/web"][0] == "ok"


def test_a_tag_that_moved_needs_more_than_a_restart(ferry: Ferry) -> None:
    image = ferry.engine.docker("image", "inspect", "-f", "{{.Id}}", private.IMAGE).stdout.decode().strip()
    ferry.engine.docker("commit", "--change", "LABEL made=anew", container("web"), private.IMAGE)
    try:
        assert ferry.rows("web")["image"][:2] == ("bad", private.IMAGE)
    finally:
        moved = ferry.engine.docker("image", "inspect", "-f", "{{.Id}}", private.IMAGE).stdout.decode().strip()
        ferry.engine.docker("tag", image, private.IMAGE)
        ferry.engine.docker("rmi", "-f", moved)


def test_a_file_that_compose_refuses_says_why_and_the_rest_works(ferry: Ferry) -> None:
    ferry.edit("    volumes:\n      - data:/data", "    volumes: 3")
    told = ferry.status()
    assert told["web"]["rows"] == []
    assert f"{CALLED} config refuses" in told["web"]["why"]
    done = ferry.place.run("status", DOCKER_HOST=ferry.engine.url)
    assert "what is declared is not known" in done.stdout
    assert "web" in done.stdout


def test_without_compose_the_file_is_read_as_it_stands_and_that_is_said(ferry: Ferry, tmp_path: Path) -> None:
    ferry.edit("MODE: live", "MODE: test")
    bare = tmp_path / "bin"
    bare.mkdir()
    for program in ("git", "sh", "python3"):
        (bare / program).symlink_to(shutil.which(program) or program)
    done = ferry.place.run("status", "--json", DOCKER_HOST=ferry.engine.url, PATH=str(bare))
    drift = {d["workload"]: d for d in json.loads(done.stdout)["drift"]}
    assert "compose is not installed" in drift["web"]["by"]
    rows = {r["what"]: r["level"] for r in drift["web"]["rows"]}
    assert rows == {"env MODE": "bad", "image": "ok", "mount /etc/web": "ok", "env": "ok", "health check": "ok",
                    "needs db": "look"}  # fmt: skip
    assert {r["what"]: r["level"] for r in drift["db"]["rows"]}["mount /data"] == "ok"


def test_it_stands_on_the_page_and_in_the_pane(ferry: Ferry) -> None:
    ferry.edit("./config:/etc/web:ro", "./config:/etc/web:ro\n      - /var/lib/tftpboot:/tftp:ro")
    with screen(ferry.place, ferry.engine) as terminal:
        terminal.wait(r"! web +1 of 6 differs", 30)
        terminal.press("4", "g")
        terminal.wait("web", 5)
        for _ in range(2):
            if terminal.see("WORKLOAD  web", 1):
                break
            terminal.press("\x1b", "j", "\r")
        terminal.wait("WORKLOAD  web", 10)
        terminal.wait("not what was declared: 1 of 6 differs", 10)
        terminal.wait(r"✗ mount /tftp +/var/lib/tftpboot", 5)
        terminal.wait(r"✓ health check", 5)
        terminal.wait(r"takes +\d+ % of a core · .*B, no limit", 20)
        terminal.press("d")
        terminal.wait("4 more rows as declared", 5)
        terminal.press("\x1b", "4", "g", *("j" * 3))
        terminal.wait("WORKLOADS", 5)
        for _ in range(3):
            if terminal.see("WORKLOAD  db", 1):
                break
            terminal.press("\x1b", "k", "\r")
        terminal.wait("WORKLOAD  db", 10)
        terminal.press("a", "1")
        # Version 1 of compose puts no label on a container that says so: its file does.
        terminal.wait(r"web +needs it \(depends_on\)", 20)
        terminal.wait(r"db +workload: now running, no health", 5)
        terminal.press("n", "\x1b", "\x1b", "\x1b")


def test_a_service_without_a_container_is_not_just_missing_from_the_list(ferry: Ferry) -> None:
    ferry.engine.docker("rm", "-f", ferry.database)
    ferry.edit(
        "volumes:\n  data: {}", "  jobs:\n    image: incident-test:1\n    profiles: [by-hand]\nvolumes:\n  data: {}"
    )
    assert ferry.rows("db")["container"] == ("look", "declared", "none", ferry.line("  db:"))
    assert "jobs" not in ferry.status(), "of a profile: it need not run"
    done = ferry.place.run("status", DOCKER_HOST=ferry.engine.url)
    assert f"declared ({ferry.line('  db:')}), and there is no container" in done.stdout
    with screen(ferry.place, ferry.engine) as terminal:
        terminal.wait(r"! db +declared, and there is no container", 30)


def test_nothing_is_asked_while_nothing_changes(ferry: Ferry) -> None:
    ferry.watch_until(lambda: "DriftSeen" in ferry.place.names(), "drift in the record")
    assert ferry.place.names().count("DriftSeen") == 1
