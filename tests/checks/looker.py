"""A process that looks as the program does, and measures itself: a project folder comes in, a line of JSON goes out.

The check called `bad` is looked at as often as asked; `good` all the while beside it, and twice afterwards.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

from incidentui.config.load import load
from incidentui.core.inputs import Sampled
from incidentui.edge.checks.source import ChecksSource
from incidentui.edge.clock import SystemClock

_AFTERWARDS = 2
PATIENCE_S = 20
"""Far above every limit in the table: a look that is still running then has none."""


async def looked(folder: Path, looks: int) -> dict[str, object]:
    loaded = load(folder)
    assert loaded.problems == (), loaded.problems
    bad: list[Sampled] = []
    good: list[str] = []
    enough = asyncio.Event()
    left = _AFTERWARDS

    def report(seen: object) -> None:
        nonlocal left
        assert isinstance(seen, Sampled)
        if seen.check == "bad":
            bad.append(seen)
            return
        good.append(f"{seen.state}: {seen.why}" if seen.state != "ok" else "ok")
        left -= len(bad) >= looks
        if left <= 0:
            enough.set()

    before = memory_from_here()
    held = asyncio.create_task(longest_hold())
    running = asyncio.create_task(ChecksSource(loaded.config.checks, SystemClock(), folder).run(report))
    async with asyncio.timeout(PATIENCE_S):
        await enough.wait()
    running.cancel()
    held.cancel()
    await asyncio.gather(running, return_exceptions=True)
    told = [{"state": s.state, "why": s.why, "evidence": s.evidence.body if s.evidence else None} for s in bad[:looks]]
    return {"bad": told, "good": good, "grew_kb": memory("VmHWM") - before, "held_ms": round(await held)}


async def longest_hold() -> float:
    """The most processor time, in milliseconds, for which nobody else had a turn."""
    longest, last = 0.0, time.thread_time()
    with suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(0.002)
            longest, last = max(longest, time.thread_time() - last), time.thread_time()
    return longest * 1000


def memory_from_here() -> int:
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what is used now
    return memory("VmRSS")


def memory(which: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(which))


if __name__ == "__main__":
    for line in sys.stdin:
        folder, looks = json.loads(line)
        try:
            told: dict[str, object] = asyncio.run(looked(Path(folder), looks))
        except Exception as wrong:
            told = {"error": repr(wrong)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
