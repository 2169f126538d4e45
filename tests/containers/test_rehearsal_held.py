"""When a rehearsal is not begun, and when it ends before the next restart: by the installed command and its session."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from incidentui.cli.act import wait_for_first_looks
from incidentui.cli.live import live
from incidentui.core.inputs import Refusal
from tests.containers.conftest import PYTHON
from tests.containers.daemon import Supervisord
from tests.containers.test_rehearsal import STAYS, events, pids, project, rehearse
from tests.e2e.world import Place, until
from tests.engine import Dockerd

pytestmark = pytest.mark.slow
DEAF = f"{PYTHON} -S -c 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)'\nstartsecs=0"
ENDS = (
    'from pathlib import Path; import time; Path("once").exists() and Path("served").unlink(True); Path("once").touch()'
)
"""Of a program that at its second start takes away what users are served from, and runs on."""
LOGIN = (
    '[[checks]]\nname = "login"\nservice = "web"\ntype = "command"\ncommand = ["test", "-e", "{}/served"]\n'
    'layer = "user"\nevery = "1s"\nfail_after = 1\n'
)


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Moves the machine to a time zone."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    move("UTC0")
    yield move
    monkeypatch.undo()
    time.tzset()


def test_a_stay_that_is_no_shorter_than_the_wait_is_refused_before_anything(
    supervisord: Callable[..., Supervisord], tmp_path: Path
) -> None:
    daemon = supervisord(db=STAYS)
    place, before = project(tmp_path, f'supervisor = "{daemon.socket}"'), pids(daemon)
    done = rehearse(place, "within=1s")
    assert "stay= is shorter than within=" in done.stdout + done.stderr
    assert "came back" not in done.stdout + done.stderr
    assert pids(daemon) == before


def test_what_makes_a_quiet_hour_is_judged_again_when_it_runs(
    supervisord: Callable[..., Supervisord], tmp_path: Path, utc: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = supervisord(web=STAYS, api=STAYS, db=STAYS)
    place, before = project(tmp_path, f'supervisor = "{daemon.socket}"'), pids(daemon)
    for name, value in place.env().items():
        monkeypatch.setenv(name, value)
    hour = time.gmtime().tm_hour
    quiet = f"{(hour - 1) % 24:02d}:00-{(hour + 2) % 24:02d}:00"
    acting = live(place.root, "ines", typed=True)
    with closing(acting):
        acting.session.start()
        wait_for_first_looks(acting)
        named, any_hour = (
            acting.session.plan("workload.rehearse", {"stay": "1s", "quiet": hours}).result(20)
            for hours in (quiet, "any")
        )
        assert not isinstance(named, Refusal)
        assert not isinstance(any_hour, Refusal)
        assert "no quiet hours are named: any hour will do" in [row.text for row in any_hour.checked]
        utc("UTC-6")
        acting.session.run_plan(named, "six").result(20)
        until(lambda: bool(events(place, "action.verdict-given")), "a verdict")
        (verdict,) = events(place, "action.verdict-given")
        assert "nothing was done: it is " in verdict["verdict"]["why"]
        place.ok("open", "the pump is loud")
        until(lambda: acting.session.view.state.current is not None, "the incident here")
        refused = acting.session.run_plan(any_hour, "six").result(20)
        assert isinstance(refused, Refusal)
        assert refused.why == "by now INC-1 is open: it is no quiet hour"
    assert pids(daemon) == before


def test_it_ends_before_the_next_restart_when_users_are_out(
    supervisord: Callable[..., Supervisord], tmp_path: Path
) -> None:
    (tmp_path / "served").touch()
    ends = f"{PYTHON} -S -c '{ENDS}; time.sleep(600)'\nstartsecs=0\ndirectory={tmp_path}"
    daemon = supervisord(web=STAYS, api=STAYS, db=ends)
    place = project(tmp_path, f'supervisor = "{daemon.socket}"')
    config = place.root / "incidentui.toml"
    config.write_text(config.read_text() + LOGIN.format(tmp_path))
    place.ok("trust")
    before = pids(daemon)
    done = rehearse(place)
    assert done.returncode == 1, done
    assert "1 of 3 workloads came back; api was not restarted: login is red since; not restarted: web" in done.stdout
    now = pids(daemon)
    assert (now["db"] != before["db"], now["api"], now["web"]) == (True, before["api"], before["web"])


def test_a_signal_ends_it_before_the_next_restart_and_the_verdict_is_printed(
    supervisord: Callable[..., Supervisord], tmp_path: Path
) -> None:
    daemon = supervisord(web=STAYS, api=STAYS, db=STAYS)
    place, before = project(tmp_path, f'supervisor = "{daemon.socket}"'), pids(daemon)
    act = place.start("act", "workload.rehearse", "stay=2s", "--yes", "six")
    until(lambda: pids(daemon).get("db", before["db"]) != before["db"], "a db that is another")
    act.send_signal(signal.SIGINT)
    out, err = act.communicate(timeout=30)
    assert act.returncode == 130
    assert "it ends before the next restart, and is recorded before this ends" in err
    assert "1 of 3 workloads came back; api was not restarted: ana stopped it; not restarted: web" in out
    now = pids(daemon)
    assert (now["api"], now["web"]) == (before["api"], before["web"])


def killed(place: Place, stopping: Callable[[], bool]) -> str:
    """Why, of the verdict on one whose program was killed while it had one stopped."""
    act = place.start("act", "workload.rehearse", "stay=1s", "--yes", "six")
    until(stopping, "one that is being stopped")
    os.kill(act.pid, signal.SIGKILL)
    act.communicate()
    with place.watched():
        until(lambda: bool(events(place, "action.verdict-given")), "a verdict", 40)
    (verdict,) = events(place, "action.verdict-given")
    return str(verdict["verdict"]["why"])


@pytest.mark.soak
def test_killed_while_one_is_stopped_it_is_named_with_what_starts_it(
    supervisord: Callable[..., Supervisord], tmp_path: Path
) -> None:
    daemon = supervisord(web=STAYS, api=STAYS, db=f"{DEAF}\nstopwaitsecs=3")
    place = project(tmp_path, f'supervisor = "{daemon.socket}"')
    why = killed(place, lambda: "STOPPING" in daemon.ctl("status"))
    assert "not up: db; next: workload.start name=db" in why


@pytest.mark.docker
def test_two_of_one_name_are_refused_for_one_would_be_left_out(
    supervisord: Callable[..., Supervisord], engine: Dockerd, tmp_path: Path
) -> None:
    daemon = supervisord(web=STAYS)
    place = project(tmp_path, f'supervisor = "{daemon.socket}"\ndocker = {{}}')
    engine.run("web", "sleep", "600")
    before = pids(daemon)
    done = rehearse(place, engine=engine.url)
    assert "one of them would be left out" in done.stdout + done.stderr
    assert pids(daemon) == before


@pytest.mark.docker
def test_killed_while_the_engine_restarts_one_it_is_judged_once_that_is_over(
    engine: Dockerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine goes on with it: a word in between would be wrong a moment later."""
    place = project(tmp_path, "docker = {}")
    (tmp_path / "flag").mkdir()
    deaf = ("sh", "-c", "trap 'touch /flag/told' TERM; while true; do sleep 0.1; done")
    engine.run("web", *deaf, options=("-v", f"{tmp_path / 'flag'}:/flag"))
    monkeypatch.setenv("DOCKER_HOST", engine.url)
    began = engine.docker("inspect", "-f", "{{.State.StartedAt}}", "web").stdout

    assert "all run" in killed(place, (tmp_path / "flag" / "told").exists)
    assert engine.docker("inspect", "-f", "{{.State.StartedAt}}", "web").stdout != began
