"""How long the program takes to start, beside `python -c pass` of the same environment: ratios of medians.

python -m bench.startup [--rounds N] [--json]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUDGETS = {"version": 1.5, "note": 8.0}
PROGRAMS = {
    "pass": ("-c", "pass"),
    "version": ("-m", "incidentui", "--version"),
    "note": ("-m", "incidentui", "note", "measured"),
}


def measure(rounds: int) -> dict[str, list[float]]:
    """Seconds of each program; they take turns, so that a busy machine is as busy for all."""
    taken: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        project.mkdir()
        (project / "incidentui.toml").write_text('[project]\nname = "bench"\n', encoding="utf-8")
        env = {**os.environ, "INCIDENTUI_HOME": str(Path(folder, "home")), "INCIDENTUI_USER": "bench"}
        env.setdefault("PYTHONPATH", str(Path(__file__).parents[1]))
        for n in range(rounds + 1):
            for name, argv in PROGRAMS.items():
                began = time.perf_counter()
                subprocess.run([sys.executable, *argv], cwd=project, env=env, check=True, stdout=subprocess.DEVNULL)
                if n:  # the first round writes bytecode and makes the journal
                    taken[name].append(time.perf_counter() - began)
    return taken


def ratios(taken: dict[str, list[float]]) -> dict[str, float]:
    base = statistics.median(taken["pass"])
    return {name: statistics.median(taken[name]) / base for name in BUDGETS}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    taken = measure(options.rounds)
    found = ratios(taken)
    if options.json:
        print(json.dumps({"ratios": found, "seconds": taken}))
    else:
        for name, seconds in taken.items():
            ratio = f"  {found[name]:.2f} × pass, at most {BUDGETS[name]:g}" if name in found else ""
            print(f"{name:<8} {statistics.median(seconds) * 1000:7.1f} ms{ratio}")
    return 0 if all(found[name] <= most for name, most in BUDGETS.items()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
