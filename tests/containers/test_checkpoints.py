"""Checkpoints on a real engine: images, volumes and the environment, and back to the image of then."""

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.world import Place
from tests.engine import Dockerd
from tests.volumes.conftest import LABELS, OBEYS
from tests.volumes.conftest import ask as ask
from tests.volumes.conftest import place as place

pytestmark = [pytest.mark.docker, pytest.mark.slow]
SECRET = "ferry-env-secret-90210"


def image(engine: Dockerd, change: str) -> str:
    """Another image under the name web:1."""
    made = engine.docker("create", "incident-test:1", "true").stdout.decode().strip()
    ident = engine.docker("commit", "--change", change, made, "web:1").stdout.decode().strip()
    engine.docker("rm", made)
    return ident


def inspect(engine: Dockerd, what: str) -> Any:
    return json.loads(engine.docker("inspect", what).stdout)[0]


def run(engine: Dockerd, *options: str) -> None:
    engine.docker("run", "-d", "--network", "host", "--name", "ferry-web-1", *LABELS, *options, "web:1", *OBEYS)


def test_images_volumes_and_environment_then_and_now(
    place: Place, engine: Dockerd, ask: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    first = image(engine, "ENV BUILT=1")
    run(engine, "-e", f"TOKEN={SECRET}", "-e", "MODE=a", "-v", "leads:/data")
    engine.docker("exec", "ferry-web-1", "sh", "-c", "printf of-then > /data/x")
    try:
        assert ask("checkpoint", "take").returncode == 0
        (it,) = json.loads(ask("checkpoint", "list").stdout)
        (container,) = it["containers"]
        assert (container["name"], container["image"], container["image_id"]) == ("web", "web:1", first)
        assert {name for name, _ in container["env"]} >= {"TOKEN", "MODE", "BUILT"}
        (volume,) = it["volumes"]
        assert (volume["name"], volume["size"] > 0) == ("leads", True)
        assert volume["created"] == json.loads(engine.docker("volume", "inspect", "leads").stdout)[0]["CreatedAt"]
        for file in place.home.rglob("*"):
            assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file
        assert json.loads(ask("checkpoint", "diff", it["id"]).stdout)["differences"] == []

        second = image(engine, "ENV BUILT=2")
        engine.docker("rm", "-f", "ferry-web-1")
        run(engine, "-e", f"TOKEN={SECRET}x", "-e", "MODE=a", "-v", "leads:/data")
        assert inspect(engine, "ferry-web-1")["Image"] == second
        done = ask("checkpoint", "diff", it["id"])
        found = {(d["kind"], d["name"]): d["text"] for d in json.loads(done.stdout)["differences"]}
        assert found[("container", "web")] == f"image {first[7:19]} → {second[7:19]}"
        assert found[("environment", "web TOKEN")] == "has another value"
        assert ("environment", "web MODE") not in found
        assert SECRET not in done.stdout

        refused = json.loads(ask("checkpoint", "restore", it["id"]).stdout)
        assert ["volumes", "what is in them is in no checkpoint"] in refused["plan"]["not_covered"]
        restored = ask("checkpoint", "restore", it["id"], "--yes", "ferry")
        assert restored.returncode == 0, restored
        now = inspect(engine, "ferry-web-1")
        assert (now["Image"], now["State"]["Running"]) == (first, True)
        assert "BUILT=1" in now["Config"]["Env"], "what the other image brought along is not carried over"
        assert f"TOKEN={SECRET}x" in now["Config"]["Env"]
        assert now["Config"]["Labels"]["com.docker.compose.service"] == "web"
        assert engine.docker("exec", "ferry-web-1", "cat", "/data/x").stdout == b"of-then"
        assert ask("checkpoint", "test", it["id"]).returncode == 0

        engine.docker("rm", "-f", "ferry-web-1")
        engine.docker("volume", "rm", "leads")
        gone = ask("checkpoint", "test", it["id"])
        assert gone.returncode == 1
        assert "volume leads is gone" in json.loads(gone.stdout)["verdict"]["why"]
        run(engine, "-v", "leads:/data")
        found = json.loads(ask("checkpoint", "diff", it["id"]).stdout)["differences"]
        assert any(d["kind"] == "volume" and "created anew" in d["text"] for d in found)
    finally:
        engine.remove_all()
        engine.docker("rmi", "-f", "web:1", first, check=False)


def test_one_is_taken_before_what_is_dangerous(
    place: Place, engine: Dockerd, ask: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    engine.run("ferry-web-1", *OBEYS, options=LABELS)
    for action in ("restart", "recreate", "stop", "start"):
        done = ask("act", f"workload.{action}", "name=web", "stay=1s", "--yes", "web")
        assert done.returncode == 0, done
    taken = [c["why"] for c in reversed(json.loads(ask("checkpoint", "list").stdout))]
    assert taken == [f"before workload.{action} web" for action in ("restart", "recreate", "stop")]


def test_where_none_can_be_kept_a_container_is_not_created_anew_but_restarted(
    place: Place, engine: Dockerd, ask: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    ident = engine.run("ferry-web-1", *OBEYS, options=LABELS)
    assert ask("checkpoint", "take").returncode == 0
    folder = place.journal_file.parent / "checkpoints"
    os.rename(folder, folder.with_name("elsewhere"))
    folder.write_text("in the way")
    refused = ask("act", "workload.recreate", "name=web", "stay=1s", "--yes", "web")
    assert (refused.returncode, json.loads(refused.stdout)["outcome"]) == (3, "refused"), refused
    assert inspect(engine, "ferry-web-1")["Id"] == ident
    assert ask("act", "workload.restart", "name=web", "stay=1s", "--yes", "web").returncode == 0
