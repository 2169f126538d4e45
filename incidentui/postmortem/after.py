"""The draft's checklist after recovery: what was ticked, by whom, what was left, and why it was closed all the same."""

from incidentui.core.format import count
from incidentui.core.recovery import open_lines
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import UNKNOWN, section, stamp, table, text


def left(facts: Facts) -> tuple[str, ...]:
    """What nobody ticked: by the time it was closed, or yet."""
    return open_lines(facts.state, facts.incident) if facts.open else facts.incident.left


def after_recovery(facts: Facts) -> list[str]:
    """A section, where there is a checklist."""
    ticks, lines = facts.incident.ticks, left(facts)
    rows = [(text(t.item), "ticked", text(t.by), stamp(t.at)) for t in ticks]
    rows += [(text(line), "not ticked", "", "") for line in lines]
    if not rows:
        return []
    said = (
        ["", f"Closed with {count(len(lines), 'line')} not ticked: {_why(facts)}."] if lines and not facts.open else []
    )
    return [section("After recovery", [*table(("Checklist", "", "By", "At"), rows), *said])]


def _why(facts: Facts) -> str:
    return text(facts.incident.closed_reason) or UNKNOWN
