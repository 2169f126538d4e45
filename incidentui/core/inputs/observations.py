"""What a source or an executor saw. Text in it was cleaned and redacted at the edge that made it."""

import hashlib

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
    Progress,
    Repository,
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


OfWorld = (
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
)
"""What sources and the clock say."""
OfAction = ActionStepped | ActionActed | LightLooked | OwnerGone
"""What is said of an action of ours."""
Observation = OfWorld | OfAction
