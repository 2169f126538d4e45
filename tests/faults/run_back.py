"""The cases in which a step is taken back, gets the terminal for itself, or is run alone."""

from tests.faults.run_cases import case
from tests.faults.runs import Run
from tests.faults.steps import fire

UNDO = '```sh {"undo":"true"}\n'
PROOF = '```sh {"undo":"check"}\n'


@case("1 running, 1 done, 1 running, 1 undone", f"touch made\n---\n{UNDO}rm made\n---\n{PROOF}test ! -e made")
def a_step_is_taken_back_and_that_is_proven(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    assert run.there("made")
    fire(run.screen, "u")
    run.until("1 undone")
    assert not run.there("made")


@case("1 running, 1 done, 1 running, 1 failed", f"touch made\n---\n{UNDO}true\n---\n{PROOF}test ! -e made")
def a_way_back_that_took_nothing_back_is_said(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    fire(run.screen, "u")
    run.until("1 failed")
    run.back()
    run.see("undo failed")


@case(
    "1 running, 1 done, 2 running, 2 done, 2 running, 2 undone, 1 running, 1 undone",
    f"echo 1 >> way\n---\n{UNDO}echo -1 >> way",
    f"echo 2 >> way\n---\n{UNDO}echo -2 >> way",
)
def the_last_is_taken_back_first(run: Run) -> None:
    run.begin()
    run.fire("1 done")
    run.fire("2 done")
    fire(run.screen, "u")
    run.until("2 undone")
    run.back()
    fire(run.screen, "u")
    run.until("1 undone")
    assert (run.root / "way").read_text().split() == ["1", "2", "-2", "-1"]


@case("1 running, 1 done", '```sh {"interactive":"true"}\nprintf "your %s? " name; read name; echo "$name" > ran')
def a_command_that_asks_gets_the_terminal(run: Run) -> None:
    run.begin()
    start = len(run.screen.raw)
    fire(run.screen)
    run.screen.wait("your name?", start=start)
    run.press("B", "o", "\r")
    run.screen.wait("enter leads back", start=start)
    run.press("\r")
    run.until("1 done")
    assert (run.root / "ran").read_text() == "Bo\n"
    run.back()


@case("2 running, 2 done", "touch first", "touch second")
def one_step_is_run_alone(run: Run) -> None:
    run.begin()
    run.press("]")
    run.see("2  Part 2")
    fire(run.screen, "X")
    run.until("2 done")
    assert (run.there("first"), run.there("second")) == (False, True)
