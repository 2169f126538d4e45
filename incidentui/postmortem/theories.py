"""The draft's hypotheses: what people thought, did and saw, and why it was the cause or not."""

from incidentui.core import board
from incidentui.core.board import Hypothesis, HypothesisWord, RemarkKind, came_back, cause_word, lost_ms, total_ms
from incidentui.core.format import duration
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import UNKNOWN, section, sha, stamp, table, text

_WHY: dict[HypothesisWord, str] = {
    "to test": "Why it is open",
    "confirmed": "Why it is the cause",
    "refuted": "Why it was wrong",
    "correct, not the cause": "Why it is not the cause",
}


def hypotheses(facts: Facts) -> list[str]:
    """In the order they were thought of: how the search went is part of what happened."""
    out = ["What responders thought was the cause, in their own words.", ""]
    for h in facts.incident.hypotheses:
        out += [f"### {h.n}. {text(h.thought)}: {h.verdict}", "", *_told(facts, h), ""]
    return out[:-1]


def _told(facts: Facts, h: Hypothesis) -> list[str]:
    lines = [
        f"- Thought at {stamp(h.at)} by {text(h.by)}",
        f"- Did: {text(h.did) or UNKNOWN}",
        f"- Saw: {text(h.saw) or UNKNOWN}",
        f"- {_WHY[h.verdict]}: {text(h.why) or UNKNOWN}",
    ]
    if h.commits:
        lines.insert(2, "- Commits: " + ", ".join(_commit(facts, name) for name in h.commits))
    if h.judged is not None:
        lines.append(f"- Verdict at {stamp(h.judged)} by {text(h.judged_by)}")
    return lines


def _commit(facts: Facts, name: str) -> str:
    ledger = facts.state.ledger
    now = next((c.state for c in ledger.commits if c.sha == name), "") if ledger is not None else ""
    return sha(name) + (f" ({now})" if now else "")


_TITLES: dict[RemarkKind, str] = {"ruled out": "Ruled out", "misled us": "Signals that misled us"}


def remarks(facts: Facts) -> list[str]:
    """What need not be looked at again, and what should not be believed again: a section for each that has anything."""
    said = facts.incident.remarks
    return [
        section(title, [f"- {text(r.what)}: {text(r.why)} ({text(r.by)}, {stamp(r.at)})" for r in found])
        for kind, title in _TITLES.items()
        if (found := [r for r in said if r.kind == kind])
    ]


def causes(facts: Facts) -> list[str]:
    """What responders say is the cause, in the order it was found; the program only counts the time."""
    found = [h for h in board.causes(facts.incident.hypotheses) if cause_word(h) in ("confirmed", "fixed") or h.again]
    if not found:
        return []
    head = ("", "Cause", "State", "Found", "Fixed", "Time lost", "Again", "Introduced or pre-existing")
    rows = [
        (
            str(h.n),
            text(h.thought),
            cause_word(h),
            stamp(h.at),
            stamp(h.fixed) if h.fixed is not None else "no",
            duration(lost_ms(h, facts.as_of)),
            f"{h.again}×" if h.again else "no",
            h.origin if h.origin != "unknown" else UNKNOWN,
        )
        for h in found
    ]
    lost, clock = total_ms(found, facts.as_of)
    sums = f"{duration(lost)} in sum, {duration(clock)} by the clock"
    told = f"Time lost, from when each was found until it was fixed: {sums}."
    return [*table(head, rows), "", told, "", *_whys(found)]


def _whys(found: list[Hypothesis]) -> list[str]:
    lines = []
    for h in found:
        why = f": {text(h.why)}" if h.why else ""
        judged = f"Hypothesis {h.n}, confirmed by {text(h.judged_by)} at {stamp(h.judged)}{why}."
        again = came_back(h)
        fixed = f" Fixed: {text(h.fix)}." if h.fix else ""
        if again is not None:
            fixed = f" Was fixed: {text(h.fix)}; came back {stamp(again)}."
        lines.append(f"- {text(h.thought)}. {judged if h.verdict == 'confirmed' else 'Suspected.'}{fixed}")
    return lines
