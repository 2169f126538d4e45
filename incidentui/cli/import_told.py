"""What `import` tells other programs of a file, and what it says of a record."""

from collections.abc import Iterator
from typing import Any

from incidentui.core import codec, envelope
from incidentui.core.envelope import rfc3339
from incidentui.core.format import count
from incidentui.core.model import Incident
from incidentui.core.words import row
from incidentui.edge.store.jsonl import JsonlJournal
from incidentui.edge.store.verify import NAMED
from incidentui.edge.store.window import find_incident
from incidentui.postmortem.archived import entry_event
from incidentui.postmortem.past import entry_object, left_object
from incidentui.postmortem.reader.said import Entry, Said


def entry_objects(entries: tuple[Entry, ...]) -> Iterator[dict[str, Any]]:
    return (entry_object(entry_event(entry), entry.at) for entry in entries)


def said_object(said: Said) -> dict[str, Any]:
    """What the document says beside its timeline; durations in milliseconds, null where it says nothing."""
    left = [i for i in said.items if not i.done]
    return {
        "title": said.title,
        "date": said.date or None,
        "date_not_believed": said.undated or None,
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
        "lint": {"no_owner": [i.line for i in left if not i.owner], "no_due": [i.line for i in left if not i.due]},
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
        "left_out": left_object(said.left_out),
    }


# -- records


def record_title(record: JsonlJournal | None) -> str:
    found = _incident(record)
    return found.title if found is not None else ""


def record_summary(record: JsonlJournal) -> Iterator[str]:
    found = _incident(record)
    if found is None:
        return
    until = rfc3339(found.closed)[:16] + "Z" if found.closed is not None else "it was not closed yet"
    yield f"  {'record of':<14} {found.id} of {record.project or 'a project'}, {_reach(record)}"
    yield f"  {'when':<14} {rfc3339(found.shown_from or found.opened)[:16]}Z to {until}"
    yield f"  {'events':<14} {sum(1 for _ in record.read())}"
    yield from _left_out(record)


def _reach(record: JsonlJournal) -> str:
    """How much the hash chain says of it."""
    if record.head:
        return "its hash chain is whole"
    seqs = [r.seq for r in record.read()]
    gone = seqs[-1] - seqs[0] + 1 - len(seqs)
    return "plain events, their hashes are right" + (f", {count(gone, 'event')} between them left out" * bool(gone))


def _left_out(record: JsonlJournal) -> Iterator[str]:
    """What the hash chain says nothing of, and what it cannot give back."""
    data = [envelope.canonical(event["data"]) for event in record.cloudevents()]
    if erased := sum(map(envelope.erased, data)):
        yield f"  {'erased':<14} {count(erased, 'event')}: a secret was taken out"
    named = {sha256 for text in data for sha256 in NAMED.findall(text)}
    if gone := sum(record.evidence(sha256) is None for sha256 in named):
        yield f"  {'evidence':<14} {gone} of {len(named)} not there: it held a secret, or was taken out before"


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
    inside = record.about() if record is not None else None
    return find_incident(record, inside) if record is not None and inside is not None else None
