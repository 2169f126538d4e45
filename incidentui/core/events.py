"""The closed set of facts a journal can hold, in the past tense, and the envelope each is written in.

New fields have defaults; names and types never change (an old journal must always be readable).
`type_name` gives the CloudEvents type; `codec` turns an event into JSON and back.
"""

from typing import Literal

from incidentui.core.board import Conclusion, HypothesisWord, Origin, RemarkKind
from incidentui.core.drift import Drift, DriftRow
from incidentui.core.model import (
    CheckState,
    Commit,
    ErrorText,
    Fix,
    FixState,
    KnownError,
    KnownGood,
    Layer,
    Ledger,
    Light,
    Moment,
    Ms,
    OddBuild,
    Outcome,
    Owner,
    Plan,
    Progress,
    ProjectSpec,
    Repository,
    RunStep,
    SeenError,
    Severity,
    Stage,
    StepState,
    Suspect,
    Verdict,
    Workload,
)
from incidentui.core.restarts import Restart
from incidentui.core.value import dataclass

# -- watching


@dataclass(frozen=True, slots=True)
class WatchStarted:
    project: ProjectSpec
    by: str
    read_only: bool = False
    host: str = ""


@dataclass(frozen=True, slots=True)
class WatchStopped:
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class CheckChanged:
    check: str
    service: str
    layer: Layer
    was: CheckState
    now: CheckState
    why: str
    was_why: str = ""
    since: Ms | None = None
    looks: int = 0
    needed: int = 0
    status: int | None = None
    latency_ms: int | None = None
    evidence: str | None = None
    was_ms: Ms | None = None
    """How long the state before lasted."""


@dataclass(frozen=True, slots=True)
class ServiceChanged:
    service: str
    was: CheckState
    now: CheckState
    why: str
    was_why: str = ""
    check: str = ""
    layer: Layer = "user"
    since: Ms | None = None
    looks: int = 0
    needed: int = 0
    evidence: str | None = None
    was_ms: Ms | None = None


@dataclass(frozen=True, slots=True)
class RevisionSeen:
    """The running revision of a service became known, unknown, or another one."""

    service: str
    was: str | None
    now: str | None
    why: str = ""
    odd: OddBuild = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The running revision changed from one commit to another, seen in `services`."""

    services: tuple[str, ...]
    was: str | None
    now: str
    commit: Commit | None = None


@dataclass(frozen=True, slots=True)
class RepositorySeen:
    """Git looks different from the last time: whole picture, bounded."""

    repository: Repository


@dataclass(frozen=True, slots=True)
class LedgerRead:
    """What of each commit since known-good stands in the tree."""

    ledger: Ledger


@dataclass(frozen=True, slots=True)
class ErrorSeen:
    """Something that is red tells of an error it did not tell of since it is."""

    seen: SeenError


@dataclass(frozen=True, slots=True)
class ErrorCompared:
    """After an action: which errors from before it are there again, and which are new."""

    run: str
    again: tuple[ErrorText, ...] = ()
    other: tuple[ErrorText, ...] = ()


@dataclass(frozen=True, slots=True)
class Pushed:
    """The remote's branch moved."""

    remote: str
    branch: str
    was: str | None
    now: str
    author: str = ""
    expects: tuple[str, ...] = ()
    """Services that a deploy of it is expected in."""


@dataclass(frozen=True, slots=True)
class DeployMissed:
    """A push was not followed by the deploy that was expected of it."""

    sha: str
    remote: str
    branch: str
    pushed: Ms
    within_ms: Ms
    runs: tuple[tuple[str, str | None], ...]
    """(service, what it runs) of those that did not follow."""
    expected: int = 0
    """How many were expected to."""


@dataclass(frozen=True, slots=True)
class DeployFollowed:
    """Every service that was expected to runs what was pushed, or the same tree."""

    sha: str
    services: tuple[str, ...]
    took_ms: Ms
    late: bool = False
    """It had been said that nothing was deployed."""


@dataclass(frozen=True, slots=True)
class WorkloadsSeen:
    """The list of one engine changed (first look, or something came or went)."""

    engine: str
    workloads: tuple[Workload, ...]
    where: str = ""
    """Which engine that is; empty: the machine's own."""


@dataclass(frozen=True, slots=True)
class DriftSeen:
    """What is declared against what runs changed, on either side."""

    drifts: tuple[Drift, ...]
    fresh: tuple[tuple[str, DriftRow], ...] = ()
    """What differs since now: (workload, row)."""


@dataclass(frozen=True, slots=True)
class WorkloadChanged:
    was: Workload
    now: Workload
    words: str
    """"exits 1 at start", "restart 3", "up again"."""
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class WorkloadRestarted:
    """Another process, or another container, runs under its name than was seen up last."""

    restart: Restart


@dataclass(frozen=True, slots=True)
class SourceLost:
    source: str
    why: str
    retry_ms: Ms | None = None


@dataclass(frozen=True, slots=True)
class SourceRegained:
    source: str


@dataclass(frozen=True, slots=True)
class SuspectNamed:
    suspect: Suspect


@dataclass(frozen=True, slots=True)
class KnownGoodSet:
    good: KnownGood


@dataclass(frozen=True, slots=True)
class FixMarked:
    fix: Fix


@dataclass(frozen=True, slots=True)
class FixSeen:
    """Whether a fix is in a place became another answer."""

    commit: str
    subject: str
    place: str
    was: FixState
    now: FixState
    revision: str | None = None
    why: str = ""
    lost: int = 0
    """How often it was gone by now, this time counted."""


@dataclass(frozen=True, slots=True)
class FixForgotten:
    commit: str
    subject: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class CommitBack:
    """A commit that was taken back is in the remote's branch again, not by an action of ours."""

    sha: str
    subject: str
    tip: str
    taken_back: Ms
    checks: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True, slots=True)
class CommitCleared:
    """The checks that failed with a commit that was taken back pass with it: it may be deployed."""

    sha: str
    subject: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckpointDue:
    """All was good for long enough: a checkpoint is about to be taken."""

    why: str
    trigger: Ms


@dataclass(frozen=True, slots=True)
class CheckpointTaken:
    """Because all was good. Those taken by hand or before an action stand with their action."""

    id: str
    why: str
    """ "green for 10m after deploy 59a77c4"."""
    told: str
    """What it holds, counted."""
    trigger: Ms


@dataclass(frozen=True, slots=True)
class CheckpointMissed:
    why: str
    wrong: str
    """Why it could not be kept."""
    trigger: Ms


# -- the incident


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    id: str
    title: str
    severity: Severity
    by: str
    first_red: Ms | None
    window_from: Ms | None
    services: tuple[str, ...] = ()
    adopted: int = 0
    """How many events recorded before the opening lie in the window."""


@dataclass(frozen=True, slots=True)
class WindowMoved:
    first_red: Ms | None
    window_from: Ms | None
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class IncidentAcknowledged:
    by: str


@dataclass(frozen=True, slots=True)
class SeverityChanged:
    was: Severity
    now: Severity
    by: str


@dataclass(frozen=True, slots=True)
class StageChanged:
    was: Stage
    now: Stage
    why: str


@dataclass(frozen=True, slots=True)
class RecoveryTicked:
    """A line of the checklist after recovery was seen to be good; not `good`: its tick was taken back."""

    item: str
    by: str
    good: bool = True


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    by: str
    reason: str
    resolved: bool
    left: tuple[str, ...] = ()
    """What of the checklist after recovery nobody ticked."""


@dataclass(frozen=True, slots=True)
class NoteAdded:
    text: str
    by: str
    key: bool = False
    until: Ms | None = None
    """Of what lasted: when it ended."""
    trigger: bool = False
    """It set off what came after it."""
    load: int | None = None
    """How much it was for whoever worked on it, 1 to 5."""


@dataclass(frozen=True, slots=True)
class MomentMarked:
    """A responder marked the event with this sequence as a key moment."""

    marked: int
    by: str


@dataclass(frozen=True, slots=True)
class HypothesisAdded:
    n: int
    """Its number in the incident."""
    thought: str
    by: str
    did: str = ""
    saw: str = ""
    commits: tuple[str, ...] = ()
    origin: Origin = "unknown"


@dataclass(frozen=True, slots=True)
class HypothesisChanged:
    """All of it as it is from now on, but for the thought: that stays in one place, where it can be erased."""

    n: int
    was: HypothesisWord
    now: HypothesisWord
    by: str
    why: str = ""
    did: str = ""
    saw: str = ""
    commits: tuple[str, ...] = ()
    judged: bool = False
    """The verdict or its reason is another one; otherwise only what was done or seen."""


@dataclass(frozen=True, slots=True)
class RemarkMade:
    """Something was ruled out, or a signal was seen to have misled; said again, its reason is another one."""

    kind: RemarkKind
    what: str
    why: str
    by: str


@dataclass(frozen=True, slots=True)
class ConclusionDrawn:
    """What it comes down to; said again, it takes the place of what was said before."""

    what: Conclusion
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class CauseChanged:
    """What became of hypothesis `n` as a cause."""

    n: int
    what: Literal["fixed", "again", "origin"]
    by: str
    said: str = ""
    """How it was fixed; what was seen when it was there again."""
    again: int = 0
    """How often it was by now, this time counted."""
    origin: Origin = "unknown"


# -- acting


@dataclass(frozen=True, slots=True)
class ActionPlanned:
    """Somebody looked at a plan. Nothing happened."""

    plan: Plan
    by: str


@dataclass(frozen=True, slots=True)
class ActionRequested:
    """Intent, on disk before the effect starts."""

    run: str
    number: int
    plan: Plan
    owner: Owner
    by: str
    before: tuple[tuple[str, CheckState], ...] = ()
    step: int | None = None
    errors: tuple[str, ...] = ()
    """Signatures of what is red."""
    undoes: bool = False


@dataclass(frozen=True, slots=True)
class ActionProgressed:
    run: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class ActionEnded:
    """The effect is over (or was never begun); the looking goes on. `unknown`: its owner died."""

    run: str
    outcome: Outcome
    why: str
    revision: str | None = None
    was: str | None = None
    """Tip before (git actions)."""
    evidence: str | None = None
    in_force: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()
    ledger: Ledger | None = None
    known: tuple[KnownError, ...] = ()
    """What is known of the error it ended in."""


@dataclass(frozen=True, slots=True)
class LightSeen:
    run: str
    light: Light


@dataclass(frozen=True, slots=True)
class VerdictGiven:
    run: str
    outcome: Outcome
    verdict: Verdict


# -- runbooks


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


# -- the record about itself


@dataclass(frozen=True, slots=True)
class ClockMoved:
    """The wall clock moved against the monotonic one of the same boot: times before and after do not compare."""

    by_ms: Ms
    """Ahead when positive, back when negative."""


@dataclass(frozen=True, slots=True)
class DataErased:
    """The data of the event with this sequence held what must not be kept, and are gone for good."""

    seq: int
    reason: str
    by: str
    evidence: tuple[str, ...] = ()
    """Evidence that was erased with it."""


@dataclass(frozen=True, slots=True)
class JournalReplaced:
    """The file was damaged: it is kept, and this journal goes on from the last event that could be read."""

    kept: str
    """Where the damaged file is."""
    why: str
    taken: int = 0
    """How many events were taken over from it, with their sequence."""
    after: int = 0
    """How many that stood behind the damage, with a new one."""


# -- from a newer program, or erased


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event that this program cannot read, kept whole, or one that was erased: it folds to nothing."""

    type: str
    data: str
    """Its JSON as it was written."""


Event = (
    WatchStarted
    | WatchStopped
    | CheckChanged
    | ServiceChanged
    | RevisionSeen
    | Deployed
    | RepositorySeen
    | LedgerRead
    | ErrorSeen
    | ErrorCompared
    | Pushed
    | DeployMissed
    | DeployFollowed
    | WorkloadsSeen
    | WorkloadChanged
    | WorkloadRestarted
    | DriftSeen
    | SourceLost
    | SourceRegained
    | SuspectNamed
    | KnownGoodSet
    | FixMarked
    | FixSeen
    | FixForgotten
    | CommitBack
    | CommitCleared
    | CheckpointDue
    | CheckpointTaken
    | CheckpointMissed
    | IncidentOpened
    | WindowMoved
    | IncidentAcknowledged
    | SeverityChanged
    | StageChanged
    | RecoveryTicked
    | IncidentClosed
    | NoteAdded
    | MomentMarked
    | HypothesisAdded
    | HypothesisChanged
    | RemarkMade
    | CauseChanged
    | ConclusionDrawn
    | ActionPlanned
    | ActionRequested
    | ActionProgressed
    | ActionEnded
    | LightSeen
    | VerdictGiven
    | RunbookStarted
    | StepChanged
    | RunbookHandedOver
    | RunbookEnded
    | ClockMoved
    | DataErased
    | JournalReplaced
    | UnknownEvent
)

TYPES: dict[str, type[Event]] = {
    "watch.started": WatchStarted,
    "watch.stopped": WatchStopped,
    "check.changed": CheckChanged,
    "service.changed": ServiceChanged,
    "revision.seen": RevisionSeen,
    "deploy.seen": Deployed,
    "repository.seen": RepositorySeen,
    "ledger.read": LedgerRead,
    "error.seen": ErrorSeen,
    "error.compared": ErrorCompared,
    "push.seen": Pushed,
    "deploy.missed": DeployMissed,
    "deploy.followed": DeployFollowed,
    "workloads.seen": WorkloadsSeen,
    "workload.changed": WorkloadChanged,
    "workload.restarted": WorkloadRestarted,
    "drift.seen": DriftSeen,
    "source.lost": SourceLost,
    "source.regained": SourceRegained,
    "suspect.named": SuspectNamed,
    "good.set": KnownGoodSet,
    "fix.marked": FixMarked,
    "fix.seen": FixSeen,
    "fix.forgotten": FixForgotten,
    "commit.back": CommitBack,
    "commit.cleared": CommitCleared,
    "checkpoint.due": CheckpointDue,
    "checkpoint.taken": CheckpointTaken,
    "checkpoint.missed": CheckpointMissed,
    "incident.opened": IncidentOpened,
    "incident.window-moved": WindowMoved,
    "incident.acknowledged": IncidentAcknowledged,
    "incident.severity-changed": SeverityChanged,
    "incident.stage-changed": StageChanged,
    "recovery.ticked": RecoveryTicked,
    "incident.closed": IncidentClosed,
    "note.added": NoteAdded,
    "moment.marked": MomentMarked,
    "hypothesis.added": HypothesisAdded,
    "hypothesis.changed": HypothesisChanged,
    "remark.made": RemarkMade,
    "cause.changed": CauseChanged,
    "conclusion.drawn": ConclusionDrawn,
    "action.planned": ActionPlanned,
    "action.requested": ActionRequested,
    "action.progressed": ActionProgressed,
    "action.ended": ActionEnded,
    "action.light-seen": LightSeen,
    "action.verdict-given": VerdictGiven,
    "runbook.started": RunbookStarted,
    "runbook.step-changed": StepChanged,
    "runbook.handed-over": RunbookHandedOver,
    "runbook.ended": RunbookEnded,
    "clock.moved": ClockMoved,
    "data.erased": DataErased,
    "journal.replaced": JournalReplaced,
}
NAMES: dict[type[Event], str] = {cls: name for name, cls in TYPES.items()}


def type_name(event: Event) -> str:
    """The CloudEvents `type` of an event, without the "incidentui." that the export puts before it."""
    return event.type if isinstance(event, UnknownEvent) else NAMES[type(event)]


@dataclass(frozen=True, slots=True)
class Fact:
    """An event decided but not yet written: what the journal needs to make an envelope of it."""

    event: Event
    at: Ms
    """When it happened."""
    source: str
    """"check:api-health", "git", "responder:ana", "session"."""
    subject: str
    """Whom the row is about: a service, a workload, a person."""
    moment: Moment = "detail"
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the journal holds it (a CloudEvents 1.0 record plus the fields of ours)."""

    seq: int
    id: str
    """UUIDv7."""
    at: Ms
    recorded: Ms
    source: str
    subject: str
    moment: Moment
    incident: str | None
    project: str
    mono_ms: int
    """Monotonic clock of the writer, comparable only with the same `boot`."""
    boot: str
    event: Event
    hash: str = ""
    prev: str = ""
