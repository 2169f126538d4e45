"""A number that a look saw, in the words of its sample: it stands first, so that the record tells it again later.

No column of its own: what was said once is kept, exported, erased and repaired with the sample that says it.
"""

import math
import re
from collections.abc import Iterable

from incidentui.core.format import duration
from incidentui.core.model import CheckState, Ms
from incidentui.core.value import dataclass

ENOUGH = 5
"""Looks that make a baseline."""
MOST = 20_000
"""Looks that are remembered of one check."""
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Past:
    """One look of before."""

    at: Ms
    state: CheckState
    number: float


def number(text: str) -> float | None:
    """None when it is no number."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    found = float(text)
    return found if math.isfinite(found) else None


def written(found: float) -> str:
    """Reads back as the same number."""
    return str(int(found)) if found.is_integer() and abs(found) < 1e15 else repr(found)


def first_number(why: str) -> float | None:
    """What `written` put first: alone, or before a comma."""
    return number(why.partition(",")[0])


def baseline(past: Iterable[Past], span: Ms) -> tuple[float | None, int]:
    """The middle number of the good looks up to the last good one; None while there are too few. And how many.

    Not of the last hours: a fall that lasts would become what is usual. `unknown` is a look that had no baseline yet.
    """
    good = [one for one in past if one.state in ("ok", "slow", "unknown")]
    newest = max((one.at for one in good), default=0)
    numbers = [one.number for one in good if one.at > newest - span]
    return (sorted(numbers)[len(numbers) // 2] if len(numbers) >= ENOUGH else None), len(numbers)


def off(found: float, usual: float) -> float:
    """By which share of its baseline it is off: -0.7 is a fall by 70 %."""
    return (found - usual) / abs(usual) if usual else math.copysign(math.inf, found) if found else 0.0


def percent(share: float) -> str:
    return f"{share:.0%} " if math.isfinite(share) else ""


def too_few(seen: int, span: Ms) -> str:
    return f"no baseline yet: {seen} of {ENOUGH} looks of {duration(span)}"
