"""The life of an incident, and what people write down."""

from typing import assert_never

from incidentui.core import events as e
from incidentui.core.format import count
from incidentui.core.words.tone import Said, Tone


def told(event: e.IncidentEvent) -> Said:
    match event:
        case e.IncidentOpened():
            adopted = f", adopts {count(event.adopted, 'event')}" if event.adopted else ""
            return "○", f"{event.by}: {event.title}, {event.severity}{adopted}", "text"
        case e.WindowMoved():
            return (
                "·",
                f"the window was moved by {event.by}" + (f": {event.why}" if event.why else ""),
                "text",
            )
        case e.IncidentAcknowledged():
            return "○", "I'm on it", "text"
        case e.SeverityChanged():
            return "!", f"{event.was} → {event.now}, by {event.by}", "text"
        case e.StageChanged():
            mark: tuple[str, Tone] = ("✓", "ok") if event.now in ("monitoring", "resolved") else ("·", "text")
            return mark[0], f"{event.was} → {event.now}: {event.why}", mark[1]
        case e.RecoveryTicked():
            return (
                ("✓", f"ticked: {event.item}", "ok") if event.good else ("○", f"tick taken back: {event.item}", "text")
            )
        case e.IncidentClosed():
            how = "resolved" if event.resolved else "not resolved"
            return (
                "✓" if event.resolved else "–",
                f"{how}, by {event.by}" + (f": {event.reason}" if event.reason else ""),
                "text",
            )
        case e.NoteAdded():
            return "“", ("trigger: " if event.trigger else "") + event.text, "text"
        case e.MomentMarked():
            return "·", f"{event.by} marked event {event.marked} as a key moment", "text"
        case _:
            assert_never(event)
