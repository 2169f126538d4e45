"""What the state directory remembers of drills, and what `clean` takes down."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from incidentui.drills import records
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.records import Record
from incidentui.drills.registry import DRILLS
from tests.drills.test_robot import PROGRAM, drill, environment
from tests.e2e.world import until


def standing(folder: Path) -> Record:
    sandbox = sandboxes.new()
    return records.remember(folder, sandbox, "dead-backend", 3)


def test_a_killed_run_is_found_again_and_cleaned(tmp_path: Path) -> None:
    record = standing(tmp_path)
    assert records.unfinished(tmp_path, "dead-backend") == record
    assert records.unfinished(tmp_path, "another") is None
    assert records.clean(tmp_path) == [record]
    assert not Path(record.root).exists()
    assert not record.place.exists()
    assert records.clean(tmp_path) == []


def test_a_drill_that_somebody_runs_is_left_alone(tmp_path: Path) -> None:
    record = standing(tmp_path)
    with records.using(record) as mine:
        assert mine
        assert records.unfinished(tmp_path, "dead-backend") is None
        assert records.clean(tmp_path) == []
        assert record.stands
    assert records.clean(tmp_path) == [record]


def test_a_drill_that_is_being_built_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    git = tmp_path / "bin" / "git"
    git.write_text(f"#!/bin/sh\ntouch {tmp_path}/building\nexec sleep 60\n")  # the build stands still at its first git
    git.chmod(0o755)
    argv = [*PROGRAM, "drill", "run", "dead-backend", "--robot", "--no-docker"]
    slow = environment(tmp_path) | {"PATH": f"{git.parent}:{os.environ['PATH']}"}
    run = subprocess.Popen(argv, env=slow, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        until((tmp_path / "building").exists, "it is being built")
        (record,) = records.known(tmp_path / "drills")
        assert drill(tmp_path, "clean").stdout == "nothing to take down\n"
        assert record.stands
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        records.clean(tmp_path / "drills")


def test_a_drill_that_ended_keeps_its_journal(tmp_path: Path) -> None:
    record = standing(tmp_path)
    (record.home / "journal").write_text("events")
    records.mark_ended(record)
    assert records.unfinished(tmp_path, "dead-backend") is None
    records.clean(tmp_path)
    assert not Path(record.root).exists()
    assert (record.home / "journal").read_text() == "events"


@pytest.mark.parametrize("drill", sorted(DRILLS))
def test_clean_ends_the_services_of_a_killed_run(tmp_path: Path, drill: str) -> None:
    record = records.remember(tmp_path, sandboxes.new(), drill, 3)
    sandboxes.build(record.sandbox, drill, 3, int(time.time()))
    sandboxes.start(record.sandbox)
    sandboxes.wait_green(record.sandbox)
    ports = record.sandbox.about.ports.values()
    records.clean(tmp_path)
    assert [sandboxes.ask(port, "/") for port in ports] == [(0, "")] * len(ports)
    left = [command for _, command in sandboxes.processes() if record.root in command]
    assert left == []
    assert not Path(record.root).exists()
    assert not record.place.exists()


def test_a_stranger_in_the_folder_of_records_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "drill.json").write_text("{")
    assert records.known(tmp_path) == []
    assert records.clean(tmp_path) == []
    assert (tmp_path / "odd" / "drill.json").exists()
