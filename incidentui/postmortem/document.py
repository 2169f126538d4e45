"""The facts of an incident as one JSON document, for other programs: the same that the draft says in words."""

from typing import Any

from incidentui.core import codec
from incidentui.core.board import Hypothesis, cause_word, causes, lost_ms
from incidentui.core.envelope import rfc3339
from incidentui.core.events import EntryImported
from incidentui.core.kinds import parts
from incidentui.core.model import Ms
from incidentui.core.words import evidence_of, row
from incidentui.postmortem.acted import roles
from incidentui.postmortem.after import left
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.gaps import candidates, gaps, not_covered
from incidentui.postmortem.infrastructure import objects as infrastructure
from incidentui.postmortem.markdown import plain
from incidentui.postmortem.past import past_object
from incidentui.postmortem.restarted import objects
from incidentui.postmortem.since import note_objects, notes_of

TIMES = ("window_from", "first_red", "opened", "acknowledged", "mitigated", "resolved", "closed")


def document(facts: Facts) -> dict[str, Any]:
    """Times in RFC 3339, durations in milliseconds, null where nobody knows."""
    incident, state = facts.incident, facts.state
    if incident.imported is not None:
        return _of_the_past(facts)
    return {
        "incident": {
            "id": incident.id,
            "title": incident.title,
            "severity": incident.severity,
            "stage": incident.stage,
            "by": incident.by,
            "responders": list(incident.responders),
            "reason": incident.closed_reason,
            **{name: _time(getattr(incident, name)) for name in TIMES},
        },
        "as_of": _time(facts.as_of),
        "detected": {"at": _time(facts.detected.at), "how": facts.detected.how},
        "recovered": _time(facts.recovered),
        "metrics": {m.name.replace(" ", "_"): {"ms": m.ms, "rule": m.rule} for m in facts.metrics},
        "after_recovery": {
            "ticked": [{"item": t.item, "by": t.by, "at": _time(t.at)} for t in incident.ticks],
            "left": list(left(facts)),
        },
        "outages": [{**codec.to_json(o), "first": _time(o.first), "last": _time(o.last)} for o in facts.outages],
        "functions": [
            {"name": o.service, **{k: v for k, v in codec.to_json(o).items() if k != "service"}}
            | {"first": _time(o.first), "last": _time(o.last)}
            for o in facts.functions
        ],
        "suspect": codec.to_json(facts.suspect) if facts.suspect is not None else None,
        "commits": [
            {
                **codec.to_json(c),
                "at": _time(c.at),
                "roles": roles(facts, c.sha),
                "touches": list(parts(file.path for file in c.files)),
            }
            for c in facts.commits
        ],
        "infrastructure": infrastructure(facts),
        "attempts": [
            {**codec.to_json(a), "was": facts.was.get(a.run), **{k: _time(getattr(a, k)) for k in ("asked", "ended")}}
            for a in facts.attempts
        ],
        "hypotheses": [_hypothesis(h) for h in incident.hypotheses],
        "remarks": [{**codec.to_json(r), "at": _time(r.at)} for r in incident.remarks],
        "conclusions": [{**codec.to_json(c), "at": _time(c.at)} for c in incident.conclusions],
        "causes": [_cause(h, facts.as_of) for h in causes(incident.hypotheses)],
        "suggested_causes": [
            {"at": _time(s.at), "service": s.service, "says": s.tied.says, "cause": s.tied.text}
            for s in facts.suggested
        ],
        "uncovered": [{**codec.to_json(u), "at": _time(u.at), "good": _time(u.good)} for u in facts.uncovered],
        "code": {
            "branch": state.repository.branch if state.repository else None,
            "head": state.repository.head if state.repository else None,
            "remote": state.repository.upstream if state.repository else None,
            "running": {s.name: s.running for s in state.services.values()},
            "known_good": facts.good.sha if facts.good is not None else None,
            "moves": [{**codec.to_json(m), "at": _time(m.at)} for m in facts.moves],
        },
        "components": [codec.to_json(s) for s in state.services.values()],
        "workloads": [codec.to_json(w) for w in state.workloads.values()],
        "restarts": [{**found, "at": _time(found["at"])} for found in objects(facts)],
        "not_covered": [{"what": what, "why": why} for what, why in not_covered(facts)],
        "action_items": [plain(item) for item in candidates(facts)],
        "gaps": [plain(gap) for gap in gaps(facts)],
        "timeline": [
            {
                "seq": r.seq,
                "time": _time(r.at),
                "recorded": _time(r.recorded),
                "source": r.source,
                "subject": r.subject,
                "text": row(r, facts.commits).text,
                "key": facts.is_key(r),
                "evidence": evidence_of(r.event),
            }
            for r in facts.timeline
        ],
        "left_out": facts.cut,
    }


def _of_the_past(facts: Facts) -> dict[str, Any]:
    """Of one that came from a document: nothing was measured."""
    incident = facts.incident
    return {
        "incident": {"id": incident.id, "title": incident.title, "severity": incident.severity, "stage": "closed"},
        **past_object(incident, [(r.event, r.at) for r in facts.timeline if isinstance(r.event, EntryImported)]),
        "notes_since": note_objects(notes_of(facts.timeline)),
        "hypotheses": [{**_hypothesis(h), "at": None, "fixed": None} for h in incident.hypotheses],
        "conclusions": [{**codec.to_json(c), "at": None} for c in incident.conclusions],
        "causes": [
            {**_cause(h, facts.as_of), "found": None, "fixed": None, "lost_ms": h.said_ms}
            for h in causes(incident.hypotheses)
        ],
    }


def _hypothesis(h: Hypothesis) -> dict[str, Any]:
    times = {name: _time(getattr(h, name)) for name in ("at", "judged", "fixed", "since")}
    spent = [[_time(start), _time(end)] for start, end in h.spent]
    return {**codec.to_json(h), **times, "spent": spent}


def _cause(h: Hypothesis, until: Ms) -> dict[str, Any]:
    return {
        "n": h.n,
        "cause": h.thought,
        "state": cause_word(h),
        "origin": h.origin,
        "found": _time(h.at),
        "fixed": _time(h.fixed),
        "again": h.again,
        "lost_ms": lost_ms(h, until),
    }


def _time(at: Ms | None) -> str | None:
    return rfc3339(at) if at is not None else None
