"""The real screen with a thousand HTTP checks: what they cost, whether each is looked at in time, and how a key feels.

python -m bench.many_checks [--seconds N]; the targets run in a process of their own and note when each was asked.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ClassVar, NamedTuple

from typing_extensions import override

from bench.http_checks import Answering
from bench.pty_harness import Terminal

EVERY_S = 5.0
SERVICES = 50
CALM_S = 12.0
KEYS = (b"\x1b[B", b"\x1b[B", b"\x1b[A", b"\x1b[B", b"\x1b[A", b"\x1b[A")


class Figures(NamedTuple):
    checks: int
    asked: int
    """How many of them were looked at in the time."""
    late_s: float
    """The longest that one was behind its interval."""
    core: float
    """Share of one core, of the whole program."""
    key_p99_ms: float


class Noting(Answering):
    """Answers, and notes who was asked when."""

    asked: ClassVar[dict[str, list[float]]] = {}

    @override
    def data_received(self, data: bytes) -> None:
        for line in data.split(b"\r\n"):
            if line.startswith(b"GET "):
                self.asked.setdefault(line.split(b" ")[1].decode(), []).append(time.monotonic())
        super().data_received(data)


def serve(ports: int, tell: Connection) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(Noting, "127.0.0.1", 0) for _ in range(ports)]
        tell.send([server.sockets[0].getsockname()[1] for server in servers])
        await loop.run_in_executor(None, tell.recv)
        tell.send(Noting.asked)

    asyncio.run(main())


def project(folder: Path, ports: Sequence[int], checks: int) -> None:
    text = ['[project]\nname = "many"\n']
    text += [f'[[services]]\nname = "s{n}"\n' for n in range(len(ports))]
    for n in range(checks):
        url = f"http://127.0.0.1:{ports[n % len(ports)]}/c{n}"
        text.append(
            f'[[checks]]\nname = "c{n}"\nservice = "s{n % len(ports)}"\nurl = "{url}"\nevery = "{EVERY_S:g}s"\n'
        )
        text.append('expect = { content_type = "application/json", json = { "$.status" = "ok" } }\n')
    (folder / "incidentui.toml").write_text("".join(text), encoding="utf-8")
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)


def measure(checks: int, seconds: float) -> Figures:
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(SERVICES, there), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        project(Path(folder), here.recv(), checks)
        env = {"INCIDENTUI_HOME": home, "INCIDENTUI_USER": "bench"}
        with Terminal([sys.executable, "-m", "incidentui", folder], env=env) as terminal:
            terminal.until("journal ok", 20)
            terminal.settle(1.0, CALM_S)
            began, cpu = time.monotonic(), terminal.cpu()
            _read(terminal, seconds)
            ended, used = time.monotonic(), terminal.cpu() - cpu
            keys = _keys(terminal)
    here.send("enough")
    asked: dict[str, list[float]] = here.recv()
    server.join()
    late = [_late(times, began, ended) for times in asked.values()]
    there_all = sum(any(began <= t <= ended for t in times) for times in asked.values())
    return Figures(checks, there_all, max(late), used / (ended - began), keys)


def _late(times: Sequence[float], began: float, ended: float) -> float:
    inside = [t for t in times if began - EVERY_S <= t <= ended]
    return max((b - a for a, b in zip(inside, [*inside[1:], ended], strict=False)), default=ended - began) - EVERY_S


def _read(terminal: Terminal, seconds: float) -> None:
    stop = time.monotonic() + seconds
    while (left := stop - time.monotonic()) > 0:
        terminal.read(left)


def _keys(terminal: Terminal) -> float:
    """Milliseconds from a key to its last byte, with the looks going on: p99 of two hundred."""
    terminal.write(b"2")
    took = []
    for n in range(200):
        time.sleep(0.031 + (n * 7 % 11) / 1000)
        terminal.settle(0.005, 0.5)
        took.append(terminal.key(KEYS[n % len(KEYS)], 0.015)[0] * 1000)
    return statistics.quantiles(took, n=100)[98]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.many_checks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    good = True
    for checks, core in ((200, 0.04), (1000, 0.30)):
        found = measure(checks, options.seconds)
        ok = found.asked == checks and found.late_s <= EVERY_S and found.core <= core
        ok = ok and (checks < 1000 or found.key_p99_ms <= 50)
        good = good and ok
        print(json.dumps({"bench": "many_checks", **found._asdict(), "core_limit": core, "ok": ok}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
