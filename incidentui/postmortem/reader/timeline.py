"""The rows of a document's timeline: which blocks are rows, and the day and zone that each is read in."""

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
from incidentui.postmortem.reader.said import Entry, Unread
from incidentui.postmortem.reader.zones import AMBIGUOUS, UTC, Zone, named, zone

_SECTION = re.compile(
    r"\b(time\s?line|chronology|sequence of events|key events|key times|order of events)\b"
    r"|タイムライン|経緯|時系列|Zeitverlauf|Cronolog",
    re.IGNORECASE,
)
_NO_SECTION = re.compile(r"\b(appendix|chat logs?|raw logs?|evidence)\b|実測ログ", re.IGNORECASE)
_TIME_HEAD = re.compile(r"\b(time|timestamp|when|date|at|utc)\b|時刻|日時|時間", re.IGNORECASE)
_ABOUT_TIMES = re.compile(r"\b(times?|timezone|zone|utc)\b|時刻|JST", re.IGNORECASE)
_TRIGGER = re.compile(r"trigger(ed by)?\s*:|trigger\b\s*[-–—]|発生\s*[:：—]", re.IGNORECASE)
_RECOVERY = re.compile(
    r"\b(revert(ed|ing|s)?|roll(ed|ing|s)?[ -]?back|rollback|force[- ]?(reset|push)|reset to|restor(ed|ing))\b",
    re.IGNORECASE,
)
_COMMIT = re.compile(r"(?<![\w/-])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}(?![\w-])")
_LATE_MS = 12 * 3_600_000
_SEPARATED = re.compile(r"[\d/.-]{8,10}\s+[-–—:]\s")
_ALL_ABOUT = re.compile(r"\btimes?\b.{0,20}\bapproximat|概算", re.IGNORECASE)
_TAIL_TIME = re.compile(r"^(?P<label>\D[^|]{2,80}?):?\s+(?P<when>\d{4}-\d{1,2}-\d{1,2}\s+\d{1,2}:\d\d.*)$")
FEWEST = 3
"""Rows with a time of their own that make a timeline where no heading says so."""


class Context(NamedTuple):
    """What the document says of its own times."""

    day: date | None
    zone: Zone
    zone_said: bool
    month_first: bool | None = None
    """Of dates like 04/03: None when nobody can tell."""
    now: Ms = 2**62


class Read(NamedTuple):
    entries: tuple[Entry, ...]
    unread: tuple[Unread, ...]
    zone: str
    zone_said: bool
    disorder: tuple[int, ...] = ()
    """Lines of entries that are earlier than the one before."""


def is_timeline(block: Block) -> bool:
    return any(_SECTION.search(title) for title in block.trail)


def commits_in(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_COMMIT.findall(text)))[:10]


def is_recovery(text: str) -> bool:
    return bool(_RECOVERY.search(text))


def is_trigger(text: str) -> bool:
    """Its text, or a label that stands under it."""
    return any(_TRIGGER.match(part.lstrip("*_ ")) for part in text.split(" · "))


class Row(NamedTuple):
    """A block that is a row of a timeline: its text, and its time if there is one."""

    block: Block
    text: str
    when: When | None
    zone: Zone | None = None
    """Which its column names."""


def timeline(found: Sequence[Block], context: Context) -> Read:
    rows = _rows(found)
    return _Days(context).read(found, rows)


# -- which blocks


def _rows(found: Sequence[Block]) -> list[Row]:
    inside = [b for b in found if is_timeline(b) and not any(_NO_SECTION.search(t) for t in b.trail)]
    rows = _of_section(inside)
    if not rows:
        rows = [row for block in inside if block.kind == "fence" for row in _of_fence(block)]
    taken = {row.block.line for row in rows}
    others = [b for b in found if b.line not in taken and not any(_NO_SECTION.search(t) for t in b.trail)]
    return sorted([*rows, *_elsewhere(others, strict=bool(rows))], key=lambda row: (row.block.line, row.text))


def _of_section(inside: Sequence[Block]) -> list[Row]:
    rows: list[Row] = []
    tables: dict[tuple[str, ...], list[Block]] = {}
    for block in inside:
        tables.setdefault(block.heads, []).append(block)
    column = {heads: _columns(heads, [b for b in found if b.kind == "row"]) for heads, found in tables.items()}
    for block in inside:
        if block.kind == "row":
            rows += _of_row(block, column[block.heads])
        elif block.kind in ("heading", "item", "para"):
            rows += _of_line(block)
    return _with_what_stands_under(inside, _without_heads(rows))


def _without_heads(rows: Sequence[Row]) -> list[Row]:
    """A heading that names a day, with rows of that day under it, is their head and no row."""
    titles = {title for row in rows if row.when and row.when.clock for title in row.block.trail}
    return [
        row
        for row in rows
        if row.block.kind != "heading" or (row.when and row.when.clock) or plain(row.block.text) not in titles
    ]


def _of_line(block: Block) -> list[Row]:
    text = plain(block.text)
    when = clock.read(text)
    if when is None:
        tail = _TAIL_TIME.match(text) if block.kind == "item" else None
        after = clock.read(tail["when"]) if tail else None
        return [Row(block, tail["label"].strip(" :-–"), after)] if tail and after else []
    listed = block.kind != "para" or bool(_SEPARATED.match(text))
    if when.clock is None and not when.relative and not (listed and when.rest) and not when.wrong:
        return []  # a date alone is the head of what follows
    if block.kind == "para" and _ABOUT_TIMES.search(text[:40]) and not when.clock:
        return []
    return [Row(block, when.rest, when)]


def _with_what_stands_under(inside: Sequence[Block], rows: list[Row]) -> list[Row]:
    """A heading says little: the text under it belongs to it, until the next row."""
    at = {row.block.line: n for n, row in enumerate(rows)}
    now = -1
    for block in inside:
        if block.line in at:
            now = at[block.line]
            continue
        if block.kind == "heading":
            now = -1 if not rows or block.level <= rows[max(now, 0)].block.level else now
        elif now >= 0 and block.kind in ("item", "para") and _belongs(rows[now], block):
            joined = " · ".join(filter(None, [rows[now].text, plain(block.text)]))
            rows[now] = rows[now]._replace(text=joined[:2_000])
    return rows


def _belongs(row: Row, block: Block) -> bool:
    if row.block.kind == "heading":
        return True
    return row.block.kind == "item" and (block.indent > row.block.indent or block.kind == "item")


class _Columns(NamedTuple):
    time: int
    day: int | None = None
    """Where the date has a column of its own."""
    zone: Zone | None = None
    year: int | None = None
    others: frozenset[int] = frozenset()
    """Columns that tell the same time in another zone."""


def _columns(heads: tuple[str, ...], rows: Sequence[Block]) -> _Columns:
    most = max((len(b.cells) for b in rows), default=0)
    timed = [n for n in range(most) if _share(rows, n, lambda w: w.clock is not None) >= 0.5]
    dated = [n for n in range(most) if _share(rows, n, lambda w: w.day is not None) >= 0.5]
    both = [n for n in timed if n in dated]
    named_so = [n for n, head in enumerate(heads) if _TIME_HEAD.search(head)]
    column = next(iter([*both, *timed, *(n for n in named_so if n in dated), *named_so[:1], *dated[:1]]), 0)
    day = next((n for n in dated if n != column), None) if column in timed and column not in both else None
    head = heads[column] if column < len(heads) else ""
    year = re.search(r"\b(20\d\d)\b", " ".join(heads[: max(column, day or 0) + 1]))
    others = frozenset(n for n in (*timed, *dated) if n not in (column, day) and n in named_so)
    return _Columns(column, day, named(head), int(year[1]) if year else None, others)


def _share(rows: Sequence[Block], column: int, fits: "object") -> float:
    assert callable(fits)
    cells = [clock.read(plain(b.cells[column])) for b in rows if column < len(b.cells)]
    return sum(bool(w is not None and fits(w)) for w in cells) / len(rows) if rows else 0.0


def _of_row(block: Block, columns: _Columns) -> list[Row]:
    cells = [plain(cell).replace("\\|", "|") for cell in block.cells]
    if columns.time >= len(cells) or not "".join(cells).strip():
        return []
    said = cells[columns.time]
    dated = cells[columns.day] if columns.day is not None and columns.day < len(cells) else ""
    when = clock.read(f"{dated} {said}".strip())
    skip = {columns.time, columns.day, *columns.others}
    rest = " | ".join(cell for n, cell in enumerate(cells) if n not in skip and cell)
    if when is not None:
        beside = when.rest if when.rest and not _is_empty_time(when.rest) else ""
        if when.day is not None and when.day.year is None and columns.year:
            when = when._replace(day=when.day._replace(year=columns.year))
        when = when._replace(said=f"{dated} {said}".strip())
        rest = rest if not beside or when.clock is None else f"{beside} {rest}"
    elif said:
        when = When(said, rest)
    return [Row(block, rest, when, columns.zone)]


def _is_empty_time(text: str) -> bool:
    return not re.search(r"[^\W\d_]", text)


def _of_fence(block: Block) -> list[Row]:
    rows = []
    for n, line in enumerate(block.text.split("\n"), block.line + 1):
        when = clock.read(line)
        if when is not None and (when.clock or when.relative) and when.rest:
            rows.append(Row(block._replace(line=n, end=n, kind="para"), when.rest, when))
    return rows


def _elsewhere(found: Sequence[Block], strict: bool) -> list[Row]:
    """Runs of rows with times where no heading says timeline; with a date each where there is a timeline elsewhere."""
    runs: list[list[Row]] = [[]]
    place: object = None
    for block in found:
        if block.kind not in ("item", "para", "heading"):
            continue
        here = (block.kind, block.trail if block.kind == "item" else block.trail[:1])
        rows = [r for r in _of_line(block) if r.when and r.when.clock and r.text and (r.when.day or not strict)]
        if rows and here == place:
            runs[-1] += rows
        elif rows:
            runs.append(rows)
        place = here if rows else place if block.kind != "heading" else None
    return [row for run in runs if len(run) >= FEWEST for row in run]


# -- when


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
        lone = len(text) < 60 or _ABOUT_TIMES.search(text)
        day = (
            clock.day_in(text)
            if lone and block.kind != "row" and (block.kind == "heading" or len(text) < 120)
            else None
        )
        if day is not None and (known := self._date(day, block)) is not None:
            self.day, self.last = known, None
        if is_timeline(block) and _ABOUT_TIMES.search(text) and block.kind != "row" and (known_zone := named(text)):
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
                self._not(row.block, "a time of day without a date: the document names none")
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
