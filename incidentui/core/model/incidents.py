"""An incident: a window of the journal."""

from typing import Literal

from incidentui.core.board import Concluded, Hypothesis, Remark
from incidentui.core.imported import Imported, Recurred
from incidentui.core.value import Ms, dataclass

Severity = Literal["SEV1", "SEV2", "SEV3", "SEV4"]
Stage = Literal["open", "acknowledged", "mitigating", "monitoring", "resolved", "closed"]
Moment = Literal["key", "detail", "quiet"]
"""How loud an event is on the timeline: a key moment, a detail, or not a row at all."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the checklist after recovery, seen to be good."""

    item: str
    """The line as it stood: the project may word it anew later."""
    by: str
    at: Ms


@dataclass(frozen=True, slots=True)
class Incident:
    """A window of the journal."""

    id: str
    title: str
    severity: Severity
    stage: Stage
    opened: Ms
    by: str
    first_red: Ms | None = None
    """Where the clock starts; None is a gap in the draft."""
    window_from: Ms | None = None
    """Where the window starts: the last deploy before the first red, else the first red."""
    acknowledged: Ms | None = None
    acknowledged_by: str | None = None
    mitigated: Ms | None = None
    resolved: Ms | None = None
    closed: Ms | None = None
    closed_reason: str = ""
    services: tuple[str, ...] = ()
    responders: tuple[str, ...] = ()
    events: int = 0
    attempts: tuple[str, ...] = ()
    """Runs of its actions, oldest first, at most 50."""
    earliest: Ms | None = None
    """Time of its own earliest event: a note can be dated back to before the window."""
    actions: int = 0
    """How many of all of them were to change something."""
    hypotheses: tuple[Hypothesis, ...] = ()
    conclusions: tuple[Concluded, ...] = ()
    """Symptom, root cause, real problem: those that somebody said."""
    remarks: tuple[Remark, ...] = ()
    """As they were said; a thing said again stands once, with its newest reason."""
    ticks: tuple[Tick, ...] = ()
    """Of the checklist after recovery, since users were served last."""
    left: tuple[str, ...] = ()
    """What of it was open when the incident was closed."""
    imported: Imported | None = None
    """Of one that came from a document: everything in it is what that document says."""
    recurs: tuple[Recurred, ...] = ()
    """Those of the archive that it was like when it was opened."""

    @property
    def shown_from(self) -> Ms | None:
        """Where its timeline starts: with the window, or with a note that lies before it."""
        if self.window_from is None or self.earliest is None:
            return self.window_from
        return min(self.window_from, self.earliest)
