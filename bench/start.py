"""How long it takes until something stands there: the first frame, `--version`, `note`.

Rounds are interleaved with what each is compared with, so that a busy machine slows both.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from bench.pty_harness import Terminal
from bench.sandboxes import Project

MINIMAL = [sys.executable, "-m", "bench.programs", "minimal"]
PANES = ("SERVICES", "TIMELINE", "COMMITS", "WORKLOADS", "RUNBOOK", "journal ok")
"""What stands on the first full frame; the last row is drawn last."""


def first_frame(project: Project, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from exec to the frame with all panes, from the journal of the open incident; a minimal app's."""
    ours: list[float] = []
    peer: list[float] = []
    for _ in range(rounds + 1):
        with Terminal([sys.executable, "-m", "incidentui", str(project.folder)], env=project.env) as terminal:
            ours.append(max(terminal.until(word) for word in PANES))
        with Terminal(MINIMAL) as terminal:
            peer.append(terminal.until("READY"))
    return ours[1:], peer[1:]  # the first round fills the disk's cache


def commands(project: Project, rounds: int) -> dict[str, list[float]]:
    """Seconds of whole processes: bare Python, `--version`, `note`."""
    bare = [sys.executable, "-c", "pass"]
    version = [sys.executable, "-m", "incidentui", "--version"]
    note = [sys.executable, "-m", "incidentui", "--project", str(project.folder), "note", "the pumps stand still"]
    took: dict[str, list[float]] = {"bare": [], "version": [], "note": []}
    for _ in range(rounds + 1):
        for name, argv in zip(took, (bare, version, note), strict=True):
            took[name].append(_whole(argv, project.env))
    return {name: times[1:] for name, times in took.items()}


def _whole(argv: Sequence[str], env: Mapping[str, str]) -> float:
    begin = time.perf_counter()
    subprocess.run(argv, env={**os.environ, **env}, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin
