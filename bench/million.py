"""A journal of a million events, as a long outage leaves it, and the time from a key to its paint on it.

The journal is a copy of a real one with an open incident; its events go in through the journal's own append.
"""

import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from bench.journal import BATCH
from bench.pty_harness import Terminal
from bench.sandboxes import Project
from incidentui.config.paths import journal_path
from incidentui.core.events import CheckChanged, Fact
from incidentui.core.model import CheckState, Ms
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import SqliteJournal, open_journal
from incidentui.session.turn import state_at

UP, DOWN, PAGE_UP, PAGE_DOWN, HOME, END = b"\x1b[A", b"\x1b[B", b"\x1b[5~", b"\x1b[6~", b"\x1b[H", b"\x1b[F"
KEYS = (*[UP] * 6, *[PAGE_UP] * 6, *[DOWN] * 3, HOME, *[DOWN] * 6, *[PAGE_DOWN] * 6, *[UP] * 3, END)
"""One round: near the end, to the beginning, and back."""
GAP_S = 0.02
PEER = [sys.executable, "-m", "bench.programs", "bare_list"]


def fill(project: Project, count: int) -> None:
    """Grows the project's journal to `count` events, all of them in the window of the open incident."""
    os.environ.update(project.env)
    journal = open_journal(journal_path(project.folder), "", SystemClock())
    try:
        last = journal.last()
        start = next(iter(journal.read(last - 1))).at
        step = (SystemClock().now() - start) / count
        for first in range(last, count, BATCH * 4):
            journal.append([_fact(n, start + int(n * step)) for n in range(first, min(count, first + BATCH * 4))])
        _save_state(journal, last)
    finally:
        journal.close()


def _fact(n: int, at: Ms) -> Fact:
    was: CheckState = "ok" if n % 2 else "failing"
    now: CheckState = "failing" if n % 2 else "ok"
    event = CheckChanged(f"probe-{n % 7}", "bookings", "user", was, now, f"look {n}", looks=3, needed=3, status=503)
    return Fact(event, at, f"check:probe-{n % 7}", "bookings", "key")


def _save_state(journal: SqliteJournal, known: int) -> None:
    """The state that a session would have saved on its way; the events above change nothing that it shows."""
    journal.save_snapshot(replace(state_at(journal, known), seq=journal.last(), events=journal.last()))


def keys(project: Project, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from a key to its last byte: ours on the journal, and the bare list of as many rows."""
    argv = [sys.executable, "-m", "incidentui", str(project.folder)]
    ours: list[float] = []
    peer: list[float] = []
    with Terminal(argv, env=project.env) as mine, Terminal(PEER) as bare:
        mine.until("journal ok")
        bare.until("looks")
        for terminal in (mine, bare):
            terminal.settle(0.5, 4.0)
        bare.key(END, 0.1)
        for n in range(rounds):
            for at, key in enumerate(KEYS):
                for terminal, into in ((mine, ours), (bare, peer)):
                    time.sleep(0.013 + ((n + at) * 7 % 11) / 1000)
                    _drain(terminal)
                    into.append(terminal.key(key, GAP_S)[0])
    return ours, peer


def _drain(terminal: Terminal) -> None:
    """What came by itself (the clock, a look) is no answer to a key."""
    while terminal.read(0):
        pass


def by_key(times: Sequence[float]) -> dict[str, float]:
    """The median of each kind of key."""
    names = {UP: "up", DOWN: "down", PAGE_UP: "page up", PAGE_DOWN: "page down", HOME: "home", END: "end"}
    found: dict[str, list[float]] = {}
    for n, value in enumerate(times):
        found.setdefault(names[KEYS[n % len(KEYS)]], []).append(value)
    return {name: statistics.median(values) for name, values in found.items()}
