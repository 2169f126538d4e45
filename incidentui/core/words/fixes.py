"""Fixes, and commits that were taken back."""

from typing import assert_never

from incidentui.core import events as e
from incidentui.core.format import count, ordinal, short
from incidentui.core.model import Fix, FixState, FixStatus
from incidentui.core.words.tone import Said


def told(event: e.FixEvent) -> Said:
    match event:
        case e.FixMarked():
            return "★", f"{named(event.fix.commit, event.fix.subject)}: {marker(event.fix)}, by {event.fix.by}", "text"
        case e.FixForgotten():
            return "–", f"{named(event.commit, event.subject)} is not looked for any more: {event.why}", "text"
        case e.FixSeen():
            return _fix_seen(event)
        case e.CommitBack():
            by = f" by {event.by}" if event.by else ""
            failed = f"{', '.join(event.checks)} failed with it and has not passed with it"
            return "✗", f"{short(event.sha)} ({event.subject}), taken back, was pushed again{by}: {failed}", "fail"
        case e.CommitCleared():
            return "✓", f"{short(event.sha)} runs again, and {', '.join(event.checks)} is good with it", "ok"
        case _:
            assert_never(event)


def _fix_seen(event: e.FixSeen) -> Said:
    where, name = _place_words(event.place, event.revision), named(event.commit, event.subject)
    check = event.place.startswith("check:")
    match event.now:
        case "gone":
            how = f"{where} fails: {event.why}" if check else f"{where} does not have it"
            again = f", the {ordinal(event.lost)} time" if event.lost > 1 else ""
            return "✗", f"{name} is gone: {how}{again}", "fail"
        case "there":
            return "✓", f"{name}: {where} {'is good' if check else 'has it'}", "ok" if event.was == "gone" else "text"
        case "missing":
            return "·", f"{name}: {where} {'fails' if check else 'does not have it yet'}", "text"
        case "unknown":
            return "?", f"{name}: {where} could not be looked at: {event.why}", "unknown"


def named(commit: str, subject: str) -> str:
    return f"fix {short(commit)} ({subject})"


def marker(fix: Fix) -> str:
    """What shows that a fix is there."""
    parts = [f"{'matches' if fix.pattern else 'contains'} {fix.contains!r} in {fix.file}"] if fix.file else []
    return " and ".join([*parts, *([f"check {fix.check}"] if fix.check else [])])


def fix_places(status: FixStatus) -> str:
    """Where a fix is and where not, what is bad first: "gone: HEAD remote, there: runs api, lost 2 times"."""
    order: tuple[FixState, ...] = ("gone", "missing", "unknown", "there")
    by = {word: [p.place.replace(":", " ") for p in status.places if p.state == word] for word in order}
    said = ", ".join(f"{word}: {' '.join(where)}" for word, where in by.items() if where) or "not looked for yet"
    return said + (f", lost {count(status.lost, 'time')}" if status.lost else "")


def _place_words(place: str, revision: str | None) -> str:
    """ "the tree of HEAD 298a730", "what api runs, 298a730", "check api-health"."""
    kind, _, name = place.partition(":")
    match kind:
        case "runs":
            return f"what {name} runs, {short(revision)},"
        case "check":
            return f"check {name}"
        case "remote":
            return f"the tree of the remote, {short(revision)},"
        case _:
            return f"the tree of {kind} {short(revision)}"
