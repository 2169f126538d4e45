"""A note as it is typed: `@09:12` dates it back, `@16:00-17:00` is of what lasted, `@17:00!` of what set it all off."""

from datetime import tzinfo

from incidentui.core.inputs import AddNote
from incidentui.core.model import Ms
from incidentui.tui.present.format import parse_when


def noted(text: str, by: str, now: Ms, zone: tzinfo | None) -> AddNote | str:
    """What was typed, as it is recorded; why it cannot be, as words. A text alone is of now."""
    text = text.strip()
    if not text.startswith("@"):
        return AddNote(text, by)
    when, _, rest = text[1:].partition(" ")
    begins, dash, ends = when.removesuffix("!").partition("-")
    at, until = parse_when(begins, now, zone), parse_when(ends, now, zone) if dash else None
    if at is None or (dash and until is None):
        return f"@{when} is no time of the day"
    if until is not None and until <= at:
        return f"@{when} ends before it begins"
    return AddNote(rest.strip(), by, at, until=until, trigger=when.endswith("!"))
