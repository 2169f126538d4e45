"""What the two engines have in common: what each can do, how one is lost, and blocking calls with a hard deadline."""

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from incidentui.core.model import Ms, PlanStep, Workload

if TYPE_CHECKING:
    from incidentui.edge.containers.logs_feed import Reader
from incidentui.edge.containers.blast import Blast

T = TypeVar("T")
CALL_S = 3.0
"""An engine that has not answered by then is lost, however busily it drips bytes."""
STOP_S = 10
"""What Docker is told to wait for a program that obeys TERM, before it kills it."""
_STUCK = 4


class EngineLost(Exception):  # noqa: N818  # a fact about the world, read as such in every `except`
    """The engine cannot be asked. Its words name the address and what to do."""


class EngineRefused(Exception):  # noqa: N818
    """The engine answered, and said no."""


class Engine(Protocol):
    name: str
    """"docker" or "supervisor"."""

    @property
    def address(self) -> str: ...

    async def workloads(self) -> tuple[Workload, ...]:
        """All of them, by one call. Raises EngineLost."""
        ...

    async def one(self, workload: Workload) -> Workload | None:
        """That very workload now, with all the engine knows; None when it is gone."""
        ...

    def steps(self, deed: str, workload: Workload) -> tuple[PlanStep, ...]:
        """What "restart", "stop", "start" or "recreate" takes."""
        ...

    async def blast(self, deed: str, workload: Workload) -> Blast:
        """What it touches beside the workload, and what would be lost. Raises EngineLost or EngineRefused."""
        ...

    async def do(self, verb: str, workload: Workload) -> None:
        """One of these steps. Raises EngineLost or EngineRefused."""
        ...

    async def tail(self, workload: Workload, lines: int) -> str:
        """The end of its log as the engine has it: neither cleaned nor redacted."""
        ...

    def follow(self, workload: Workload, since: Ms | None, lines: int) -> "Reader":
        """Reads its log on and on, beginning with at most so many lines. Asks nobody yet."""
        ...


class Calls:
    """Blocking calls, each in a daemon thread, so that neither the loop nor the exit waits for a silent engine.

    Not `asyncio.to_thread`: its pool is joined when the loop closes, and a socket that drips a byte a second
    outlives every timeout that counts per read.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._stuck: list[threading.Thread] = []

    async def run(self, work: Callable[[], T], seconds: float = CALL_S) -> T:
        self._stuck = [thread for thread in self._stuck if thread.is_alive()]
        if len(self._stuck) >= _STUCK:
            raise TimeoutError
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        thread = threading.Thread(target=_answer, args=(work, answer, loop), name=self._name, daemon=True)
        thread.start()
        try:
            async with asyncio.timeout(seconds):
                return await answer
        finally:
            if thread.is_alive():
                self._stuck.append(thread)


def _answer(work: Callable[[], T], answer: asyncio.Future[T], loop: asyncio.AbstractEventLoop) -> None:
    def deliver(result: T | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)  # type: ignore[arg-type]  # a result is there when no error is

    try:
        outcome: tuple[T | None, BaseException | None] = (work(), None)
    except Exception as error:  # every failure of the world belongs to the caller, who awaits the answer
        outcome = (None, error)
    try:
        loop.call_soon_threadsafe(deliver, *outcome)
    except RuntimeError:
        return  # the loop is closed: nobody waits any more


def backoff_ms(tries: int, first: Ms = 500, most: Ms = 20_000) -> Ms:
    return min(most, first << min(tries, 10))
