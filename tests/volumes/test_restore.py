"""Backup, destroy, restore through the installed command on a real engine; judged by the file system itself."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.world import Ended, Place
from tests.engine import Dockerd
from tests.volumes.conftest import inside, run_web
from tests.volumes.trees import grow, look

pytestmark = pytest.mark.docker
Ask = Callable[..., Ended]
SEEDS = range(20)


def taken(done: Ended) -> dict[str, Any]:
    assert done.returncode == 0, done
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def newest(ask: Ask) -> dict[str, Any]:
    rows: list[dict[str, Any]] = json.loads(ask("backup", "list").stdout)
    return rows[0]


def destroyed_and_restored(engine: Dockerd, ask: Ask, seed: int) -> None:
    name = f"tree{seed}"
    engine.docker("volume", "create", "--label", f"seed={seed}", name)
    grow(inside(engine, name), seed)
    before = look(inside(engine, name))
    assert len(before) > 30
    taken(ask("act", "volume.backup", f"volume={name}"))
    it = newest(ask)
    assert (it["volume"], it["entries"], it["wrong"]) == (name, len(before) - 1, "")
    engine.docker("volume", "rm", name)
    done = taken(ask("act", "volume.restore", f"id={it['id']}", "--yes", name))
    assert done["outcome"] == "done"
    assert look(inside(engine, name)) == before
    assert json.loads(engine.docker("volume", "inspect", name).stdout)[0]["Labels"] == {"seed": str(seed)}


@pytest.mark.req("R1-13")
@pytest.mark.parametrize("seed", [3, 11])
def test_a_destroyed_volume_comes_back_as_it_was(engine: Dockerd, ask: Ask, seed: int) -> None:
    destroyed_and_restored(engine, ask, seed)


@pytest.mark.soak
def test_twenty_trees_come_back_as_they_were(engine: Dockerd, ask: Ask) -> None:
    for seed in SEEDS:
        destroyed_and_restored(engine, ask, seed)


@pytest.mark.req("F66")
def test_over_what_is_there_with_a_way_back_and_who_uses_it_stopped_meanwhile(
    place: Place, engine: Dockerd, ask: Ask
) -> None:
    """The workload is stopped and started again; what was there is kept, and comes back the same way."""
    web = run_web(engine, "-v", "leads:/data")
    grow(inside(engine, "leads"), 5, 30)
    of_then = look(inside(engine, "leads"))
    done = taken(ask("backup", "take", "--workload", "web"))
    assert "read back and compared" in done["verdict"]["why"]
    then = newest(ask)
    assert (then["workloads"], then["running"], then["changed_count"]) == (["web"], ["web"], 0)
    for each in inside(engine, "leads").iterdir():
        shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()
    (inside(engine, "leads") / "of-today").write_text("written after the backup")
    (inside(engine, "leads") / "nested" / "deep").mkdir(parents=True)
    of_today = look(inside(engine, "leads"))
    started = engine.docker("inspect", "-f", "{{.State.StartedAt}}", web).stdout

    shown = ask("backup", "restore", then["id"])
    assert shown.returncode == 3, "without the word"
    plan = json.loads(shown.stdout)["plan"]
    assert [step["verb"] for step in plan["steps"]] == [
        "keep", "check", "stop", "save", "empty", "write", "compare", "start", "look",
    ]  # fmt: skip
    assert ["web", "has it at /data: is stopped meanwhile, then started"] in plan["blast"]
    assert look(inside(engine, "leads")) == of_today
    done = taken(ask("act", "volume.restore", f"id={then['id']}", "stay=1s", "--yes", "leads"))
    assert done["verdict"]["running_equal"] is True
    assert look(inside(engine, "leads")) == of_then
    assert engine.docker("inspect", "-f", "{{.State.StartedAt}}", web).stdout != started
    assert engine.docker("inspect", "-f", "{{.State.Running}}", web).stdout.strip() == b"true"
    assert "before volume.restore leads" in ask("checkpoint", "list").stdout
    back = newest(ask)
    assert back["why"] == "before volume.restore leads"
    assert f"volume.restore id={back['id']} brings back what was before" in done["verdict"]["why"]
    taken(ask("act", "volume.restore", f"id={back['id']}", "stay=1s", "--yes", "leads"))
    assert look(inside(engine, "leads")) == of_today
    helpers = engine.docker("ps", "-aq", "--filter", "label=incidentui.helper").stdout
    assert helpers == b""
    place.whole()


def test_an_unnamed_volume_is_kept_by_its_workload_and_restored_by_the_beginning_of_its_name(
    engine: Dockerd, ask: Ask
) -> None:
    web = run_web(engine, "-v", "/data")
    name = json.loads(engine.docker("inspect", web).stdout)[0]["Mounts"][0]["Name"]
    engine.docker("exec", web, "sh", "-c", "printf yesterday > /data/x")
    before = look(inside(engine, name))
    taken(ask("act", "volume.backup", "name=web"))
    engine.docker("exec", web, "rm", "/data/x")
    taken(ask("act", "volume.restore", "name=web", "stay=1s", "--yes", name[:12]))
    assert look(inside(engine, name)) == before


def test_where_no_image_is_left_and_no_container_has_it(ask: Ask, engine: Dockerd) -> None:
    """Nothing is pulled: an image of nothing will do, for it is never started."""
    engine.docker("volume", "create", "lonely")
    (inside(engine, "lonely") / "x").write_text("kept")
    kept = engine.docker("save", "incident-test:1").stdout
    engine.docker("rmi", "-f", "incident-test:1")
    try:
        taken(ask("act", "volume.backup", "volume=lonely"))
        (inside(engine, "lonely") / "x").write_text("lost")
        taken(ask("backup", "restore", newest(ask)["id"], "--yes", "lonely"))
        assert (inside(engine, "lonely") / "x").read_text() == "kept"
    finally:
        engine.docker("rmi", "-f", "incidentui-empty:1", check=False)
        engine.docker("load", stdin=kept)


def test_what_is_refused(place: Place, engine: Dockerd, ask: Ask) -> None:
    """No such volume, a container that a stop would take away, a damaged backup."""
    run_web(engine, "--rm", "-v", "leads:/data")
    assert "there is: leads" in ask("act", "volume.backup", "volume=leds").stderr
    taken(ask("backup", "take", "--volume", "leads"))
    it = newest(ask)
    refused = ask("backup", "restore", it["id"], "--yes", "leads")
    assert (refused.returncode, "was started with --rm" in refused.stderr) == (3, True)
    engine.remove_all()
    archive = Path(it["folder"]) / "content.tar"
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-1024] + b"x" + whole[-1023:])
    assert ask("backup", "verify", it["id"]).returncode == 1
    (inside(engine, "leads") / "x").write_text("of today")
    refused = ask("backup", "restore", it["id"], "--yes", "leads")
    assert (refused.returncode, "is damaged" in refused.stderr + refused.stdout) == (3, True)
    assert (inside(engine, "leads") / "x").read_text() == "of today"
    archive.write_bytes(whole)
    assert ask("backup", "verify", it["id"]).returncode == 0
    place.whole()


def test_a_volume_that_is_written_to_meanwhile_is_no_picture_of_one_moment(engine: Dockerd, ask: Ask) -> None:
    writes = (
        "while true; do echo x >> /data/log; echo $(seq 1 50) > /data/$(($(seq 1 9 | busybox shuf | busybox head -1)));"
    )
    engine.run("ferry-web-1", "sh", "-c", f"{writes} done", options=("-v", "leads:/data", "--label", "x"))
    (inside(engine, "leads") / "large").write_bytes(b"\0" * 30_000_000)
    done = taken(ask("act", "volume.backup", "volume=leads"))
    it = newest(ask)
    assert it["changed_count"] > 0
    assert "not of one moment" in done["verdict"]["why"]
    assert ask("backup", "verify", it["id"]).returncode == 0, "what was kept is whole all the same"


def test_a_backup_of_an_empty_volume_is_not_taken_for_what_was_lost(engine: Dockerd, ask: Ask) -> None:
    """It is often the only one: taken of the volume that came up empty, before anything else was done."""
    engine.docker("volume", "create", "hollow")
    taken(ask("act", "volume.backup", "volume=hollow"))
    it = newest(ask)
    assert it["files"] == 0
    for asked in (["volume=hollow"], ["volume=hollow", "id=latest"]):
        refused = ask("act", "volume.restore", *asked, "--yes", "hollow")
        assert (refused.returncode, "which backup?" in refused.stdout) == (2, True), refused
    taken(ask("act", "volume.restore", f"id={it['id']}", "--yes", "hollow"))


def test_what_a_workload_had_before_comes_into_the_volume_that_it_has_now(engine: Dockerd, ask: Ask) -> None:
    """A compose file names another volume, and the new one is empty: the last checkpoint knows the one of before."""
    run_web(engine, "-v", "ferry_old:/data")
    engine.docker("exec", "ferry-web-1", "sh", "-c", "echo kept > /data/a")
    none = ask("act", "volume.backup", "name=web", "before=true")
    assert (none.returncode, "no checkpoint knows another volume of web" in none.stdout) == (3, True), none
    assert ask("checkpoint", "take").returncode == 0
    engine.docker("rm", "-f", "ferry-web-1")
    run_web(engine, "-v", "ferry_new:/data")
    taken(ask("act", "volume.backup", "name=web"))
    taken(ask("act", "volume.backup", "name=web", "before=true"))
    assert (newest(ask)["volume"], newest(ask)["files"]) == ("ferry_old", 1)
    taken(ask("act", "volume.restore", "name=web", "--yes", "ferry_new"))
    assert (inside(engine, "ferry_new") / "a").read_text() == "kept\n"
