"""What a responder asks for."""

from typing import Literal

from incidentui.core.board import Conclusion, HypothesisWord, Origin, RemarkKind
from incidentui.core.inputs.observations import Evidence
from incidentui.core.model import Ms, Owner, Plan, ProjectSpec, RunStep, Severity, StepState
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class StartWatch:
    project: ProjectSpec
    by: str
    read_only: bool = False
    host: str = ""


@dataclass(frozen=True, slots=True)
class StopWatch:
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class OpenIncident:
    title: str
    by: str
    severity: Severity | None = None
    """None: the one suggested by what is red."""
    since: Ms | None = None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    by: str
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class SetSeverity:
    severity: Severity
    by: str
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class CloseIncident:
    """Closing as resolved needs a green user path and every tick after recovery; otherwise a reason."""

    by: str
    reason: str = ""
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class TickRecovery:
    """One line of the checklist after recovery was seen to be good; or (not `good`) it was not, after all."""

    item: str
    by: str
    good: bool = True
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class AddNote:
    text: str
    by: str
    at: Ms | None = None
    incident: str | None = None
    until: Ms | None = None
    trigger: bool = False
    load: int | None = None


@dataclass(frozen=True, slots=True)
class MarkMoment:
    seq: int
    by: str


@dataclass(frozen=True, slots=True)
class AddHypothesis:
    thought: str
    by: str
    did: str = ""
    saw: str = ""
    at: Ms | None = None
    incident: str | None = None
    why: str = ""
    """Why it is confirmed at once; empty: it is to be tested."""
    origin: Origin = "unknown"


@dataclass(frozen=True, slots=True)
class ChangeHypothesis:
    """A verdict with its reason, or what was done and seen. None: as it is."""

    n: int
    by: str
    verdict: HypothesisWord | None = None
    why: str | None = None
    did: str | None = None
    saw: str | None = None
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class Conclude:
    what: Conclusion
    text: str
    by: str
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class MakeRemark:
    kind: RemarkKind
    what: str
    why: str
    by: str
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeCause:
    """What became of hypothesis `n` as a cause: fixed (how), the same symptom again (what was seen), or its origin."""

    n: int
    by: str
    what: Literal["fixed", "again", "origin"]
    said: str = ""
    origin: Origin = "unknown"
    at: Ms | None = None
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class MarkGood:
    sha: str
    by: str
    why: str = "marked by hand"


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """A plan was opened: recorded as a detail."""

    plan: Plan
    by: str


@dataclass(frozen=True, slots=True)
class RunPlan:
    plan: Plan
    word: str
    """What was typed; must be the plan's target when the plan changes anything."""
    by: str
    owner: Owner
    run: str
    """Id of the run, made by the caller (a UUID)."""
    step: int | None = None
    undoes: bool = False
    """It takes the step back."""


@dataclass(frozen=True, slots=True)
class StopAction:
    """Stop waiting for the running action, or the effect itself where that leaves nothing half done."""

    by: str
    why: str = ""
    """With a reason the step it belongs to is skipped, and what follows goes on."""
    owner: Owner | None = None
    """The program that asks: an effect can be ended only by the one that runs it."""


@dataclass(frozen=True, slots=True)
class StartRunbook:
    run: str
    runbook: str
    title: str
    digest: str
    steps: tuple[RunStep, ...]
    by: str
    alone: bool = False
    """It may be worked through outside of an incident: a checklist, a rehearsal, without a screen."""


@dataclass(frozen=True, slots=True)
class SetStep:
    n: int
    state: StepState
    by: str
    why: str = ""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """The run in progress goes to another person; who names himself takes it over."""

    by: str
    to: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class EndRunbook:
    by: str
    why: str = ""


OnIncident = OpenIncident | Acknowledge | SetSeverity | CloseIncident | TickRecovery
OnBoard = AddHypothesis | ChangeHypothesis | MakeRemark | Conclude | ChangeCause
OnRunbook = StartRunbook | SetStep | HandOver | EndRunbook
Command = (
    StartWatch
    | StopWatch
    | OnIncident
    | AddNote
    | MarkMoment
    | MarkGood
    | OnBoard
    | ShowPlan
    | RunPlan
    | StopAction
    | OnRunbook
)
