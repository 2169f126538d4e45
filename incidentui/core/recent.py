"""What samples count: runs of looks and the sparkline's cells, per check. Not state: rebuilt from the samples."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from incidentui.core.model import BADNESS, CheckState, Ms
from incidentui.core.value import dataclass

CELL_MS = 30_000
LOOKS = 20
CELLS = 40
FLAP_LOOKS = 11
FLAP_CHANGES = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: its own verdict, before any threshold."""

    check: str
    at: Ms
    state: CheckState
    latency_ms: int | None = None
    status: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """The worst look of 30 seconds."""

    start: Ms
    state: CheckState
    latency_ms: int | None


@dataclass(frozen=True, slots=True)
class CheckRecent:
    looks: tuple[Sample, ...] = ()
    """The last 20, oldest first."""
    cells: tuple[Cell, ...] = ()
    """The last 40 half-minutes that have a look, oldest first."""

    def row(self, *states: CheckState) -> int:
        """How many of the newest looks in a row have one of these states."""
        n = 0
        for look in reversed(self.looks):
            if look.state not in states:
                break
            n += 1
        return n


Recent = Mapping[str, CheckRecent]
NOTHING: Recent = {}


def fresh_within(every_ms: Ms) -> Ms:
    """How old the newest look of a check may be to say anything about now."""
    return max(3 * every_ms, 300_000)


def flaps(recent: CheckRecent, every_ms: Ms) -> int:
    """How often the last looks went from good to bad or back; 0 while that is not often enough to be flapping.

    The thresholds of a check hide it: every second look may fail, and none of its states changes. A look that saw
    nothing is no change, and one from before a pause belongs to another story.
    """
    last = recent.looks[-FLAP_LOOKS:]
    if "failing" not in [look.state for look in last]:
        return 0  # asked for each check at each drawing: mostly there is nothing to count
    looks = [look for look in last if look.state != "unknown"]
    near = [look for look in looks if looks[-1].at - look.at <= 2 * FLAP_LOOKS * every_ms]
    changes = sum((a.state == "failing") != (b.state == "failing") for a, b in pairwise(near))
    return changes if changes >= FLAP_CHANGES else 0


def all_asked_since(recent: Recent, checks: Iterable[str], since: Ms) -> bool:
    """Whether each of these checks was looked at after that time."""
    last = [recent.get(name, CheckRecent()).looks[-1:] for name in checks]
    return all(looks and looks[0].at > since for looks in last)


def add(recent: Recent, sample: Sample) -> Recent:
    """`recent` with one more look."""
    old = recent.get(sample.check, CheckRecent())
    return {**recent, sample.check: CheckRecent((*old.looks, sample)[-LOOKS:], _cells(old.cells, sample))}


def _cells(cells: tuple[Cell, ...], sample: Sample) -> tuple[Cell, ...]:
    start = sample.at - sample.at % CELL_MS
    if cells and cells[-1].start == start:
        last = cells[-1]
        worse = BADNESS[sample.state] > BADNESS[last.state]
        # The first latency of a half-minute stands for it, so that a quiet screen stays still.
        latency = last.latency_ms if last.latency_ms is not None and not worse else sample.latency_ms
        return (*cells[:-1], Cell(start, sample.state if worse else last.state, latency))
    return (*cells, Cell(start, sample.state, sample.latency_ms))[-CELLS:]
