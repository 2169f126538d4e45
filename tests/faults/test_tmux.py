"""Inside tmux: the client is detached, killed or cut off while a step runs; then the server itself ends."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from incidentui.drills.sandbox import alive
from tests.e2e.world import COMMAND, Place, until
from tests.faults import slow_push
from tests.faults.pty import Pty

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]


class Tmux:
    """A server of its own, and the program in its one window."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.socket = Path(tempfile.mkdtemp(prefix="iut-")) / "s"
        self.env = {k: v for k, v in place.env().items() if k not in ("TMUX", "TMUX_PANE")}
        self("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", f"exec {COMMAND} {place.root}")

    def __call__(self, *argv: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self.socket), *argv], env={**self.env, "TERM": "xterm-256color"}, cwd=self.place.root,
            capture_output=True, text=True, check=True, timeout=20,
        )  # fmt: skip
        return done.stdout

    @property
    def pid(self) -> int:
        return int(self("display-message", "-p", "#{pane_pid}"))

    @property
    def text(self) -> str:
        return self("capture-pane", "-p")

    def see(self, words: str) -> None:
        until(lambda: re.search(words, self.text) is not None, words)

    def press(self, *keys: str) -> None:
        for key in keys:
            self("send-keys", key)
            time.sleep(0.2)

    def attached(self) -> Pty:
        argv = ["tmux", "-S", str(self.socket), "attach"]
        return Pty(argv, self.place.root, self.env, keep_slave=False)

    def clients(self) -> int:
        return len(self("list-clients").splitlines())


@contextmanager
def tmux(place: Place) -> Iterator[Tmux]:
    server = Tmux(place)
    try:
        yield server
    finally:
        subprocess.run(["tmux", "-S", str(server.socket), "kill-server"], capture_output=True, check=False)
        shutil.rmtree(server.socket.parent, ignore_errors=True)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return slow_push.build(tmp_path, 5)


def pushing(server: Tmux, place: Place) -> None:
    """An incident is open and its step runs."""
    server.see("change 3")
    server.see(r"\? help")
    assert place.run("open", "Seats are gone").returncode == 0
    server.see("Seats are gone")
    server.press("3", "g", "a")
    server.see("CHOOSE")
    server.press("1")
    server.see("type the branch to run it")
    time.sleep(0.5)  # a fresh plan is deaf for a moment
    server.press("x")
    server.see("4 letters missing")
    server.press(*"main")
    server.see("enter runs it")
    server.press("Enter")
    until((place.root.parent / "pushing").exists, "the push")


def cut_off(server: Tmux, client: Pty) -> None:
    os.close(client.master)
    client.master = -1


WAYS: dict[str, Callable[[Tmux, Pty], object]] = {
    "detached": lambda server, _: server("detach-client"),
    "killed": lambda _, client: client.process.send_signal(signal.SIGKILL),
    "cut off": cut_off,
}


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("way", WAYS)
def test_a_lost_client_loses_no_step_and_finds_its_incident_again(place: Place, way: str) -> None:
    before = slow_push.tip(place)
    with tmux(place) as server:
        with server.attached() as client:
            client.see("change 3")
            pushing(server, place)
            WAYS[way](server, client)
            until(lambda: server.clients() == 0, "the client is gone")
        pid = server.pid
        until(lambda: "ActionEnded" in place.names(), "the step's end")
        assert slow_push.tip(place) != before
        time.sleep(2)  # its verdict is drawn
        cpu, begin = cpu_s(pid), time.monotonic()
        time.sleep(5)
        assert (cpu_s(pid) - cpu) / (time.monotonic() - begin) < 0.15  # a spin would be 1
        with server.attached() as client:
            client.see("Seats are gone")
            for _ in range(4):
                server.press("Escape")
            server.see("q leave|[?] help")
            server.press("q")
            server.see("Leave[?]")
            server.press("q")
            until(lambda: not alive(pid), "its end")
    assert place.names().count("IncidentOpened") == 1
    assert place.names().count("ActionRequested") == place.names().count("ActionEnded") == 1
    place.whole()


def test_the_end_of_the_server_ends_the_screen_after_the_step(place: Place) -> None:
    before = slow_push.tip(place)
    with tmux(place) as server:
        pushing(server, place)
        pid = server.pid
        server("kill-server")
        until(lambda: not alive(pid), "its end", 60)
    assert slow_push.tip(place) != before
    assert place.names().count("ActionEnded") == 1
    assert place.names()[-1] == "WatchStopped"
    place.whole()
