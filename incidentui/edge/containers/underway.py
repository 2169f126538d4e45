"""What an engine still does for somebody who is gone, or who no longer hears it: waited for, before it is judged.

An engine that was asked to stop a container goes on with it when the asking program dies or the answer is lost: for as
long as the container is deaf to TERM it seems untouched, and is killed afterwards. A word about it in between would be
wrong a moment later, and a container brought back in between would be killed in its place.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from incidentui.core.model import Attempt, Ms, Plan, Workload
from incidentui.edge.containers.deeds import DOWN, UP, same_run
from incidentui.edge.containers.engine import CALL_S, STOP_S, EngineLost
from incidentui.edge.containers.looking import LOOK_S
from incidentui.session.ports import Clock

if TYPE_CHECKING:
    from incidentui.edge.containers.docker import DockerEngine

T = TypeVar("T")
BACK_MS: Ms = 15_000
"""How long an engine is waited for before what became of a deed is called unknown: one that restarts takes less."""
_STOPPING = ("stop", "restart", "up")
"""Verbs of steps; `up` is compose's, which stops the old container itself."""


def stopping(attempt: Attempt) -> bool:
    """Whether the engine was asked to stop something, and nobody heard that it did."""
    last = attempt.progress[-1] if attempt.progress else None
    return last is not None and last.verb in _STOPPING and last.state in ("running", "unknown")


async def over(engine: "DockerEngine", workload: Workload, plan: Plan, clock: Clock) -> Workload | None:
    """The workload, once what was asked came to pass or can come no more."""
    until = clock.now() + int((STOP_S + CALL_S) * 1000)
    while True:
        now = await engine.one(workload)
        if now is None or _came(plan, now) or clock.now() >= until:
            return now
        await asyncio.sleep(LOOK_S)


def _came(plan: Plan, now: Workload) -> bool:
    if plan.action == "workload.restart":
        return now.state in UP and not same_run(plan, now)
    return now.state in DOWN


async def when_back(work: Callable[[], Awaitable[T]], clock: Clock, within_ms: Ms = BACK_MS) -> T:
    """What it gives, once its engine can be asked again. Raises EngineLost when it cannot be by then."""
    until = clock.now() + within_ms
    while True:
        try:
            return await work()
        except EngineLost:
            if clock.now() >= until:
                raise
        await asyncio.sleep(LOOK_S)
