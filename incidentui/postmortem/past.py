"""An incident of the past, as a person reads it after `import` and in `show`: claims, most important first."""

from collections.abc import Iterator, Sequence
from typing import Any

from incidentui.core import codec
from incidentui.core import events as e
from incidentui.core.board import causes
from incidentui.core.board_words import total
from incidentui.core.envelope import rfc3339
from incidentui.core.format import count, ordinal
from incidentui.core.imported import Imported
from incidentui.core.model import Incident, Ms
from incidentui.core.recurrence import told as recurrence
from incidentui.core.words.archive import CLAIM, came_from
from incidentui.postmortem.archived import UNREAD

Entries = Sequence[tuple[e.EntryImported, Ms]]
MANY = 12
_DAY = 10


def shown(at: Ms | None, precision: str) -> str | None:
    """A time as far as it is known: an RFC 3339 time, a date alone, or nothing."""
    if at is None or precision in ("vague", "order-only"):
        return None
    return rfc3339(at)[:_DAY] if precision == "date" else rfc3339(at)


def entry_object(entry: e.EntryImported, at: Ms | None) -> dict[str, Any]:
    return {
        "time": shown(at, entry.precision),
        "end": shown(entry.until, entry.precision),
        "precision": entry.precision,
        "text": entry.text,
        "line": entry.line,
        "said": entry.said or None,
        "trigger": entry.trigger,
        "recovery": entry.recovery,
        "commits": list(entry.commits),
    }


def past_object(incident: Incident, entries: Entries) -> dict[str, Any]:
    """What only an imported incident has; null where its document says nothing."""
    came = incident.imported
    assert came is not None
    left = [i for i in came.items if not i.done]
    return {
        "imported": {
            **codec.to_json(came),
            "at": rfc3339(came.at),
            "header": dict(came.header),
            "left_out": left_object(came.left_out),
            "lint": {"no_owner": [i.line for i in left if not i.owner], "no_due": [i.line for i in left if not i.due]},
        },
        "entries": [entry_object(entry, at) for entry, at in entries],
    }


def left_object(left_out: Sequence[tuple[str, int]]) -> dict[str, int]:
    return {what.replace(" ", "_"): more for what, more in left_out}


def left_told(came: Imported) -> str:
    """ "9,960 causes, 20 lessons: more than are kept as facts; the document is kept whole"; empty when all is here."""
    more = ", ".join(f"{n:,} {what}" for what, n in came.left_out)
    return f"{more}: more than are kept as facts; the document itself is kept whole" if more else ""


def first_of(came: Imported, what: str, kept: int) -> str:
    """ "the first 40 of 91: ", where the document has more of it than are kept."""
    more = dict(came.left_out).get(what, 0)
    return f"the first {kept:,} of {kept + more:,}: " if more else ""


def provenance(came: Imported) -> str:
    return f"{came_from(came)}: {CLAIM}"


def told(incident: Incident, entries: Entries) -> Iterator[str]:
    came = incident.imported
    assert came is not None
    for label, text in _facts(incident, came, entries):
        if text:
            yield f"  {label:<14} {text}"
    if came.contradictions:
        yield "  says two things; both are kept"
        yield from (f"    ! {_lines(text, lines)}{text}" for text, lines in came.contradictions)
    if came.unread:
        yield "  not understood; kept in its place"
        yield from (f"    ? line {line}: “{text}”: {why}" for line, text, why in came.unread[:MANY])
        unread = len(came.unread) + dict(came.left_out).get(UNREAD, 0)
        if unread > MANY:
            yield f"    ? and {unread - MANY:,} more; --json lists them"


def _facts(incident: Incident, came: Imported, entries: Entries) -> Iterator[tuple[str, str]]:
    yield "read as", came.decoded
    yield "when", when(incident)
    said = f" (“{came.severity}”)" if came.severity else ""
    yield "severity", f"{incident.severity}{said}" if said else "unknown: the document does not say"
    yield "lasted", f"{came.duration}, says the document" if came.duration else ""
    yield "status", came.status
    yield "timeline", _timeline(entries)
    yield "causes", _causes(incident, came)
    yield "ruled out", _some([h.thought for h in incident.hypotheses if h.verdict == "refuted"], 4)
    yield from ((c.what, c.text) for c in incident.conclusions)
    yield "factors", _factors(came)
    yield "action items", items_told(came)
    yield "commits", _commits(came)
    yield "cost", _some(came.cost, 2)
    yield "load", came.load
    yield "again", recurrence(incident.recurs)
    yield "says of itself", f"the {ordinal(came.nth)} of its kind" if came.nth else ""
    yield "kept verbatim", ", ".join(f"{title} (lines {first}-{last})" for title, first, last in came.odd)
    yield "left out", left_told(came)


def _some(said: Sequence[str], most: int) -> str:
    more = f" and {len(said) - most} more" if len(said) > most else ""
    return "; ".join(said[:most]) + more


def when(incident: Incident) -> str:
    """From when to when, as far as it is known, and how its times were read."""
    came = incident.imported
    assert came is not None
    first = rfc3339(incident.opened)
    if came.held == "":
        return f"unknown: {came.undated or 'the document names no date'}"
    if came.held == "date":
        return f"{first[:_DAY]}, time unknown"
    last = rfc3339(incident.closed if incident.closed is not None else incident.opened)
    until = "" if last == first else f" to {last[11:16] if first[:_DAY] == last[:_DAY] else last[:16]}Z"
    zone, _, assumed = came.zone.partition(", ")
    how = f"times read as {zone}" + (": it names no zone" if assumed else "")
    return f"{first[:16]}Z{until}".replace("T", " ") + (f" ({how})" if came.zone else "")


def _timeline(entries: Entries) -> str:
    if not entries:
        return "none was found"
    said = [entry for entry, _ in entries]
    dated, timed = sum(x.precision == "date" for x in said), {"exact", "minute", "approx"}
    left = sum(x.precision not in timed for x in said) - dated
    triggers, tries = sum(x.trigger for x in said), sum(x.recovery for x in said)
    parts = [count(len(said), "entry", "entries")]
    parts += [f"{dated} with a date alone"] if dated else []
    parts += [f"{left} without a time"] if left else []
    parts += [count(triggers, "trigger")] if triggers else []
    parts += [f"{count(tries, 'attempt')} to recover"] if tries else []
    return ", ".join(parts)


def _causes(incident: Incident, came: Imported) -> str:
    found = causes(incident.hypotheses)
    before = sum(h.origin == "pre-existing" for h in found)
    of = first_of(came, "causes", len(found))
    return of + total(found, incident.closed or incident.opened) + (f", {before} pre-existing" if before else "")


def _factors(came: Imported) -> str:
    states = [f.state for f in came.factors]
    parts = [f"{states.count(state)} {state}" for state in ("fixed", "open", "unknown") if state in states]
    many = first_of(came, "factors", len(states)) or f"{len(states)}: "
    return many + ", ".join(parts) if states else ""


def items_told(came: Imported) -> str:
    """ "13: 3 done, 10 open, of these 10 without owner, 10 without due date"."""
    items = came.items
    if not items:
        return ""
    many = first_of(came, "action items", len(items)) or f"{len(items)}: "
    left = [i for i in items if not i.done]
    lacks = [(sum(not i.owner for i in left), "owner"), (sum(not i.due for i in left), "due date")]
    lacking = ", ".join(f"{n} without {what}" for n, what in lacks if n)
    return f"{many}{len(items) - len(left)} done, {len(left)} open" + (f", of these {lacking}" * bool(lacking))


def _commits(came: Imported) -> str:
    back = sum(revert for _, _, revert in came.commits)
    parts = [count(len(came.commits) - back, "suspect")] if len(came.commits) > back else []
    parts += [f"{count(back, 'attempt')} to take back"] if back else []
    return first_of(came, "commits", len(came.commits)) + ", ".join(
        [*parts, *([f"{came.good} is said to have worked"] if came.good else [])]
    )


def _lines(text: str, lines: Sequence[int]) -> str:
    if not lines or "line " in text:
        return ""
    return f"line{'s' * (len(lines) > 1)} {', '.join(map(str, sorted(set(lines))))}: "
