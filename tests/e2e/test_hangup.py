"""The line drops, or somebody ends the screen, while an action runs: the step is finished and recorded."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidentui.core.events import ActionEnded, ActionRequested, WatchStopped
from incidentui.drills.robot import play
from incidentui.drills.scripts import DEAD_BACKEND
from incidentui.drills.terminal import Terminal, TerminalError
from tests.e2e.world import COMMAND, Ferry, ferry, until

pytestmark = pytest.mark.slow
UNTIL_IT_RUNS = DEAD_BACKEND[: [step.name for step in DEAD_BACKEND].index("run it") + 1]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Ferry]:
    """Its own sandbox: a second attempt in one history would have to confirm the commits of the first."""
    with ferry(tmp_path / "home") as built:
        built.learn_good()
        yield built


@pytest.mark.req("F23")
@pytest.mark.parametrize("how", ["TERM", "line"])
def test_a_dropped_line_finishes_the_running_step(fresh: Ferry, how: str) -> None:
    harbour = fresh
    commits, seen = harbour.commits() + 1, len(harbour.records())
    with Terminal([COMMAND, str(harbour.root)], harbour.home, harbour.env("robot")) as terminal:
        terminal.wait("o open incident", 30)
        harbour.break_it(f"Seat map: layouts, {how}")
        try:
            play(terminal, UNTIL_IT_RUNS)
        except TerminalError as error:
            raise AssertionError(f"{error}\n{error.screen}") from None
        until(lambda: any(isinstance(r.event, ActionRequested) for r in harbour.records()[seen:]), "the request")
        if how == "line":
            os.close(terminal._master)  # what the kernel sees when an ssh line is gone
            terminal._master = os.open(os.devnull, os.O_RDWR)
        else:
            terminal.process.send_signal(signal.SIGTERM)
        code = terminal.process.wait(60)
    assert code != 0
    assert code != -signal.SIGKILL
    new = [r.event for r in harbour.records()[seen:]]
    ends = [event for event in new if isinstance(event, ActionEnded)]
    assert [end.outcome for end in ends] == ["done"]
    assert isinstance(new[-1], WatchStopped)
    assert harbour.commits() == commits + 1
    assert harbour.tree("main") == harbour.tree(harbour.good)
    with harbour.watched():
        until(lambda: not harbour.dangling(), "a verdict")
    assert harbour.commits() == commits + 1
    harbour.whole()
