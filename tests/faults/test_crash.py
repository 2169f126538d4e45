"""A fault of the program's own, in each place that can have one: the terminal is restored and nothing is given away."""

import re
import sys
from pathlib import Path

import pytest

from tests.e2e.world import Place
from tests.faults import slow_push
from tests.faults.pty import Pty

SECRET = "".join(("hunter2", "-in-a-local"))
TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8I9j0" * 2
BROKEN = f"""
import sys
import incidentui.tui.app as app
import incidentui.tui.commands as commands
import incidentui.tui.fill as fill
from incidentui.tui.driver import HardenedDriver

def broken(*args, password="".join(("hunter2", "-in-a-local")), **more):
    secret = password + "!"
    raise RuntimeError("cannot log in to https://robin:{TOKEN}@db.invalid/ \\x1b]52;c;eA==\\x07 with {TOKEN}")

WHERE = sys.argv.pop(1)
if WHERE == "key":
    commands.TABLE["look_now"] = broken
elif WHERE == "drawing":
    commands.TABLE["look_now"] = lambda desk: (setattr(fill, "_foot", broken), desk.surface.redraw())
elif WHERE == "input":
    HardenedDriver._pass_on = broken
elif WHERE == "first frame":
    app.IncidentApp.on_event_after_first_frame = broken
elif WHERE == "start":
    app.IncidentApp.on_mount = broken
elif WHERE == "view":
    app.IncidentApp._fresh = broken
elif WHERE == "resize":
    from incidentui.tui.screen import IncidentScreen
    IncidentScreen.on_resize = broken
elif WHERE == "timer":
    commands.TABLE["look_now"] = lambda desk: app.active_app.get().set_timer(0.05, broken)
elif WHERE == "before":
    import incidentui.cli.screen as screen
    screen.live = broken
from incidentui.__main__ import main
main()
"""
PLACES = ("key", "drawing", "input", "first frame", "start", "view", "timer", "before")


@pytest.mark.slow
@pytest.mark.parametrize("where", PLACES)
def test_a_crash_restores_the_terminal_and_gives_nothing_away(tmp_path: Path, where: str) -> None:
    place = slow_push.build(tmp_path, 0)
    (tmp_path / "tmp").mkdir()
    script = tmp_path / "broken.py"
    script.write_text("from textual._context import active_app\n" + BROKEN.replace("app.active_app", "active_app"))
    env = place.env(TMPDIR=str(tmp_path / "tmp"), INCIDENTUI_PROJECT="")
    argv = [sys.executable, "-P", str(script), where, "--project", str(place.root)]
    with Pty(argv, place.root, env, 80, 24) as screen:
        if where in ("key", "drawing", "timer"):
            screen.see("help")
            screen.rest(0.5, 2)
            screen.press("v")
        elif where == "view":
            screen.rest(0.5, 3)
        code = screen.end()
        said = screen.said()
        assert code == (2 if where == "before" else 70), said[-800:]
        assert screen.unrestored() == []
    judged = [said]
    if where != "before":
        assert re.search(r"incidentui stopped on an error of its own\..* The report is in \S+\.txt\r?$", said.strip())
        (report,) = (tmp_path / "tmp").glob("incidentui-crash-*.txt")
        assert report.stat().st_mode & 0o077 == 0
        judged.append(report.read_text())
        assert "RuntimeError" in judged[-1]
    for text in judged:
        assert SECRET not in text
        assert TOKEN not in text
        assert "\x1b]52" not in text
        assert "Traceback" not in said
    after(place, where)


def after(place: Place, where: str) -> None:
    if where == "before":
        return
    place.whole()
    names = place.names()
    assert not names or names.count("WatchStarted") == names.count("WatchStopped")
