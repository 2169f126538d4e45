"""Drift against a checkpoint on a real engine: no compose file says what should be, the last good moment does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.events import DriftSeen
from tests import engine as private
from tests.containers.test_drift import Ferry
from tests.containers.test_known_errors import screen
from tests.e2e.world import Place

pytestmark = pytest.mark.docker
TOKENS = ("lab-token-778812", "dev-token-990011")
CONF = '{"auth_token": "lab-token-778812"}\n'


@pytest.fixture
def lab(tmp_path: Path, engine: private.Dockerd) -> Iterator[Ferry]:
    root = tmp_path / "lab"
    (root / "conf").mkdir(parents=True)
    (root / "conf" / "agent.json").write_text(CONF)
    text = '[project]\nname = "lab"\ndocker = {}\n[checkpoint]\nfiles = ["conf/*"]\n'
    (root / "incidentui.toml").write_text(text)
    it = Ferry(Place(root, tmp_path / "home"), engine)
    started(engine, TOKENS[0])
    engine.run("web", "sleep", "600")
    engine.docker("exec", "agent", "sh", "-c", "echo kept > /config/agent.json")
    yield it
    engine.remove_all()
    engine.docker("volume", "rm", "-f", "lab_config")


def started(engine: private.Dockerd, token: str) -> None:
    more = ("-e", f"TOKEN={token}", "-v", "lab_config:/config", "--stop-signal", "SIGKILL")
    engine.run("agent", "sleep", "600", options=more)


def bad(drift: dict[str, Any]) -> dict[str, str]:
    return {row["what"]: row["running"] for row in drift["rows"] if row["level"] == "bad"}


def changed(lab: Ferry) -> None:
    """A hurried restart by hand: the volume is new and empty, the token another one, `web` was forgotten."""
    lab.engine.docker("rm", "-f", "agent", "web")
    lab.engine.docker("volume", "rm", "lab_config")
    started(lab.engine, TOKENS[1])
    (lab.place.root / "conf" / "agent.json").write_text(CONF.replace(*TOKENS))


@pytest.mark.req("F63", "R1-23", "R1-46")
def test_the_last_checkpoint_says_what_should_be_where_nothing_is_declared(lab: Ferry) -> None:
    env = lab.engine.url
    assert lab.status() == {}, "nothing is declared, and no checkpoint was taken"
    assert lab.place.run("checkpoint", "take", DOCKER_HOST=env).returncode == 0
    good = lab.status()
    assert {name: bad(drift) for name, drift in good.items()} == {"agent": {}, "web": {}, "project files": {}}
    assert good["agent"]["by"].startswith("checkpoint 2")
    assert good["agent"]["by"].endswith(", by hand")
    assert "✓ project files    nothing differs" in lab.place.run("status", DOCKER_HOST=env).stdout
    changed(lab)
    told = lab.status()
    assert bad(told["agent"]) == {
        "mount /config": "lab_config, empty",
        "age of lab_config": "made anew",
        "env TOKEN": "another value",
    }
    assert bad(told["web"]) == {"container": "gone"}
    assert list(bad(told["project files"])) == ["file conf/agent.json"]
    plain = lab.place.run("status", DOCKER_HOST=env).stdout
    assert "  └ env TOKEN: another value, then set" in plain
    assert "  └ container: gone, then running" in plain
    assert f"compared with {told['agent']['by']}" in plain
    assert not any(token in plain + json.dumps(told) for token in TOKENS)
    # A named one is the reference also where a compose file declares.
    (lab.place.root / "docker-compose.yml").write_text("services: {web: {image: x}}\n")
    asked = lab.place.run("status", "--against", told["agent"]["checkpoint"], "--json", DOCKER_HOST=env)
    drifts = {d["workload"]: d for d in json.loads(asked.stdout)["drift"]}
    assert (drifts["agent"]["by"], bad(drifts["agent"])) == (told["agent"]["by"], bad(told["agent"]))
    lost = lab.place.run("status", "--against", "1999", DOCKER_HOST=env).stdout
    assert "it cannot be compared: no checkpoint 1999" in lost


def test_it_is_recorded_and_the_screen_says_which_of_the_two_is_the_reference(lab: Ferry) -> None:
    assert lab.place.run("checkpoint", "take", DOCKER_HOST=lab.engine.url).returncode == 0
    changed(lab)
    with screen(lab.place, lab.engine) as terminal:
        terminal.wait(r"✗ web +gone since the checkpoint", 40)
        terminal.wait(r"! project files +1 of \d differs", 5)
        terminal.press("4", "g", "\r")
        terminal.wait("mount /config is empty: 3 of 5 differ", 10)
        terminal.wait(r"CHECKPOINT, RUNNING ─+ checkpoint \d{8}-\d{6}, by hand", 5)
        terminal.wait(r"✗ env TOKEN +set +another value", 5)
        terminal.press("\x1b")
    seen = [r.event for r in lab.place.records() if isinstance(r.event, DriftSeen)]
    assert {name for event in seen for name, _ in event.fresh} == {"agent", "web", "project files"}
