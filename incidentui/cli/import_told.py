"""What `import` says of a file: a summary for a tired person, and the lines for other programs."""

from collections.abc import Iterator
from typing import Any

from incidentui.core import codec
from incidentui.core.envelope import rfc3339
from incidentui.core.format import count, duration
from incidentui.core.imported import SaidItem
from incidentui.core.model import Incident, Ms
from incidentui.core.words import row
from incidentui.edge.store.jsonl import JsonlJournal
from incidentui.edge.store.window import find_incident
from incidentui.postmortem.reader.claims import span
from incidentui.postmortem.reader.said import Entry, Said

MANY = 12
_DAY = 10


def shown(at: Ms | None, precision: str) -> str | None:
    """A time as far as it is known: an RFC 3339 time, a date alone, or nothing."""
    if at is None or precision in ("vague", "order-only"):
        return None
    return rfc3339(at)[:_DAY] if precision == "date" else rfc3339(at)


def entry_objects(entries: tuple[Entry, ...]) -> Iterator[dict[str, Any]]:
    for e in entries:
        yield {
            "time": shown(e.at, e.precision),
            "end": shown(e.end, e.precision),
            "precision": e.precision,
            "text": e.text,
            "line": e.line,
            "said": e.said,
            "trigger": e.trigger,
            "recovery": e.recovery,
            "commits": list(e.commits),
        }


def said_object(said: Said) -> dict[str, Any]:
    """What the document says beside its timeline; durations in milliseconds, null where it says nothing."""
    left = [i for i in said.items if not i.done]
    return {
        "title": said.title,
        "date": said.date or None,
        "severity": said.severity,
        "severity_said": said.severity_said or None,
        "duration_ms": said.duration_ms,
        "duration_said": said.duration_said or None,
        "status": said.status or None,
        "entries": len(said.entries),
        "zone": {"name": said.zone, "said": said.zone_said},
        "causes": [{**codec.to_json(c), "details": dict(c.details)} for c in said.causes],
        "lost_ms": said.lost_ms,
        "theories": [codec.to_json(t) for t in said.theories],
        "conclusions": {what.replace(" ", "_"): codec.to_json(s) for what, s in said.conclusions},
        "factors": [codec.to_json(f) for f in said.factors],
        "items": [codec.to_json(i) for i in said.items],
        "lint": {
            "no_owner": [i.line for i in left if not i.owner],
            "no_due": [i.line for i in left if not i.due],
        },
        "commits": [codec.to_json(c) for c in said.commits],
        "known_good": said.good or None,
        "cost": [codec.to_json(s) for s in said.cost],
        "load": codec.to_json(said.load) if said.load else None,
        "lessons": [codec.to_json(s) for s in said.lessons],
        "nth": said.nth,
        "header": dict(said.header),
        "contradictions": [codec.to_json(c) for c in said.contradictions],
        "not_understood": [codec.to_json(u) for u in said.unread],
        "kept_verbatim": [codec.to_json(o) for o in said.odd],
    }


def summary(said: Said, decoded: str) -> Iterator[str]:
    """What a person needs, most important first."""
    for label, text in _facts(said, decoded):
        if text:
            yield f"  {label:<14} {text}"
    if said.contradictions:
        yield "  says two things"
        yield from (f"    ! {_lines(c.lines)}{c.text}" for c in said.contradictions)
    if said.unread:
        yield "  not understood, kept in its place"
        yield from (f"    ? line {u.line}: {u.text!r}: {u.why}" for u in said.unread[:MANY])
        if len(said.unread) > MANY:
            yield f"    ? and {len(said.unread) - MANY} more; --json lists them"


def _facts(said: Said, decoded: str) -> Iterator[tuple[str, str]]:
    yield "read as", decoded
    yield "when", _when(said)
    yield "severity", f"{said.severity or 'unknown'}{f' ({said.severity_said})' if said.severity_said else ''}"
    yield "lasted", said.duration_said and f"{said.duration_said}, says the document"
    yield "timeline", _timeline(said)
    yield "causes", _causes(said)
    yield "ruled out", count(sum(t.refuted for t in said.theories), "theory", "theories") if said.theories else ""
    yield from ((what, f"{s.text} (line {s.line})") for what, s in said.conclusions)
    yield "factors", _factors(said)
    yield "action items", items_told(said.items)
    yield "commits", _commits(said)
    yield "status", said.status
    yield "cost", "; ".join(s.text for s in said.cost[:2])
    yield "load", said.load.text if said.load else ""
    yield "again", f"number {said.nth} of its kind, says the document" if said.nth else ""
    yield "kept verbatim", ", ".join(f"{o.title} (lines {o.first}-{o.last})" for o in said.odd)


def _when(said: Said) -> str:
    zone = f"{said.zone}" if said.zone_said else f"{said.zone} assumed: it names no zone"
    reached = span(said.entries)
    if reached is None:
        return f"{said.date}, time unknown" if said.date else "unknown: it names no date"
    first, last = rfc3339(reached[0]), rfc3339(reached[1])
    until = f" to {last[11:16] if first[:_DAY] == last[:_DAY] else last[:16]}Z" if last != first else "Z"
    return f"{first[:16].replace('T', ' ')}{until.replace('T', ' ')} (times read in {zone})"


def _timeline(said: Said) -> str:
    if not said.entries:
        return "none was found"
    known = sum(e.at is not None and e.precision != "date" for e in said.entries)
    dated = sum(e.precision == "date" for e in said.entries)
    parts = [count(len(said.entries), "entry", "entries")]
    parts += [f"{dated} with a date alone"] if dated else []
    left = len(said.entries) - known - dated
    parts += [f"{left} without a time"] if left else []
    triggers, tries = sum(e.trigger for e in said.entries), sum(e.recovery for e in said.entries)
    parts += [count(triggers, "trigger")] if triggers else []
    return ", ".join([*parts, *([count(tries, "attempt") + " to recover"] if tries else [])])


def _causes(said: Said) -> str:
    if not said.causes:
        return ""
    lost = f", {said.lost_ms // 60_000} min lost in all" if said.lost_ms is not None else ""
    if said.lost_ms and said.lost_ms >= 3_600_000:
        lost += f" ({duration(said.lost_ms)})"
    before = sum(c.origin == "pre-existing" for c in said.causes)
    return f"{len(said.causes)}{lost}" + (f", {before} pre-existing" if before else "")


def _factors(said: Said) -> str:
    states = [f.state for f in said.factors]
    told = [f"{states.count(s)} {s}" for s in ("fixed", "open", "unknown") if s in states]
    return f"{len(states)}: {', '.join(told)}" if states else ""


def items_told(items: tuple[SaidItem, ...]) -> str:
    """ "13: 3 done, 10 open, of these 10 without owner, 10 without due date"."""
    if not items:
        return ""
    left = [i for i in items if not i.done]
    lacks = [(sum(not i.owner for i in left), "owner"), (sum(not i.due for i in left), "due date")]
    told = ", ".join(f"{n} without {what}" for n, what in lacks if n)
    return f"{len(items)}: {len(items) - len(left)} done, {len(left)} open" + (f", of these {told}" if told else "")


def _commits(said: Said) -> str:
    back = sum(c.revert for c in said.commits)
    parts = [f"{count(len(said.commits) - back, 'suspect')}"] if said.commits else []
    parts += [f"{back} taking back"] if back else []
    return ", ".join([*parts, *([f"{said.good} is said to have worked"] if said.good else [])])


def _lines(lines: tuple[int, ...]) -> str:
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, sorted(set(lines))))}: " if lines else ""


# -- records


def record_title(record: JsonlJournal | None) -> str:
    found = _incident(record)
    return found.title if found is not None else ""


def record_summary(record: JsonlJournal) -> Iterator[str]:
    found = _incident(record)
    if found is None:
        return
    until = rfc3339(found.closed)[:16] + "Z" if found.closed is not None else "it was not closed yet"
    yield f"  {'record of':<14} {found.id} of {record.project or 'a project'}, hash chain whole"
    yield f"  {'when':<14} {rfc3339(found.shown_from or found.opened)[:16]}Z to {until}"
    yield f"  {'events':<14} {sum(1 for _ in record.read())}"


def record_objects(record: JsonlJournal | None) -> Iterator[dict[str, Any]]:
    """Its rows, by the time they happened."""
    for r in record.rows(limit=2**31, key_only=False) if record is not None else ():
        until = getattr(r.event, "until", None)
        yield {
            "time": rfc3339(r.at),
            "end": rfc3339(until) if isinstance(until, int) else None,
            "precision": "exact",
            "text": f"{r.subject}: {row(r).text}" if r.subject else row(r).text,
            "line": record.lines.get(r.seq) if record is not None else None,
        }


def _incident(record: JsonlJournal | None) -> Incident | None:
    held = record.incidents() if record is not None else []
    return find_incident(record, held[-1].id) if record is not None and held else None
