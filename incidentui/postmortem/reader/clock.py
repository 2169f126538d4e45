"""The time at the head of a line. A small grammar of its own: general date parsers read "16:00-17:00" as an offset and
"14.43" as a day. What it does not know stays words.
"""

import re
from datetime import date
from typing import NamedTuple

from incidentui.postmortem.reader.zones import ZONE

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_DATES = tuple(
    re.compile(_DAY + pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)",
        r"(?:(?P<y>\d{4})年)?(?P<m>\d{1,2})月(?P<d>\d{1,2})日",
        rf"(?P<mon>{_MONTH})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:\d)(?:,?\s+(?P<y>\d{{4}})(?!\d|:\d))?",
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<mon>{_MONTH})\.?,?(?![a-z])(?:\s+(?P<y>\d{{4}})(?!\d|:\d))?",
        r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4})(?!\d)",
        r"(?P<m>\d{2})[-/](?P<d>\d{2})(?=\s+\d{1,2}:\d\d)",
    )
)
_TIME = re.compile(
    r"(?:(?P<h>\d{1,2}):(?P<mi>\d[\dx])(?::(?P<s>\d\d)(?:[.,]\d{1,9})?)?(?!\d)\s?(?P<ap>[ap]\.?\s?m\b\.?)?"
    r"|(?P<h2>\d{1,2})\s?(?P<ap2>[ap]\.?m\b\.?)"
    r"|(?P<h3>\d{2})[.h](?P<mi3>\d\d)(?![\d.%]))",
    re.IGNORECASE,
)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?\s?(Z|[+-]\d\d:?\d\d)?")
_ABOUT = re.compile(
    r"(?:~|≈|c\.\s?a\.?|ca\.?\s|circa\s|around\s|about\s|approx\w*\.?\s|roughly\s|from\s|at\s|約)\s*", re.IGNORECASE
)
_SLACK = re.compile(
    r"\s*(?:\+(?!\d)|頃|ごろ|ish\b|以降|前後|x\b|\(\s?approx\w*\.?\s?\)|\(推定\)|\(概算\))", re.IGNORECASE
)
_DASH = re.compile(r"\s*(?:-{1,2}>?|–|—|→|〜|～|~|to\b|until\b|till\b)\s*", re.IGNORECASE)
_ZONE = re.compile(rf"\s*[(\[]?\s?({ZONE})\s?[)\]]?")
_GAP = re.compile(r",?\s*(?:on\s+)?(?=[A-Z0-9])")
_IN_BRACKETS = re.compile(r"\s*\(([^)]{3,24})\)")
_HEAD = re.compile(r"(?:[*_`~\[(<\s>]|[^\w\s|])*")
_AFTER = re.compile(r"[\])`*_\s]*(?:[-–—:|,>・]+(?=\s|$|[^\d\s]))?[\])*_\s]*")
_RELATIVE = re.compile(r"T\s?[+-]\s?\d{1,4}(?::\d\d)*\s?(?:[dhms]|min\w*|sec\w*|hours?|days?)?(?![\w])", re.IGNORECASE)


LAST_YEAR = 9_000
"""A zone or a night must not lead out of the calendar."""


class Day(NamedTuple):
    year: int | None
    month: int
    day: int
    either: bool = False
    """Month and day may be the other way round: nobody can tell from the number alone."""

    def of(self, year: int | None) -> date | None:
        """None for what is no date, or none of any incident: before 1970, or at the end of the calendar."""
        try:
            known = date(self.year or year or 0, self.month, self.day)
        except ValueError:
            return None
        return known if 1970 <= known.year < LAST_YEAR else None

    @property
    def turned(self) -> "Day":
        return Day(self.year, self.day, self.month)


class Clock(NamedTuple):
    hour: int
    minute: int
    second: int | None = None
    about: bool = False


class When(NamedTuple):
    """What the head of a line says of its time."""

    said: str
    rest: str
    """The line after it."""
    day: Day | None = None
    clock: Clock | None = None
    zone: str = ""
    end_day: Day | None = None
    end: Clock | None = None
    relative: bool = False
    wrong: str = ""
    """Why what looks like a time is none."""


def read(text: str) -> When | None:
    """None when the line begins with no time."""
    head = _HEAD.match(text)
    start = head.end() if head else 0
    if head and "~" in head[0]:
        start = head.start() + head[0].rindex("~")
    return _At(text, start).when()


def day_at(text: str, at: int = 0) -> tuple[Day, int] | None:
    for pattern in _DATES:
        if found := pattern.match(text, at):
            parts = found.groupdict()
            year = int(parts["y"]) if parts.get("y") else None
            if parts.get("a"):
                return _numbers(int(parts["a"]), int(parts["b"]), year), found.end()
            month = _MONTHS.index(parts["mon"][:3].lower()) + 1 if parts.get("mon") else int(parts["m"])
            return Day(year, month, int(parts["d"])), found.end()
    return None


def _numbers(a: int, b: int, year: int | None) -> Day:
    """Day first, unless that cannot be."""
    if b > 12:
        return Day(year, a, b)
    return Day(year, b, a, either=a <= 12 and a != b)


_ANY_DATE = re.compile(
    rf"\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{4}}年|\b{_MONTH}\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}\b|\b\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}",
    re.IGNORECASE,
)


def day_in(text: str) -> Day | None:
    """The first date anywhere in a sentence."""
    for found in _ANY_DATE.finditer(text[:500]):
        if known := day_at(text, found.start()):
            return known[0]
    return None


class _At:
    """Reads on from a place in a line."""

    def __init__(self, text: str, at: int) -> None:
        self.text, self.start, self.at = text[:400], at, at
        self.tail = text[400:]

    def take(self, pattern: "re.Pattern[str]") -> "re.Match[str] | None":
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def when(self) -> When | None:
        if found := self.take(_RELATIVE):
            return self._done(relative=True)
        if found := self.take(_ISO):
            return self._iso(found)
        about = bool(self.take(_ABOUT)) and self.text[self.start : self.at].strip().lower() not in ("from", "at")
        day = self._day()
        clock = self._clock(about, after_day=day is not None)
        if day is None and clock is None:
            return None
        if isinstance(clock, str):
            return self._done(day=day, wrong=clock)
        zone = self._zone(clock)
        if day is None and (known := self._bracket_day()) is not None:
            day = known
        end_day, end, zone = self._end(clock, zone)
        if clock is not None and self.take(_SLACK):
            clock = clock._replace(about=True)
        return self._done(day=day, clock=clock, zone=zone, end_day=end_day, end=end)

    def _iso(self, found: "re.Match[str]") -> When | None:
        y, m, d, h, mi, s, zone = found.groups()
        clock = Clock(int(h), int(mi), int(s) if s else None)
        return self._done(day=Day(int(y), int(m), int(d)), clock=clock, zone="UTC" if zone == "Z" else zone or "")

    def _day(self) -> Day | None:
        found = day_at(self.text, self.at)
        if found is None:
            return None
        self.at = found[1]
        return found[0]

    def _clock(self, about: bool, after_day: bool = False) -> Clock | str | None:
        begin = self.at
        if after_day:
            self.take(re.compile(r"\s*(?:[,@|]|at\b|-(?=\s))?\s*"))
        about = bool(self.take(_ABOUT)) or about
        found = self.take(_TIME)
        if found is None:
            self.at = begin
            return None
        parts = found.groupdict()
        hour, minute = int(parts["h"] or parts["h2"] or parts["h3"]), parts["mi"] or parts["mi3"] or "00"
        about = about or "x" in minute.lower() or bool(self.take(_SLACK))
        number, second = int(minute.lower().replace("x", "0")), int(parts["s"]) if parts["s"] else None
        half = (parts["ap"] or parts["ap2"] or "").lower()[:1]
        if half and hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
        if hour > 23 or number > 59 or (second or 0) > 59:
            return f"{found[0].strip()} is no time of day"
        return Clock(hour, number, second, about)

    def _zone(self, clock: Clock | None) -> str:
        if clock is None:
            return ""
        found = self.take(_ZONE)
        return found[1] if found else ""

    def _bracket_day(self) -> Day | None:
        """A date after the time: "22:30 UTC (Oct 29)", "12:45 PM PST Saturday Oct 30th"."""
        found = _IN_BRACKETS.match(self.text, self.at)
        if found is not None and (known := day_at(found[1])) is not None:
            self.at = found.end()
            return known[0]
        gap = _GAP.match(self.text, self.at)
        if gap is not None and (known := day_at(self.text, gap.end())) is not None:
            self.at = known[1]
            return known[0]
        return None

    def _end(self, clock: Clock | None, zone: str) -> tuple[Day | None, Clock | None, str]:
        begin = self.at
        if not self.take(_DASH):
            return None, None, zone
        about = bool(self.take(_ABOUT))
        day = self._day()
        end = self._clock(about, after_day=day is not None) if clock is not None or day is None else None
        if isinstance(end, str) or (day is None and end is None) or (clock is None and end is not None):
            self.at = begin
            return None, None, zone
        return day, end, self._zone(end) or zone

    def _done(
        self,
        *,
        day: Day | None = None,
        clock: Clock | None = None,
        zone: str = "",
        end_day: Day | None = None,
        end: Clock | None = None,
        relative: bool = False,
        wrong: str = "",
    ) -> When:
        said = self.text[self.start : self.at].strip(" :-–—|,")
        after = _AFTER.match(self.text, self.at)
        rest = self.text[after.end() if after else self.at :] + self.tail
        return When(said, rest.strip(), day, clock, zone, end_day, end, relative, wrong)
