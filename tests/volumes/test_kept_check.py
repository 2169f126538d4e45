"""Checks of what must be there before something is lost: volumes that are backed up, defaults that the image brings."""

import json
from collections.abc import Callable

import pytest

from tests.e2e.world import Ended, Place
from tests.engine import Dockerd
from tests.volumes.conftest import run_web

pytestmark = pytest.mark.docker
CHECKS = """
[[services]]
name = "web"
workloads = ["web"]
[[checks]]
name = "kept"
service = "web"
type = "backup"
workload = "web"
max_age = "1h"
[[checks]]
name = "lost"
service = "web"
type = "backup"
volume = "nobody"
[[checks]]
name = "default"
service = "web"
type = "image"
workload = "web"
has = ["/bin/busybox", "/config/agent.json"]
[[checks]]
name = "brings"
service = "web"
type = "image"
workload = "web"
has = ["/bin/busybox"]
"""


@pytest.mark.req("R1-39")
def test_a_volume_without_a_backup_an_old_one_and_an_image_without_defaults_are_red(
    place: Place, engine: Dockerd, ask: Callable[..., Ended]
) -> None:
    config = place.root / "incidentui.toml"
    config.write_text(config.read_text() + CHECKS)
    run_web(engine, "-v", "ferry_config:/config")
    engine.docker("exec", "ferry-web-1", "sh", "-c", "echo here > /config/agent.json")

    def told() -> dict[str, str]:
        return {c["name"]: f"{c['verdict']}: {c['why']}" for c in json.loads(ask("check").stdout)["checks"]}

    found = told()
    assert found["kept"] == "failing: volume ferry_config: no backup"
    assert found["lost"] == "failing: volume nobody: no backup"
    assert found["default"].startswith("failing: the image does not bring /config/agent.json: without its mount")
    assert found["brings"] == "ok: the image brings /bin/busybox"
    doctor = {f["text"]: f for f in json.loads(ask("doctor").stdout)["findings"] if f["name"] == "backups"}
    assert doctor["ferry_config (/config): no backup"]["hint"] == "incidentui backup take --volume ferry_config"
    assert ask("backup", "take", "--volume", "ferry_config").returncode == 0
    assert told()["kept"].startswith("ok: 1 volume backed up")
    (folder,) = (path.parent for path in place.home.rglob("backup.json"))
    record = json.loads((folder / "backup.json").read_text())
    (folder / "backup.json").write_text(json.dumps(record | {"at": record["at"] - 7_200_000}))
    assert told()["kept"] == "failing: volume ferry_config: last backup over 1h old"
    left = engine.docker("ps", "-aq", "--filter", "label=incidentui.helper").stdout
    assert not left, "the container that was looked into is gone"
