"""What the journal holds about one event, field by field in words: the page of a row that has no evidence behind it."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass

from incidentui.core import words
from incidentui.core.events import DriftSeen, Recorded, type_name
from incidentui.core.format import duration, short
from incidentui.core.model import Commit, Ms, PlanCommit
from incidentui.session.ports import Row, Session, Unreadable, View
from incidentui.tui.line import Line, Seg, Token
from incidentui.tui.page import PageContext
from incidentui.tui.pages.drift import drift_told
from incidentui.tui.pages.layout import (
    beside,
    cell,
    day_and_time,
    hanging,
    heading,
    section,
    size_of,
    split,
    stack,
    wall,
)

_TIMES = frozenset({"at", "since", "until", "first_red", "window_from", "asked", "acted", "ended", "remote_asked"})
_MACHINE = frozenset({"boot", "started", "digest", "words"})
"""Fields that only a program can read, and the sentence that stands above them."""
_MARKED = frozenset({"key", "trigger"})
"""What somebody marked: said where it was."""
_SHORT = 12
"""Cells of a fact from which on it is left out where the sentence above says it already."""
_LONG = 12
"""Items of a list that are named; the rest is counted."""
TONE: dict[words.Tone, Token] = {
    "text": "text",
    "muted": "muted",
    "fail": "fail",
    "slow": "slow",
    "unknown": "unknown",
    "ok": "ok",
}


def event_lines(recorded: Recorded, width: int, height: int) -> list[Line]:
    row = words.row(recorded)
    tone = TONE[row.tone]
    two = size_of(width, height) != "compact"
    left, right = split(width, 0.56) if two else (width, width)
    facts = event_facts(recorded, left)
    record = section(right, "RECORD", _rows(envelope(recorded), right))
    return stack(
        [heading(width, "EVENT", (Seg(recorded.subject),), (Seg(day_and_time(recorded.at), "muted"),))],
        hanging((Seg(f"{row.mark} ", tone),), row.text, width, "strong", bold=True),
        beside((left, facts), (right, record)) if two else stack(facts, record, space=False),
        space=two,
    )


def event_facts(recorded: Recorded, width: int) -> list[Line]:
    sentence = words.row(recorded).text
    facts = ((label, value) for label, value in told(recorded.event) if len(value) < _SHORT or value not in sentence)
    return section(width, "FACTS", _rows(facts, width))


def _rows(facts: Iterable[tuple[str, str]], width: int) -> list[Line]:
    return [line for label, value in facts for line in hanging((cell(label, 14, "muted"),), value, width)]


def envelope(recorded: Recorded) -> Iterator[tuple[str, str]]:
    yield "event", f"{recorded.seq}, {type_name(recorded.event)}"
    yield "happened", wall(recorded.at)
    late = recorded.recorded - recorded.at
    yield "recorded", wall(recorded.recorded) + (f", {duration(late)} later" if late >= 1000 else "")
    yield "source", recorded.source
    if recorded.incident:
        yield "incident", recorded.incident
    yield "hash", recorded.hash[:16] or "none"


def told(value: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every field that says something, as label and words; one level into what it holds."""
    if isinstance(value, DriftSeen):
        yield from drift_told(value)
        return
    if not is_dataclass(value):
        return
    was, now = getattr(value, "was", None), getattr(value, "now", None)
    both = is_dataclass(was) and type(was) is type(now)
    if both:
        yield from _differences(was, now)
    for field in fields(value):
        inner = getattr(value, field.name)
        if both and field.name in ("was", "now"):
            continue
        label = prefix + field.name.removesuffix("_ms").removesuffix("_s").replace("_", " ")
        if (
            inner is None
            or inner == ""
            or inner == ()
            or field.name in _MACHINE
            or (field.name in _MARKED and not inner)
        ):
            continue
        if is_dataclass(inner) and not prefix:
            yield from told(inner, f"{label} ")
        else:
            yield label.removeprefix("plan ").removeprefix("verdict "), _said(field.name, inner)


def _differences(was: object, now: object) -> Iterator[tuple[str, str]]:
    """Two states of one thing: each field once, with what it was where that differs."""
    before = dict(told(was, " "))
    for label, value in told(now, " "):
        old = before.get(label, "")
        yield label.strip(), value if old in ("", value) else f"{old} → {value}"


def _said(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name in _TIMES:
        return day_and_time(value)
    if isinstance(value, int) and name.endswith("_ms"):
        return duration(value) if value >= 1000 else f"{value} ms"
    if isinstance(value, tuple):
        return _list(value)
    return _one(value)


def _list(value: tuple[object, ...]) -> str:
    said = ", ".join(_one(item) for item in value[:_LONG])
    return said + (f", and {len(value) - _LONG} more" if len(value) > _LONG else "")


def _one(value: object) -> str:
    if isinstance(value, Commit | PlanCommit):
        return f"{short(value.sha)} {value.subject}"
    if is_dataclass(value):
        name = getattr(value, "name", None) or getattr(value, "title", None) or getattr(value, "text", None)
        return str(name) if name else type(value).__name__
    if isinstance(value, tuple):
        return " ".join(str(item) for item in value)
    text = str(value)
    return text[:7] if len(text) == 40 and not set(text) - set("0123456789abcdef") else text


def neighbour_row(recorded: Recorded, step: int, session: Session | None) -> Recorded | None:
    """The row after (or before) this one on the timeline."""
    if session is None:
        return None
    here = Row(recorded.at, recorded.seq)
    try:
        rows = session.rows(after=here, limit=1) if step > 0 else session.rows(before=here, limit=1)
    except Unreadable:
        return None
    return rows[-1] if rows else None


class EventPage:
    title = "event"
    pinned = (1, 0)
    typing = False
    keys = (("J K", "event"), ("y", "copy"))

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        self._session: Session | None = None

    def opened(self, screen: PageContext) -> None:
        self._session = screen.session

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        return event_lines(self.recorded, width, height)

    def handle(self, key: str, screen: PageContext) -> bool:
        if key != "y":
            return False
        screen.copy("\n".join(f"{label}: {value}" for label, value in told(self.recorded.event)))
        screen.say("copied")
        return True

    def neighbour(self, step: int, view: View) -> "EventPage | None":
        found = neighbour_row(self.recorded, step, self._session)
        return EventPage(found) if found else None
