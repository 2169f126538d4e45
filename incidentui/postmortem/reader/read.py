"""A document read: every part by the module of its name, put together. Never raises for what a text says."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TypeVar

from incidentui.core.model import Ms
from incidentui.postmortem.reader import causes as board
from incidentui.postmortem.reader import claims, items
from incidentui.postmortem.reader.durations import tokens
from incidentui.postmortem.reader.header import Head, head, pair
from incidentui.postmortem.reader.lines import Block, blocks, front, plain
from incidentui.postmortem.reader.said import Cause, Contradiction, Odd, Said, Sentence
from incidentui.postmortem.reader.timeline import Context, ambiguous, timeline
from incidentui.postmortem.reader.zones import UTC as UTC_ZONE
from incidentui.postmortem.reader.zones import Zone

_KNOWN = re.compile(
    r"summary|overview|metadata|time\s?line|chronolog|key events|cause|theor|hypothes|what went|why "
    r"|factor|impact|detect|lesson|action"
    r"|next steps|resolution|remediation|mitigation|recover|prevention|documentation|validation|conclusion"
    r"|evidence|background|status|commits"
    r"|improvement|follow|appendix|references|attendees|stats|issues|result|takeaways|lucky"
    r"|should have|should be|requested|time (wasted|breakdown)"
    r"|immediate|term|assessment|iterations|failures|rule|deployed|working before"
    r"|[\u3040-\u30ff\u4e00-\u9fff]",
    re.IGNORECASE,
)
_COST = re.compile(r"\b(cost|refund|credits?|invoice|budget)\b|[$€£]\s?\d", re.IGNORECASE)
_LOAD = re.compile(r"\b(frustration|stress|responder load|exhaust|on-?call load|fatigue)", re.IGNORECASE)
_SCORE = re.compile(r"\b\d{1,2}\s?/\s?(10|5)\b")
T = TypeVar("T")
MOST = {
    "causes": 40,
    "factors": 40,
    "theories": 40,
    "action items": 200,
    "commits": 100,
    "sentences about cost": 20,
    "lessons": 20,
    "odd sections": 20,
    "fields of the head": 24,
}
"""How many of each are kept as facts; the document itself is kept whole."""


class _Kept:
    """Takes as many as are kept of each, and counts the rest: no total may pass over it."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}

    def __call__(self, what: str, found: Sequence[T]) -> tuple[T, ...]:
        if (more := len(found) - MOST[what]) > 0:
            self.left[what] = more
        return tuple(found[: MOST[what]])


def read(text: str, name: str, *, zone: Zone | None = None, now: Ms = 2**62) -> Said:
    """What the document `name` says. `text` is clean already. `zone`: for times that name none. `now`: what lies after
    it cannot be true."""
    lines = text.split("\n")
    start = front(lines)
    found = blocks(lines, start.after)
    top = head(found, start, name)
    day = top.date if top.date is None or _ms(top.date) <= now else None
    undated = top.undated if day == top.date else f"its date {top.date} has not come yet"
    context = Context(day, zone or UTC_ZONE, zone is not None, _month_first(found, name), now, undated)
    told = timeline(found, context)
    kept = _Kept()
    causes = _with_origin(kept("causes", board.causes(found)), found)
    action = kept("action items", items.items(found))
    commits = items.commits(found)
    header = (top.duration, top.duration_line) if top.duration else None
    against = claims.contradictions(
        found,
        header=header,
        entries=told.entries,
        causes=() if "causes" in kept.left else causes,  # the sum of some of them contradicts nothing
        commits=commits,
        disorder=told.disorder,
    )
    used = [
        (e.line for e in told.entries),
        (c.line for c in causes),
        (i.line for i in action),
        (c.line for c in commits),
    ]
    zones = ambiguous(told.zone) if told.zone_said else ""
    return Said(
        title=top.title,
        date=day.isoformat() if day else "",
        undated=undated,
        severity=top.severity,
        severity_said=top.severity_said,
        duration_ms=top.duration.ms if top.duration else None,
        duration_said=top.duration.text if top.duration else "",
        cost=kept("sentences about cost", _costs(top, found)),
        status=top.status,
        header=kept("fields of the head", top.header),
        entries=told.entries,
        causes=causes,
        theories=kept("theories", board.theories(found)),
        conclusions=board.conclusions(found, causes),
        factors=board.factors(kept("factors", board.reasons(found)), action),
        items=action,
        commits=kept("commits", commits),
        good=items.good(found),
        lessons=kept("lessons", items.lessons(found)),
        load=_load(found),
        nth=claims.nth(found),
        contradictions=(*against, *((Contradiction(f"zone: {zones}", ()),) if zones else ())),
        unread=told.unread,
        odd=kept("odd sections", _odd(found, len(lines), frozenset(line for part in used for line in part))),
        left_out=tuple((what, kept.left[what]) for what in MOST if what in kept.left),
        zone=told.zone,
        zone_said=told.zone_said,
    )


def _ms(day: date) -> Ms:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def _month_first(found: Sequence[Block], name: str) -> bool | None:
    """Of dates in numbers: a value over twelve settles it for the whole document, else a date in the file's name."""
    numbers = [m for b in found for m in re.findall(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}(?!\d)", b.text)]
    if any(int(a) > 12 for a, _ in numbers):
        return False
    if any(int(b) > 12 for _, b in numbers):
        return True
    path = re.search(r"(20\d\d)[-/](\d\d)(?:[-/](\d\d))?", name)
    if path and numbers:
        month = int(path[2])
        firsts, seconds = {int(a) for a, _ in numbers}, {int(b) for _, b in numbers}
        if (month in firsts) != (month in seconds):
            return month in firsts
    return None


def _with_origin(causes: tuple[Cause, ...], found: Sequence[Block]) -> tuple[Cause, ...]:
    """What a document says of all of them holds for each that it says nothing else of."""
    inside = {c.line for c in causes}
    whole = board.origin(" ".join(plain(b.text) for b in found if b.kind in ("item", "para") and b.line not in inside))
    return tuple(replace(c, origin=whole) if c.origin == "unknown" and whole == "pre-existing" else c for c in causes)


def _costs(top: Head, found: Sequence[Block]) -> tuple[Sentence, ...]:
    """Each sentence about money or tokens, as it stands."""
    known = {s.line for s in top.cost}
    said = [
        Sentence(plain(b.text)[:300], b.line)
        for b in found
        if b.kind in ("para", "item") and b.line not in known and (tokens(plain(b.text)) or _COST.search(b.text[:200]))
    ]
    return (*top.cost, *said)


def _load(found: Sequence[Block]) -> Sentence | None:
    """How much it was for people, in the document's own words."""
    for block in found:
        text = plain(block.text)
        known = pair(block)
        named = _LOAD.search(known[0]) if known is not None else None
        about = _LOAD.search(text) or (block.trail and _LOAD.search(block.trail[-1]))
        if block.kind in ("para", "item") and about and (named or _SCORE.search(text)):
            return Sentence(text[:300], block.line)
    return None


def _odd(found: Sequence[Block], last: int, used: frozenset[int]) -> tuple[Odd, ...]:
    """Sections of no name we know, and of which nothing was taken."""
    headings = [b for b in found if b.kind == "heading" and b.level == 2]
    out = []
    for n, block in enumerate(headings):
        title = plain(block.text)
        end = headings[n + 1].line - 1 if n + 1 < len(headings) else last
        if block.line > 3 and not _KNOWN.search(title) and not any(block.line <= line <= end for line in used):
            out.append(Odd(title[:120], block.line, end))
    return tuple(out)
