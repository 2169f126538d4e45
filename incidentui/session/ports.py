"""The ports of a session: what it needs from the world, and what a screen may ask of it.

Edges implement Source, Executor, Journal, Clock and Details; screens see only Session and View.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Literal, Protocol

from incidentui.core.difference import DiffLine as DiffLine
from incidentui.core.drift import Drift
from incidentui.core.events import Fact, Recorded
from incidentui.core.inputs import ActionActed, Command, Evidence, FixesLooked, LookAtFixes, Observation, Refusal
from incidentui.core.model import Attempt, KnownError, KnownGood, Ledger, Light, Ms, Owner, Plan
from incidentui.core.recent import Recent, Sample
from incidentui.core.state import State
from incidentui.core.value import dataclass

Report = Callable[[Observation], None]


class Clock(Protocol):
    boot: str
    """Boot id of this machine: monotonic times of one boot can be compared."""

    def now(self) -> Ms: ...

    def mono(self) -> int:
        """Monotonic milliseconds."""
        ...


# -- the journal


@dataclass(frozen=True, slots=True)
class Appended:
    records: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """Nothing was written: others appended since `expected`. Fold these and decide again."""

    records: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class Aside:
    """The journal could not be written; the facts are in the side file, synced, without sequence."""

    why: str
    path: str
    facts: tuple[Fact, ...] | None = None
    """As they were written, without the secrets that stood in them; None: as they were given."""


class NotSaved(Exception):  # noqa: N818 - a state of the disk that may pass, not a fault
    """Neither the journal nor its side file took the facts. The text says what happened and what to do."""


class Unreadable(Exception):  # noqa: N818 - a state of the file that may pass, not a fault
    """The journal cannot be read now: something happened to its file. The session finds out and says so by itself."""


@dataclass(frozen=True, slots=True)
class Row:
    """A key into the timeline: by the time it happened, then by sequence."""

    at: Ms
    seq: int


class Journal(Protocol):
    path: str

    def append(
        self,
        facts: Sequence[Fact],
        *,
        expected: int | None = None,
        evidence: Sequence[Evidence] = (),
        samples: Sequence[Sample] = (),
    ) -> Appended | Moved | Aside:
        """One transaction, durable when it returns. `expected`: the last sequence the facts were decided on.

        NotSaved when nothing was written anywhere: the same may be asked again.
        """
        ...

    def last(self) -> int:
        """Last sequence, 0 when empty."""
        ...

    def moved(self) -> bool:
        """Whether another connection wrote since the last call (PRAGMA data_version)."""
        ...

    def read(self, after: int = 0, until: int | None = None) -> Iterable[Recorded]:
        """Events with after < seq <= until, in order of sequence."""
        ...

    def samples(self, since: Ms, until: Ms | None = None) -> Iterable[Sample]:
        """Samples with since < at <= until, by time."""
        ...

    def evidence(self, sha256: str) -> Evidence | None:
        """None when it is not kept. Unreadable."""
        ...

    def rows(
        self,
        *,
        before: Row | None = None,
        after: Row | None = None,
        limit: int = 100,
        key_only: bool = True,
        since: Ms | None = None,
        until_seq: int | None = None,
        containing: str = "",
    ) -> list[Recorded]:
        """A window of the timeline in its order (quiet events never), nearest to the key first cut. Unreadable.

        `before` alone: the last `limit` rows before it; `after` alone: the first after it; neither: the last rows.
        """
        ...

    def snapshot(self, at_most: int) -> State | None:
        """The newest saved state with seq <= at_most; a cache, never the truth."""
        ...

    def save_snapshot(self, state: State) -> None: ...

    def close(self) -> None: ...


# -- the world


class Source(Protocol):
    name: str

    async def run(self, report: Report) -> None:
        """Look again and again until cancelled. Never raises for what the world does: reports SourceFailed."""
        ...

    async def look(self) -> Sequence[Observation]:
        """One fresh look, now."""
        ...


class Executor(Protocol):
    actions: frozenset[str]

    async def plan(
        self, action: str, args: Mapping[str, str], state: State, incident: str | None
    ) -> Plan | Refusal: ...

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        """Re-check every precondition, then act. Reports ActionStepped on the way. Never raises."""
        ...

    async def settle(self, attempt: Attempt) -> ActionActed:
        """What became of a run whose owner is gone, from the action's own postcondition."""
        ...

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        """The lights this executor can look at (git: tree, worktree, remote), from a fresh look."""
        ...


@dataclass(frozen=True, slots=True)
class LogLine:
    at: Ms | None
    workload: str
    level: Literal["error", "warn", "info", ""]
    text: str
    repeats: int = 0
    known: KnownError | None = None


@dataclass(frozen=True, slots=True)
class FollowedLogs:
    """The newest lines of several workloads, oldest first, and what is not among them."""

    lines: tuple[LogLine, ...]
    fitting: int
    """How many of those kept fit the filter; `lines` are the last of them."""
    kept: int
    gone: int
    """Lines that were read and are no longer kept."""
    passed: tuple[tuple[str, int], ...] = ()
    """Workloads that wrote faster than can be read, and how often something was passed over."""
    troubles: tuple[tuple[str, str], ...] = ()
    """Workloads whose log cannot be read now, and why."""
    engines: tuple[str, ...] = ()
    """Which engines they come from, with their addresses."""


class LogFeed(Protocol):
    """Logs that are followed. It ends by itself when nobody takes from it for a while."""

    @property
    def over(self) -> bool: ...

    def take(self, most: int, containing: str = "", loud: bool = False) -> FollowedLogs:
        """The last `most` lines that contain a text, of any level or only errors and warnings; never blocks."""
        ...

    def news(self) -> "Future[None]":
        """Done when there is something to take again; not more often than ten times a second."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A volume that a workload has, and the newest backup of it."""

    volume: str
    inside: str
    """Where the workload has it."""
    id: str = ""
    """Empty: there is no backup."""
    at: Ms = 0
    files: int = 0
    size: int = 0
    count: int = 0
    """How many backups there are."""


class Details(Protocol):
    """What a page asks for when it is opened."""

    async def diff(self, sha: str) -> Sequence[DiffLine] | Refusal: ...

    async def logs(self, workload: str, lines: int = 200) -> Sequence[LogLine] | Refusal: ...

    async def volumes(self, workload: str) -> Sequence[Kept] | Refusal: ...

    async def follow_logs(self, since: Mapping[str, Ms | None]) -> LogFeed | Refusal:
        """The logs of these workloads, each since a time (None: its end)."""
        ...

    async def drift_then(self) -> Sequence[Drift] | Refusal:
        """What runs beside the last good checkpoint."""
        ...


class Fixes(Protocol):
    async def look(self, asked: LookAtFixes) -> FixesLooked:
        """Whether the markers are in the trees. Never raises for what git says: unknown."""
        ...


class Clone(Protocol):
    """What a judgement needs of the clone, beside what its source reports."""

    async def ledger(self, good: str, tip: str, symbol: str = "") -> Ledger | None:
        """None when it could not be read: the next move of a ref asks again."""
        ...

    async def keep_good(self, good: KnownGood) -> None: ...


class Checkpoints(Protocol):
    async def keep(self, why: str, state: State) -> tuple[str, str] | Refusal:
        """A checkpoint of now: its id, and what it holds in words."""
        ...


class Processes(Protocol):
    def me(self) -> Owner: ...

    def alive(self, owner: Owner) -> bool | None:
        """None: another host, nobody here can tell."""
        ...


# -- what a screen sees


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
