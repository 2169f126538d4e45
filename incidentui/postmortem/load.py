"""How much it was for those who worked on it: optional, their own words and number, no judgement of anybody."""

from incidentui.core import events as e
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import stamp, table, text


def load(facts: Facts) -> list[str]:
    """Empty where nobody said it."""
    said = [(r.at, r.event) for r in facts.timeline if isinstance(r.event, e.NoteAdded) and r.event.load is not None]
    rows = [(stamp(at), text(note.by), f"{note.load} of 5", text(note.text)) for at, note in said]
    return table(("Time (UTC)", "Who", "Load", "In their words"), rows) if rows else []
