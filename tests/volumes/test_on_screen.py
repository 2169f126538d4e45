"""By keys in a terminal: the page of a workload shows its volumes and how old their backup is; backed up, restored."""

import time

import pytest

from incidentui.core.events import ActionRequested, VerdictGiven
from tests.e2e.world import COMMAND, Place
from tests.engine import Dockerd
from tests.faults.pty import Pty
from tests.volumes.conftest import inside, run_web

pytestmark = pytest.mark.docker


def open_choice(screen: Pty, choice: str) -> None:
    screen.press("a", gap_s=0.3)
    screen.see(choice)
    (row,) = (line for line in screen.text.splitlines() if choice in line)
    screen.press(row.split()[0])


def written_to(engine: Dockerd, volume: str) -> None:
    """Until the engine tells another time for it, as engines before 23.0 do."""

    def told() -> bytes:
        return engine.docker("volume", "inspect", "-f", "{{.CreatedAt}}", volume).stdout

    before, tells = told(), newer(engine)
    for n in range(200):
        (inside(engine, volume) / f"new-{n}").touch()
        if tells or told() != before:
            return
        time.sleep(0.02)


def newer(engine: Dockerd) -> bool:
    version = engine.docker("version", "-f", "{{.Server.Version}}").stdout.decode()
    return int(version.partition(".")[0]) >= 23


@pytest.mark.parametrize(("columns", "rows"), [(80, 24)])
def test_backed_up_and_restored_from_the_workloads_page(engine: Dockerd, place: Place, columns: int, rows: int) -> None:
    run_web(engine, "-v", "leads:/data")
    file = inside(engine, "leads") / "x"
    file.write_text("yesterday")
    with Pty([COMMAND, str(place.root)], place.root, place.env(DOCKER_HOST=engine.url), columns, rows) as screen:
        screen.see("workloads 1|web")
        screen.rest(0.4, 1)
        screen.press("4", "g", "\r", gap_s=0.3)
        screen.see("/data · made .* ago · no backup")
        open_choice(screen, "Back up the volumes of web")
        screen.see("PLAN")
        screen.rest(0.5, 1)
        screen.press("x")
        screen.see("COMPLETE +backup 20", 30)
        screen.press("\x1b", "\x1b", "\x1b", gap_s=0.4)
        file.write_text("")
        screen.press("4", "g", "\r", gap_s=0.3)
        screen.see("1 file, 9 bytes")
        open_choice(screen, "Restore a volume of web")
        screen.see("PLAN")
        screen.rest(0.5, 1)
        screen.press("x", *"lead", "\r", gap_s=0.1)
        assert file.read_text() == "", "the whole word, or nothing"
        written_to(engine, "leads")  # what runs goes on writing while somebody reads a plan: it is the same volume
        screen.press("s", "\r", gap_s=0.1)
        screen.see("COMPLETE", 60)
        screen.see("1–2 plan what next")
        screen.press("2")
        screen.see("PLAN +Restore leads from backup")
    assert file.read_text() == "yesterday"
    events = [r.event for r in place.records()]
    assert [e.plan.action for e in events if isinstance(e, ActionRequested)] == ["volume.backup", "volume.restore"]
    assert [e.verdict.word for e in events if isinstance(e, VerdictGiven)] == ["complete"] * 2
    place.whole()
