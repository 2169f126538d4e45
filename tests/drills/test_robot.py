"""The drill solved through the real screen, by keys alone; and the same after the program was killed."""

import contextlib
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from incidentui.drills import records
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.history import git
from incidentui.drills.records import Record
from incidentui.drills.robot import play
from incidentui.drills.running import allow_commands, begin
from incidentui.drills.scripts import ROBOTS, THEORIES
from incidentui.drills.terminal import Terminal, TerminalError

PROGRAM = [sys.executable, "-m", "incidentui"]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "INCIDENTUI_HOME": str(home), "INCIDENTUI_USER": "robot"}


def drill(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    argv = [*PROGRAM, "drill", *words]
    return subprocess.run(argv, env=environment(home), capture_output=True, text=True, timeout=120, check=False)


def kept(home: Path) -> Record:
    return records.known(home / "drills")[0]


def told(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def types(journal: str) -> list[str]:
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as conn:
        return [row[0] for row in conn.execute("SELECT type FROM events ORDER BY seq")]


def resets(record: Record) -> int:
    return len(git(["log", "--format=%s", "--grep=^Reset main", "main"], record.sandbox.remote).splitlines())


@pytest.mark.slow
@pytest.mark.req(
    "R3-02", "R3-04", "R3-06", "R3-15", "R3-23", "R3-25", "R3-26", "R3-38", "F1", "F8", "F14", "F44", "F72"
)
def test_the_robot_brings_bookings_back_through_the_screen(tmp_path: Path) -> None:
    result = told(drill(tmp_path, "run", "dead-backend", "--robot", "--keep", "--json"))
    record = kept(tmp_path)
    try:
        assert result["resolved"] is True
        assert result["tree_equal"] is True
        assert result["wrong_turns"] == 0
        assert 0 < result["recovered_after_s"] < 30
        assert 20 < result["keystrokes"] < 60
        # Not the program's word, but the world's.
        about = record.sandbox.about
        tip, good = git(["rev-parse", "main^{tree}", f"{about.good}^{{tree}}"], record.sandbox.remote).split()
        assert tip == good
        assert resets(record) == 1
        assert sandboxes.ask(about.front, "/api/bookings")[0] == 200
        assert sandboxes.ask(about.ports["dashboard"], "/")[0] == 200
        draft = Path(result["draft"]).read_text(encoding="utf-8")
        assert "Seat map: new layouts, header detection and a safety stop" in draft
        assert "348" in draft
    finally:
        assert drill(tmp_path, "clean").returncode == 0
    assert not Path(record.root).exists()
    assert Path(result["journal"]).exists()


def killed_after(record: Record, seconds: float) -> int:
    """Play until kill -9 at that moment; how many events the screen said were safe in the journal."""
    env = {**environment(record.home), "INCIDENTUI_USER": "robot"}
    with Terminal([*PROGRAM, str(record.sandbox.work)], record.place, env) as terminal:
        timer = threading.Timer(seconds, terminal.process.kill)
        timer.start()
        try:
            play(terminal, ROBOTS[record.drill][""].script)
            terminal.wait_end(10)
        except (TerminalError, OSError):
            assert terminal.process.wait(20) == -9
        finally:
            timer.cancel()
        said = re.search(r"journal ok · (\d+) events", terminal.text)
        return int(said[1]) if said else 0


def finish_after_a_kill(home: Path, name: str, seed: int, latest: float) -> None:
    record = begin(home / "drills", name, seed, int(time.time()))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("INCIDENTUI_HOME", str(record.home))
            allow_commands(record)
        sandboxes.wait_green(record.sandbox)
        safe = killed_after(record, random.Random(seed).uniform(0.5, latest))
        done = drill(home, "run", name, "--resume", "--robot", "--keep", "--json")
        result = told(done)
        assert result["resolved"] is True
        assert result["tree_equal"] is True
        assert len(types(result["journal"])) >= safe
        assert resets(record) == 1
        assert broken(record) == len(record.sandbox.about.scenario.breaking)
        tip, good = git(
            ["rev-parse", "main^{tree}", f"{record.sandbox.about.good}^{{tree}}"], record.sandbox.remote
        ).split()
        assert tip == good
    finally:
        drill(home, "clean")


def broken(record: Record) -> int:
    """How many commits of the colleague are on the remote."""
    author = record.sandbox.about.scenario.breaking[0].author
    since = f"{record.sandbox.about.good}..main"
    return int(git(["rev-list", "--count", "--fixed-strings", f"--author={author}", since], record.sandbox.remote))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 6))
def test_killed_at_five_moments_it_can_be_finished(tmp_path: Path, seed: int) -> None:
    finish_after_a_kill(tmp_path, "dead-backend", seed, 15.0)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6, 21))
def test_killed_at_many_moments_it_can_be_finished(tmp_path: Path, seed: int) -> None:
    finish_after_a_kill(tmp_path, "dead-backend", seed, 15.0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
def test_the_half_rollback_killed_at_three_moments_can_be_finished(tmp_path: Path, seed: int) -> None:
    finish_after_a_kill(tmp_path, "half-rollback", seed, 22.0)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4, 31))
def test_the_half_rollback_killed_at_many_moments_can_be_finished(tmp_path: Path, seed: int) -> None:
    finish_after_a_kill(tmp_path, "half-rollback", seed, 22.0)


def test_the_robot_finds_its_theories_whatever_their_numbers_are() -> None:
    """After a kill they may have others: what was cut short is written anew."""
    for n in (1, 3, 12):
        for thought in ("Users and fabrics have mixed", "The CSRF token is lost", "The sync needs a user"):
            row = next(f" ○ {n} {words}" for step in THEORIES if thought in (words := step.cursor.strip()))
            assert [step.name[:12] for step in THEORIES if step.then and re.search(step.then, row)] == ["write theory"]
            assert sum(bool(re.search(step.wait, row)) for step in THEORIES) == 3
            assert sum(step.cursor in row for step in THEORIES if step.cursor) == 1


def test_without_a_terminal_the_way_with_the_robot_is_named(tmp_path: Path) -> None:
    done = drill(tmp_path, "run", "dead-backend")
    assert done.returncode == 2
    assert "--robot" in done.stderr
    assert not (tmp_path / "drills").exists()


def test_nothing_to_resume_is_said(tmp_path: Path) -> None:
    done = drill(tmp_path, "run", "dead-backend", "--resume", "--robot")
    assert done.returncode == 2
    assert "incidentui drill run dead-backend" in done.stderr


def test_the_drills_are_listed_with_their_robots(tmp_path: Path) -> None:
    listed = json.loads(drill(tmp_path, "list", "--json").stdout)
    assert [(entry["name"], entry["robots"]) for entry in listed] == [
        ("dead-backend", ["solver", "runbook"]),
        ("half-rollback", ["solver", "runbook", "naive"]),
        ("login-page-200", ["solver", "runbook", "naive"]),
        ("restart-cascade", ["solver", "runbook", "naive"]),
    ]
    assert all(entry["goal"] and entry["about"] for entry in listed)
    said = drill(tmp_path, "list").stdout
    assert "half-rollback" in said
    assert "--robot=naive" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dead-backend", "--robot=naive"), "no robot of dead-backend is called 'naive'"),
        (("half-rollback", "--robot=clever"), "--robot=naive do it differently"),
        (("half-rollback", "--robot=naive", "--resume"), "--robot alone goes on"),
        (("restart-cascade", "--robot", "--resume"), "without --robot, you do"),
    ],
)
def test_a_robot_that_is_not_there_is_a_wrong_request(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = drill(tmp_path, "run", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "drills").exists()
