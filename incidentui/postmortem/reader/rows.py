"""Which blocks of a document are rows of its timeline, with the time at the head of each."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from incidentui.postmortem.reader import clock
from incidentui.postmortem.reader.clock import When
from incidentui.postmortem.reader.lines import Block, plain
from incidentui.postmortem.reader.zones import Zone, named, stated

_SECTION = re.compile(
    r"\b(time\s?line|chronology|sequence of events|key events|key times|order of events)\b"
    r"|タイムライン|経緯|時系列|Zeitverlauf|Cronolog",
    re.IGNORECASE,
)
_NO_SECTION = re.compile(r"\b(appendix|chat logs?|raw logs?|evidence)\b|実測ログ", re.IGNORECASE)
_TIME_HEAD = re.compile(r"\b(time|timestamp|when|date|at|utc)\b|時刻|日時|時間", re.IGNORECASE)
_SEPARATED = re.compile(r"[\d/.-]{8,10}\s+[-–—:]\s")
_TAIL_TIME = re.compile(r"^(?P<label>\D[^|]{2,80}?):?\s+(?P<when>\d{4}-\d{1,2}-\d{1,2}\s+\d{1,2}:\d\d.*)$")
FEWEST = 3
"""Rows with a time of their own that make a timeline where no heading says so."""


ABOUT_TIMES = re.compile(r"\b(times?|timezone|zone|utc)\b|時刻|JST", re.IGNORECASE)


def is_timeline(block: Block) -> bool:
    return any(_SECTION.search(title) for title in block.trail)


def zone_at(block: Block) -> Zone | None:
    """The zone that the heading or label of a timeline names: it stands above its rows, not among them."""
    text = plain(block.text)
    if block.kind != "heading" and not (block.kind == "para" and len(text) < 80 and _SECTION.match(text)):
        return None
    found = _SECTION.search(text)
    return stated(text[: found.start()] + text[found.end() :]) if found else None


class Row(NamedTuple):
    """A block that is a row of a timeline: its text, and its time if there is one."""

    block: Block
    text: str
    when: When | None
    zone: Zone | None = None
    """Which its column names."""


def rows_of(found: Sequence[Block]) -> list[Row]:
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
    if block.kind == "para" and ABOUT_TIMES.search(text[:40]) and not when.clock:
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


def _share(rows: Sequence[Block], column: int, fits: Callable[[When], bool]) -> float:
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
