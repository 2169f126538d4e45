"""The head of a document: title, date, duration, severity, cost, and whatever else is labelled there."""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, get_args

from incidentui.postmortem.reader import clock
from incidentui.postmortem.reader.clock import Day
from incidentui.postmortem.reader.durations import Span, durations
from incidentui.postmortem.reader.lines import Block, Front, plain
from incidentui.postmortem.reader.said import Level, Sentence

_PAIR = re.compile(r"^(?:\*\*|__)?(?P<key>[A-Z][\w /()&'-]{1,40}?)(?:\*\*|__)?:(?:\*\*|__)?\s+(?P<value>\S.*)$")
_PREFIX = re.compile(
    r"^(post[- ]?mortem|incident( report)?( date)?|session summary|outage( report)?|rca|ポストモーテム)\s*(:|[-–—])\s*",
    re.IGNORECASE,
)
_GENERIC = re.compile(
    r"^(post[- ]?mortem|incident( report)?|session summary|summary|report|outage|rca|timeline)s?$", re.IGNORECASE
)
_KEYS = {
    "date": re.compile(r"^(incident )?date|発生日時|影響期間|日付", re.IGNORECASE),
    "duration": re.compile(r"^(total )?(incident |outage )?duration|影響時間|^downtime", re.IGNORECASE),
    "severity": re.compile(r"^(incident )?(severity|priority)( level)?$|重大度", re.IGNORECASE),
    "cost": re.compile(r"\bcosts?\b|\btoken (waste|usage|cost)", re.IGNORECASE),
    "status": re.compile(r"^((incident|current|final) )?(status|state)$|ステータス|状態", re.IGNORECASE),
}
_SEVERITY: tuple[tuple["re.Pattern[str]", Level], ...] = (
    (re.compile(r"\b(sev|p|s)[- ]?1\b|\bcritical\b|致命|\bblocker\b", re.IGNORECASE), "SEV1"),
    (re.compile(r"\b(sev|p|s)[- ]?2\b|\b(high|major|severe)\b", re.IGNORECASE), "SEV2"),
    (re.compile(r"\b(sev|p|s)[- ]?3\b|\b(medium|moderate)\b", re.IGNORECASE), "SEV3"),
    (re.compile(r"\b(sev|p|s)[- ]?[45]\b|\b(low|minor)\b", re.IGNORECASE), "SEV4"),
)
TOP = 45
"""Lines in which a document's own facts are looked for before its first section."""


class Head(NamedTuple):
    title: str
    date: date | None
    undated: str = ""
    """Why the date that stands there is not taken for it."""
    severity: Level | None = None
    severity_said: str = ""
    duration: Span | None = None
    duration_line: int = 0
    cost: tuple[Sentence, ...] = ()
    status: str = ""
    header: tuple[tuple[str, str], ...] = ()


def head(found: Sequence[Block], front: Front, name: str) -> Head:
    pairs = [*((k.capitalize(), v, n) for k, v, n in front.fields), *_pairs(found)]
    out = Head(_title(found, front, name), *_date(found, pairs, name))
    other: list[tuple[str, str]] = []
    for key, value, line in pairs:
        kind = next((kind for kind, pattern in _KEYS.items() if pattern.search(key)), "")
        match kind:
            case "duration" if not out.duration_line:
                span = next(iter(durations(value)), None)
                out = out._replace(duration=span, duration_line=line)
                other.append((key, value))
            case "severity" if not out.severity_said:
                out = out._replace(severity_said=value, severity=_severity(value))
            case "cost":
                out = out._replace(cost=(*out.cost, Sentence(f"{key}: {value}", line)))
            case "status" if not out.status:
                out = out._replace(status=value)
            case _:
                other.append((key, value))
    return out._replace(header=tuple((k[:60], v[:300]) for k, v in other))


def pair(block: Block) -> tuple[str, str] | None:
    """(key, value) of a labelled line: "**Severity:** Critical", "- **Owner:** x"."""
    found = _PAIR.match(block.text) if block.kind in ("para", "item") else None
    if found is None:
        return None
    return plain(found["key"]).strip(), plain(found["value"]).strip()


def _pairs(found: Sequence[Block]) -> list[tuple[str, str, int]]:
    """At the top, in a table of two columns there, and in the last lines, where some put the state."""
    out: list[tuple[str, str, int]] = []
    sections = [b for b in found if b.kind == "heading" and b.level > 1]
    first = sections[0].line if sections else 0
    tail = sections[-1].line if sections else 0
    last = found[-1].line if found else 0
    for block in found:
        metadata = bool(block.trail) and re.search(
            r"metadata|メタデータ|^overview|^details|summary", block.trail[-1], re.IGNORECASE
        )
        top = block.line < TOP and (
            not first or block.line < first or metadata or (len(block.trail) < 2 and block.line < 12)
        )
        if block.kind == "row" and len(block.cells) == 2 and (metadata or top):
            out.append((plain(block.cells[0]), plain(block.cells[1]), block.line))
        elif (top or (block.kind == "para" and block.line > max(tail, last - 12))) and (
            known := pair(block)
        ) is not None:
            out.append((*known, block.line))
    return out


def _title(found: Sequence[Block], front: Front, name: str) -> str:
    """The first heading that says more than a date and "post-mortem"."""
    fields = {k: v for k, v, _ in front.fields}
    headings = [plain(b.text) for b in found if b.kind == "heading" and b.line < TOP]
    for text in [*headings[:1], fields.get("title", ""), *headings[1:2]]:
        short = _PREFIX.sub("", text).strip(" -–—:")
        if short and not _only_a_date(short) and not _GENERIC.match(_undated(short)):
            return short[:200]
    return re.sub(r"(\.html)?\.(md|markdown|txt|erb|rst)(\.erb)?$", "", name.rsplit("/", 1)[-1])[:200]


def _undated(text: str) -> str:
    return re.sub(r"[\d\W]+$", "", text).strip()


def _only_a_date(text: str) -> bool:
    known = clock.day_at(text)
    return known is not None and not text[known[1] :].strip(" .,-")


def _date(found: Sequence[Block], pairs: Sequence[tuple[str, str, int]], name: str) -> tuple[date | None, str]:
    """As the document says it, else its title, else its file name; why not. A month without a day is no date."""
    said = [v for k, v, _ in pairs if _KEYS["date"].search(k)]
    titles = [plain(b.text) for b in found if b.kind == "heading" and b.level <= 2 and b.line < TOP][:2]
    undated = ""
    for text in (*said, *titles, name.rsplit("/", 1)[-1].replace("_", "-")):
        day = clock.day_in(text)
        if day is None or day.year is None:
            continue
        known = day.of(None)
        if known is not None and not day.either:
            return known, ""
        undated = undated or f"its date {_shown(day)}"
    return None, undated


def _shown(day: Day) -> str:
    if day.either:
        return f"{day.day:02}-{day.month:02}-{day.year} can be day-month or month-day"
    return f"{day.year:04}-{day.month:02}-{day.day:02} cannot be true"


def _severity(text: str) -> Level | None:
    return next((level for pattern, level in _SEVERITY if pattern.search(text)), None)


LEVELS: tuple[Level, ...] = get_args(Level)
