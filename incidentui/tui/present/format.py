"""Times of the day and coarse durations for the screen; the rest of the numbers is `core.format`."""

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

from incidentui.core.model import Ms


def _at(ms: Ms, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(zone)


@lru_cache(maxsize=4096)
def hms(ms: Ms, zone: tzinfo | None) -> str:
    """`09:04:58`"""
    return _at(ms, zone).strftime("%H:%M:%S")


def hm(ms: Ms, zone: tzinfo | None) -> str:
    """`09:04`"""
    return hms(ms, zone)[:5]


@lru_cache(maxsize=4096)
def day(ms: Ms, zone: tzinfo | None) -> date:
    return _at(ms, zone).date()


def day_words(ms: Ms, zone: tzinfo | None) -> str:
    """`Sat 22 Nov 2026`"""
    return _at(ms, zone).strftime("%a %d %b %Y")


def coarse(ms: Ms) -> str:
    """How long something has been good: one part, two from a day on. Still while nothing happens."""
    m = max(0, ms) // 60_000
    if m < 60:
        return f"{m}m" if m else "<1m"
    h = m // 60
    return f"{h}h" if h < 24 else f"{h // 24}d {h % 24:02d}h"


def parse_when(text: str, now: Ms, zone: tzinfo | None) -> Ms | None:
    """`09:12` or `09:12:30`: the last time the clock showed that. None when it is no time."""
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(p.isdigit() and len(p) <= 2 for p in parts):
        return None
    h, m, s = (*(int(p) for p in parts), 0)[:3]
    if h > 23 or m > 59 or s > 59:
        return None
    today = _at(now, zone).replace(hour=h, minute=m, second=s, microsecond=0)
    at = int(today.timestamp() * 1000)
    return at if at <= now else at - 86_400_000
