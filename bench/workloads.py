"""Many containers that change, and many logs at once, on an engine that only answers: what the program spends.

Run: python -m bench.workloads [SECONDS] (default 20)
"""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.changes import CONFIG, cpu_s
from incidentui.core.inputs import Observation, Refusal
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.docker_events import EventStream, Hint
from incidentui.edge.containers.docker_source import DockerSource
from incidentui.edge.containers.logs import WorkloadLogs
from incidentui.session.ports import FollowedLogs
from incidentui.tui.pages.log_lines import log_lines
from tests.containers.table.fault import memory_kb
from tests.faults.pty import Pty

ROWS = 40


class Clock:
    boot = "bench"

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def mono(self) -> int:
        return time.monotonic_ns() // 1_000_000


@contextmanager
def answering(count: int, changes: float, lines: float) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "d.sock"))
        argv = [sys.executable, "-m", "bench.fake_engine", path, str(count), str(changes), str(lines)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as engine:
            assert engine.stdout is not None
            engine.stdout.readline()
            try:
                yield f"unix://{path}"
            finally:
                engine.terminate()


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


async def changing(seconds: float, count: int = 200) -> None:
    """One change a second: processor time, and from the event's sending to the news of it."""
    with answering(count, 1, 0) as url:
        source = DockerSource(None, Clock(), url)
        late: list[float] = []
        sent: list[float] = []
        heard = EventStream.__dict__["_tell"]

        def tell(self: EventStream, hint: Hint) -> None:
            if hint.ident:
                sent.append(time.monotonic())
            heard(self, hint)

        def report(_: Observation) -> None:
            late.extend((time.monotonic() - at) * 1000 for at in sent)
            sent.clear()

        EventStream._tell = tell  # type: ignore[method-assign]  # the only place that knows when an event came
        task = asyncio.create_task(source.run(report))
        await asyncio.sleep(count / 8 / 2 + 5)  # all were inspected
        late.clear()
        before, begun = spent(), time.monotonic()
        await asyncio.sleep(seconds)
        share = (spent() - before) / (time.monotonic() - begun)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    print(f"{count} containers, one change a second: {share:.1%} of a core")
    print(
        f"  event to news: p50 {percentile(late, 0.5):.0f} ms, p99 {percentile(late, 0.99):.0f} ms ({len(late)} events)"
    )


async def following(seconds: float, count: int = 20, lines: float = 500) -> None:
    """Twenty logs at ten thousand lines a second, drawn ten times a second as the page does."""
    with answering(count, 0, lines) as url:
        engine = DockerEngine(None, url)
        feed = await WorkloadLogs(engine).follow({f"w{n:03}": None for n in range(count)})
        assert not isinstance(feed, Refusal), feed
        await asyncio.sleep(2)
        first, before, begun = feed.take(1), spent(), time.monotonic()
        took, age = [], []
        logs = first
        while time.monotonic() - begun < seconds:
            at = time.monotonic()
            logs = feed.take(ROWS)
            log_lines(logs.lines, 120, 6)
            took.append((time.monotonic() - at) * 1000)
            age.append(time.time() * 1000 - (logs.lines[-1].at or 0))
            await asyncio.sleep(0.1)
        gone = time.monotonic() - begun
        read = (logs.kept + logs.gone - first.kept - first.gone) / gone
        share = (spent() - before) / gone
        _check(feed.take(5_000))
        feed.close()
        engine.close()
    print(f"{count} logs, {count * lines:.0f} lines/s written: {read:.0f} lines/s read, {share:.1%} of a core")
    print(
        f"  a drawing: p50 {percentile(took, 0.5):.1f} ms, p99 {percentile(took, 0.99):.1f} ms of the screen's thread"
    )
    print(f"  age of the newest line: p50 {percentile(age, 0.5):.0f} ms, p99 {percentile(age, 0.99):.0f} ms")
    print(f"  kept {logs.kept}, counted as gone {logs.gone}, passed over {sum(n for _, n in logs.passed)}")
    print(f"  memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB at most")


def _check(logs: FollowedLogs) -> None:
    ats = [line.at or 0 for line in logs.lines]
    assert ats == sorted(ats), "out of order"
    numbers: dict[str, list[int]] = {}
    for line in logs.lines:
        numbers.setdefault(line.workload, []).append(int(line.text.split()[2]))
    for name, seen in numbers.items():
        assert seen == list(range(seen[0], seen[0] + len(seen))), f"a line of {name} is missing"


def keys(seconds: float, count: int = 20, lines: float = 500) -> None:
    """On the screen of the real program, while it follows them all: from a key to what it opens or closes."""
    took: list[float] = []
    with answering(count, 0, lines) as url, tempfile.TemporaryDirectory() as folder:
        (root := Path(folder, "many")).mkdir()
        (root / "incidentui.toml").write_text(CONFIG)
        env = {**os.environ, "INCIDENTUI_HOME": f"{folder}/home", "INCIDENTUI_USER": "ana", "DOCKER_HOST": url}
        with Pty([sys.executable, "-m", "incidentui", str(root)], root, env) as screen:
            screen.see("no health check", 30)
            screen.rest(0.4, 1)
            screen.write(b"l")
            screen.see(f"LOGS  all, {count} workloads", 30)
            begun, before = time.monotonic(), cpu_s(screen.process.pid)
            while time.monotonic() - begun < seconds:
                for key, words in ((b"?", "KEYS|HELP"), (b"\x1b", "LOGS  all")):
                    at = time.monotonic()
                    screen.write(key)
                    screen.see(words, 20)
                    took.append((time.monotonic() - at) * 1000)
                    _pass(screen, 0.15)
            core = (cpu_s(screen.process.pid) - before) / (time.monotonic() - begun)
            held = memory_kb(screen.process.pid) >> 10
    p = [percentile(took, part) for part in (0.5, 0.99)]
    spent_ = f"{core:.1%} of a core, {held} MiB at most"
    print(f"on the screen, {count * lines:.0f} lines/s: {len(took)} keys, p50 {p[0]:.0f}, p99 {p[1]:.0f} ms; {spent_}")


def _pass(screen: Pty, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        screen.read(left)


async def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    await following(seconds)
    await changing(seconds)


if __name__ == "__main__":
    asyncio.run(main())
    keys(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
