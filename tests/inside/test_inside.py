"""A command in a container, copies out of it and into it: by the installed command on a real engine."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.events import ActionEnded, ActionRequested
from tests.e2e.world import COMMAND, Ended, Place, until
from tests.engine import Dockerd
from tests.faults.pty import Pty
from tests.volumes.conftest import ask as ask
from tests.volumes.conftest import engine as engine
from tests.volumes.conftest import place as place
from tests.volumes.conftest import run_web
from tests.volumes.conftest import shared_engine as shared_engine
from tests.volumes.test_killed import acting, settled

pytestmark = pytest.mark.docker
Ask = Callable[..., Ended]
SECRET = "ghp_" + "a1B2" * 9


def shown(done: Ended) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def output(place: Place) -> str:
    """What the record kept of the last action."""
    ended = [r.event for r in place.records() if isinstance(r.event, ActionEnded)]
    assert ended[-1].evidence is not None
    with place.journal() as journal:
        kept = journal.evidence(ended[-1].evidence)
    assert kept is not None
    return kept.body


def test_a_command_is_run_without_a_shell_and_its_output_kept_without_secrets(
    place: Place, engine: Dockerd, ask: Ask
) -> None:
    run_web(engine)
    refused = ask("act", "workload.exec", "name=web", "command=echo hello")
    assert (refused.returncode, shown(refused)["plan"]["target"]) == (3, "web")
    done = ask("act", "workload.exec", "name=web", f"command=echo '$HOME;' {SECRET}", "--yes", "web")
    assert (done.returncode, shown(done)["verdict"]["why"]) == (0, "exit 0")
    assert "$HOME;" in output(place)
    failed = ask("act", "workload.exec", "name=web", "command=sh -c 'echo no; exit 3'", "--yes", "web")
    assert (failed.returncode, shown(failed)["verdict"]["why"]) == (1, "exit 3")
    missing = ask("act", "workload.exec", "name=web", "command=curl -s localhost", "--yes", "web")
    assert (missing.returncode, "no such program in web" in shown(missing)["verdict"]["why"]) == (1, True)
    assert SECRET.encode() not in place.journal_file.read_bytes()
    assert SECRET not in done.stdout
    denied = place.run("--read-only", "act", "workload.exec", "name=web", "command=id", "--yes", "web",
                       DOCKER_HOST=engine.url)  # fmt: skip
    assert denied.returncode == 3
    assert sum(isinstance(r.event, ActionRequested) for r in place.records()) == 3
    place.whole()


def test_a_command_that_floods_is_bounded_and_one_that_does_not_end_is_ended(
    place: Place, engine: Dockerd, ask: Ask
) -> None:
    ident = run_web(engine)
    flood = "while true; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"
    done = ask("act", "workload.exec", "name=web", f"command=sh -c '{flood}'", "within=2s", "--yes", "web")
    assert (done.returncode, shown(done)["verdict"]["why"]) == (1, "stopped after 2 s: it was ended")
    assert "bytes cut" in output(place)
    assert len(output(place)) < 300_000
    time.sleep(0.2)
    running = engine.docker("top", ident).stdout
    assert b"xxxx" not in running


def test_copied_out_over_nothing_and_what_is_hostile_stays_inside(
    place: Place, engine: Dockerd, ask: Ask, tmp_path: Path
) -> None:
    run_web(engine)
    engine.docker(
        "exec", "ferry-web-1", "sh", "-c",
        "busybox mkdir -p /srv/d/e && printf content > /srv/d/x && busybox chmod 777 /srv/d/x && "
        "busybox ln -s /etc/passwd /srv/d/abs && busybox ln -s ../../../../tmp /srv/d/out && busybox ln -s x /srv/d/in "
        "&& busybox mknod /srv/d/null c 1 3 && busybox ln /srv/d/x /srv/d/hard",
    )  # fmt: skip
    to = tmp_path / "evidence"
    done = ask("act", "workload.copy-out", "name=web", "from=/srv/d", f"to={to}")
    assert done.returncode == 0, done
    assert sorted(p.name for p in (to / "d").iterdir()) == ["e", "hard", "in", "x"]
    assert (to / "d" / "x").read_text() == (to / "d" / "hard").read_text() == "content"
    assert (to / "d" / "x").stat().st_mode & 0o022 == 0
    why = shown(done)["verdict"]["why"]
    assert "2 files, 7 bytes in " in why or "files, " in why
    assert "left out: " in why
    assert sorted(os.listdir(to)) == ["d"]
    again = ask("act", "workload.copy-out", "name=web", "from=/srv/d", f"to={to}")
    assert (again.returncode, "is there already" in again.stderr) == (3, True)
    engine.docker("stop", "-t", "0", "ferry-web-1")
    assert ask("act", "workload.copy-out", "name=web", "from=/srv/d/x", "to=kept").returncode == 0
    assert (place.root / "kept" / "x").read_text() == "content", "a stopped one, into a folder of the project"
    assert "there is no /nothing in web" in ask("act", "workload.copy-out", "name=web", "from=/nothing", "to=a").stderr


@pytest.mark.req("R1-48")
def test_copied_in_with_what_was_there_kept_and_put_back(place: Place, engine: Dockerd, ask: Ask) -> None:
    run_web(engine, "-v", "conf:/etc/web")
    inside = "busybox mkdir /etc/web/d && printf old > /etc/web/agent.json && busybox chown 7:8 /etc/web/agent.json && "
    engine.docker("exec", "ferry-web-1", "sh", "-c", f"{inside} busybox chmod 640 /etc/web/agent.json")

    def now() -> bytes:
        seen = "cat /etc/web/agent.json; busybox stat -c ' %a %u:%g' /etc/web/agent.json"
        return engine.docker("exec", "ferry-web-1", "sh", "-c", seen).stdout.strip()

    (place.root / "agent.json").write_text("new")
    copy_in = ("act", "workload.copy-in", "name=web", "from=agent.json", "to=/etc/web/agent.json")
    refused = ask(*copy_in)
    assert (refused.returncode, now()) == (3, b"old 640 7:8")
    assert ["/etc/web/agent.json", "lies in volume conf: stays there"] in shown(refused)["plan"]["blast"]
    done = ask(*copy_in, "--yes", "web")
    assert (done.returncode, now()) == (0, b"new 640 7:8"), done
    back = shown(done)["verdict"]["why"].partition("back=")[2].split()[0]
    assert back
    undone = ask("act", "workload.copy-in", "name=web", f"back={back}", "--yes", "web")
    assert (undone.returncode, now()) == (0, b"old 640 7:8"), undone
    rows = json.loads(ask("backup", "list").stdout)
    assert [row["volume"] for row in rows] == ["web:/etc/web/agent.json"] * 2
    assert "not of a volume" in ask("act", "volume.restore", f"id={back}").stderr
    (place.root / "folder").mkdir()
    (place.root / "folder" / "a b").write_text("1")
    done = ask("act", "workload.copy-in", "name=web", "from=folder", "to=/etc/web/new", "--yes", "web")
    assert done.returncode == 0, done
    assert "stays until somebody removes it" in shown(done)["plan"]["undo"]
    assert engine.docker("exec", "ferry-web-1", "cat", "/etc/web/new/a b").stdout == b"1"
    for words in (
        "from=agent.json to=/etc/web/d",
        "from=folder to=/etc/web/agent.json",
        "from=agent.json to=/no/such/x",
        "from=gone to=/etc/web/x",
        "from=agent.json to=x",
    ):
        refused = ask("act", "workload.copy-in", "name=web", *words.split(), "--yes", "web")
        assert refused.returncode in (2, 3), refused
    assert now() == b"old 640 7:8"
    place.whole()


def test_a_mount_that_may_only_be_read_is_refused(place: Place, engine: Dockerd, ask: Ask) -> None:
    run_web(engine, "-v", "conf:/etc/web:ro")
    (place.root / "x").write_text("new")
    refused = ask("act", "workload.copy-in", "name=web", "from=x", "to=/etc/web/x", "--yes", "web")
    assert (refused.returncode, "mounted read-only" in refused.stderr) == (3, True)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24)])
def test_by_keys_what_to_run_is_asked_for(place: Place, engine: Dockerd, columns: int, rows: int) -> None:
    run_web(engine)
    with Pty([COMMAND, str(place.root)], place.root, place.env(DOCKER_HOST=engine.url), columns, rows) as screen:
        screen.see("workloads 1|web")
        screen.rest(0.4, 1)
        screen.press("4", "g", "a", gap_s=0.3)
        screen.see("Run a command in web")
        (row,) = (line for line in screen.text.splitlines() if "Run a command in web" in line)
        screen.press(row.split()[0])
        screen.see("without a shell")
        screen.press(*"echo seen inside", "\r")
        screen.see("PLAN +Run in web: echo seen inside")
        screen.rest(0.5, 1)
        screen.press("x", *"web", "\r", gap_s=0.1)
        screen.see("COMPLETE +exit 0", 30)
    until(lambda: "seen inside" in output(place), "the output")
    place.whole()


def test_a_command_whose_program_was_killed_may_go_on_and_is_told_so(place: Place, engine: Dockerd) -> None:
    ident = run_web(engine)
    with acting(place, engine, "workload.exec", "name=web", "command=sleep 599", "--yes", "web"):
        until(lambda: b"sleep 599" in engine.docker("top", ident).stdout, "the command")
    outcome, why = settled(place, engine)
    assert (outcome, f"it may go on in there: docker top {ident[:12]} shows that" in why) == ("unknown", True), why
    assert b"sleep 599" in engine.docker("top", ident).stdout
