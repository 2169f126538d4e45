"""What the screen costs while nothing changes: the real program on the drill's sandbox, all sources up."""

import sys
import time
from pathlib import Path

from bench.pty_harness import TICKS, Terminal
from bench.sandboxes import Project

CALM_S = 8.0
"""After the first looks: services are known, the known-good commit too."""


def idle(project: Project, seconds: float) -> tuple[float, float]:
    """Share of a core, with the git processes it starts, and bytes a second to the terminal."""
    with Terminal([sys.executable, "-m", "incidentui", str(project.folder)], env=project.env) as terminal:
        terminal.until("supervisor")
        _read_for(terminal, CALM_S)
        cpu, size, begin = _cpu(terminal.pid), len(terminal.output), time.perf_counter()
        _read_for(terminal, seconds)
        took = time.perf_counter() - begin
        return (_cpu(terminal.pid) - cpu) / took, (len(terminal.output) - size) / took


def _read_for(terminal: Terminal, seconds: float) -> None:
    stop = time.perf_counter() + seconds
    while (left := stop - time.perf_counter()) > 0:
        terminal.read(left)


def _cpu(pid: int) -> float:
    """Seconds of processor time of a process and of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS
