"""The cases in which something happens while a step runs: leaving, stopping, signals, kill -9, a second screen."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from incidentui.core.events import ActionRequested
from tests import parts
from tests.faults import steps
from tests.faults.journal.conftest import fill
from tests.faults.run_cases import case
from tests.faults.runs import ESC, Run

SLEEPS = "sleep 3\necho done > ran"


def in_the_middle(run: Run) -> None:
    """The step has begun."""
    steps.fire(run.screen)
    run.until("1 running")


@case("1 running, 1 done", SLEEPS)
def quitting_lets_it_end(run: Run) -> None:
    run.begin()
    in_the_middle(run)
    run.press(ESC, ESC, ESC, "q", "q")
    assert run.screen.end(40) == 0
    assert run.there("ran")


@case("1 running, 1 failed", "sleep 60\ntouch canary")
def it_is_stopped_by_who_began_it(run: Run) -> None:
    run.begin()
    in_the_middle(run)
    run.press("\x03")
    run.see("y ")
    run.press("y")
    run.until("1 failed")


@case("1 running, 1 done, 2 running, 2 done", SLEEPS, "echo two")
def leaving_its_page_stops_nothing(run: Run) -> None:
    run.begin()
    in_the_middle(run)
    run.press(ESC, ESC, ESC)
    run.see("1 TIMELINE")
    run.until("1 done")
    run.to_the_step()
    run.fire("2 done")


@case("1 running, 1 done", SLEEPS)
def the_window_changes_its_size(run: Run) -> None:
    run.begin()
    in_the_middle(run)
    for columns, rows in ((80, 24), (200, 50), (40, 10), (120, 40)):
        run.screen.size(columns, rows)
        run.screen.rest(0.1, 0.5)
    run.until("1 done")
    run.back()


def _signalled(run: Run, number: signal.Signals) -> None:
    run.begin()
    in_the_middle(run)
    run.screen.process.send_signal(number)
    assert run.screen.end(40) == 128 + number
    assert run.there("ran")
    assert run.screen.unrestored() == []


@case("1 running, 1 done", SLEEPS)
def a_dropped_line_lets_it_end(run: Run) -> None:
    _signalled(run, signal.SIGHUP)


@case("1 running, 1 done", SLEEPS)
def the_end_of_the_session_lets_it_end(run: Run) -> None:
    _signalled(run, signal.SIGTERM)


@case("1 running, 1 unknown, 1 running, 1 done", "test -e once && exit\ntouch once\nsleep 3")
def killed_its_outcome_is_unknown_and_it_can_be_run_again(run: Run) -> None:
    run.begin()
    in_the_middle(run)
    run.screen.process.kill()
    run.screen.process.wait()
    run.open()
    run.until("1 unknown")
    run.to_the_step()
    run.see(r"\? 1 Part 1")
    run.fire("1 done")


@case("1 running, 1 done, 2 running, 2 done", "while [ ! -e go ]; do sleep 0.1; done", "echo two")
def a_second_screen_sees_it_and_starts_nothing(run: Run) -> None:
    run.begin()
    first = run.screen
    in_the_middle(run)
    run.open(user="bo")
    run.to_the_step()
    run.press("x")
    run.see("x refused")
    (run.root / "go").touch()
    run.until("1 done")
    first.rest(0.2, 1)
    take_over(run)
    run.fire("2 done")
    first.rest(0.3, 2)
    assert run.names().count("ActionRequested") == 2


@case("1 running, 1 done, 2 running, 2 done", "echo one", "echo two")
def another_responder_goes_on(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    run.leave()
    run.open(user="bo")
    run.to_the_step()
    run.see("ana · since")
    run.press("x")
    run.see("x refused: ana works through it")
    take_over(run)
    run.fire("2 done")
    assert [r.event.by for r in run.place.records() if isinstance(r.event, ActionRequested)] == ["ana", "bo"]


@case("1 running, 1 failed", "rm -f runbooks/step.md\necho gone\n---\ntouch canary")
def its_file_goes_while_it_runs(run: Run) -> None:
    run.begin()
    run.fire("1 failed")


def take_over(run: Run) -> None:
    run.press("T")
    run.see("you work through it now, in the place of ana")
    run.see("HAND-OVER")  # what was handed over is read first
    run.back()


FOLLOWS = '```sh {"follow":"true"}\n'


@case("1 running, 1 failed", f"{FOLLOWS}sleep 3600\ntouch canary")
def who_leaves_what_is_followed_is_asked_and_waits_for_no_hours(run: Run) -> None:
    run.begin()
    in_the_middle(run)
    run.press(ESC, ESC, ESC, "q")
    run.see(r"k ends the running step first, w waits for its end, up to 3h 59m|w waits for its end, up to 4h")
    run.press("q")  # pressed twice by habit: neither waits nor cuts anything off
    run.see("1 TIMELINE")
    run.press("q", "k")
    assert run.screen.end(40) == 0


@case("1 running, 1 failed", f"{FOLLOWS}sleep 3600\ntouch canary")
def what_is_waited_for_after_leaving_can_be_ended(run: Run) -> None:
    run.begin()
    in_the_middle(run)
    run.press(ESC, ESC, ESC, "q", "w")
    run.screen.wait("it is finished and recorded before this ends; ctrl+c ends it")
    run.press("\x03")
    assert run.screen.end(40) == 0


@case("1 running, 1 done", "while [ ! -e go ]; do sleep 0.1; done\nhead -c 200000 /dev/zero | tr '\\0' x")
def the_disk_is_full_when_its_evidence_is_to_be_kept(run: Run) -> None:
    with small_disk(run.place.home):
        run.begin()
        in_the_middle(run)
        fill(run.place.home / "ballast")
        (run.root / "go").touch()
        run.see("disk is full")
        (run.place.home / "ballast").unlink()
        run.until("1 done")
        run.leave()
        assert "xxxx" in run.output()


@contextmanager
def small_disk(home: Path) -> Iterator[None]:
    """What is in the state directory lies on a file system of its own for as long, of three megabytes."""
    beside = home.with_name("beside")
    shutil.copytree(home, beside)
    parts.mount("-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", home)
    try:
        shutil.copytree(beside, home, dirs_exist_ok=True)
        yield
        shutil.rmtree(beside)
        shutil.copytree(home, beside)
    finally:
        subprocess.run(["umount", "-l", str(home)], check=False)
    shutil.copytree(beside, home, dirs_exist_ok=True)
