"""Times as a person types them: 09:12, 09:12:30, 2026-03-01T09:12Z, -5m."""

import re
from datetime import UTC, datetime, timedelta

from incidentui.cli.options import CannotRun

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_AGO = re.compile(r"-((?:\d+[dhms])+)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse_time(text: str, now: int, option: str) -> int:
    """Milliseconds UTC of a past time. A clock time is the last time the clock here showed it."""
    at = _parse(text.strip(), now)
    if at is None:
        raise CannotRun(f"{option} {text!r} is no time. Write 09:12, 09:12:30, 2026-03-01T09:12 or -5m.")
    if at > now:
        raise CannotRun(f"{option} {text!r} lies in the future.")
    return at


def _parse(text: str, now: int) -> int | None:
    if ago := _AGO.fullmatch(text):
        return now - sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)([dhms])", ago[1]))
    try:
        if clock := _CLOCK.fullmatch(text):
            return _last_time(int(clock[1]), int(clock[2]), int(clock[3] or 0), now)
        return _ms(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _last_time(hour: int, minute: int, second: int, now: int) -> int:
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone().replace(tzinfo=None)
    asked = today.replace(hour=hour, minute=minute, second=second, microsecond=0)
    return _ms(asked if asked <= today else asked - timedelta(days=1))


def _ms(moment: datetime) -> int:
    """A time without a zone is meant here."""
    return int(moment.astimezone(UTC).timestamp() * 1000)
