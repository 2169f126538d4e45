"""What a session needs of the world: sources that look, executors that act, what a page asks for when it is opened."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Literal, Protocol, runtime_checkable

from incidentui.core.difference import DiffLine
from incidentui.core.drift import Drift
from incidentui.core.inputs import ActionActed, FixesLooked, LookAtFixes, Observation, Refusal
from incidentui.core.model import Attempt, KnownError, KnownGood, Ledger, Light, Ms, Owner, Plan
from incidentui.core.state import State
from incidentui.core.using import Using
from incidentui.core.value import dataclass

Report = Callable[[Observation], None]


class Clock(Protocol):
    boot: str
    """Boot id of this machine: monotonic times of one boot can be compared."""

    def now(self) -> Ms: ...

    def mono(self) -> int:
        """Monotonic milliseconds."""
        ...


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


Between = Callable[[], Awaitable[str]]
"""Asked before each part of an action: why it must end here; empty: it goes on."""


@runtime_checkable
class InParts(Protocol):
    """An executor that ends well between two parts of an action, and is never cut off in one."""

    def asks(self, between: Between) -> bool:
        """Before each part, in what it does next. False: there are no parts."""
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

    def news(self) -> Future[None]:
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
    made: Ms | None = None
    """When the volume was made; None: nobody can tell."""


class Details(Protocol):
    """What a page asks for when it is opened."""

    async def diff(self, sha: str) -> Sequence[DiffLine] | Refusal: ...

    async def logs(self, workload: str, lines: int = 200) -> Sequence[LogLine] | Refusal: ...

    async def volumes(self, workload: str) -> Sequence[Kept] | Refusal: ...

    async def using(self, workload: str) -> Using | Refusal:
        """What it takes now, measured for a second, and what it is tied to."""
        ...

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
