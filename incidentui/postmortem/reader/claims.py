"""What a document says twice and differently. Nothing is corrected: both stay, and the reader is told."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from incidentui.core.format import count, duration
from incidentui.core.model import Ms
from incidentui.postmortem.reader.durations import Span, durations, tokens
from incidentui.postmortem.reader.lines import Block, plain
from incidentui.postmortem.reader.said import Cause, Contradiction, Entry, SaidCommit

_TOTAL = re.compile(r"\b(total|wasted|time lost|debugging .*issues|overall)\b", re.IGNORECASE)
_FAILED = re.compile(r"\b(\d{1,2})\s+failed\s+roll[ -]?backs?(?: attempts?)?", re.IGNORECASE)
_BACK = re.compile(r"\b(rolled back to|complete rollback to|successfully rolled back)\b", re.IGNORECASE)
_BROKEN = re.compile(r"\b(\d{1,3})\s+(?:\w+\s+)?(?:broken|failed|bad)\s+commits\b", re.IGNORECASE)
_GOOD_MARK = re.compile(r"✅|✔")
_NTH = re.compile(
    r"\b(?:(\d{1,3})(?:st|nd|rd|th)|(second|third|fourth|fifth))"
    r"\s+(?:\w+\s+)?(?:post-?mortem|incident|outage|time this|occurrence)",
    re.IGNORECASE,
)
_ORDINALS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5}
_NEAR = 0.25
"""Part of the larger one by which two durations may differ: people round."""


def contradictions(
    found: Sequence[Block],
    *,
    header: tuple[Span, int] | None,
    entries: Sequence[Entry],
    causes: Sequence[Cause],
    commits: Sequence[SaidCommit],
    disorder: Sequence[int],
) -> tuple[Contradiction, ...]:
    return (
        *_duration(header, entries),
        *_time_lost(found, header, causes),
        *_breakdowns(found),
        *_tokens(found),
        *_rollbacks(found),
        *_commits(found, commits),
        *_numbers(causes),
        *_order(disorder),
    )


def span(entries: Sequence[Entry]) -> tuple[Ms, Ms] | None:
    """From the first to the last time of day that the entries name."""
    timed = [e for e in entries if e.at is not None and e.precision != "date"]
    if not timed:
        return None
    return min(e.at for e in timed if e.at is not None), max(e.end or e.at or 0 for e in timed)


def _duration(header: tuple[Span, int] | None, entries: Sequence[Entry]) -> Iterator[Contradiction]:
    reached = span(entries)
    if header is None or reached is None or reached[0] == reached[1]:
        return
    said, line = header
    took = reached[1] - reached[0]
    if _differ(said, took):
        lines = (line, entries[0].line, entries[-1].line)
        yield Contradiction(f"duration: the head says {said.text}, the entries reach over {duration(took)}", lines)


def _differ(said: Span, ms: Ms) -> bool:
    if said.more and ms >= said.ms:
        return False
    return abs(said.ms - ms) > _NEAR * max(said.ms, ms)


def _time_lost(
    found: Sequence[Block], header: tuple[Span, int] | None, causes: Sequence[Cause]
) -> Iterator[Contradiction]:
    known = [c for c in causes if c.lost_ms is not None]
    if len(known) < 2:
        return
    total = sum(c.lost_ms or 0 for c in known)
    inside = {
        label.line
        for c in known
        for label in found
        if c.line <= label.line <= c.line + 12 and label.trail and c.title in label.trail[-1]
    }
    told = [
        (s, b.line)
        for b in found
        if b.line not in inside and b.kind in ("para", "item") and _TOTAL.search(b.text)
        for s in durations(plain(b.text))[:1]
    ]
    said = [*([header] if header else []), *told]
    wrong = [(s, line) for s, line in said if s.ms != total]
    if wrong:
        others = ", ".join(f"line {line} says {s.text}" for s, line in wrong[:6])
        text = f"time lost: the {count(len(known), 'cause')} add up to {_minutes(total)}; {others}"
        yield Contradiction(text, (known[0].line, known[-1].line, *(line for _, line in wrong[:6])))


def _breakdowns(found: Sequence[Block]) -> Iterator[Contradiction]:
    """A list of durations with its total among them."""
    listed = [b for b in found if b.kind == "item" and durations(plain(b.text))]
    for _, group in groupby(listed, key=lambda b: b.trail):
        rows = [(b, durations(plain(b.text))[0]) for b in group]
        totals = [(b, s) for b, s in rows if _TOTAL.search(b.text)]
        parts = [(b, s) for b, s in rows if not _TOTAL.search(b.text)]
        if len(parts) < 2 or len(totals) != 1:
            continue
        block, said = totals[0]
        whole = sum(s.ms for _, s in parts)
        bad = sum(s.ms for b, s in parts if not _GOOD_MARK.search(b.text))
        if said.ms in (whole, bad) or (said.more and said.ms <= bad):
            continue
        but = f" ({_minutes(whole)} with what is marked as good)" if bad not in (0, whole) else ""
        text = f"total: the parts add up to {_minutes(bad or whole)}{but}; line {block.line} says {said.text}"
        yield Contradiction(text, (parts[0][0].line, block.line))


def _minutes(ms: Ms) -> str:
    return f"{ms // 60_000} min" + (f" ({duration(ms)})" if ms >= 3_600_000 else "")


def _tokens(found: Sequence[Block]) -> Iterator[Contradiction]:
    said = [(amount, b.line) for b in found if b.kind != "fence" for amount in tokens(plain(b.text))]
    if len({amount.number for amount, _ in said}) > 1:
        told = ", ".join(f"line {line} says {amount.text}" for amount, line in said[:6])
        yield Contradiction(f"cost: {told}", tuple(line for _, line in said[:6]))


def _rollbacks(found: Sequence[Block]) -> Iterator[Contradiction]:
    failed = next(((m[0], b.line) for b in found if b.kind != "fence" and (m := _FAILED.search(plain(b.text)))), None)
    back = [b for b in found if b.kind != "fence" and _BACK.search(plain(b.text))]
    if failed and back:
        text = f"rollback: line {failed[1]} says {failed[0]}, line {back[-1].line} says it was rolled back"
        yield Contradiction(text, (failed[1], back[-1].line))


def _commits(found: Sequence[Block], commits: Sequence[SaidCommit]) -> Iterator[Contradiction]:
    if not commits:
        return
    reverts = [c for c in commits if c.revert]
    said = next(
        ((int(m[1]), m[0], b.line) for b in found if b.kind != "fence" and (m := _BROKEN.search(plain(b.text)))), None
    )
    if said and said[0] != len(commits) - len(reverts):
        back = f", {len(reverts)} of them take something back" if reverts else ""
        text = f"commits: line {said[2]} says {said[1]}; {len(commits)} are listed{back}"
        yield Contradiction(text, (said[2], commits[0].line, commits[-1].line))


def _numbers(causes: Sequence[Cause]) -> Iterator[Contradiction]:
    seen = [c.numbered for c in causes if c.numbered is not None]
    twice = sorted({n for n in seen if seen.count(n) > 1})
    if twice:
        lines = tuple(c.line for c in causes if c.numbered in twice)
        numbers = " and ".join(map(str, twice))
        yield Contradiction(f"causes: {numbers} stand twice; all {len(causes)} are kept, numbered anew", lines)


def _order(disorder: Sequence[int]) -> Iterator[Contradiction]:
    if disorder:
        many = f"{count(len(disorder), 'entry', 'entries')} earlier than the one before"
        yield Contradiction(f"order: {many}; kept with their times", tuple(disorder[:10]))


def nth(found: Sequence[Block]) -> int | None:
    """ "This is the 3rd major post-mortem": the number."""
    for block in reversed([b for b in found if b.kind != "fence"]):
        if match := _NTH.search(plain(block.text)):
            return int(match[1]) if match[1] else _ORDINALS[match[2].casefold()]
    return None
