"""A real project to measure on: the drill's sandbox with its real services, and the journal of an incident in it.

No keeper runs here, so nothing breaks before `incident` breaks it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from incidentui.config.paths import journal_path
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.keeper import push_breaking
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal


@dataclass(frozen=True, slots=True)
class Project:
    """A sandbox whose services run, and the state directory that the program shall use for it."""

    sandbox: sandboxes.Sandbox
    home: Path

    @property
    def env(self) -> dict[str, str]:
        return {"INCIDENTUI_HOME": str(self.home), "INCIDENTUI_USER": "bench"}

    @property
    def folder(self) -> Path:
        return self.sandbox.work

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "incidentui", "--project", str(self.folder), *words]
        return subprocess.run(argv, env={**os.environ, **self.env}, capture_output=True, text=True, check=True)

    def events(self) -> list[str]:
        """The types of the events so far."""
        os.environ.update(self.env)
        path = journal_path(self.folder)
        if not path.exists():
            return []
        journal = open_journal(path, "", SystemClock(), read_only=True)
        try:
            return [str(event["type"]) for event in journal.cloudevents()]
        finally:
            journal.close()


@contextmanager
def calm() -> Iterator[Project]:
    """All services are green and nothing will break."""
    with tempfile.TemporaryDirectory() as state:
        sandbox = sandboxes.new()
        supervisor = None
        try:
            sandboxes.build(sandbox, "dead-backend", 1, int(time.time()))
            argv = [sys.executable, "-m", "supervisor.supervisord", "-c", str(sandbox.conf), "-n"]
            supervisor = subprocess.Popen(argv, cwd=sandbox.root, stdout=subprocess.DEVNULL)
            sandboxes.wait_green(sandbox)
            yield Project(sandbox, Path(state))
        finally:
            if supervisor is not None:
                supervisor.terminate()
                supervisor.wait()
            sandboxes.take_down(sandbox)
            sandboxes.remove(sandbox)


def incident(project: Project) -> None:
    """Records a real one: a watch sees the services green and then red, and somebody opens the incident."""
    argv = [sys.executable, "-m", "incidentui", "--project", str(project.folder), "watch"]
    env = {**os.environ, **project.env}
    watch = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: project.events().count("incidentui.service.changed") >= 3, "services seen")
        push_breaking(project.sandbox)
        before = len(project.events())
        until(lambda: "incidentui.service.changed" in project.events()[before:], "a red service")
        project.run("open", "Bookings are down")
        project.run("note", "Somebody called the harbour office")
        time.sleep(2.0)
    finally:
        watch.send_signal(signal.SIGINT)
        watch.wait()


def until(true: Callable[[], bool], what: str, within_s: float = 40.0) -> None:
    stop = time.monotonic() + within_s
    while not true():
        if time.monotonic() > stop:
            raise TimeoutError(f"{what}: not within {within_s:.0f} s")
        time.sleep(0.1)
