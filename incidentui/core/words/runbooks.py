"""A runbook as it is worked through."""

from typing import assert_never

from incidentui.core import events as e
from incidentui.core.format import count
from incidentui.core.words.tone import Said, Tone

_STEP: dict[str, tuple[str, Tone]] = {
    "todo": ("○", "text"),
    "running": ("▸", "text"),
    "done": ("✓", "text"),
    "failed": ("✗", "fail"),
    "skipped": ("–", "slow"),
    "unknown": ("?", "unknown"),
    "undone": ("←", "text"),
}


def told(event: e.RunbookEvent) -> Said:
    match event:
        case e.RunbookStarted():
            return "▸", f"{event.title}, {count(len(event.steps), 'step')}, by {event.by}", "text"
        case e.StepChanged():
            mark, tone = _STEP[event.now]
            now = "being undone" if event.undo and event.now == "running" else event.now
            return mark, f"{event.title}: {now}" + (f", {event.why}" if event.why else ""), tone
        case e.RunbookHandedOver():
            where = f" at step {event.step}" if event.step is not None else ""
            took = f"{event.to} takes over from {event.was}" if event.by == event.to else f"{event.was} to {event.to}"
            return "▸", f"handed over{where}: {took}" + (f", {event.note}" if event.note else ""), "text"
        case e.RunbookEnded():
            return "▸", "ended" + (f": {event.why}" if event.why else ""), "text"
        case _:
            assert_never(event)
