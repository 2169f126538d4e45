"""The part of the draft about restarts: each with its containers, and its health before and after."""

from typing import Any

from incidentui.core import codec
from incidentui.core.model import Attempt, Ms
from incidentui.core.restarts import IDENT, Seen
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import UNKNOWN, stamp, table, text


def restarts(facts: Facts) -> list[str]:
    rows = [
        (
            stamp(s.at),
            text(s.restart.workload),
            str(s.restart.number),
            _ids(s),
            _health(s.restart.before),
            _after(s),
            who,
        )
        for s in _within(facts)
        for who in (_who(facts, s),)
    ]
    head = ("Time (UTC)", "Workload", "How often by then", "Container or pid", "Health before", "Health after", "By")
    return table(head, rows) if rows else []


def objects(facts: Facts) -> list[dict[str, Any]]:
    return [
        {"at": s.at, **codec.to_json(s.restart), "settled": s.settled or None, "settled_ms": s.settled_ms}
        for s in _within(facts)
    ]


def _within(facts: Facts) -> list[Seen]:
    start = facts.incident.window_from if facts.incident.window_from is not None else facts.incident.opened
    found = (seen for ran in facts.state.ran.values() for seen in ran.seen)
    return sorted((s for s in found if start <= s.at <= facts.as_of), key=lambda s: (s.at, s.restart.workload))


def _ids(seen: Seen) -> str:
    was, now = seen.restart.was[:IDENT], seen.restart.now[:IDENT]
    return text(now if was == now else f"{was} → {now}")


def _health(word: str) -> str:
    return "no health check" if word == "none" else word


def _after(seen: Seen) -> str:
    return seen.settled or _health(seen.restart.after)


def _who(facts: Facts, seen: Seen) -> str:
    attempt = facts.state.attempts.get(seen.restart.run)
    if attempt is not None:
        return text(f"{attempt.plan.action.rpartition('.')[2]} {attempt.number}, {attempt.by}")
    if seen.restart.own:
        return "its engine"
    # A shell block restarts what its commands say: nobody but the time ties the two together.
    under_way = (a for a in facts.attempts if a.plan.action == "shell" and _meanwhile(a, seen.at))
    return next((f"during attempt {a.number}" for a in under_way), UNKNOWN)


def _meanwhile(attempt: Attempt, at: Ms) -> bool:
    return attempt.asked <= at <= (attempt.acted or attempt.ended or at)
