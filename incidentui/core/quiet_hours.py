"""Hours of the day in which something may be tried: "22:00-06:00", in the time of the machine that asks. Pure."""

import re

ANY = "any"
_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)")


def within(hours: str, minute: int) -> bool | None:
    """Whether a minute of the day (0 to 1439) lies in them, or they are "any"; None: these are no hours."""
    if hours.strip() == ANY:
        return True
    found = _HOURS.fullmatch(hours.strip())
    if found is None:
        return None
    first, last = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
    return first <= minute < last if first <= last else minute >= first or minute < last
