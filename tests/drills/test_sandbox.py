"""The sandbox breaks and recovers for real: git pushes, a hook, Supervisor and HTTP services; no screen involved."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from incidentui.config.load import parse, validate
from incidentui.drills import dead_backend, keeper
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.history import git
from incidentui.drills.registry import DRILLS
from incidentui.drills.sandbox import Sandbox, ask


def build() -> Sandbox:
    built = sandboxes.new()
    sandboxes.build(built, "dead-backend", 1, int(time.time()))
    return built


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    built = build()
    sandboxes.start(built)
    try:
        sandboxes.wait_green(built)
        yield built
    finally:
        sandboxes.take_down(built)
        sandboxes.remove(built)


def wait(seen: Callable[[], bool], what: str, within_s: float = 15.0) -> None:
    until = time.monotonic() + within_s
    while not seen():
        assert time.monotonic() < until, f"waited for: {what}"
        time.sleep(0.05)


def bookings(sandbox: Sandbox) -> int:
    return ask(sandbox.about.front, "/api/bookings")[0]


def deployed(sandbox: Sandbox) -> str:
    return (sandbox.deploy / "REV").read_text(encoding="utf-8").strip()


def test_the_past_is_a_dozen_commits_of_three_people_with_a_big_one(sandbox: Sandbox) -> None:
    log = git(["log", "--format=%an", sandbox.about.good], sandbox.remote).splitlines()
    assert len(log) == 12
    assert len(set(log)) == 3
    sizes = git(["log", "--format=", "--numstat", sandbox.about.good], sandbox.remote).splitlines()
    assert any(int(line.split("\t")[0]) > 400 for line in sizes if line)
    assert git(["status", "--porcelain"], sandbox.work) == ""


def test_it_starts_green(sandbox: Sandbox) -> None:
    about = sandbox.about
    assert bookings(sandbox) == 200
    assert "M. Brandt" in ask(about.ports["dashboard"], "/")[1]
    assert ask(about.ports["database"], "/health")[0] == 200
    assert deployed(sandbox) == about.good


@pytest.mark.req("R3-02", "R3-14")
def test_a_push_kills_the_worker_a_revert_deploys_nothing_and_the_good_tree_heals(sandbox: Sandbox) -> None:
    about = sandbox.about
    bad = keeper.push_breaking(sandbox)
    assert git(["show", "--numstat", "--format=", bad], sandbox.remote) == f"348\t19\t{dead_backend.BREAKING_FILE}"
    wait(lambda: bookings(sandbox) == 503, "503 at the front door")
    assert deployed(sandbox) == bad
    wait(lambda: "Failed to fetch bookings" in ask(about.ports["dashboard"], "/")[1], "the dashboard's own words")
    wait(lambda: "TypeError" in (sandbox.logs / "backend.log").read_text(), "the traceback in the worker's log")
    assert ask(about.ports["database"], "/health")[0] == 200

    git(["pull", "-q", "--ff-only"], sandbox.work)
    git(["revert", "--no-edit", bad], sandbox.work)
    git(["push", "-q", "origin", "main"], sandbox.work)
    assert git(["rev-parse", "main^{tree}"], sandbox.remote) == git(
        ["rev-parse", f"{about.good}^{{tree}}"], sandbox.remote
    )
    assert deployed(sandbox) == bad
    assert bookings(sandbox) == 503

    tree = git(["rev-parse", f"{about.good}^{{tree}}"], sandbox.work)
    back = git(["commit-tree", tree, "-p", "HEAD", "-m", "Back to what was good"], sandbox.work)
    git(["push", "-q", "origin", f"{back}:refs/heads/main"], sandbox.work)
    wait(lambda: bookings(sandbox) == 200, "the bookings are back")
    assert deployed(sandbox) == back


@pytest.mark.slow
def test_the_breaking_push_comes_once_a_user_has_looked_and_the_keeper_outlives_its_parent() -> None:
    built = build()
    sandboxes.start(built)
    try:
        sandboxes.wait_green(built)
        time.sleep(0.3)
        assert not built.broken
        subprocess.run(
            ["curl", "-sf", f"http://127.0.0.1:{built.about.front}/api/health"], check=True, capture_output=True
        )
        wait(lambda: built.broken, "the push")
        wait(lambda: bookings(built) == 503, "503")
    finally:
        sandboxes.take_down(built)
        sandboxes.remove(built)
    assert not built.root.exists()


def test_taking_down_finds_what_a_killed_supervisor_left_and_spares_the_rest() -> None:
    built = build()
    keeper_pid = sandboxes.start(built)
    sandboxes.wait_green(built)
    reader = subprocess.Popen(["tail", "-f", str(built.logs / "front-door.log")], stdout=subprocess.DEVNULL)
    try:
        supervisor = int((built.root / "supervisord.pid").read_text())
        os.kill(keeper_pid, 9)
        os.kill(supervisor, 9)
        wait(lambda: not sandboxes.alive(keeper_pid), "the keeper's end")
        assert ask(built.about.front, "/api/health")[0] == 200, "orphans still answer"
        sandboxes.take_down(built)
        assert ask(built.about.front, "/api/health")[0] == 0
        assert reader.poll() is None
    finally:
        reader.kill()
        reader.wait()
        sandboxes.take_down(built)
        sandboxes.remove(built)


def test_the_configuration_of_the_sandbox_has_no_mistake(sandbox: Sandbox) -> None:
    loaded = validate(parse(sandbox.work))
    assert loaded.problems == ()
    assert loaded.config.supervisor is not None
    assert loaded.config.supervisor.resolve() == sandbox.socket
    assert [check.layer for check in loaded.config.checks] == ["user", "user", "inner"]


@pytest.mark.parametrize("drill", sorted(DRILLS))
def test_every_commit_is_a_program(drill: str) -> None:
    scenario = DRILLS[drill]
    for n in range(1, len(scenario.past) + len(scenario.breaking) + 1):
        for name, text in scenario.tree(n).items():
            if name.endswith(".py"):
                compile(text, f"{name}, commit {n}", "exec")


def test_a_folder_that_is_not_a_sandbox_is_never_deleted(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    sandboxes.remove(Sandbox(tmp_path))
    assert (tmp_path / "mine").read_text() == "kept"
