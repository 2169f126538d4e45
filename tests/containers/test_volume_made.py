"""When a volume was made, as engines of before and after 23.0 tell it."""

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from incidentui.edge.containers.docker_words import moment
from incidentui.edge.containers.volume_made import dated
from tests.containers.test_drift import Ferry, ferry

__all__ = ["ferry"]
OLD, NEW = SimpleNamespace(api_version="1.41"), SimpleNamespace(api_version="1.42")


def told(content: Path) -> dict[str, Any]:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.stat(content).st_ctime)))
    return {"Name": "leads", "Mountpoint": str(content), "CreatedAt": stamp}


def test_an_old_engine_tells_the_last_file_and_the_folder_around_it_the_birth(tmp_path: Path) -> None:
    content = tmp_path / "leads" / "_data"
    content.mkdir(parents=True)
    born = int(os.stat(content.parent).st_ctime)
    time.sleep(1.1)
    (content / "file").write_text("1")
    volume = told(content)
    assert moment(volume["CreatedAt"]) != born * 1000, "what the engine says is of the file"
    assert moment(str(dated(OLD, [volume])[0]["CreatedAt"])) == born * 1000
    assert dated(NEW, [volume]) == [volume]


def test_what_nobody_can_tell_is_not_guessed(tmp_path: Path) -> None:
    volume = told(tmp_path)
    elsewhere = {**volume, "Mountpoint": "/var/lib/docker/volumes/of-another-host/_data"}
    another = {**volume, "CreatedAt": "2024-01-01T00:00:00Z"}
    assert [each["CreatedAt"] for each in dated(OLD, [elsewhere, another, {"Name": "x"}])] == ["", "", ""]


@pytest.mark.docker
def test_a_file_in_a_volume_does_not_make_it_another_one(ferry: Ferry) -> None:
    ferry.watch_until(lambda: "DriftSeen" in ferry.place.names(), "drift in the record")
    time.sleep(1.1)
    ferry.engine.docker("exec", ferry.database, "sh", "-c", "echo 2 > /data/more")
    assert not [what for what in ferry.rows("db") if what.startswith("age of")]
