"""Clocks that jump: the order is by sequence, no duration is negative, the record says that the clock moved."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from incidentui.core.events import ClockMoved
from incidentui.core.words import row
from incidentui.edge.clock import SystemClock
from incidentui.session.live import LiveSession
from tests import parts
from tests.faults.journal.conftest import Run, file_of, notes, ok
from tests.session.test_live import until
from tests.session.worlds import Said, session


class Moving:
    """The real clock, and a wall clock that somebody sets."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self.boot = self._real.boot
        self.ahead = 0

    def now(self) -> int:
        return self._real.now() + self.ahead

    def mono(self) -> int:
        return self._real.mono()


@pytest.mark.req("F25")
@pytest.mark.parametrize("by", [-3_600_000, 3_600_000, 6_000, -(2**40)])
def test_a_moved_clock_is_said_once(tmp_path: Path, by: int) -> None:
    clock = Moving()
    live = LiveSession(replace(session(tmp_path, Said()).parts, clock=clock))
    live.start()
    until(lambda: live.view.observing, "it observes")
    clock.ahead = by
    journal = live.parts.journal

    def said() -> list[Any]:
        return [r for r in journal.read() if isinstance(r.event, ClockMoved)]

    until(lambda: bool(said()), "it is said")
    clock.ahead += 3_000  # what a time server may do
    live.look_now()
    live.stop()
    (moved,) = said()
    assert abs(moved.event.by_ms - by) < 2_000
    assert "the clock moved" in row(moved).text
    journal.close()


def negatives(value: object, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [n for k, v in value.items() if k != "by_ms" for n in negatives(v, f"{path}.{k}")]
    if isinstance(value, list):
        return [n for k, v in enumerate(value) for n in negatives(v, f"{path}[{k}]")]
    return [path] if isinstance(value, int | float) and value < 0 else []


@pytest.mark.parametrize(
    "shifts",
    [
        ("-1h", "+1h", "-2h"),
        pytest.param(("1970-01-01 00:00:10", "2038-01-20 00:00:00", "2026-02-01 00:00:00"), marks=pytest.mark.slow),
        pytest.param(("2026-10-25 00:59:50", "2026-10-25 01:00:10", "2026-03-29 01:00:10"), marks=pytest.mark.slow),
    ],
    ids=["an hour", "epoch", "DST"],
)
def test_order_is_by_sequence_whatever_the_clock_says(run: Run, home: Path, shifts: tuple[str, ...]) -> None:
    parts.need("faketime")
    zones = ("UTC", "Europe/Berlin", "Pacific/Auckland")
    ok(run("open", "API down", before=("faketime", "-f", _form(shifts[1]))))
    for n, (shift, zone) in enumerate(zip(shifts * 2, zones * 2, strict=True)):
        ok(run("note", f"n{n}", before=("env", f"TZ={zone}", "faketime", "-f", _form(shift))))
    ok(run("close", "--reason", "clock test", before=("faketime", "-f", _form(shifts[0]))))
    assert notes(file_of(home)) == [f"n{n}" for n in range(6)]
    seen = [json.loads(line) for line in ok(run("events")).splitlines()]
    assert [e["sequence"] for e in seen] == list(range(1, len(seen) + 1))
    for argv in (("show", "INC-1", "--json"), ("incidents", "--json"), ("export", "INC-1", "--format", "json")):
        told = json.loads(ok(run(*argv)))
        assert negatives(told) == [], argv
    assert "−" not in ok(run("show", "INC-1"))
    assert "whole" in ok(run("journal", "verify"))
    conn = sqlite3.connect(file_of(home))
    assert conn.execute("SELECT count(*) FROM events").fetchone()[0] == len(seen)
    conn.close()


def _form(shift: str) -> str:
    return shift if shift[0] in "+-" else f"@{shift}"
