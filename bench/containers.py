"""A refresh of N containers beside docker-py's own `containers.list()`, in one run on one engine.

Run: .venv/bin/python -m bench.containers [N] (default 20). Needs root, dockerd and a static busybox.
"""

import asyncio
import resource
import statistics
import sys
import time
from collections.abc import Callable

from incidentui.edge.containers.docker import INSPECT_AT_ONCE, DockerEngine
from tests.engine import Dockerd, missing, private_engine

RUNS = 11


def main() -> None:
    if why := missing():
        print(f"no engine: {why}")
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with private_engine() as dockerd:
        for n in range(count):
            dockerd.run(f"w{n:03}", "sleep", "600")
        measure(dockerd, count)


def measure(dockerd: Dockerd, count: int) -> None:
    import docker

    engine = DockerEngine(None, dockerd.url)
    theirs = docker.DockerClient(base_url=dockerd.url)
    loop = asyncio.new_event_loop()
    # The first looks inspect what is new, a few at a time; the steady state is what is measured.
    for _ in range(count // INSPECT_AT_ONCE + 2):
        loop.run_until_complete(engine.looks())
    ours = [timed(lambda: loop.run_until_complete(engine.looks())) for _ in range(RUNS)]
    listed = [timed(lambda: theirs.containers.list(all=True)) for _ in range(RUNS)]
    report(count, ours, listed)
    engine.close()
    theirs.close()
    loop.close()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor milliseconds of this process."""
    cpu, wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    spent = resource.getrusage(resource.RUSAGE_SELF)
    used = spent.ru_utime + spent.ru_stime - cpu.ru_utime - cpu.ru_stime
    return (time.perf_counter() - wall) * 1000, used * 1000


def report(count: int, ours: list[tuple[float, float]], theirs: list[tuple[float, float]]) -> None:
    for i, what in enumerate(("wall", "cpu")):
        a, b = (statistics.median(run[i] for run in runs) for runs in (ours, theirs))
        print(f"{count} containers, {what} ms: refresh {a:.2f}, docker-py list() {b:.2f}, ratio {a / b:.3f}")


if __name__ == "__main__":
    main()
