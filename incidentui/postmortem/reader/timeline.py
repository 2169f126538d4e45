"""The rows of a document's timeline as entries: the day and zone that each is read in."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from incidentui.core.imported import Precision
from incidentui.core.model import Ms
from incidentui.postmortem.reader import clock
from incidentui.postmortem.reader.clock import Clock, Day, When
from incidentui.postmortem.reader.lines import Block, plain
from incidentui.postmortem.reader.rows import ABOUT_TIMES, Row, is_timeline, rows_of, zone_at
from incidentui.postmortem.reader.said import Entry, Unread
from incidentui.postmortem.reader.zones import AMBIGUOUS, UTC, Zone, named, zone

_TRIGGER = re.compile(r"trigger(ed by)?\s*:|trigger\b\s*[-–—]|発生\s*[:：—]", re.IGNORECASE)
_RECOVERY = re.compile(
    r"\b(revert(ed|ing|s)?|roll(ed|ing|s)?[ -]?back|rollback|force[- ]?(reset|push)|reset to|restor(ed|ing))\b",
    re.IGNORECASE,
)
_COMMIT = re.compile(r"(?<![\w/-])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}(?![\w-])")
_LATE_MS = 12 * 3_600_000
_ALL_ABOUT = re.compile(r"\btimes?\b.{0,20}\bapproximat|概算", re.IGNORECASE)


NO_DATE = "the document names none"


class Context(NamedTuple):
    """What the document says of its own times."""

    day: date | None
    zone: Zone
    zone_said: bool
    month_first: bool | None = None
    """Of dates like 04/03: None when nobody can tell."""
    now: Ms = 2**62
    undated: str = ""
    """Why its date is not known, when it names one."""


class Read(NamedTuple):
    entries: tuple[Entry, ...]
    unread: tuple[Unread, ...]
    zone: str
    zone_said: bool
    disorder: tuple[int, ...] = ()
    """Lines of entries that are earlier than the one before."""


def commits_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_COMMIT.findall(text)))[:10]


def is_recovery(text: str) -> bool:
    return bool(_RECOVERY.search(text))


def is_trigger(text: str) -> bool:
    """Its text, or a label that stands under it."""
    return any(_TRIGGER.match(part.lstrip("*_ ")) for part in text.split(" · "))


def timeline(found: Sequence[Block], context: Context) -> Read:
    rows = rows_of(found)
    return _Days(context).read(found, rows)


class _Days:
    """Carries the day from row to row."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.day = context.day
        self.zone = context.zone
        self.said = context.zone_said
        self.whole = context.zone_said
        self.about = False
        """All times are said to be approximate."""
        """Whether the zone holds for all of it; else that of an entry holds until another names one."""
        self.last: Ms | None = None
        self.place: tuple[str, ...] = ()
        """Where the last one stood: two lists need not go on from each other."""
        self.unread: list[Unread] = []
        self.disorder: list[int] = []
        self.used: dict[str, None] = {}

    def read(self, found: Sequence[Block], rows: Sequence[Row]) -> Read:
        by_line: dict[int, list[Row]] = {}
        for row in rows:
            by_line.setdefault(row.block.line, []).append(row)
        first = min(by_line, default=0)
        entries: list[Entry] = []
        for block in _in_order(found, by_line):
            here = by_line.get(block.line)
            if here is None:
                self._heed(block, first)
                continue
            entries += [self._entry(row) for row in here]
        zones = ", ".join(self.used) or self.zone.name
        return Read(tuple(entries), tuple(self.unread), zones, self.said, tuple(self.disorder))

    def _heed(self, block: Block, first: int) -> None:
        """What a line that is no row says about the rows after it: their day, their zone."""
        text = plain(block.text)
        within = is_timeline(block) or block.kind == "heading"
        self.about = self.about or (within and bool(_ALL_ABOUT.search(text[:200])))
        if block.kind == "fence" or not (is_timeline(block) or block.kind == "heading" or abs(block.line - first) < 8):
            return
        lone = len(text) < 60 or ABOUT_TIMES.search(text)
        day = (
            clock.day_in(text)
            if lone and block.kind != "row" and (block.kind == "heading" or len(text) < 120)
            else None
        )
        if day is not None and (known := self._date(day, block)) is not None:
            self.day, self.last = known, None
        told = is_timeline(block) and ABOUT_TIMES.search(text) and block.kind != "row"
        if known_zone := zone_at(block) or (named(text) if told else None):
            self.zone, self.said, self.whole = known_zone, True, True

    def _date(self, day: Day, block: Block, tell: bool = False) -> date | None:
        if day.either and self.context.month_first is None:
            if tell:
                self._not(block, f"{day.day:02}-{day.month:02} can be day-month or month-day")
            return None
        if day.either and self.context.month_first:
            day = day.turned
        about = self.day or self.context.day
        year = about.year if about is not None else None
        known = day.of(year)
        if known is None and tell:
            self._not(block, "that is no date" if day.year or year else "a date without a year")
        return known

    def _entry(self, row: Row) -> Entry:
        block, when = row.block, row.when
        text = row.text or (when.rest if when else "") or plain(block.text)
        entry = Entry(
            text=text,
            line=block.line,
            precision="order-only" if when is None or when.relative else "vague",
            said=when.said if when else "",
            trigger=is_trigger(text),
            commits=commits_in(text),
            recovery=is_recovery(text),
        )
        if when is None or when.relative:
            return entry
        if when.wrong:
            self._not(block, when.wrong)
            return entry
        if when.day is None and when.clock is None:
            self._not(block, "no time in it" if when.said else "its time is empty")
            return entry
        return self._timed(entry, row, when)

    def _timed(self, entry: Entry, row: Row, when: When) -> Entry:
        day = self._date(when.day, row.block, tell=True) if when.day is not None else self.day
        if day is None:
            if when.day is None:
                self._not(row.block, f"a time of day without a date: {self.context.undated or NO_DATE}")
            return entry
        if when.clock is None:
            end = self._date(when.end_day, row.block) if when.end_day else None
            at, until = UTC.ms(_at(day)), UTC.ms(_at(end)) if end is not None else None
            if at > self.context.now:
                return self._future(entry, row)
            self.day, self.last = day, None
            return replace(entry, precision="date", at=at, end=until if until is not None and until > at else None)
        found = zone(when.zone) if when.zone else None
        if found is not None and not self.whole:
            self.zone = found
        where = found or row.zone or self.zone
        return self._clocked(entry, row, when, when.clock, day, where)

    def _clocked(self, entry: Entry, row: Row, when: When, at: Clock, day: date, where: Zone) -> Entry:
        ms = where.ms(_at(day, at))
        if when.day is None and self.last is not None and self.last - ms > _LATE_MS:
            day += timedelta(days=1)
            ms = where.ms(_at(day, at))
        if ms > self.context.now:
            return self._future(entry, row)
        self.used[where.name] = None
        self.said = self.said or bool(when.zone or row.zone)
        if self.last is not None and ms < self.last and row.block.trail == self.place:
            self.disorder.append(row.block.line)
        self.place = row.block.trail
        self.day, self.last = day, ms
        precision: Precision = (
            "approx" if at.about or self.about or _about(row.block) else "exact" if at.second is not None else "minute"
        )
        return replace(entry, precision=precision, at=ms, end=self._end(when, day, ms, where, row.block))

    def _end(self, when: When, day: date, ms: Ms, where: Zone, block: Block) -> Ms | None:
        if when.end is None:
            return None
        last = self._date(when.end_day, block) if when.end_day else day
        until = where.ms(_at(last or day, when.end))
        if until < ms and when.end_day is None:
            until += 86_400_000
        return until if until > ms else None

    def _future(self, entry: Entry, row: Row) -> Entry:
        self._not(row.block, "that time has not come yet")
        return entry

    def _not(self, block: Block, why: str) -> None:
        self.unread.append(Unread(block.line, plain(block.text)[:120], why))


def _about(block: Block) -> bool:
    """Its table says that its times are rough."""
    return any(_ALL_ABOUT.search(head) for head in block.heads)


def _in_order(found: Sequence[Block], by_line: dict[int, list[Row]]) -> Iterable[Block]:
    lines = {b.line for b in found}
    extra = [rows[0].block for line, rows in by_line.items() if line not in lines]
    return sorted([*found, *extra], key=lambda b: b.line)


def _at(day: date, at: Clock | None = None) -> datetime:
    """By the clock on the wall: its zone comes later."""
    return datetime.combine(day, time(at.hour, at.minute, at.second or 0) if at else time.min)


def ambiguous(zones: str) -> str:
    """How a zone was read that can mean several; empty when there is none."""
    return "; ".join(f"{name} was read as {AMBIGUOUS[name]}" for name in zones.split(", ") if name in AMBIGUOUS)
