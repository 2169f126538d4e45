"""What people think is the cause, and what it comes down to."""

from typing import assert_never

from incidentui.core import events as e
from incidentui.core.board_words import HYPOTHESIS_MARK
from incidentui.core.format import ordinal
from incidentui.core.words.tone import Said, Tone


def told(event: e.BoardEvent) -> Said:
    match event:
        case e.HypothesisAdded() | e.HypothesisChanged():
            return _thought(event)
        case e.CauseChanged():
            return _cause(event)
        case e.ConclusionDrawn():
            return "·", f"{event.what}: {event.text}", "text"
        case e.RemarkMade():
            return "·", f"{event.kind}: {event.what} ({event.why})", "text"
        case _:
            assert_never(event)


def _thought(event: e.HypothesisAdded | e.HypothesisChanged) -> Said:
    tested = "; ".join(f"{name} {said}" for name, said in (("did", event.did), ("saw", event.saw)) if said)
    if isinstance(event, e.HypothesisAdded):
        return "○", f"hypothesis {event.n}: {event.thought}" + (f" ({tested})" if tested else ""), "text"
    if not event.judged:
        return "·", f"hypothesis {event.n}: {tested}", "text"
    why = f": {event.why}" if event.why else ""
    tone: Tone = "ok" if event.now == "confirmed" else "text"
    return HYPOTHESIS_MARK[event.now], f"hypothesis {event.n} {event.now}{why}", tone


def _cause(event: e.CauseChanged) -> Said:
    said = f": {event.said}" if event.said else ""
    match event.what:
        case "fixed":
            return "✓", f"cause {event.n} fixed{said}", "ok"
        case "again":
            return "≡", f"cause {event.n} again, the {ordinal(event.again + 1)} time{said}", "fail"
        case "origin":
            return "·", f"cause {event.n}: {event.origin}", "text"
