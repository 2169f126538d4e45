"""What a screen sees, and what it may ask of a session."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Protocol

from incidentui.core.difference import DiffLine
from incidentui.core.drift import Drift
from incidentui.core.events import Recorded
from incidentui.core.inputs import Command, Evidence, Refusal
from incidentui.core.model import Ms, Plan
from incidentui.core.recent import Recent
from incidentui.core.state import State
from incidentui.core.using import Using
from incidentui.core.value import dataclass
from incidentui.session.ports.journal import Row
from incidentui.session.ports.world import Kept, LogFeed, LogLine


@dataclass(frozen=True, slots=True)
class Playhead:
    """Where a replay stands."""

    seq: int
    total: int
    """Sequence of the last event of the record."""
    playing: bool
    speed: float
    next_key: Ms | None
    first: Ms
    last: Ms
    said: bool = False
    """A document is walked through: its times are those that it gives."""


@dataclass(frozen=True, slots=True)
class View:
    """All a screen draws from, beside the time."""

    state: State
    recent: Recent
    read_only: str = ""
    """Why nothing can be done here; empty when it can."""
    journal: str = "ok"
    """"ok", or what is wrong and where the events go meanwhile."""
    observing: bool = True
    """Whether this process runs the sources (False: it follows another)."""
    playhead: Playhead | None = None
    problems: tuple[str, ...] = ()
    """Configuration errors, one line each."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command was accepted and is on disk. `seq` of its last event (None: in the side file)."""

    seq: int | None
    incident: str | None = None


class Session(Protocol):
    """Live or replay: the same for a screen."""

    @property
    def view(self) -> View: ...

    @property
    def me(self) -> str:
        """The responder's name."""
        ...

    def now(self) -> Ms:
        """The time to show: the wall clock, or the playhead's."""
        ...

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        """Called on the session's thread after each turn; returns the way to stop."""
        ...

    def submit(self, command: Command) -> Future[Done | Refusal]: ...

    def plan(self, action: str, args: Mapping[str, str]) -> Future[Plan | Refusal]: ...

    def run_plan(
        self, plan: Plan, word: str, step: int | None = None, run: str = "", undoes: bool = False
    ) -> Future[Done | Refusal]:
        """Asks for the effect of a plan. `step`: of the runbook, that it does, or `undoes`."""
        ...

    def look_now(self) -> None: ...

    def rows(
        self,
        *,
        before: Row | None = None,
        after: Row | None = None,
        limit: int = 100,
        key_only: bool = True,
        containing: str = "",
    ) -> list[Recorded]:
        """See Journal.rows; bounded to the incident's window (or today) and to the playhead."""
        ...

    def evidence(self, sha256: str) -> Evidence | None: ...

    def diff(self, sha: str) -> Future[Sequence[DiffLine] | Refusal]: ...

    def logs(self, workload: str, lines: int = 200) -> Future[Sequence[LogLine] | Refusal]: ...

    def volumes(self, workload: str) -> Future[Sequence[Kept] | Refusal]:
        """Those of a workload, with their backups."""
        ...

    def using(self, workload: str) -> Future[Using | Refusal]:
        """See Details.using."""
        ...

    def follow_logs(self, since: Mapping[str, Ms | None]) -> Future[LogFeed | Refusal]:
        """See Details.follow_logs."""
        ...

    def drift_then(self) -> Future[Sequence[Drift] | Refusal]:
        """See Details.drift_then."""
        ...

    def draft(self, incident: str) -> Future[str | Refusal]: ...


class Transport(Protocol):
    """The keys of a replay."""

    def play(self) -> None: ...

    def pause(self) -> None: ...

    def step(self, events: int) -> None: ...

    def key_moment(self, direction: int) -> None: ...

    def seek(self, at: Ms) -> None: ...

    def ends(self, last: bool) -> None: ...

    def faster(self, factor: float) -> None: ...
