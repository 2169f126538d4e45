"""A runbook as it is worked through."""

from typing import Literal

from incidentui.core.value import Ms, dataclass

StepState = Literal["todo", "running", "done", "failed", "skipped", "unknown", "undone"]


@dataclass(frozen=True, slots=True)
class RunStep:
    n: int
    title: str
    state: StepState = "todo"
    since: Ms | None = None
    took_ms: int | None = None
    note: str = ""
    action: str | None = None
    then: int | None = None
    """The step that follows when this one came out good; None: the next."""
    otherwise: int | None = None
    """The step that follows when it failed; None: nothing goes on before it is done or skipped."""
    looks: bool = False
    """It changes nothing, so there is nothing to take back."""
    before_close: bool = False
    """Closing as resolved waits for it."""
    tries: int = 0
    fault: str = ""
    """What it failed with last."""
    same: int = 0
    """How often in a row it failed with just that again."""
    undoing: bool = False
    begun: bool = False
    """Something of it was tried or done, and not taken back since."""
    runs: bool = False
    """Something of it can be run here: `x` shows that first. False: a person does it and ticks it."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """How a runbook was worked through last."""

    runbook: str
    run: str
    by: str
    started: Ms
    last: Ms
    """When its last step changed."""
    passed: int
    of: int
    stuck: str = ""
    """The step that is neither done nor skipped: "3 Restart the pump, failed". Empty: every step was gone through."""
    ended: bool = False
    undone: int = 0
    found: str = ""
    """What a rehearsal in it came to: how many came back, what was another than before."""


@dataclass(frozen=True, slots=True)
class RunbookRun:
    id: str
    runbook: str
    title: str
    digest: str
    by: str
    started: Ms
    steps: tuple[RunStep, ...] = ()
    ended: Ms | None = None
    holder: str = ""
    """Who works through it; empty: who began it."""
    held: Ms | None = None
    handed: str = ""
    """What was said when it was handed over, and by whom: "ana: the disk is full, step 3 waits"."""
    incident: str | None = None
    """For which it was begun; None: for none, or the journal is too old to tell."""

    @property
    def who(self) -> str:
        return self.holder or self.by
