"""The closed set of facts a journal can hold, in the past tense, one module a subject; and what each is written in.

New fields have defaults; names and types never change (an old journal must always be readable).
`type_name` gives the CloudEvents type; `codec` turns an event into JSON and back.
"""

from incidentui.core.events.actions import (
    ActionEnded,
    ActionEvent,
    ActionPlanned,
    ActionProgressed,
    ActionRequested,
    ErrorCompared,
    LightSeen,
    VerdictGiven,
)
from incidentui.core.events.board import (
    BoardEvent,
    CauseChanged,
    ConclusionDrawn,
    HypothesisAdded,
    HypothesisChanged,
    RemarkMade,
)
from incidentui.core.events.checkpoints import CheckpointDue, CheckpointEvent, CheckpointMissed, CheckpointTaken
from incidentui.core.events.code import (
    CodeEvent,
    Deployed,
    DeployFollowed,
    DeployMissed,
    KnownGoodSet,
    LedgerRead,
    Pushed,
    RepositorySeen,
    RevisionSeen,
    SuspectNamed,
)
from incidentui.core.events.fixes import CommitBack, CommitCleared, FixEvent, FixForgotten, FixMarked, FixSeen
from incidentui.core.events.health import CheckChanged, ErrorSeen, HealthEvent, ServiceChanged
from incidentui.core.events.incidents import (
    IncidentAcknowledged,
    IncidentClosed,
    IncidentEvent,
    IncidentOpened,
    MomentMarked,
    NoteAdded,
    RecoveryTicked,
    SeverityChanged,
    StageChanged,
    WindowMoved,
)
from incidentui.core.events.names import NAMES, TYPES, Event, type_name
from incidentui.core.events.record import ClockMoved, DataErased, JournalReplaced, RecordEvent, UnknownEvent
from incidentui.core.events.runbooks import RunbookEnded, RunbookEvent, RunbookHandedOver, RunbookStarted, StepChanged
from incidentui.core.events.watching import SourceLost, SourceRegained, WatchEvent, WatchStarted, WatchStopped
from incidentui.core.events.workloads import DriftSeen, WorkloadChanged, WorkloadEvent, WorkloadRestarted, WorkloadsSeen
from incidentui.core.events.written import Fact, Recorded

__all__ = [
    "NAMES",
    "TYPES",
    "ActionEnded",
    "ActionEvent",
    "ActionPlanned",
    "ActionProgressed",
    "ActionRequested",
    "BoardEvent",
    "CauseChanged",
    "CheckChanged",
    "CheckpointDue",
    "CheckpointEvent",
    "CheckpointMissed",
    "CheckpointTaken",
    "ClockMoved",
    "CodeEvent",
    "CommitBack",
    "CommitCleared",
    "ConclusionDrawn",
    "DataErased",
    "DeployFollowed",
    "DeployMissed",
    "Deployed",
    "DriftSeen",
    "ErrorCompared",
    "ErrorSeen",
    "Event",
    "Fact",
    "FixEvent",
    "FixForgotten",
    "FixMarked",
    "FixSeen",
    "HealthEvent",
    "HypothesisAdded",
    "HypothesisChanged",
    "IncidentAcknowledged",
    "IncidentClosed",
    "IncidentEvent",
    "IncidentOpened",
    "JournalReplaced",
    "KnownGoodSet",
    "LedgerRead",
    "LightSeen",
    "MomentMarked",
    "NoteAdded",
    "Pushed",
    "RecordEvent",
    "Recorded",
    "RecoveryTicked",
    "RemarkMade",
    "RepositorySeen",
    "RevisionSeen",
    "RunbookEnded",
    "RunbookEvent",
    "RunbookHandedOver",
    "RunbookStarted",
    "ServiceChanged",
    "SeverityChanged",
    "SourceLost",
    "SourceRegained",
    "StageChanged",
    "StepChanged",
    "SuspectNamed",
    "UnknownEvent",
    "VerdictGiven",
    "WatchEvent",
    "WatchStarted",
    "WatchStopped",
    "WindowMoved",
    "WorkloadChanged",
    "WorkloadEvent",
    "WorkloadRestarted",
    "WorkloadsSeen",
    "type_name",
]
