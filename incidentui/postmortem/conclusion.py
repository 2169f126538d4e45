"""What it comes down to, in the draft: symptom, root cause and real problem, each a person's own sentence."""

from incidentui.core.board import CONCLUSIONS
from incidentui.postmortem.facts import Facts
from incidentui.postmortem.markdown import UNKNOWN, stamp, table, text


def conclusion(facts: Facts) -> list[str]:
    """Empty while nobody said any of the three."""
    said = {one.what: one for one in facts.incident.conclusions}
    if not said:
        return []
    rows = [
        (what.capitalize(), text(said[what].text), f"{text(said[what].by)}, {stamp(said[what].at)}")
        if what in said
        else (what.capitalize(), UNKNOWN, "nobody")
        for what in CONCLUSIONS
    ]
    return table(("", "What", "Said by"), rows)


def missing(facts: Facts) -> list[str]:
    said = {one.what for one in facts.incident.conclusions}
    left = [what for what in CONCLUSIONS if what not in said]
    return [f"Causes: nobody said the {', the '.join(left)}."] if left else []
