"""A look at N containers, and all that the pane gets of it, beside one plain `/containers/json`: one engine, one run.

Run: .venv/bin/python -m bench.containers [N] (default 50). Needs root, dockerd and a static busybox.
"""

import asyncio
import http.client
import json
import os
import socket
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from typing_extensions import override

from incidentui.edge.clock import SystemClock
from incidentui.edge.containers.docker_listing import INSPECT_AT_ONCE
from incidentui.edge.containers.docker_source import DockerSource
from tests.engine import Dockerd, missing, private_engine

RUNS = 31
SETTLED_S = 2


class _Plain(http.client.HTTPConnection):
    """The least a program can do: a connection that is kept, a request, the body as JSON."""

    def __init__(self, path: str) -> None:
        super().__init__("docker")
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)

    def list(self) -> Any:
        self.request("GET", "/containers/json?all=1")
        return json.loads(self.getresponse().read())


def measure(dockerd: Dockerd, count: int) -> dict[str, list[float]]:
    """Seconds of each round, interleaved: the engine's list, a look, and a look with the pane's news of it."""
    for n in range(count):
        dockerd.run(f"w{n:03}", "sleep", "600")
    plain, source, loop = (
        _Plain(str(dockerd.socket)),
        DockerSource(None, SystemClock(), dockerd.url),
        asyncio.new_event_loop(),
    )
    # As in the program: it hears the engine's events, else each look inspects some again.
    listening = loop.create_task(source.run(lambda _: None))
    loop.run_until_complete(asyncio.sleep(SETTLED_S))
    # The first looks inspect what is new, a few at a time; the steady state is what is measured.
    for _ in range(count // INSPECT_AT_ONCE + 3):
        loop.run_until_complete(source.look())
    works: dict[str, Callable[[], object]] = {
        "plain": plain.list,
        "look": lambda: loop.run_until_complete(source.engine.looks()),
        "pane": lambda: loop.run_until_complete(source.look()),
    }
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(RUNS):
        for name, work in works.items():
            took[name].append(_timed(work))
    listening.cancel()
    loop.run_until_complete(asyncio.wait([listening]))
    plain.close()
    loop.close()
    return took


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def listed(count: int) -> dict[str, list[float]]:
    """Empty where no engine can be started."""
    if missing():
        return {}
    with private_engine() as dockerd:
        return measure(dockerd, count)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    took = listed(count)
    if not took:
        print(f"no engine: {missing()}")
        return
    print(f"{count} containers, load {os.getloadavg()[0]:.1f}, medians of {RUNS}")
    plain = statistics.median(took["plain"])
    for name, each in took.items():
        mid, best, least = statistics.median(each), min(each), min(took["plain"])
        print(f"  {name}: {mid * 1e3:.1f} ms, ratio {mid / plain:.2f}; best {best * 1e3:.1f} ms, {best / least:.2f}")


if __name__ == "__main__":
    main()
