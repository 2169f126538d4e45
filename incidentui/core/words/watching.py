"""Who watches, and which sources answer."""

from typing import assert_never

from incidentui.core import events as e
from incidentui.core.format import count
from incidentui.core.words.tone import Said


def told(event: e.WatchEvent) -> Said:
    match event:
        case e.WatchStarted():
            note = ", read-only" if event.read_only else ""
            return (
                "○",
                f"{event.by} opened the program, {count(len(event.project.checks), 'check')}{note}",
                "text",
            )
        case e.WatchStopped():
            return "○", f"{event.by} left" + (f": {event.why}" if event.why else ""), "text"
        case e.SourceLost():
            return "?", _why_first(event.why), "unknown"
        case e.SourceRegained():
            return "✓", "answers again", "ok"
        case _:
            assert_never(event)


def _why_first(why: str) -> str:
    """A long address would take the room of what is the matter."""
    engine, _, said = why.partition(": ")
    return f"{said} · {engine.removeprefix('docker engine ')}" if said and engine.startswith("docker engine ") else why
