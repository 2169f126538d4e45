"""From the key to the verdict in a terminal: stop and start of a supervised program; the record of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from incidentui.core.events import ActionPlanned, ActionProgressed, ActionRequested, VerdictGiven
from tests.containers.daemon import Supervisord
from tests.containers.test_executor import SLEEPER
from tests.e2e.world import COMMAND, Place
from tests.engine import Dockerd
from tests.faults.pty import Pty

pytestmark = pytest.mark.slow


def pid_of(daemon: Supervisord) -> str:
    return daemon.ctl("pid", "web").strip()


def typed(screen: Pty, choice: str, word: str) -> None:
    """The menu, the choice, the word."""
    screen.press("a")
    screen.see("1  Restart web")
    screen.press(choice)
    screen.see("PLAN")
    screen.rest(0.4, 1)  # keys of the first moment are dropped
    screen.press("x")
    screen.see("letters missing")
    screen.press(*word, "\r")


@pytest.mark.req("F22")
@pytest.mark.parametrize("columns", [80, 120])
def test_stop_and_start_again_from_the_workloads_pane(
    supervisord: Callable[..., Supervisord], tmp_path: Path, columns: int
) -> None:
    daemon = supervisord(web=SLEEPER)
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text(f'[project]\nname = "ferry"\nsupervisor = "{daemon.socket}"\n')
    place = Place(root, tmp_path / "state")
    before = pid_of(daemon)
    with Pty([COMMAND, str(root)], root, place.env(), columns, 24 if columns == 80 else 40) as screen:
        screen.see("workloads 1|web")
        screen.rest(0.4, 1)
        screen.press("4", "g", gap_s=0.2)
        typed(screen, "2", "web")
        screen.see("COMPLETE", 30)
        assert "web stopped, as asked for" in screen.text
        assert not Path(f"/proc/{before}").exists()
        screen.see("Start web again")
        screen.press("2")
        screen.see("PLAN +Start web")
        screen.rest(0.4, 1)
        screen.press("x", *"web", "\r", gap_s=0.1)
        screen.see("COMPLETE", 30)
    assert pid_of(daemon) not in ("0", before)
    events = [r.event for r in place.records()]
    asked = [e.plan.action for e in events if isinstance(e, ActionRequested)]
    assert asked == ["workload.stop", "workload.start"]
    assert [e.plan.action for e in events if isinstance(e, ActionPlanned)] == asked
    assert [(e.outcome, e.verdict.word) for e in events if isinstance(e, VerdictGiven)] == [("done", "complete")] * 2
    assert [e.progress.verb for e in events if isinstance(e, ActionProgressed) and e.progress.state == "done"] == [
        "save", "stop", "look", "start", "look",
    ]  # fmt: skip
    place.whole()


@pytest.mark.docker
@pytest.mark.parametrize("columns", [80, 120, 200])
def test_a_container_anew_with_what_it_touches_and_a_reason_for_what_goes(
    engine: Dockerd, tmp_path: Path, columns: int
) -> None:
    labels = ("--label", "com.docker.compose.project=ferry", "--label", "com.docker.compose.service=web")
    obeys = ("sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.1; done")
    ident = engine.run("ferry-web-1", *obeys, options=(*labels, "-v", "/data", "-v", "leads:/named"))
    engine.docker("exec", "ferry-web-1", "touch", "/left-inside")
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = { compose_project = "ferry" }\n')
    place = Place(root, tmp_path / "state")
    rows = {80: 24, 120: 40, 200: 50}[columns]
    with Pty([COMMAND, str(root)], root, place.env(DOCKER_HOST=engine.url), columns, rows) as screen:
        screen.see("workloads 1|web")
        screen.rest(0.4, 1)
        screen.press("4", "g", "a", gap_s=0.3)
        screen.see("4  Create web anew")
        screen.press("4")
        screen.see("1 file changed inside it")
        screen.see("/data")
        screen.rest(0.4, 1)
        screen.press("x")
        screen.see("refused")
        screen.press("s", *"a test", "\r")
        screen.see("the reason is part of the plan now")
        screen.rest(0.4, 1)
        screen.press("x", *"web", "\r", gap_s=0.1)
        screen.see("COMPLETE", 60)
    assert engine.docker("inspect", "-f", "{{.Id}}", "ferry-web-1").stdout.decode().strip() != ident
    (asked,) = (r.event.plan for r in place.records() if isinstance(r.event, ActionRequested))
    assert dict(asked.args)["lose"] == "a test"
    assert ("/named", "volume leads: goes over to the new one") in asked.blast
    place.whole()


@pytest.mark.docker
def test_all_that_would_be_lost_is_read_at_80_by_24(engine: Dockerd, tmp_path: Path) -> None:
    root = tmp_path / "ferry"
    root.mkdir()
    (root / "incidentui.toml").write_text('[project]\nname = "ferry"\ndocker = {}\n')
    files = [f"/inside-{n:02}-{'x' * 40}.log" for n in range(14)]
    engine.run("web", "sh", "-c", f"touch {' '.join(files)}; sleep 600", options=("-v", "/data"))
    place = Place(root, tmp_path / "home")
    with Pty([COMMAND, str(root)], root, place.env(DOCKER_HOST=engine.url), 80, 24) as screen:
        screen.see("workloads 1|web")
        screen.rest(0.4, 1)
        screen.press("4", "g", "a", gap_s=0.3)
        screen.see("4  Create web anew")
        screen.press("4")
        screen.see("lost +✗ 14 files changed inside it")
        seen = screen.text
        for _ in range(12):
            screen.press("j", "j", "j", gap_s=0.05)
            seen += screen.text
        whole = "".join(seen.replace("▎", "").split())
    assert [file for file in files[:12] if file not in whole] == []
    assert "and2more:dockerdiff" in whole
