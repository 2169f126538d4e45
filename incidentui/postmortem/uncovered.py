"""What came to light, one behind another: inner checks by their first red, and which attempt each was good after.

Facts of the record, no causes: which of them was one, and since when it had been so, people say.
"""

from collections.abc import Sequence

from incidentui.core import events as e
from incidentui.core.format import duration
from incidentui.core.model import Attempt, Ms
from incidentui.core.score_layers import peeled
from incidentui.core.value import dataclass
from incidentui.postmortem.markdown import stamp, table, text

FEWEST = 2
"""One alone is no row of causes."""
_GOOD = ("ok", "slow")


@dataclass(frozen=True, slots=True)
class Uncovered:
    check: str
    service: str
    at: Ms
    said: str
    lost: Ms | None
    """Until the next one came to light; of the last, until it was good for good. None: it is red still."""
    good: Ms | None
    """When it was good for the first time after that."""
    by: str
    """The run of the attempt under way then, or the last before; empty: there was none."""


def uncovered(records: Sequence[e.Recorded], attempts: Sequence[Attempt]) -> tuple[Uncovered, ...]:
    """Of one window, in the order in which they turned red first."""
    turned = [(r.at, r.event) for r in records if isinstance(r.event, e.CheckChanged) and r.event.layer == "inner"]
    names = list(dict.fromkeys(event.check for _, event in turned if event.now == "failing"))
    found = []
    for one in peeled(records, names):
        mine = [(at, event) for at, event in turned if event.check == one.check]
        red = next(event for _, event in mine if event.now == "failing")
        at = one.seen or 0
        good = next((when for when, event in mine if when > at and event.now in _GOOD), None)
        by = max((a for a in attempts if good is not None and a.asked <= good), key=lambda a: a.asked, default=None)
        late = by is not None and by.asked < at
        found.append(
            Uncovered(one.check, red.service, at, red.why, one.lost, good, "" if by is None or late else by.run)
        )
    return tuple(found) if len(found) >= FEWEST else ()


def lines(found: Sequence[Uncovered], attempts: Sequence[Attempt]) -> list[str]:
    numbers = {a.run: a.number for a in attempts}
    rows = [
        (
            str(n),
            stamp(one.at),
            text(f"{one.service}: {one.check}"),
            text(one.said),
            "red still" if one.lost is None else duration(one.lost),
            "never" if one.good is None else stamp(one.good),
            f"attempt {numbers[one.by]}" if numbers.get(one.by) else "",
        )
        for n, one in enumerate(found, 1)
    ]
    if not rows:
        return []
    said = "What came to light, in this order; which of it was a cause, and since when it had been so, nobody said:"
    return [
        said,
        "",
        *table(("", "First red", "Inner check", "It said", "Until the next", "Good again", "After"), rows),
    ]
