"""kill -9 in the middle of a backup and of a restore; a disk and a volume that are full; an engine that goes away."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.events import ActionRequested, VerdictGiven
from tests.e2e.world import COMMAND, Ended, Place, until
from tests.engine import Dockerd
from tests.volumes.conftest import inside, run_web
from tests.volumes.test_restore import newest, taken
from tests.volumes.trees import grow, look

pytestmark = pytest.mark.docker
Ask = Callable[..., Ended]


@contextmanager
def acting(place: Place, engine: Dockerd, *argv: str) -> "Iterator[subprocess.Popen[bytes]]":
    """An action in a process of its own, from the moment on that it is on record."""
    seen = sum(isinstance(r.event, ActionRequested) for r in place.records())
    env, nothing = place.env(DOCKER_HOST=engine.url), subprocess.DEVNULL
    argv = (COMMAND, "act", *argv)
    with subprocess.Popen(argv, cwd=place.root, env=env, stdin=nothing, stdout=nothing, stderr=nothing) as process:
        until(lambda: sum(isinstance(r.event, ActionRequested) for r in place.records()) > seen, "the request")
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def verdicts(place: Place) -> list[tuple[str, str]]:
    return [(e.outcome, e.verdict.why) for r in place.records() if isinstance(e := r.event, VerdictGiven)]


def settled(place: Place, engine: Dockerd) -> tuple[str, str]:
    """What the next program that watches says became of it."""
    watch = subprocess.Popen(
        [COMMAND, "watch"], cwd=place.root, env=place.env(DOCKER_HOST=engine.url), stdout=subprocess.DEVNULL
    )
    try:
        until(lambda: not place.dangling(), "the settling", 60)
    finally:
        watch.send_signal(signal.SIGTERM)
        watch.wait(30)
    return verdicts(place)[-1]


def rows(ask: Ask) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ask("backup", "list").stdout)
    return found


def leftovers(place: Place, engine: Dockerd) -> list[str]:
    helpers = engine.docker("ps", "-aq", "--filter", "label=incidentui.helper").stdout.decode().split()
    return helpers + [str(path) for path in place.journal_file.parent.glob("backups/.new-*")]


def writes(place: Place) -> bool:
    """A backup is under way."""
    return any(f.stat().st_size > 10**7 for f in place.journal_file.parent.glob("backups/.new-*/*.tar"))


def test_killed_in_mid_backup_nothing_half_looks_whole(place: Place, engine: Dockerd, ask: Ask) -> None:
    engine.docker("volume", "create", "leads")
    for n in range(30):
        (inside(engine, "leads") / f"f{n}").write_bytes(os.urandom(10_000_000))
    with acting(place, engine, "volume.backup", "volume=leads"):
        until(lambda: writes(place), "some of it")
    assert leftovers(place, engine)
    assert rows(ask) == []
    outcome, why = settled(place, engine)
    assert (outcome, "nothing of it is kept" in why) == ("failed", True)
    assert leftovers(place, engine) == []
    taken(ask("act", "volume.backup", "volume=leads"))
    assert len(rows(ask)) == 1
    place.whole()


def test_stopped_in_mid_backup_nothing_is_left(place: Place, engine: Dockerd, ask: Ask) -> None:
    engine.docker("volume", "create", "leads")
    for n in range(20):
        (inside(engine, "leads") / f"f{n}").write_bytes(os.urandom(10_000_000))
    with acting(place, engine, "volume.backup", "volume=leads") as it:
        until(lambda: writes(place), "some of it")
        it.send_signal(signal.SIGINT)
        assert it.wait(30) == 130
    assert leftovers(place, engine) == []
    assert rows(ask) == []
    assert verdicts(place)[-1] == ("failed", "stopped by ana")


def killed_restore(place: Place, engine: Dockerd, ask: Ask, after_s: float) -> str:
    """One that is killed so long after its request; then one of the two is there, or a command that finishes it."""
    top = inside(engine, "leads")
    then, before = place.root / "then", look(top)
    with acting(place, engine, "volume.restore", f"id={then.read_text()}", "stay=1s", "--yes", "leads"):
        time.sleep(after_s)
    outcome, why = settled(place, engine)
    wanted = json.loads((place.root / "wanted").read_text())
    now = look(top)
    assert leftovers(place, engine) == []
    if outcome == "done":
        assert repr(now) == wanted, why
    elif "half done" in why:
        assert f"id={then.read_text()} volume=leads finishes it" in why
        back = why.partition("volume.restore id=")[2].partition("volume.restore id=")[2].split()[0]
        taken(ask("act", "volume.restore", f"id={back}", "stay=1s", "--yes", "leads"))
        assert look(top) == before, why
    else:
        assert now == before, why
    engine.docker("start", "ferry-web-1")
    taken(ask("act", "volume.restore", f"id={then.read_text()}", "stay=1s", "--yes", "leads"))
    assert repr(look(top)) == wanted
    return "half" if "half done" in why else outcome


def world_of_a_restore(place: Place, engine: Dockerd, ask: Ask) -> None:
    run_web(engine, "-v", "leads:/data")
    grow(inside(engine, "leads"), 8, 40)
    for n in range(4):
        (inside(engine, "leads") / f"large{n}").write_bytes(os.urandom(10_000_000))
    taken(ask("act", "volume.backup", "volume=leads"))
    (place.root / "then").write_text(newest(ask)["id"])
    (place.root / "wanted").write_text(json.dumps(repr(look(inside(engine, "leads")))))
    (inside(engine, "leads") / "of-today").write_text("written since")


@pytest.mark.parametrize("after_s", [0.9])
def test_killed_in_mid_restore_it_is_told_and_nothing_is_lost(
    place: Place, engine: Dockerd, ask: Ask, after_s: float
) -> None:
    world_of_a_restore(place, engine, ask)
    killed_restore(place, engine, ask, after_s)
    place.whole()


@pytest.mark.soak
def test_killed_at_thirty_moments_of_a_restore(place: Place, engine: Dockerd, ask: Ask) -> None:
    world_of_a_restore(place, engine, ask)
    chance, ends = random.Random(6), set()
    for _ in range(30):
        (inside(engine, "leads") / "of-today").write_text("written since")
        ends.add(killed_restore(place, engine, ask, chance.uniform(0, 2.5)))
    assert len(ends) > 1
    place.whole()


def test_a_volume_that_is_full_gets_back_what_was_in_it(tmp_path: Path, engine: Dockerd, ask: Ask) -> None:
    """The backup does not fit any more: what was there before is put back, and said."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True)
    try:
        engine.docker("volume", "create", "--opt", "type=none", "--opt", "o=bind", "--opt", f"device={disk}", "leads")
        (disk / "large").write_bytes(os.urandom(4_000_000))
        taken(ask("act", "volume.backup", "volume=leads"))
        (disk / "large").unlink()
        (disk / "of-today").write_text("written since")
        before = look(disk)
        subprocess.run(["mount", "-o", "remount,size=1m", str(disk)], check=True)
        done = ask("act", "volume.restore", f"id={newest(ask)['id']}", "--yes", "leads")
        why = json.loads(done.stdout)["verdict"]["why"]
        assert (done.returncode, "what was before is back in leads" in why) == (1, True), why
        assert "no space left" in why
        assert look(disk) == before
    finally:
        engine.docker("volume", "rm", "leads")
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_where_the_disk_of_the_journal_is_nearly_full_no_backup_is_begun(
    place: Place, engine: Dockerd, ask: Ask
) -> None:
    place.home.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=201m", "tmpfs", str(place.home)], check=True)
    try:
        engine.docker("volume", "create", "leads")
        (inside(engine, "leads") / "x").write_bytes(os.urandom(40_000_000))
        refused = ask("act", "volume.backup", "volume=leads")
        assert (refused.returncode, "do not fit in" in refused.stderr) == (3, True), refused
        (inside(engine, "leads") / "x").write_bytes(b"")
        refused = ask("act", "volume.backup", "volume=leads")
        assert (refused.returncode, "is full" in refused.stdout) == (1, True), refused
        assert rows(ask) == []
        assert leftovers(place, engine) == []
    finally:
        subprocess.run(["umount", "-l", str(place.home)], check=True)
