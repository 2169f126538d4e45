"""The journal against the disk under it, in one run: a durable append, a storm, windows of a long timeline, opening.

Run: .venv/bin/python -m bench.journal [--events 1000000]
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from incidentui.core.envelope import canonical
from incidentui.core.events import CheckChanged, Fact
from incidentui.core.model import Moment
from incidentui.core.state import State
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.schema import wal_is_safe
from incidentui.edge.store.sqlite import SqliteJournal, open_journal
from incidentui.session.ports import Appended, Row

DURABLE = 400
STORM_THREADS = 64
BATCH = 5_000


def fact(n: int) -> Fact:
    moment: Moment = "detail" if n % 20 else "key"
    event = CheckChanged("api-health", "api", "user", "ok", "failing", "503", looks=3, needed=3, status=503)
    return Fact(event, 1_767_322_800_000 + n * 1_000 - (n % 50 == 0) * 40_000, "check:api-health", "api", moment)


def timed(work: Callable[[], Any], times: int) -> float:
    """Median of so many runs, in microseconds."""
    took = []
    for _ in range(times):
        start = time.perf_counter_ns()
        work()
        took.append(time.perf_counter_ns() - start)
    return median(took) / 1000


def raw_appends(folder: Path) -> float:
    line = (canonical({"n": 1, "text": "x" * 140}) + "\n").encode()
    handle = os.open(folder / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def append() -> None:
        os.write(handle, line)
        os.fdatasync(handle)

    took = timed(append, DURABLE)
    os.close(handle)
    return took


def storm(journal: SqliteJournal) -> float:
    """Events per second when many threads append at once, each acknowledged before its next."""
    each = 40

    def append() -> None:
        for n in range(each):
            assert isinstance(journal.append([fact(n)]), Appended)

    threads = [threading.Thread(target=append) for _ in range(STORM_THREADS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return STORM_THREADS * each / (time.perf_counter() - start)


def filled(folder: Path, count: int) -> SqliteJournal:
    journal = open_journal(folder / f"journal-{count}.db", "bench", SystemClock())
    for start in range(0, count, BATCH):
        journal.append([fact(n) for n in range(start, min(count, start + BATCH))])
    journal.save_snapshot(State(seq=count - 100))
    return journal


def windows(journal: SqliteJournal) -> dict[str, float]:
    """One screen of rows, wherever it stands."""
    last = journal.last()
    middle = next(iter(journal.read(last // 10, last // 10 + 1)))
    key = Row(middle.at, middle.seq)
    asked: dict[str, dict[str, Any]] = {
        "the last 40": {"key_only": False},
        "40 key moments": {"key_only": True},
        "40 before a point": {"key_only": False, "before": key},
        "40 key after a point": {"key_only": True, "after": key},
        "a replay at one half": {"key_only": False, "until_seq": last // 2},
    }

    def rows(question: dict[str, Any]) -> Callable[[], object]:
        return lambda: journal.rows(limit=40, **question)

    return {name: timed(rows(question), 200) for name, question in asked.items()}


OPENING = """
import sys, time
start = time.perf_counter_ns()
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.schema import wal_is_safe
from incidentui.edge.store.sqlite import open_journal
imported = time.perf_counter_ns()
journal = open_journal(sys.argv[1], "bench", SystemClock())
state = journal.snapshot(journal.last())
list(journal.read(state.seq))
journal.rows()
print((imported - start) / 1000, (time.perf_counter_ns() - imported) / 1000)
"""


def opening(path: str) -> tuple[float, float]:
    """Import, and open + last snapshot + tail + first window, each in a process of its own."""
    runs = []
    for _ in range(7):
        done = subprocess.run([sys.executable, "-c", OPENING, path], capture_output=True, text=True, check=True)
        runs.append(tuple(float(x) for x in done.stdout.split()))
    return median(r[0] for r in runs), median(r[1] for r in runs)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    count = parser.parse_args().events
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        writes(Path(name))
        reads(Path(name), count)


def writes(folder: Path) -> None:
    journal = open_journal(folder / "journal.db", "bench", SystemClock())
    plain = plain_sqlite(folder)
    raws, bares, ours = [], [], []
    for _ in range(3):
        raws.append(raw_appends(folder))
        bares.append(timed(plain, DURABLE))
        ours.append(timed(lambda: journal.append([fact(1)]), DURABLE))
    raw, bare, one = median(raws), median(bares), median(ours)
    hundred = timed(lambda: journal.append([fact(n) for n in range(100)]), 40) / 100
    print(f"append + fdatasync       p50 {raw:7.0f} µs")
    print(f"one row in plain SQLite  p50 {bare:7.0f} µs   {bare / raw:.2f} x raw (the same journal mode)")
    print(f"one durable event        p50 {one:7.0f} µs   {one / raw:.2f} x raw, {one / bare:.2f} x plain SQLite")
    print(f"100 events at once       p50 {hundred:7.0f} µs each   {one / hundred:.1f} x the rate of one")
    rate = storm(journal)
    print(f"{STORM_THREADS} threads at once   {rate:13.0f} /s   {rate * one / 1e6:.1f} x the rate of one")
    journal.close()


def plain_sqlite(folder: Path) -> Callable[[], object]:
    conn = sqlite3.connect(folder / "plain.db", isolation_level=None)
    conn.execute(f"PRAGMA journal_mode = {'WAL' if wal_is_safe() else 'TRUNCATE'}")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, data TEXT)")

    def insert() -> None:
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("INSERT INTO events (data) VALUES (?)", ("x" * 170,))
        conn.execute("COMMIT")

    return insert


def reads(folder: Path, count: int) -> None:
    short, long = filled(folder, 1_000), filled(folder, count)
    few, many = windows(short), windows(long)
    for what in few:
        ratio = many[what] / few[what]
        print(f"{what:<24} {few[what]:5.0f} µs of 1,000, {many[what]:5.0f} µs of {count:,}   {ratio:.2f} x")
    for journal in (short, long):
        journal.close()
    (imported, little), (_, much) = opening(short.path), opening(long.path)
    print(
        f"import {imported / 1000:.0f} ms; open + snapshot + tail {little:.0f}, {much:.0f} µs   {much / little:.2f} x"
    )


if __name__ == "__main__":
    main()
