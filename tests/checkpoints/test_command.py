"""`incidentui checkpoint` from outside: files on disk, exit codes, the journal's bytes. Without an engine."""

import json
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.events import VerdictGiven
from tests.e2e.world import COMMAND, Place

pytestmark = pytest.mark.slow

COMPOSE = b"services:\n  web:\n    image: ferry:1\n"
SECRET = "kd83-ferry-token-77121"
AGENT = json.dumps({"auth_token": SECRET, "port": 5051}).encode() + b"\n\xff\x00"
FILES = {"docker-compose.lab.yml": (COMPOSE, 0o644), "conf/agent.json": (AGENT, 0o640), "conf/run.sh": (b"#!\n", 0o755)}


def git(root: Path, *argv: str) -> str:
    who = ("-c", "user.name=ana", "-c", "user.email=a@b")
    return subprocess.run(["git", *who, *argv], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def put(root: Path, path: str, content: bytes, mode: int) -> None:
    file = root / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)


def state_of(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path: ((root / path).read_bytes(), stat.S_IMODE((root / path).stat().st_mode))
        for path in FILES
        if (root / path).exists()
    }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "ferry"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    toml = '[project]\nname = "ferry"\n[checkpoint]\nfiles = ["conf/*", "conf/absent.json"]\n'
    (root / "incidentui.toml").write_text(toml)
    for path, (content, mode) in FILES.items():
        put(root, path, content, mode)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return Place(root, tmp_path / "state")


def folder(place: Place) -> Path:
    return place.journal_file.parent / "checkpoints"


def taken(place: Place) -> str:
    before = {each["id"] for each in place.json("checkpoint", "list")}
    said = place.ok("checkpoint", "take")
    assert "– commit tree, work tree, remote, running, user path: does not apply" in said, "a reason is said once"
    (new,) = {each["id"] for each in place.json("checkpoint", "list")} - before
    return str(new)


def shown(place: Place, ident: str) -> Any:
    return place.json("checkpoint", "show", ident)


def changed(place: Place) -> None:
    put(place.root, "conf/agent.json", b"{}", 0o600)
    put(place.root, "conf/run.sh", b"#!\n", 0o644)
    (place.root / "docker-compose.lab.yml").unlink()


def test_a_file_that_nothing_names_any_more_is_not_gone(place: Place) -> None:
    ident = taken(place)
    toml = place.root / "incidentui.toml"
    toml.write_text(toml.read_text().replace('"conf/*", ', '"conf/run.sh", '))
    (place.root / "conf/run.sh").unlink()

    def told() -> dict[str, str]:
        done = place.run("checkpoint", "diff", ident, "--json")
        return {d["name"]: d["text"] for d in json.loads(done.stdout)["differences"] if d["kind"] == "file"}

    named = "a checkpoint of now would not hold it: nothing names it any more"
    assert told()["conf/agent.json"] == f"as it was then; {named}"
    assert told()["conf/run.sh"].endswith(" mode 755 → not there"), "it is named, and gone"
    put(place.root, "conf/agent.json", b"{}", 0o640)
    assert told()["conf/agent.json"].startswith("content ")
    assert told()["conf/agent.json"].endswith(named)
    other = taken(place)
    between = place.run("checkpoint", "diff", ident, other, "--json")
    found = {d["name"]: d["text"] for d in json.loads(between.stdout)["differences"]}
    assert found["conf/agent.json"] == "is not in the other one"


@pytest.mark.req("R1-25", "R1-33", "R1-41", "F43")
def test_taken_tested_changed_and_restored(place: Place) -> None:
    ident = taken(place)
    it = shown(place, ident)
    assert (it["commit"], it["branch"], it["by"], it["why"]) == (
        git(place.root, "rev-parse", "HEAD"),
        "main",
        "ana",
        "by hand",
    )
    assert {f["path"] for f in it["files"] if not f["missing"]} == {*FILES, "incidentui.toml"}
    assert [f["missing"] for f in it["files"] if f["path"] == "conf/absent.json"] == ["not there"]
    assert it["last_good_test"] is None
    assert "never tested" in place.ok("checkpoint", "list")
    assert place.run("checkpoint", "diff", ident).returncode == 0

    place.ok("checkpoint", "test", ident)
    assert shown(place, ident)["last_good_test"] is not None
    assert "restore tested 20" in place.ok("checkpoint", "list")

    before = state_of(place.root)
    changed(place)
    broken = state_of(place.root)
    done = place.run("checkpoint", "diff", ident, "--json")
    assert done.returncode == 1
    found = {(d["kind"], d["name"]): d["text"] for d in json.loads(done.stdout)["differences"]}
    assert found[("file", "docker-compose.lab.yml")] == "is gone"
    assert found[("file", "conf/run.sh")] == "mode 755 → 644"
    assert found[("file", "conf/agent.json")].startswith("content ")

    plan = place.run("checkpoint", "restore", ident)
    assert plan.returncode == 3
    assert "write    conf/agent.json" in plan.stdout
    assert place.run("checkpoint", "restore", ident, "--yes", "main").returncode == 3
    assert place.run("--read-only", "checkpoint", "restore", ident, "--yes", "ferry").returncode == 3
    assert state_of(place.root) == broken
    document = place.json("checkpoint", "restore", ident, "--yes", "ferry")
    assert (document["outcome"], document["verdict"]["complete"]) == ("done", True)
    assert state_of(place.root) == before
    assert place.run("checkpoint", "restore", ident, "--yes", "ferry").returncode == 3, "nothing differs any more"

    (undo,) = [c["id"] for c in place.json("checkpoint", "list") if c["why"] == f"before checkpoint.restore {ident}"]
    assert undo in document["verdict"]["why"]
    place.ok("checkpoint", "restore", undo, "--yes", "ferry")
    after = state_of(place.root)
    assert after.pop("docker-compose.lab.yml") == before["docker-compose.lab.yml"], "a new file is not taken away"
    assert after == broken
    place.whole()
    assert [r.event.outcome for r in place.records() if isinstance(r.event, VerdictGiven)] == ["done"] * 4


def test_what_it_keeps_is_this_users_own_and_no_secret_gets_into_the_journal(place: Place) -> None:
    ident = taken(place)
    changed(place)
    place.ok("checkpoint", "restore", ident, "--yes", "ferry")
    for where, _, files in os.walk(folder(place)):
        assert stat.S_IMODE(os.stat(where).st_mode) == 0o700
        assert all(stat.S_IMODE(os.stat(Path(where) / f).st_mode) == 0o600 for f in files)
    holding = [f for f in place.home.rglob("*") if f.is_file() and SECRET.encode() in f.read_bytes()]
    assert holding
    assert all(f.parent.name == "files" for f in holding), holding
    said = place.ok("checkpoint", "show", ident, "--json") + place.ok("checkpoint", "list")
    assert SECRET not in said


def test_one_that_is_damaged_says_so_and_restores_nothing(place: Place) -> None:
    ident = taken(place)
    place.ok("checkpoint", "test", ident)
    changed(place)
    broken = state_of(place.root)
    (copy,) = [f for f in (folder(place) / ident / "files").iterdir() if f.read_bytes() == AGENT]
    copy.write_bytes(AGENT.replace(b"5051", b"5050"))
    failed = place.run("checkpoint", "test", ident)
    assert (failed.returncode, "damaged" in failed.stdout) == (1, True), failed
    assert "its last restore test FAILED" in place.ok("checkpoint", "list")
    refused = place.run("checkpoint", "restore", ident, "--yes", "ferry")
    assert (refused.returncode, "is damaged" in refused.stderr) == (2, True), refused
    assert state_of(place.root) == broken
    (folder(place) / ident / "checkpoint.json").write_text("{")
    assert "cannot be read" in place.ok("checkpoint", "list")
    assert place.run("checkpoint", "show", ident).returncode == 2


def test_none_is_written_over(place: Place) -> None:
    first = taken(place)
    record = (folder(place) / first / "checkpoint.json").read_bytes()
    several = [place.start("checkpoint", "take") for _ in range(4)]
    for process in several:
        process.communicate(timeout=60)
    ids = [c["id"] for c in place.json("checkpoint", "list")]
    assert len(set(ids)) == 1 + sum(1 for process in several if process.returncode == 0)
    assert (folder(place) / first / "checkpoint.json").read_bytes() == record


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (("show", "nothing"), 2, "none was taken yet"),
        (("diff", "latest"), 2, "none was taken yet"),
        (("restore", "latest", "--yes", "ferry"), 2, "none was taken yet"),
        (("test", "2026"), 2, "none was taken yet"),
        (("list",), 0, ""),
    ],
)
def test_without_any(place: Place, argv: tuple[str, ...], code: int, says: str) -> None:
    done = place.run("checkpoint", *argv)
    assert (done.returncode, says in done.stderr) == (code, True), done
    assert "Traceback" not in done.stderr


def test_links_pipes_and_large_files(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_bytes(b"not mine")
    (place.root / "conf/link.json").symlink_to(outside)
    (place.root / "conf/within.json").symlink_to("agent.json")
    os.mkfifo(place.root / "conf/pipe")
    (place.root / "conf/large").write_bytes(b"x" * 1_000_001)
    files = {f["path"]: f for f in shown(place, taken(place))["files"]}
    assert "conf/link.json" not in files
    assert files["conf/pipe"]["missing"] == "no regular file"
    assert files["conf/large"]["missing"] == "larger than 1 MB"
    changed(place)
    place.ok("checkpoint", "restore", "latest", "--yes", "ferry")
    assert (place.root / "conf/within.json").is_symlink()
    assert (place.root / "conf/agent.json").read_bytes() == AGENT
    assert outside.read_bytes() == b"not mine"


def test_a_pattern_that_leads_out_is_said(place: Place) -> None:
    (place.root / "incidentui.toml").write_text('[project]\nname = "ferry"\n[checkpoint]\nfiles = ["../x"]\n')
    assert "leads out of the project" in place.run("doctor").stdout
    assert {f["path"] for f in shown(place, taken(place))["files"]} == {"docker-compose.lab.yml", "incidentui.toml"}


@pytest.mark.skipif(os.geteuid() != 0, reason="fills a file system of its own")
@pytest.mark.slow
def test_a_full_disk_takes_no_checkpoint_and_leaves_no_half_one(place: Place) -> None:
    first = taken(place)
    small = folder(place)
    kept = small.with_name("kept")
    shutil.move(small, kept)
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], check=False).returncode:
        pytest.skip("no mount here")
    try:
        (small / "filler").write_bytes(b"x" * 56_000)
        put(place.root, "conf/agent.json", os.urandom(40_000), 0o600)
        failed = place.run("checkpoint", "take")
        assert (failed.returncode, "No space left" in failed.stdout) == (1, True), failed
        assert [f.name for f in small.iterdir() if f.name not in ("filler", "key")] == []
    finally:
        subprocess.run(["umount", small], check=True)
        small.rmdir()
        shutil.move(kept, small)
    assert [c["id"] for c in place.json("checkpoint", "list")] == [first]


@pytest.mark.slow
def test_killed_at_any_moment_each_one_that_is_listed_is_whole(
    place: Place, until_killed: Callable[[float], None]
) -> None:
    taken(place)
    for n in range(6):
        until_killed(0.9 + 0.25 * n)
    ids = [c["id"] for c in place.json("checkpoint", "list") if "error" not in c]
    assert len(ids) == len([f for f in folder(place).iterdir() if f.name[0].isdigit()])
    for ident in ids:
        place.ok("checkpoint", "test", ident)


@pytest.fixture
def until_killed(place: Place) -> Callable[[float], None]:
    def run(after_s: float) -> None:
        process = subprocess.Popen(
            [COMMAND, "checkpoint", "take"], cwd=place.root, env=place.env(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        process.wait()

    return run
