"""The draft of an incident that came from a document: what the document says, in our order; what it does not say stays
open. Reading it again gives the same timeline, causes and items.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from incidentui.core import events as e
from incidentui.core.board import Hypothesis, cause_word, causes
from incidentui.core.board_words import total
from incidentui.core.format import count
from incidentui.core.imported import Imported, SaidItem
from incidentui.core.model import Ms
from incidentui.core.recurrence import told as recurrence
from incidentui.core.words.archive import CLAIM, came_from
from incidentui.postmortem.conclusion import missing
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import UNKNOWN, fence, section, sha, stamp, table, text
from incidentui.postmortem.past import first_of, left_told, when
from incidentui.postmortem.reader.timeline import is_trigger
from incidentui.postmortem.since import SINCE, noted, notes_of

_TIMED = ("exact", "minute", "approx")


def retold(facts: Facts, came: Imported) -> str:
    parts = [
        _head(facts, came),
        section("Timeline", _timeline(facts)),
        *_section("Causes", _causes(facts)),
        *_section("Theories that were wrong", _theories(facts)),
        *_section("What it comes down to", [f"**{c.what.capitalize()}:** {text(c.text)}" for c in _said(facts)]),
        *_section("Factors", [f"- {text(f.text)}: {f.state} ({text(f.why)})" for f in came.factors]),
        *_section("Commits", _commits(came)),
        *_section("Cost", [f"- {text(line)}" for line in came.cost]),
        *_section("Load on responders", [text(came.load)] if came.load else []),
        *_section("Lessons", [f"- {text(line)}" for line in came.lessons]),
        section("Action items", _items(came.items)),
        *_section("Contradictions, both kept", [f"- {text(said)}" for said, _ in came.contradictions]),
        *_section("Not understood", [f"- line {n}: {text(said)}: {text(why)}" for n, said, why in came.unread]),
        *_section(SINCE, noted(notes_of(facts.timeline))),
        section("Gaps", [f"- {gap}" for gap in _gaps(facts, came)]),
        *_verbatim(facts, came),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [section(title, lines)] if lines else []


def _head(facts: Facts, came: Imported) -> str:
    rows = [
        ("Imported", text(came_from(came))),
        ("Read as", text(came.decoded)),
        ("When", text(when(facts.incident))),
        ("Severity", text(f"{facts.incident.severity} ({came.severity})") if came.severity else UNKNOWN),
        ("Duration", text(came.duration)),
        ("Status", text(came.status)),
        ("Like", text(recurrence(facts.incident.recurs))),
        *((text(label), text(value)) for label, value in came.header if label.casefold() not in ("date", "duration")),
    ]
    note = f"Everything below is {CLAIM}."
    known = [(label, value) for label, value in rows if value]
    return "\n".join([f"# {facts.incident.id}: {text(facts.incident.title)}", "", *table(("", ""), known), "", note])


def _timeline(facts: Facts) -> list[str]:
    rows = [
        (
            _time(r.event, r.at),
            text(f"trigger: {r.event.text}" if _untold(r.event) else r.event.text),
            text(r.event.said),
        )
        for r in facts.timeline
        if isinstance(r.event, e.EntryImported)
    ]
    return table(("Time (UTC)", "What", "Time as written"), rows) if rows else ["No timeline was found in it."]


def _untold(entry: e.EntryImported) -> bool:
    return entry.trigger and not is_trigger(entry.text)


def _time(entry: e.EntryImported, at: Ms) -> str:
    if entry.precision == "date":
        return stamp(at)[:10] + (f" to {stamp(entry.until)[:10]}" if entry.until is not None else "")
    if entry.precision not in _TIMED:
        return UNKNOWN
    cut = 19 if entry.precision == "exact" else 16
    first, about = stamp(at)[:cut], "~" if entry.precision == "approx" else ""
    if entry.until is None:
        return about + first
    last = stamp(entry.until)[:cut]
    return f"{about}{first} to {last[11:] if last[:10] == first[:10] else last}"


def _causes(facts: Facts) -> list[str]:
    found = causes(facts.incident.hypotheses)
    out: list[str] = []
    for h in found:
        out += [f"### {h.n}. {text(h.thought)}", "", *_parts(h), ""]
    return [*out, f"{total(found, facts.as_of)}."] if found else []


def _parts(h: Hypothesis) -> Iterator[str]:
    lost = f"{h.said_ms // 60_000} minutes" if h.said_ms is not None else ""
    rows = (("Problem", h.saw), ("Root cause", h.why), ("Fix", h.fix), ("Time lost", lost))
    for label, said in rows:
        if said:
            yield f"- **{label}:** {text(said)}"
    origin = h.origin if h.origin != "unknown" else "nobody says whether it was there before"
    yield f"- **State:** {cause_word(h)}, {origin}"


def _theories(facts: Facts) -> list[str]:
    wrong = [h for h in facts.incident.hypotheses if cause_word(h) == "ruled out"]
    return [f"- {text(h.thought)}. Did: {text(h.did)}. Why it was wrong: {text(h.why)}" for h in wrong]


def _said(facts: Facts) -> Sequence[e.ConclusionDrawn]:
    return [e.ConclusionDrawn(c.what, c.text, c.by) for c in facts.incident.conclusions]


def _commits(came: Imported) -> list[str]:
    rows = [(sha(name), text(message), "took back" if back else "suspect") for name, message, back in came.commits]
    good = [f"{sha(came.good)} is said to have worked."] if came.good else []
    return [*(table(("Commit", "Message", "What it was"), rows) if rows else []), *(["", *good] if rows else good)]


def _items(items: Sequence[SaidItem]) -> list[str]:
    if not items:
        return ["None was written."]
    out: list[str] = []
    for horizon, group in groupby(items, key=lambda i: i.horizon):
        out += [*([""] if out else []), *([f"### {text(horizon)}", ""] if horizon else [])]
        out += [_item(i) for i in group]
    return out


def _item(item: SaidItem) -> str:
    by = f"owner: {text(item.owner) or UNKNOWN}, due: {text(item.due) or UNKNOWN}"
    return f"- [{'x' if item.done else ' '}] {text(item.text)} ({by})"


def lint(items: Sequence[SaidItem], of: str = "") -> list[str]:
    """Which open items nobody will do: without an owner, without a day. `of`: which they are, when not all."""
    left = [i for i in items if not i.done]
    out = []
    for what, lacking in (("owner", [i for i in left if not i.owner]), ("due date", [i for i in left if not i.due])):
        if lacking:
            named = "; ".join(f"“{text(i.text[:60])}”" for i in lacking[:5])
            more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
            out.append(f"Action items: {of}{count(len(lacking), 'open item')} without {what}: {named}{more}.")
    return out


def _gaps(facts: Facts, came: Imported) -> Iterator[str]:
    if left := left_told(came):
        yield f"Left out: {text(left)}."
    yield from missing(facts)
    if came.held != "minute":
        yield "Timeline: no time of day is known" + (", and no day." if not came.held else ".")
    if came.zone.endswith("assumed"):
        yield f"Timeline: in which zone its times are; they were read as {text(came.zone.partition(',')[0])}."
    if not came.severity:
        yield "Severity: nobody said it."
    found = causes(facts.incident.hypotheses)
    if found and any(h.origin == "unknown" for h in found):
        yield "Causes: which of them the change brought in, and which were there before."
    yield "Impact: how many users were affected, as far as the text does not say it."
    yield from lint(came.items, first_of(came, "action items", len(came.items)))


def _verbatim(facts: Facts, came: Imported) -> list[str]:
    """Sections that fit none of our fields, as they stand in the document."""
    kept = next((body.body for r, body in facts.evidence if isinstance(r.event, e.DocumentImported)), None)
    if kept is None:
        return []
    lines = kept.split("\n")
    out = []
    for title, first, last in came.odd:
        out.append(
            section(f"Verbatim, lines {first} to {last}: {text(title)}", fence("\n".join(lines[first - 1 : last])))
        )
    return out
