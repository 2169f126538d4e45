"""Keys while the session works: the real screen and journal, and a source that sees two hundred looks a second.

python -m bench.storm FOLDER LOOKS_A_SECOND
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.pty_harness import Terminal
from bench.sandboxes import Project
from incidentui.cli.live import live
from incidentui.core.inputs import Observation, Sampled
from incidentui.session.parts import World
from incidentui.session.ports import Clock, Report

LOOKS = 200
KEYS = (b"\x1b[A", b"\x1b[A", b"\x1b[B", b"\x1b[A", b"\x1b[B", b"\x1b[B")


CHECKS = ("bookings-list", "dashboard-page", "database-health")


class Storm:
    """Good looks of the project's checks."""

    name = "storm"

    def __init__(self, clock: Clock, rate: int) -> None:
        self.clock, self.rate = clock, rate

    async def run(self, report: Report) -> None:
        begun, done = time.monotonic(), 0
        while True:
            await asyncio.sleep(0.004)
            due = int((time.monotonic() - begun) * self.rate)
            for n in range(done, due):
                report(Sampled(CHECKS[n % 3], self.clock.now(), "ok", "", 200, 3 + n % 5))
            done = due

    async def look(self) -> Sequence[Observation]:
        return ()


def screen(folder: Path, rate: int) -> int:
    from incidentui.tui.app import IncidentApp, run

    watching = live(folder, "bench")
    session, parts = watching.session, watching.session.parts
    storm = [Storm(parts.clock, rate)] if rate else []
    object.__setattr__(parts, "world", lambda: World(session.view.state.project, storm))
    try:
        return run(IncidentApp(session, after_first_frame=session.start))
    finally:
        watching.close()


def keys(project: Project, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from a key to its last byte: in the storm, and without a look."""
    busy: list[float] = []
    calm: list[float] = []
    for rate, into in ((LOOKS, busy), (0, calm)):
        argv = [sys.executable, "-m", "bench.storm", str(project.folder), str(rate)]
        with Terminal(argv, env=project.env) as terminal:
            terminal.until("journal ok")
            terminal.settle(1.0, 3.0)
            for n in range(rounds * len(KEYS)):
                time.sleep(0.031 + (n * 7 % 11) / 1000)
                terminal.settle(0.005, 0.5)
                into.append(terminal.key(KEYS[n % len(KEYS)], 0.015)[0])
    return busy, calm


if __name__ == "__main__":
    raise SystemExit(screen(Path(sys.argv[1]), int(sys.argv[2])))
