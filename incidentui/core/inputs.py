"""What enters a turn: observations (what a source or an executor saw) and commands (what a responder asks).

Text in an observation was cleaned and redacted at the edge that made it.
"""

import hashlib
from typing import Literal

from incidentui.core.board import Conclusion, HypothesisWord, Origin, RemarkKind
from incidentui.core.drift import Drift
from incidentui.core.model import (
    CheckState,
    Fix,
    KnownError,
    KnownGood,
    Ledger,
    Light,
    Ms,
    OddBuild,
    Outcome,
    Owner,
    Plan,
    Progress,
    ProjectSpec,
    Repository,
    RunStep,
    Severity,
    StepState,
    Workload,
)
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands behind a claim: a body, an output, a look. Stored once under its SHA-256."""

    kind: str
    """"check" (JSON, see edge/checks), "output" (text), "log" (text)."""
    body: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(f"{self.kind}\n{self.body}".encode()).hexdigest()


# -- observations


@dataclass(frozen=True, slots=True)
class Sampled:
    """One look of one check. `state` is the verdict of this look alone; thresholds are applied in `decide`."""

    check: str
    at: Ms
    state: CheckState
    why: str
    status: int | None = None
    latency_ms: int | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class RepositoryLooked:
    repository: Repository


@dataclass(frozen=True, slots=True)
class LedgerLooked:
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class GoodFound:
    """The newest known-good that this clone keeps under a ref of ours."""

    good: KnownGood


@dataclass(frozen=True, slots=True)
class RevisionLooked:
    """The revision that `service` runs, as a full sha; None with `why` when it cannot be known."""

    service: str
    sha: str | None
    why: str = ""
    odd: OddBuild = ""


@dataclass(frozen=True, slots=True)
class WorkloadsLooked:
    """The fresh and whole list of one engine; `logs` holds evidence for those that just got worse."""

    engine: str
    workloads: tuple[Workload, ...]
    logs: tuple[tuple[str, Evidence], ...] = ()
    known: tuple[tuple[str, KnownError], ...] = ()
    """What was recognised in those logs, in exit codes and in the engine's own words."""
    where: str = ""
    """Which engine that is: its address and what named it; empty: the machine's own."""


@dataclass(frozen=True, slots=True)
class DriftLooked:
    """What is declared against what runs, of every workload that could be compared."""

    drifts: tuple[Drift, ...]
    where: str = ""
    """On which engine: its address and what named it; empty: the machine's own."""


@dataclass(frozen=True, slots=True)
class SourceFailed:
    source: str
    why: str
    retry_ms: Ms | None = None


@dataclass(frozen=True, slots=True)
class SourceAnswered:
    source: str


@dataclass(frozen=True, slots=True)
class FixTold:
    """An executor proved that the marker of a fix is in its commit and not before it."""

    fix: Fix


@dataclass(frozen=True, slots=True)
class FixDropped:
    commit: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class FixLook:
    commit: str
    place: str
    revision: str | None
    there: bool | None
    """None: it could not be looked at."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class FixesLooked:
    looks: tuple[FixLook, ...]
    back: tuple[tuple[str, str, bool], ...] = ()
    """(commit that was taken back, tip of the remote, whether its change is in it again)."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time passed: deadlines are judged."""

    keeps: bool = False
    """By the process that observes and may write: a checkpoint is taken when one is due."""


@dataclass(frozen=True, slots=True)
class CheckpointKept:
    id: str
    why: str
    told: str
    trigger: Ms


@dataclass(frozen=True, slots=True)
class CheckpointLost:
    why: str
    wrong: str
    trigger: Ms


@dataclass(frozen=True, slots=True)
class ClockShifted:
    """The wall clock moved against the monotonic one since the last turn."""

    by_ms: Ms


@dataclass(frozen=True, slots=True)
class ActionStepped:
    run: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class ActionActed:
    """The effect is over. `revision`: the commit that was written. `was`: the tip before."""

    run: str
    outcome: Outcome
    why: str
    revision: str | None = None
    was: str | None = None
    evidence: Evidence | None = None
    ledger: Ledger | None = None
    """What of each commit since known-good (or the target) stands in `revision`."""
    known: tuple[KnownError, ...] = ()
    """What is known of the error it ended in."""


@dataclass(frozen=True, slots=True)
class LightLooked:
    run: str
    light: Light
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class OwnerGone:
    """The process that ran the action is not there any more."""

    run: str


Observation = (
    Sampled
    | RepositoryLooked
    | LedgerLooked
    | GoodFound
    | RevisionLooked
    | WorkloadsLooked
    | DriftLooked
    | SourceFailed
    | SourceAnswered
    | FixTold
    | FixDropped
    | FixesLooked
    | Ticked
    | CheckpointKept
    | CheckpointLost
    | ClockShifted
    | ActionStepped
    | ActionActed
    | LightLooked
    | OwnerGone
)


# -- commands


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


Command = (
    StartWatch
    | StopWatch
    | OpenIncident
    | Acknowledge
    | SetSeverity
    | CloseIncident
    | TickRecovery
    | AddNote
    | MarkMoment
    | AddHypothesis
    | ChangeHypothesis
    | MakeRemark
    | Conclude
    | ChangeCause
    | MarkGood
    | ShowPlan
    | RunPlan
    | StopAction
    | StartRunbook
    | SetStep
    | HandOver
    | EndRunbook
)
Input = Observation | Command


# -- what comes out


@dataclass(frozen=True, slots=True)
class Offer:
    """What could be asked for instead: opens its own plan."""

    title: str
    note: str
    action: str
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal is a value, not an exception: what, why, and what to do instead."""

    why: str
    hint: str = ""
    usage: bool = False
    """The request itself is wrong (a name nobody has, a value nobody reads), so no guard was asked."""
    choices: tuple[Offer, ...] = ()
    unset: str = ""
    """The variable of a runbook that needs a value first."""


@dataclass(frozen=True, slots=True)
class StartAction:
    run: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class SettleAction:
    """Look at the world and say what became of a run whose owner is gone."""

    run: str


@dataclass(frozen=True, slots=True)
class CancelAction:
    """End the effect of a run that its executor can end."""

    run: str
    by: str


@dataclass(frozen=True, slots=True)
class LookAtFixes:
    """Look for the markers of these fixes in the trees of these places, and for what was taken back in the remote's."""

    fixes: tuple[Fix, ...]
    places: tuple[tuple[str, str], ...]
    """(place, commit)."""
    taken_back: tuple[str, ...] = ()
    tip: str | None = None


@dataclass(frozen=True, slots=True)
class LookNow:
    """Every source looks at once."""


@dataclass(frozen=True, slots=True)
class ReadLedger:
    """What of each commit since `good` stands in `tip`, and where `symbol` occurs there."""

    good: str
    tip: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class KeepGood:
    """A ref of ours in the clone: no gc takes the commit then, and a new journal finds it."""

    good: KnownGood


@dataclass(frozen=True, slots=True)
class KeepCheckpoint:
    """All is good: keep what is now."""

    why: str
    trigger: Ms


Effect = StartAction | SettleAction | CancelAction | LookAtFixes | LookNow | ReadLedger | KeepGood | KeepCheckpoint
