"""What a live session is made of, and the edges it finds in the world."""

from collections.abc import Callable, Sequence
from typing import Protocol

from incidentui.core import inputs as i
from incidentui.core.model import Ms, ProjectSpec
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.session.ports import Checkpoints, Clock, Clone, Details, Executor, Fixes, Journal, Processes, Source


class ObserverLock(Protocol):
    def acquire(self) -> bool:
        """Without waiting; the kernel gives it back when the process dies."""
        ...

    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class World:
    """The edges, built from a configuration that was validated."""

    spec: ProjectSpec
    sources: Sequence[Source] = ()
    executors: Sequence[Executor] = ()
    details: Details | None = None
    fixes: Fixes | None = None
    clone: Clone | None = None
    problems: tuple[str, ...] = ()
    checkpoints: Checkpoints | None = None


Drafter = Callable[[Journal, State, str, Ms], str | i.Refusal]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a live session is made of. Only `cli` puts these together."""

    journal: Journal
    clock: Clock
    processes: Processes
    lock: ObserverLock
    world: Callable[[], World]
    """Called on the session's thread after the first frame: heavy libraries load there."""
    drafter: Drafter
    me: str
    host: str = ""
    read_only: str = ""
    """Why nothing may be done; empty when it may."""
    tidy: Callable[[], object] | None = None
    """Drops what need not be kept; called once, by the process that observes."""
