"""Git: 50 commits with counts against GitPython, and a look at a clone where nothing changed against `git --version`.

Both sides in one run, alternating, median of 7; prints one line per figure: ours, theirs, ratio, budget.
"""

import asyncio
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from incidentui.edge.git.history import log
from incidentui.edge.git.place import layout
from incidentui.edge.git.source import fingerprint

RUNS = 7
COMMITS = 300
HISTORY_BUDGET = 0.13
QUIET_BUDGET = 0.02


def build(top: Path) -> None:
    """A history with files of changing sizes, by fast-import: the repository is not what is measured."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(top)], check=True)
    stream = []
    for n in range(COMMITS):
        stream.append(f"commit refs/heads/main\ncommitter a <a@x> {1_700_000_000 + n} +0000\ndata 6\nwork {n % 10}\n")
        for name in range(n % 5 + 1):
            body = "".join(f"{n} {line}\n" for line in range(n % 40 + 5))
            stream.append(f"M 100644 inline src/{(n + name) % 60}.txt\ndata {len(body)}\n{body}\n")
    subprocess.run(["git", "-C", str(top), "fast-import", "--quiet"], input="".join(stream).encode(), check=True)
    subprocess.run(["git", "-C", str(top), "reset", "-q", "--hard"], check=True)


def seconds(what: Callable[[], object], times: int = 1) -> float:
    begin = time.perf_counter()
    for _ in range(times):
        what()
    return (time.perf_counter() - begin) / times


def ratio(name: str, ours: Callable[[], object], theirs: Callable[[], object], times: int, budget: float) -> bool:
    pairs = [(seconds(ours, times), seconds(theirs)) for _ in range(RUNS)]
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    good = bool(mine / other <= budget)
    print(
        f"{name}: {mine * 1000:.3f} ms / {other * 1000:.3f} ms = {mine / other:.4f} "
        f"(budget {budget}) {'ok' if good else 'OVER'}"
    )
    return good


def main() -> int:
    import git

    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        top = Path(folder)
        build(top)
        where = runner.run(layout(top))
        repo = git.Repo(top)

        def theirs() -> None:
            for commit in repo.iter_commits(max_count=50):
                assert commit.stats.total["files"]

        good = ratio(
            "50 commits with counts / GitPython", lambda: runner.run(log(where, ["HEAD"])), theirs, 1, HISTORY_BUDGET
        )
        version = ["git", "--version"]
        quiet = ratio(
            "nothing changed / git --version",
            lambda: fingerprint(where, "main"),
            lambda: subprocess.run(version, check=True, capture_output=True),
            100,
            QUIET_BUDGET,
        )
        repo.close()
    return 0 if good and quiet else 1


if __name__ == "__main__":
    raise SystemExit(main())
