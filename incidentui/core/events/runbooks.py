"""A runbook as it is worked through."""

from incidentui.core.model import RunStep, StepState
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class RunbookStarted:
    run: str
    runbook: str
    title: str
    digest: str
    by: str
    steps: tuple[RunStep, ...]


@dataclass(frozen=True, slots=True)
class StepChanged:
    run: str
    n: int
    title: str
    was: StepState
    now: StepState
    by: str
    why: str = ""
    evidence: str | None = None
    undo: bool = False
    """It is being taken back, or that is over."""
    fault: str = ""
    """The last thing it said when it failed."""


@dataclass(frozen=True, slots=True)
class RunbookHandedOver:
    """Another person works through it from here on: given by `was`, or taken (`by` is `to` then)."""

    run: str
    was: str
    to: str
    by: str
    note: str = ""
    step: int | None = None
    """Where it stands."""


@dataclass(frozen=True, slots=True)
class RunbookEnded:
    run: str
    by: str
    why: str = ""


RunbookEvent = RunbookStarted | StepChanged | RunbookHandedOver | RunbookEnded
NAMED: dict[str, type[RunbookEvent]] = {
    "runbook.started": RunbookStarted,
    "runbook.step-changed": StepChanged,
    "runbook.handed-over": RunbookHandedOver,
    "runbook.ended": RunbookEnded,
}
