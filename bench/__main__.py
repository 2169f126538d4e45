"""Every budget of the program, measured beside what it is compared with, in one run: `make bench`.

python -m bench [--rounds N] [--events N] [--idle SECONDS] [--changes SECONDS] [--json]; exit 1 when a budget is missed.
"""

import argparse
import compileall
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench import changes, containers, frames, idle, million, sandboxes, start, storm

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Budget:
    name: str
    ours: str
    peer: str
    value: float
    """The ratio, or the figure itself where the limit is one."""
    limit: float | None
    """None: told, not asked for."""

    @property
    def met(self) -> bool:
        return self.limit is None or self.value <= self.limit


def _beside(name: str, ours: Sequence[float], peer: Sequence[float], limit: float | None) -> Budget:
    mine, theirs = median(ours), median(peer)
    return Budget(name, f"{mine * 1e3:.1f} ms", f"{theirs * 1e3:.1f} ms", mine / theirs, limit)


def _starts(project: sandboxes.Project, rounds: int) -> Iterator[Budget]:
    yield _beside("first full frame / minimal Textual app", *start.first_frame(project, rounds), 1.4)
    took = start.commands(project, rounds * 2)
    yield _beside("--version / python -c pass", took["version"], took["bare"], 1.5)
    yield _beside("note / python -c pass", took["note"], took["bare"], 8.0)


def _keys(project: sandboxes.Project, rounds: int) -> Iterator[Budget]:
    ours, peer = million.keys(project, rounds)
    yield _beside("key to paint / bare list", ours, peer, 1.3)
    mine, theirs = million.by_key(ours), million.by_key(peer)
    for key in mine:
        yield _beside(f"  {key}", [mine[key]], [theirs[key]], None)


def _storm(project: sandboxes.Project, rounds: int) -> Iterator[Budget]:
    busy, calm = storm.keys(project, rounds)
    yield _beside("key to paint, 200 looks/s / no looks", busy, calm, 1.5)


def _panes() -> Iterator[Budget]:
    mine, stock = frames.busy(6.0)
    yield Budget("four panes at 10 Hz / stock widgets", f"{mine:.1%}", f"{stock:.1%}", mine / stock, 0.2)


def _idle(project: sandboxes.Project, seconds: float) -> Iterator[Budget]:
    core, size = idle.idle(project, seconds)
    yield Budget(f"idle {seconds:.0f} s: % of a core", f"{core:.2%}", "", core * 100, 2.0)
    yield Budget(f"idle {seconds:.0f} s: bytes/s", f"{size:.0f}", "", size, 300.0)


def _containers(seconds: float) -> Iterator[Budget]:
    if took := containers.listed(50):
        yield _beside("50 containers: a look / one list", took["look"], took["plain"], 2.0)
        yield _beside("50 containers: the pane's news / one list", took["pane"], took["plain"], 2.0)
    for count, limit in ((50, None), (200, 1.0), (500, None)):
        seen = changes.changing(count, seconds)
        core, late = seen.core * 100, changes.share(seen.late_ms, 0.99)
        name = f"{count} containers, a change/s: "
        yield Budget(f"{name}% of a core", f"{core:.1f} %", "", core, limit and 5.0)
        mid = f"{changes.share(seen.late_ms, 0.5):.0f} ms"
        yield Budget(f"{name}to paint, p99", f"{late:.0f} ms", f"p50 {mid}", late, limit and 100.0)


def measure(args: argparse.Namespace, say: Callable[[Budget], None]) -> list[Budget]:
    found: list[Budget] = []

    def take(budgets: Iterator[Budget]) -> None:
        for budget in budgets:
            found.append(budget)
            say(budget)

    with sandboxes.calm() as project:
        take(_idle(project, args.idle))
    take(_panes())
    take(_containers(args.changes))
    with sandboxes.calm() as project:
        sandboxes.incident(project)
        take(_starts(project, args.rounds))
        take(_storm(project, args.rounds))
        million.fill(project, args.events)
        take(_keys(project, args.rounds))
    return found


def _line(b: Budget) -> str:
    verdict = "" if b.limit is None else "ok" if b.met else "MISSED"
    limit = "" if b.limit is None else f"{b.limit:g}"
    return f"{b.name:<42}{b.ours:>11}{b.peer:>11}{b.value:>9.2f}{limit:>7}  {verdict}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--idle", type=float, default=60.0)
    parser.add_argument("--changes", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    # As an installed program is; from an edited source tree every start would compile it again.
    for folder in ("incidentui", "bench", "tests"):
        compileall.compile_dir(ROOT / folder, quiet=2)
    os.chdir(ROOT)
    out = sys.stderr if args.json else sys.stdout
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; a busy machine spoils medians", file=out)
    print(f"{'':<42}{'ours':>11}{'peer':>11}{'ratio':>9}{'limit':>7}", file=out)
    found = measure(args, lambda budget: print(_line(budget), file=out, flush=True))
    if args.json:
        print(json.dumps([{**asdict(budget), "met": budget.met} for budget in found]))
    return 0 if all(budget.met for budget in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
