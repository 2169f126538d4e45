"""The screen's budgets, measured side by side in one run: first frame, key to paint, ten changes a second, idle.

python -m bench.frames [--rounds N] [--idle SECONDS] [--json]
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from bench.pty_harness import Terminal

BUDGETS = {"first_frame": 1.4, "key_to_paint": 1.3, "four_panes": 0.2, "idle_cpu": 0.02, "idle_bytes": 300.0}


def _program(name: str) -> list[str]:
    return [sys.executable, "-m", "bench.programs", name]


def first_frame(rounds: int) -> tuple[list[float], list[float]]:
    """Seconds to the first full frame: ours (all five panes), and a minimal Textual app."""
    ours: list[float] = []
    peer: list[float] = []
    for _ in range(rounds):
        for name, word, into in (("ours", "52 events", ours), ("minimal", "READY", peer)):
            with Terminal(_program(name)) as terminal:
                into.append(terminal.until(word))
    return ours, peer


_UP, _DOWN, _PAGE_UP, _PAGE_DOWN = b"\x1b[A", b"\x1b[B", b"\x1b[5~", b"\x1b[6~"
_KEYS = (_UP, _DOWN, _UP, _UP, _PAGE_UP, _DOWN, _UP, _DOWN, _DOWN, _PAGE_DOWN)


def key_to_paint(rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from a key to its last byte in a list of a million rows; both stand side by side and take turns."""
    ours: list[float] = []
    peer: list[float] = []
    with Terminal(_program("ours_million")) as mine, Terminal(_program("bare_list")) as bare:
        mine.until("ctrl+p")
        bare.until("looks")
        for _ in range(3):
            bare.key(_PAGE_DOWN, 0.05)
        for n in range(rounds):
            time.sleep(0.023 + (n * 7 % 11) / 1000)
            for terminal, into in ((mine, ours), (bare, peer)):
                terminal.settle(0.005, 0.5)  # the clock's tick is not the answer to a key
                into.append(terminal.key(_KEYS[n % len(_KEYS)], 0.02)[0])
    return ours, peer


def busy(seconds: float) -> tuple[float, float]:
    """Processor share of four panes that change ten times a second: ours, stock widgets."""
    return _share("ours_busy", "ctrl+p", seconds)[0], _share("stock_busy", "READY", seconds)[0]


def idle(seconds: float) -> tuple[float, float]:
    """Processor share and bytes a second of the quiet screen."""
    return _share("ours_quiet", "ctrl+p", seconds)


def _share(name: str, word: str, seconds: float) -> tuple[float, float]:
    with Terminal(_program(name)) as terminal:
        terminal.until(word)
        stop = time.perf_counter() + 2.0
        while (left := stop - time.perf_counter()) > 0:
            terminal.read(left)
        cpu, size, begin = terminal.cpu(), len(terminal.output), time.perf_counter()
        while (left := begin + seconds - time.perf_counter()) > 0:
            terminal.read(left)
        took = time.perf_counter() - begin
        return (terminal.cpu() - cpu) / took, (len(terminal.output) - size) / took


def _ms(values: Sequence[float]) -> str:
    ordered = sorted(values)
    return f"{ordered[0] * 1e3:.1f}/{statistics.median(ordered) * 1e3:.1f}/{ordered[-1] * 1e3:.1f} ms"


def measure(rounds: int, idle_s: float, say: Callable[[str], None]) -> dict[str, float]:
    ours, peer = first_frame(rounds)
    out = {"first_frame": statistics.median(ours) / statistics.median(peer)}
    say(f"first frame    {_ms(ours)}, minimal app {_ms(peer)}")
    ours, peer = key_to_paint(rounds * 10)
    out["key_to_paint"] = statistics.median(ours) / statistics.median(peer)
    say(f"key to paint   {_ms(ours)}, bare list of a million {_ms(peer)}")
    mine, stock = busy(6.0)
    out["four_panes"] = mine / stock
    say(f"four panes     {mine:.1%} of a core, stock widgets {stock:.1%}")
    out["idle_cpu"], out["idle_bytes"] = idle(idle_s)
    say(f"idle           {out['idle_cpu']:.2%} of a core, {out['idle_bytes']:.0f} bytes/s")
    return out


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--idle", type=float, default=20.0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = measure(args.rounds, args.idle, lambda text: print(text, file=sys.stderr))
    bad = [name for name, value in found.items() if value > BUDGETS[name]]
    if args.json:
        print(json.dumps({"measured": found, "budgets": BUDGETS, "over": bad}))
    else:
        for name, value in found.items():
            print(f"{'OVER' if name in bad else 'ok  '} {name:14} {value:8.3f}  budget {BUDGETS[name]}")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
