"""The ports of a session: what it needs from the world, and what a screen may ask of it.

Edges implement Source, Executor, Journal, Clock and Details; screens see only Session and View.
"""

from incidentui.core.difference import DiffLine
from incidentui.session.ports.journal import Appended, Aside, Journal, Moved, NotSaved, Row, Unreadable
from incidentui.session.ports.screen import Done, Playhead, Session, Transport, View
from incidentui.session.ports.world import (
    Between,
    Checkpoints,
    Clock,
    Clone,
    Details,
    Executor,
    Fixes,
    FollowedLogs,
    InParts,
    Kept,
    LogFeed,
    LogLine,
    Processes,
    Report,
    Source,
)

__all__ = [
    "Appended",
    "Aside",
    "Between",
    "Checkpoints",
    "Clock",
    "Clone",
    "Details",
    "DiffLine",
    "Done",
    "Executor",
    "Fixes",
    "FollowedLogs",
    "InParts",
    "Journal",
    "Kept",
    "LogFeed",
    "LogLine",
    "Moved",
    "NotSaved",
    "Playhead",
    "Processes",
    "Report",
    "Row",
    "Session",
    "Source",
    "Transport",
    "Unreadable",
    "View",
]
