"""Looks at a workload until its watch knows what became of it."""

import asyncio
from collections.abc import Awaitable, Callable

from incidentui.core.model import Outcome, Workload
from incidentui.edge.containers.deeds import End
from incidentui.edge.containers.engine import EngineLost, EngineRefused
from incidentui.edge.containers.staying import Watch
from incidentui.session.ports import Clock

LOOK_S = 0.7


async def until_known(
    watch: Watch, look: Callable[[], Awaitable[Workload | None]], clock: Clock, refused: Outcome = "unknown"
) -> tuple[End, Workload | None]:
    """How it ended, and the workload of the last look. `refused`: the outcome when the engine refuses to look."""
    while True:
        now: Workload | None = None
        try:
            now = await look()
            end = watch.looked(now, clock.now())
        except EngineLost as lost:
            end = watch.silent(str(lost), clock.now())
        except EngineRefused as error:
            end = End(refused, str(error))
        if end is not None:
            return end, now
        await asyncio.sleep(LOOK_S)
