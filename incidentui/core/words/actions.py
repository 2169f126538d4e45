"""An action from plan to verdict."""

from typing import assert_never

from incidentui.core import events as e
from incidentui.core.format import short
from incidentui.core.model import Light
from incidentui.core.words.tone import Said


def told(event: e.ActionEvent) -> Said:
    match event:
        case e.ActionPlanned():
            return "·", f"{event.plan.action}: {event.plan.title}", "text"
        case e.ActionRequested():
            return "◇", f"{event.plan.title}, by {event.by}", "text"
        case e.ActionProgressed():
            done = {"done": "✓", "failed": "✗", "running": "▸"}.get(event.progress.state, "·")
            return done, f"{event.progress.verb}: {event.progress.text}", "fail" if done == "✗" else "text"
        case e.ActionEnded():
            if event.outcome == "done":
                moved = f"{short(event.was)} → {short(event.revision)}: " if event.was and event.revision else ""
                return "◆", f"{moved}{event.why}", "text"
            words = {"failed": "failed", "refused": "refused", "unknown": "outcome unknown"}[event.outcome]
            return (
                ("?", f"{words}: {event.why}", "unknown")
                if event.outcome == "unknown"
                else ("✗", f"{words}: {event.why}", "fail")
            )
        case e.LightSeen():
            return light_mark(event.light), event.light.detail or event.light.finding, "text"
        case e.VerdictGiven():
            return _verdict(event)
        case e.ErrorCompared():
            if event.other:
                return "≠", f"another error: {event.other[0].text}", "slow"
            return "≡", f"same error again: {event.again[0].text}" if event.again else "no error", "fail"
        case _:
            assert_never(event)


def _verdict(event: e.VerdictGiven) -> Said:
    text = event.verdict.word + (f": {event.verdict.why}" if event.verdict.why else "")
    if event.verdict.word == "complete":
        return "✓", text, "ok"
    return ("?", text, "unknown") if event.verdict.word == "outcome unknown" else ("✗", text, "fail")


def light_mark(light: Light) -> str:
    if not light.looked:
        return "○"
    return "–" if light.ok is None else "✓" if light.ok else "✗"
