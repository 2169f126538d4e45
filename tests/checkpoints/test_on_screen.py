"""From the key to the verdict in a terminal: a checkpoint is taken, and the way back to it; the record of it."""

from pathlib import Path

import pytest

from incidentui.core.events import ActionPlanned, ActionProgressed, ActionRequested, VerdictGiven
from tests.e2e.world import COMMAND, Place
from tests.faults.pty import Pty

pytestmark = pytest.mark.slow


def menu(screen: Pty, choice: str) -> None:
    screen.press("a", gap_s=0.3)
    screen.see(choice)
    (row,) = (line for line in screen.text.splitlines() if choice in line)
    screen.press(row.split()[0])
    screen.see("PLAN")
    screen.rest(0.5, 1)  # a fresh plan is deaf for a moment


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (200, 50)])
def test_taken_and_restored_by_keys(tmp_path: Path, columns: int, rows: int) -> None:
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\n[checkpoint]\nfiles = ["agent.json"]\n')
    agent = root / "agent.json"
    agent.write_text('{"port": 5051}')
    place = Place(root, tmp_path / "state")
    with Pty([COMMAND, str(root)], root, place.env(), columns, rows) as screen:
        screen.see("help")
        screen.rest(0.6, 1.5)
        menu(screen, "Take a checkpoint")
        screen.press("x")
        screen.see("COMPLETE +checkpoint 20")
        screen.press("\x1b")
        screen.rest(0.3, 1)
        screen.press("\x1b")
        menu(screen, "Test the latest checkpoint")
        screen.press("x")
        screen.see("COMPLETE +checkpoint 20.*can be restored")
        screen.press("\x1b")
        screen.rest(0.3, 1)
        screen.press("\x1b")
        agent.write_text("{}")
        menu(screen, "Restore the latest checkpoint")
        screen.press("G")
        screen.see("its restore was tested on 20")
        assert "agent.json is still as it is" in screen.text
        screen.press("x", *"ferr", "\r", gap_s=0.1)
        assert agent.read_text() == "{}", "the whole word, or nothing"
        screen.press("y", "\r", gap_s=0.1)
        screen.see("COMPLETE +as in checkpoint")
    assert agent.read_text() == '{"port": 5051}'
    events = [r.event for r in place.records()]
    asked = [e.plan.action for e in events if isinstance(e, ActionRequested)]
    assert asked == ["checkpoint.take", "checkpoint.test", "checkpoint.restore"]
    assert [e.plan.action for e in events if isinstance(e, ActionPlanned)] == asked
    assert [e.verdict.word for e in events if isinstance(e, VerdictGiven)] == ["complete"] * 3
    done = [e.progress.verb for e in events if isinstance(e, ActionProgressed) and e.progress.state == "done"]
    assert done[-3:] == ["save", "write", "look"]
    place.whole()
