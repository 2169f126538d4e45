"""What is known after a number of events: small aggregates, never the timeline itself."""

from collections.abc import Mapping
from dataclasses import field

from incidentui.core.checkpoint import OnGreen
from incidentui.core.drift import Drift
from incidentui.core.imported import Past
from incidentui.core.model import (
    Attempt,
    AwaitedDeploy,
    CheckStatus,
    Deploy,
    FixStatus,
    Incident,
    KnownGood,
    LastRun,
    Ledger,
    Ms,
    ProjectSpec,
    Repository,
    RunbookRun,
    SeenError,
    ServiceStatus,
    Source,
    Suspect,
    TakenBack,
    Workload,
)
from incidentui.core.restarts import Ran
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class State:
    seq: int = 0
    at: Ms = 0
    """Time of the newest event by sequence."""
    project: ProjectSpec = field(default_factory=lambda: ProjectSpec(name=""))
    watching_since: Ms | None = None
    services: Mapping[str, ServiceStatus] = field(default_factory=dict)
    """In the order of the configuration."""
    checks: Mapping[str, CheckStatus] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    workloads: Mapping[str, Workload] = field(default_factory=dict)
    engines: tuple[str, ...] = ()
    ran: Mapping[str, Ran] = field(default_factory=dict)
    """By workload: what was seen up last, and its restarts."""
    crashed: Mapping[str, Ms] = field(default_factory=dict)
    """Workloads whose crash was told and who have not run since, by name: the next crash of the loop is no news."""
    repository: Repository | None = None
    ledger: Ledger | None = None
    """Of the commits since known-good, as last read; it may be of an older tip than `repository`."""
    deploys: tuple[Deploy, ...] = ()
    """The last 20, oldest first."""
    awaited: AwaitedDeploy | None = None
    fixes: Mapping[str, FixStatus] = field(default_factory=dict)
    """By commit, the last 50 that were marked."""
    taken_back: Mapping[str, TakenBack] = field(default_factory=dict)
    """By commit, the last 200."""
    good: KnownGood | None = None
    was_good: KnownGood | None = None
    """The known-good before it, of another commit."""
    suspect: Suspect | None = None
    errors: tuple[SeenError, ...] = ()
    """What that which is red tells of itself, oldest first, at most 20."""
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    """All open ones and the last 20 closed, oldest first."""
    incident_count: int = 0
    attempts: Mapping[str, Attempt] = field(default_factory=dict)
    """By run id, the last 50."""
    acting: str | None = None
    """Run id of the action whose verdict is still out."""
    runbook: RunbookRun | None = None
    left_runs: tuple[RunbookRun, ...] = ()
    """Runs that another one replaced before the steps were done that the closing of their incident waits for."""
    last_runs: Mapping[str, LastRun] = field(default_factory=dict)
    """By runbook, the last 200 that were worked through, oldest first."""
    events: int = 0
    moments: int = 0
    """Key moments so far."""
    drift: Mapping[str, Drift] = field(default_factory=dict)
    """By workload, as last looked at."""
    engine_at: Mapping[str, str] = field(default_factory=dict)
    """Of each engine that is not the machine's own: its address, and what named it."""
    green: OnGreen = field(default_factory=OnGreen)
    archive: tuple[Past, ...] = ()
    """The last 200 incidents that were closed, as the next one is held against them."""

    @property
    def current(self) -> Incident | None:
        """The open incident that was opened last."""
        open_ones = [i for i in self.incidents.values() if i.closed is None]
        return open_ones[-1] if open_ones else None

    @property
    def attempt(self) -> Attempt | None:
        return self.attempts.get(self.acting) if self.acting else None
