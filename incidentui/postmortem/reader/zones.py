"""Names of zones in documents. What can mean several is read one way, and that is said."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

_MINUTES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 60, "WEST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180,
    "MSK": 180, "TRT": 180, "IST": 330, "SGT": 480, "HKT": 480, "AWST": 480, "JST": 540, "KST": 540, "AEST": 600,
    "AEDT": 660, "NZST": 720, "NZDT": 780, "BRT": -180, "EDT": -240, "EST": -300, "CDT": -300, "CST": -360,
    "MDT": -360, "MST": -420, "PDT": -420, "PST": -480,
}  # fmt: skip
_PLACES = {
    "PT": "America/Los_Angeles",
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PACIFIC": "America/Los_Angeles",
    "EASTERN": "America/New_York",
}
AMBIGUOUS = {
    "IST": "India (+05:30)",
    "CST": "US Central (-06:00)",
    "BST": "British Summer Time (+01:00)",
    "CT": "US Central",
    "MST": "US Mountain (-07:00)",
}
_NAMES = "|".join(sorted((*_MINUTES, "PT", "ET"), key=len, reverse=True))
ZONE = rf"(?:(?:UTC|GMT)\s?[+-]\d{{1,2}}(?::?\d\d)?(?!\d)|(?:{_NAMES})(?![A-Za-z]))"
_LONE = re.compile(rf"(?<![A-Za-z])({ZONE}|(?:[A-Z][a-z]+/[A-Z][A-Za-z_]+)|Pacific|Eastern)(?![A-Za-z])")
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+-])(\d{1,2}):?(\d\d)?$")


class Zone(NamedTuple):
    name: str
    tz: tzinfo

    def ms(self, local: datetime) -> int:
        at = local.replace(tzinfo=self.tz)
        return (at - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)  # noqa: UP017


UTC = Zone("UTC", timezone.utc)  # noqa: UP017


def zone(name: str) -> Zone | None:
    """None: nobody here knows it."""
    name = name.strip().strip("()")
    upper = name.upper()
    if upper in _MINUTES:
        return Zone(upper, timezone(timedelta(minutes=_MINUTES[upper])))
    if found := _OFFSET.fullmatch(upper):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        if minutes > 14 * 60:
            return None
        return Zone(name, timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes)))
    try:
        return Zone(name, ZoneInfo(_PLACES.get(upper, name)))
    except (ValueError, KeyError, OSError):  # an unknown name, or a machine without the table of zones
        return None


def named(text: str) -> Zone | None:
    """The first zone that a sentence names: "All times in PST", "Time (UTC)"."""
    for found in _LONE.finditer(text[:300]):
        if (known := zone(found[1])) is not None:
            return known
    return None


_ABOUT_A_ZONE = re.compile(
    r"(?:all|are|as|at|and|approx\w*|dates?|daylight|events?|in|is|listed|local|of|shown|standard|the|times?|timezone|zone"
    r"|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)",
    re.IGNORECASE,
)


def stated(heading: str) -> Zone | None:
    """The zone that stands at a heading: "(PST)", "- all times Eastern". "Of the Pacific outage" names none."""
    for part in [*re.findall(r"[(\[]([^)\]]{1,80})", heading[:300]), heading[:300]]:
        found = _LONE.search(part)
        others = re.findall(r"[^\W\d_]{2,}", part[: found.start()] + part[found.end() :]) if found else ()
        if found and all(_ABOUT_A_ZONE.fullmatch(word) for word in others):
            return zone(found[1])
    return None
