"""Parses every Markdown file below a folder with the runbook parser and counts what came of it.

    python bench/corpora.py DIR

A runbook collection of a team goes in, numbers come out: files that broke the parser are named. Exit 1 if one did.
"""

import sys
import time
from collections import Counter
from pathlib import Path

from incidentui.runbook.model import Runbook
from incidentui.runbook.parse import parse

SLOW_S = 0.5


def main(folder: Path) -> int:
    counts: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    for file in sorted(p for p in folder.rglob("*.md") if p.is_file()):
        start = time.perf_counter()
        try:
            runbook = parse(file.read_text("utf-8", errors="replace"), str(file.relative_to(folder)))
        except Exception as error:  # the parser promises never to raise: count every way it breaks that
            counts["exceptions"] += 1
            print(f"{file}: {type(error).__name__}: {error}")
            continue
        counts["slow"] += time.perf_counter() - start > SLOW_S
        counts += count(runbook)
        problems.update(f"{p.level}: {p.text}" for p in runbook.problems)
    for name in ("files", "with steps", "steps", "manual", "runnable", "actions", "phases", "problems", "slow"):
        print(f"{name:<12} {counts[name]:>7}")
    print(f"{'exceptions':<12} {counts['exceptions']:>7}")
    for text, times in problems.most_common(10):
        print(f"  {times:>5} × {text}")
    return 1 if counts["exceptions"] else 0


def count(runbook: Runbook) -> Counter[str]:
    return Counter(
        {
            "files": 1,
            "with steps": int(bool(runbook.steps)),
            "steps": len(runbook.steps),
            "manual": sum(step.manual for step in runbook.steps),
            "runnable": sum(command.runnable for step in runbook.steps for command in step.commands),
            "actions": sum(step.action is not None for step in runbook.steps),
            "phases": len(runbook.phases),
            "problems": len(runbook.problems),
        }
    )


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python bench/corpora.py DIR")
    sys.exit(main(Path(sys.argv[1])))
