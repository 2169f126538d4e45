"""A container that changes, from the engine's event to the terminal: how late it is painted, and what that costs.

python -m bench.changes [CONTAINERS] [SECONDS]: the real program in a terminal, on an engine that only answers.
"""

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.pty_harness import TICKS
from tests.faults.pty import Pty

CONFIG = '[project]\nname = "many"\ndocker = {}\n'


@dataclass
class Seen:
    late_ms: list[float] = field(default_factory=list)
    """From the sending of the event to its words on the emulated screen."""
    core: float = 0.0
    """Share of one core that the program took meanwhile."""
    missed: int = 0


def changing(count: int, seconds: float, changes: float = 1.0) -> Seen:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "many")
        root.mkdir()
        (root / "incidentui.toml").write_text(CONFIG)
        socket = str(root / "d.sock")
        argv = [sys.executable, "-m", "bench.fake_engine", socket, str(count), str(changes), "0"]
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as engine:
            assert engine.stdout is not None
            engine.stdout.readline()
            try:
                return _watched(engine, root, socket, count, seconds)
            finally:
                engine.terminate()


def _watched(engine: "subprocess.Popen[bytes]", root: Path, socket: str, count: int, seconds: float) -> Seen:
    env = {
        **os.environ,
        "INCIDENTUI_HOME": str(root.parent / "home"),
        "INCIDENTUI_USER": "ana",
        "DOCKER_HOST": f"unix://{socket}",
    }
    with Pty([sys.executable, "-m", "incidentui", str(root)], root, env) as screen:
        screen.see("no health check", 30)
        _until(screen, engine, time.monotonic() + count / 8 / 2 + 5, Seen())  # all were inspected
        seen, before, begun = Seen(), cpu_s(screen.process.pid), time.monotonic()
        _until(screen, engine, begun + seconds, seen)
        seen.core = (cpu_s(screen.process.pid) - before) / (time.monotonic() - begun)
        return seen


def _until(screen: Pty, engine: "subprocess.Popen[bytes]", end: float, seen: Seen) -> None:
    """Reads both at once; a death is painted when its exit code stands there, a start when it stands there no more."""
    assert engine.stdout is not None
    waited: tuple[str, bool, float] | None = None
    with selectors.DefaultSelector() as both:
        both.register(screen.master, selectors.EVENT_READ)
        both.register(engine.stdout, selectors.EVENT_READ)
        while time.monotonic() < end:
            for key, _ in both.select(0.05):
                if key.fileobj is engine.stdout:
                    action, _, code, at = json.loads(engine.stdout.readline())
                    seen.missed += waited is not None
                    waited = f"exit {code} ", action == "die", at
                else:
                    screen.read(0)
                    now = time.monotonic()
                    if waited and (waited[0] in screen.text) == waited[1]:
                        seen.late_ms.append((now - waited[2]) * 1000)
                        waited = None


def cpu_s(pid: int) -> float:
    """Of the program and of what it started and waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(each) for each in fields[11:15]) / TICKS


def share(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seen = changing(count, float(sys.argv[2]) if len(sys.argv) > 2 else 120.0)
    load = os.getloadavg()[0]
    print(f"{count} containers, a change a second, load {load:.1f}: {seen.core:.1%} of a core, {seen.missed} missed")
    p = [share(seen.late_ms, part) for part in (0.0, 0.5, 0.99)]
    print(f"  event to painted: best {p[0]:.0f}, p50 {p[1]:.0f}, p99 {p[2]:.0f} ms of {len(seen.late_ms)}")


if __name__ == "__main__":
    main()
