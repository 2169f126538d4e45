"""A runbook worked through by keys, on a terminal: back, aside, cut short, and given from one screen to another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from incidentui.drills.history import git
from tests.e2e.world import COMMAND, Place, until
from tests.faults.pty import Pty, leaks
from tests.faults.steps import fire

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Place:
    root = tmp_path / "project"
    (root / "runbooks").mkdir(parents=True)
    git(["init", "-q", "-b", "main", "."], root)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    git([*who, "commit", "-q", "--allow-empty", "-m", "first"], root)
    made = Place(root, tmp_path / "home")
    made.ok("open", "x")
    return made


@contextmanager
def on_the_page(place: Place, user: str = "ana", sees: str = "x start it") -> Iterator[Pty]:
    with Pty([COMMAND], place.root, place.env(user)) as screen:
        screen.see(r"RUNBOOK")
        screen.see(r"\? help")
        screen.press("r", gap_s=0.2)
        if sees == "x start it":  # one that is being worked through stands there by itself
            screen.see("CHOOSE")
            screen.press("\r", gap_s=0.2)
        screen.see("RUNBOOK +Pump")
        screen.see(sees)
        yield screen


def write(place: Place, text: str) -> None:
    (place.root / "runbooks/pump.md").write_text(text)
    place.ok("trust", "runbooks/pump.md")


def leave(screen: Pty) -> list[str]:
    screen.press("\x1b", "\x1b", "\x1b", "q", "q", gap_s=0.25)
    assert screen.end() == 0
    return screen.unrestored()


MEND = """# Pump

1. Open the valve

   ```sh
   touch valve; test -e fixed || { echo no water; exit 3; }
   ```

   ```sh {"undo":"true"}
   rm valve
   ```

2. Call Bo
"""


@pytest.mark.req("F30", "F32")
def test_fail_fail_again_mend_go_on_and_back(place: Place) -> None:
    write(place, MEND)
    with on_the_page(place) as screen:
        screen.press("x", gap_s=0.2)
        for again in ("failed", "same error again"):
            screen.see("x run")
            fire(screen)
            screen.see("VERDICT|verdict")
            screen.press("\x1b", gap_s=0.4)
            screen.see(again)
        screen.see("no water")
        (place.root / "fixed").touch()
        fire(screen)
        screen.see("COMPLETE")
        screen.press("\x1b", gap_s=0.4)
        screen.see("try 3")
        screen.see("▸ 2 Call Bo")
        fire(screen, "u")
        screen.see("COMPLETE")
        screen.press("\x1b", gap_s=0.4)
        screen.see("← 1 Open the valve")
        screen.see("1 undone")
        assert not (place.root / "valve").exists()
        assert leave(screen) == []


ASIDE = """# Pump

1. Ask

   ```sh {"interactive":"true"}
   stty -a > tty; printf 'pass''word? '; stty -echo; read answer; echo "$answer" > given; exit 4
   ```
"""


def test_the_screen_steps_aside_for_a_command_that_needs_the_terminal(place: Place) -> None:
    write(place, ASIDE)
    with on_the_page(place) as screen:
        screen.press("x", gap_s=0.2)
        screen.see("on the terminal itself")
        start = len(screen.raw)
        fire(screen)
        screen.wait("password?", start=start)
        screen.press(*"tide", "\r")
        screen.wait("enter leads back", start=start)
        assert (place.root / "given").read_text() == "tide\n"
        screen.press("\r")
        screen.see("exit 4")
        ended = [r.event for r in place.records() if type(r.event).__name__ == "ActionEnded"]
        assert "exit 4" in getattr(ended[0], "why", ""), "it is recorded that it ran, and how it ended"
        assert leave(screen) == []


WAITS = """# Pump

1. Follow the build

   ```sh {"follow":"true"}
   for n in 1 2 3 4 5 6 7 8 9; do echo job $n of 9; sleep 1; done; while :; do sleep 1; done
   ```

2. Wait for the portal

   ```yaml {"action":"wait"}
   for: 2h
   ```

3. Call Bo
"""


@pytest.mark.soak
@pytest.mark.req("R3-33", "R3-39")
def test_a_followed_command_is_heard_a_wait_shows_what_is_left_and_both_are_cut_short(place: Place) -> None:
    write(place, WAITS)
    with on_the_page(place) as screen:
        screen.press("x", gap_s=0.2)
        fire(screen)
        screen.see("job 2 of 9")
        screen.press("\x1b", gap_s=0.4)
        screen.see("s cuts it short")
        screen.press("n", gap_s=0.2)
        screen.press(*"still building", "\r", gap_s=0.02)
        until(lambda: "NoteAdded" in place.names(), "other keys are answered while it runs")
        screen.see("job [3-9] of 9")
        cut(screen, "it hangs")
        screen.see("– 1 Follow the build")
        screen.press("x", gap_s=0.2)
        screen.see("it only looks")
        screen.rest(0.4, 1)
        screen.press("x", gap_s=0.2)
        screen.see("left")
        cut(screen, "the portal answers")
        screen.press("\x1b", gap_s=0.4)
        screen.see("– 2 Wait for the portal")
        screen.see("the portal")
        screen.see("▸ 3 Call Bo")
        assert leave(screen) == []


def cut(screen: Pty, why: str) -> None:
    screen.press("s", gap_s=0.2)
    screen.see("short, why")
    screen.press(*why, "\r", gap_s=0.02)


TWO = "# Pump\n\n1. Look\n\n2. Call Bo\n"


def test_a_run_goes_from_one_screen_to_another_and_the_first_follows(place: Place) -> None:
    write(place, TWO)
    with on_the_page(place) as ana:
        ana.press("x", gap_s=0.2)
        ana.see("T hand over")
        ana.press("x", gap_s=0.2)
        ana.press(*"looked", "\r", gap_s=0.02)
        ana.see("1 of 2 done")
        with on_the_page(place, "bo", sees="T take it over") as bo:
            bo.see("▸ 2 Call Bo")
            bo.press("x", gap_s=0.2)
            bo.see("ana works through it")
            ana.press("T", gap_s=0.2)
            ana.press(*"bo: the valve is open", "\r", gap_s=0.02)
            ana.see("bo · since .* handed over by ana: the valve is open")
            ana.see("T take it over")
            bo.see("x done")
            bo.press("x", gap_s=0.2)
            bo.press(*"told him", "\r", gap_s=0.02)
            bo.see("2 of 2 done")
            ana.see("2 of 2 done")
            assert leave(bo) == []
        ana.press("x", gap_s=0.2)
        ana.see("bo works through it")
        assert leave(ana) == []
        assert leaks(bytes(ana.raw)) == []


def test_a_run_without_a_screen_inherits_the_terminal(place: Place) -> None:
    write(place, ASIDE)
    with Pty([COMMAND, "runbook", "run", "pump"], place.root, place.env()) as terminal:
        terminal.wait("password?")
        terminal.press(*"moon", "\r")
        terminal.wait("exit 4")
        terminal.rest()
        assert terminal.process.wait(20) == 1
        assert os.path.getsize(place.root / "tty") > 0
        assert (place.root / "given").read_text() == "moon\n"
