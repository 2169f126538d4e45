"""Git on a big repository of the user's: `python -m bench.git DIR`. Prints each figure beside the bare git commands.

Both sides are started by this Python, in turns, and medians compared: of 15 rounds what is quick, of five the rest. The
window is the newest one that has about 200 commits; ours is everything from the command to the value, the bare side
starts git and reads it.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from incidentui.core.model import Commit, KnownGood, Repository
from incidentui.core.state import State
from incidentui.core.suspects import since_good
from incidentui.edge.clock import SystemClock
from incidentui.edge.git.history import WINDOW, log, several
from incidentui.edge.git.ledger import read
from incidentui.edge.git.patches import ARGS
from incidentui.edge.git.place import Layout, layout
from incidentui.edge.git.sizes import Sizes
from incidentui.edge.git.source import GitSource

ROUNDS, QUICK = 5, 15
T = TypeVar("T")
PANE, LEDGER = 1.3, 3.0


def bare(top: Path, *argv: str, given: str = "") -> bytes:
    return subprocess.run(["git", "-C", str(top), *argv], check=True, capture_output=True, input=given.encode()).stdout


def seconds(what: Callable[[], object]) -> float:
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin


def beside(
    name: str, ours: Callable[[], object], theirs: Callable[[], object], limit: float | None, rounds: int = ROUNDS
) -> bool:
    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    mine, other = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    good = limit is None or mine / other <= limit
    asked = "" if limit is None else f"  limit {limit:g}  {'ok' if good else 'MISSED'}"
    print(f"{name:<58}{mine:>9.1f} ms{other:>9.1f} ms{mine / other:>7.2f}{asked}")
    return good


def window_of(top: Path) -> tuple[str, str]:
    """(good, tip): the commit on the first-parent line that has at most 200 commits after it."""
    tip = bare(top, "rev-parse", "HEAD").decode().strip()
    line = bare(top, "rev-list", "--first-parent", "-n", "200", tip).decode().split()
    good = tip
    for sha in line:
        if int(bare(top, "rev-list", "--count", f"{sha}..{tip}")) > WINDOW:
            break
        good = sha
    return good, tip


def needed(top: Path, good: str, tip: str) -> Callable[[], None]:
    """The bare commands: the window with sizes, its two ends compared, the patches of what touched a differing file."""
    paths = bare(top, "diff-tree", "-r", "--name-only", "--no-renames", good, tip).decode().split("\n")[:-1]
    touched = bare(top, "log", "--format=%H", "--diff-merges=first-parent", "--full-history", f"{good}..{tip}")
    numstat = ("log", "-z", "--numstat", "--no-renames", "--diff-merges=first-parent", f"{good}..{tip}")
    few = paths if len(paths) <= 500 else []

    def run() -> None:
        bare(top, *numstat)
        bare(top, "diff-tree", *ARGS, good, tip)
        bare(top, "diff-tree", "--stdin", *ARGS, "--diff-merges=first-parent", "--", *few, given=touched.decode())

    return run


async def whole_pane(where: Layout) -> tuple[Commit, ...]:
    sizes, listed = Sizes(), await log(where, ["HEAD"])
    await sizes.measure(where, sizes.missing(listed))
    return sizes.filled(listed)


async def after_a_merge(where: Layout, before: Sequence[Commit]) -> tuple[Commit, ...]:
    """As the source does it at a move: all but the newest merge were counted before."""
    sizes, newest = Sizes(), next((c.sha for c in before if len(c.parents) > 1), "")
    sizes.keep([c for c in before if c.sha != newest])
    listed = await log(where, ["HEAD"])
    await sizes.measure(where, sizes.missing(listed))
    shown = sizes.filled(listed)
    assert all(commit.sized for commit in shown)
    return shown


async def quiet(top: Path) -> int:
    """How many processes the source starts in twenty looks at a clone where nothing moves."""
    source = GitSource(top, None, None, SystemClock(), files_every_ms=10_000_000)
    await source.look()
    assert not await source._measure()
    started, begin = 0, asyncio.create_subprocess_exec

    async def counted(*argv: str, **more: object) -> object:
        nonlocal started
        started += 1
        return await begin(*argv, **more)  # type: ignore[arg-type]

    asyncio.create_subprocess_exec = counted  # type: ignore[assignment]
    try:
        for _ in range(20):
            await source._look_clone()
            await source._measure()
    finally:
        asyncio.create_subprocess_exec = begin
    return started


def suspects(commits: Sequence[Commit], good: str, tip: str) -> int:
    state = State(good=KnownGood(good, 0, "bench"), repository=Repository("main", tip, commits=tuple(commits)))
    return len(since_good(state, tip))


def _run(runner: asyncio.Runner, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return runner.run(work())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.git")
    parser.add_argument("dir", type=Path, help="a clone with a long history; it is only read")
    top = parser.parse_args().dir.resolve()
    os.environ["GIT_OPTIONAL_LOCKS"] = "0"
    with asyncio.Runner() as runner:
        where: Layout = runner.run(layout(top))
        total = int(bare(top, "rev-list", "--count", "HEAD"))
        good, tip = window_of(top)
        count = int(bare(top, "rev-list", "--count", f"{good}..{tip}"))
        print(f"{top.name}: {total} commits; window of {count}; load {os.getloadavg()[0]:.1f}")
        pane = partial(_run, runner, lambda: log(where, ["HEAD"]))
        whole = _run(runner, lambda: whole_pane(where))
        merges = partial(
            _run, runner, lambda: several(where, [c.sha for c in whole if len(c.parents) > 1], capped=True)
        )
        moved = partial(_run, runner, lambda: after_a_merge(where, whole))
        window = partial(_run, runner, lambda: read(where, good, tip))
        named = partial(suspects, _run(runner, lambda: log(where, ["HEAD"])), good, tip)
        fine = [
            beside("first look: 50 commits, merges not counted yet", pane, lambda: bare(top, *_PANE), PANE, QUICK),
            beside("  then its merges, once / that log with them", merges, lambda: bare(top, *_PANE, *_SAME), None),
            beside(
                "HEAD moved to a merge: 50, all with sizes (two gits)", moved, lambda: bare(top, *_PANE), None, QUICK
            ),
            beside("suspects, ledger / the git commands", lambda: (window(), named()), needed(top, good, tip), LEDGER),
        ]
        started = runner.run(quiet(top))
        print(f"processes in 20 looks when nothing moved: {started}  {'MISSED' if started else 'ok'}")
    return 0 if all(fine) and not started else 1


_PANE = ("log", "-z", "--numstat", "-n", "50", "HEAD")
_SAME = ("-m", "--first-parent")


if __name__ == "__main__":
    raise SystemExit(main())
