"""The record about itself."""

from typing import assert_never

from incidentui.core import events as e
from incidentui.core.envelope import erased
from incidentui.core.format import count, duration
from incidentui.core.words.tone import Said


def told(event: e.RecordEvent) -> Said:
    match event:
        case e.ClockMoved():
            way = "ahead" if event.by_ms > 0 else "back"
            return "!", f"the clock moved {duration(abs(event.by_ms))} {way}: times before do not compare", "slow"
        case e.DataErased():
            return "–", f"event {event.seq} was erased by {event.by}: {event.reason}", "text"
        case e.JournalReplaced():
            n = event.taken + event.after
            taken = f", {count(n, 'event')} taken over" if n else ", nothing could be taken over"
            return "!", f"the journal was damaged ({event.why}){taken}; the old file is {event.kept}", "slow"
        case e.UnknownEvent():
            if erased(event.data):
                return "–", f"{event.type}: erased", "muted"
            return "?", f"{event.type}: written by a newer incidentui", "muted"
        case _:
            assert_never(event)
