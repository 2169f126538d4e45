"""A checkpoint that holds what is in volumes, too: taken, told, tried, and put back when asked, on a real engine."""

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from tests.containers.conftest import shared_engine as shared_engine
from tests.e2e.world import COMMAND, Ended, Place
from tests.engine import Dockerd
from tests.faults.pty import Pty
from tests.volumes.conftest import ask as ask
from tests.volumes.conftest import engine as engine
from tests.volumes.conftest import inside, run_web
from tests.volumes.conftest import place as place
from tests.volumes.trees import grow, look

pytestmark = pytest.mark.docker
Ask = Callable[..., Ended]


def done(ended: Ended) -> Any:
    assert ended.returncode == 0, ended
    return json.loads(ended.stdout)


def two_volumes(engine: Dockerd) -> str:
    web = run_web(engine, "-v", "leads:/data", "-v", "cache:/cache")
    grow(inside(engine, "leads"), 5, 20)
    return web


@pytest.mark.req("R1-33")
def test_what_is_in_the_volumes_asked_for_is_kept_told_tried_and_put_back_only_when_asked(
    place: Place, engine: Dockerd, ask: Ask
) -> None:
    two_volumes(engine)
    then = look(inside(engine, "leads"))
    plan = done(ask("checkpoint", "take", "--volumes", "leads", "--plan"))["plan"]
    assert [step["verb"] for step in plan["steps"]] == ["copy", "keep"]
    assert ", about 1s) to " in plan["steps"][0]["text"]
    assert str(place.home) in plan["steps"][0]["text"]
    assert done(ask("checkpoint", "list")) == [], "a plan keeps nothing"
    taken = done(ask("checkpoint", "take", "--volumes", "leads"))
    assert "contents: 1 of 2 volumes" in taken["verdict"]["why"]

    (it,) = done(ask("checkpoint", "list"))
    (backup,) = done(ask("backup", "list"))
    held = {volume["name"]: volume["contents"] for volume in it["volumes"]}
    assert (held["leads"]["backup"], held["cache"]) == (backup["id"], None)
    size = it["contents"]["bytes"]
    assert it["contents"] == {"volumes": 1, "of": 2, "bytes": size, "wrong": {}}
    assert (size, backup["why"]) == (backup["size"], "for a checkpoint")
    words = place.run("checkpoint", "show", "latest", DOCKER_HOST=engine.url).stdout
    assert "contents: 1 of 2 volumes" in words
    assert f"contents: backup {backup['id']} (" in words
    assert "contents not kept" in words
    told = place.run("checkpoint", "diff", "latest", DOCKER_HOST=engine.url).stdout
    assert "holds contents: 1 of 2 volumes" in told
    assert "what was in 1 volume read whole" in done(ask("checkpoint", "test", it["id"]))["verdict"]["why"]

    shutil.rmtree(inside(engine, "leads") / "nested", ignore_errors=True)
    (inside(engine, "leads") / "of-today").write_text("written since")
    today = look(inside(engine, "leads"))
    refused = ask("checkpoint", "restore", it["id"], "--yes", "ferry")
    assert (refused.returncode, f"volume.restore id={backup['id']}" in refused.stdout + refused.stderr) == (3, True)
    assert look(inside(engine, "leads")) == today, "never without being asked"

    done(ask("checkpoint", "take", "--volumes", "leads"))
    newer = done(ask("checkpoint", "list"))[0]["id"]
    both = json.loads(ask("checkpoint", "diff", it["id"], newer).stdout)["differences"]
    assert ("contents", "leads") in [(each["kind"], each["name"]) for each in both]
    shown = ask("checkpoint", "restore", it["id"], "--volumes")
    assert shown.returncode == 3, "without the word"
    plan = json.loads(shown.stdout)["plan"]
    (step,) = [step for step in plan["steps"] if step["verb"] == "fill"]
    assert "what came since goes, in a backup that is taken first; web is stopped meanwhile" in step["text"]
    assert look(inside(engine, "leads")) == today

    back = done(ask("act", "checkpoint.restore", f"id={it['id']}", "volumes=true", "within=2s", "--yes", "ferry"))
    assert look(inside(engine, "leads")) == then
    way_back = done(ask("backup", "list"))[0]["id"]
    assert f"volume.restore id={way_back} brings back what was before" in back["verdict"]["why"]
    assert engine.docker("inspect", "-f", "{{.State.Running}}", "ferry-web-1").stdout.strip() == b"true"
    place.whole()


def test_a_damaged_or_lost_backup_is_found_by_the_test_and_by_the_list(place: Place, engine: Dockerd, ask: Ask) -> None:
    two_volumes(engine)
    done(ask("checkpoint", "take", "--volumes"))
    (it,) = done(ask("checkpoint", "list"))
    assert it["contents"]["volumes"] == 2
    folder = place.journal_file.parent / "backups"
    ident = next(v["contents"]["backup"] for v in it["volumes"] if v["name"] == "leads")
    archive = folder / ident / "content.tar"
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-1024] + b"x" + whole[-1023:])
    failed = ask("checkpoint", "test", it["id"])
    assert (failed.returncode, "what was in volume leads: backup" in failed.stdout) == (1, True), failed
    refused = ask("checkpoint", "restore", it["id"], "--volumes", "--yes", "ferry")
    assert (refused.returncode, "nothing was done: what was in volume leads" in refused.stdout) == (3, True), refused
    shutil.rmtree(folder / ident)
    assert "leads" in done(ask("checkpoint", "list"))[0]["contents"]["wrong"]
    assert look(inside(engine, "leads")), "nothing was emptied for it"


def test_what_cannot_be_kept_is_said_before_anything_is(ask: Ask, engine: Dockerd) -> None:
    none = ask("checkpoint", "take", "--volumes")
    assert (none.returncode, "no container here has a volume" in none.stderr + none.stdout) == (2, True), none
    two_volumes(engine)
    refused = ask("checkpoint", "take", "--volumes", "leds")
    assert (refused.returncode, "there is: cache, leads" in refused.stderr + refused.stdout) == (2, True), refused
    assert ask("checkpoint", "take", "leads").returncode == 2, "a name alone asks for nothing"
    assert done(ask("checkpoint", "list")) == []


def test_taken_by_keys(place: Place, engine: Dockerd) -> None:
    two_volumes(engine)
    with Pty([COMMAND, str(place.root)], place.root, {**place.env(), "DOCKER_HOST": engine.url}, 80, 24) as screen:
        screen.see("workloads 1")
        screen.rest(0.6, 1.5)
        screen.press("a", gap_s=0.3)
        screen.see("what is in its volumes")
        (row,) = (line for line in screen.text.splitlines() if "what is in its volumes" in line)
        screen.press(row.split()[0])
        screen.see("about 1s")
        screen.rest(0.5, 1)
        screen.press("x")
        screen.see(r"COMPLETE +checkpoint 20[\s\S]*contents:\s+2\s+of\s+2\s+volumes")
    place.whole()
