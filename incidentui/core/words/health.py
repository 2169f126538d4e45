"""Checks and services as they turn, and the errors they tell."""

from typing import assert_never

from incidentui.core import events as e
from incidentui.core.format import duration
from incidentui.core.model import CheckState
from incidentui.core.words.tone import Said, Tone

STATE_MARK: dict[CheckState, str] = {"ok": "✓", "slow": "!", "failing": "✗", "unknown": "?"}
_STATE_TONE: dict[CheckState, Tone] = {"ok": "ok", "slow": "slow", "failing": "fail", "unknown": "unknown"}


def told(event: e.HealthEvent) -> Said:
    match event:
        case e.CheckChanged() | e.ServiceChanged():
            return _judged(event)
        case e.ErrorSeen():
            known = event.seen.known[0].meaning if event.seen.known else ""
            return "✗", f"{event.seen.error.text}  · {known}" if known else event.seen.error.text, "fail"
        case _:
            assert_never(event)


def _judged(event: e.CheckChanged | e.ServiceChanged) -> Said:
    mark, tone = STATE_MARK[event.now], _STATE_TONE[event.now]
    looks = f", {event.looks} of {event.needed} looks" if event.looks and event.needed > 1 else ""
    match event.now:
        case "failing":
            was = f"{event.was_why} → " if event.was_why else ""
            return mark, f"{was}{event.why}{looks}", tone
        case "ok":
            lasted = f", was {event.was} for {duration(event.was_ms)}" if event.was_ms and event.was != "ok" else ""
            return mark, f"{event.why}{lasted}", tone
        case "slow":
            return mark, f"slow: {event.why}", tone
        case "unknown":
            return mark, f"unknown: {event.why}", tone
