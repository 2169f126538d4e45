"""The deed `workload.recreate`: step by step; what does not come up healthy gives its place back."""

from typing import TYPE_CHECKING

from incidentui.core.inputs import Evidence
from incidentui.core.model import Ms, Plan, Workload
from incidentui.edge.containers.deeds import End, is_up, want, words
from incidentui.edge.containers.engine import EngineLost, EngineRefused
from incidentui.edge.containers.logs import last_word
from incidentui.edge.containers.looking import until_known
from incidentui.edge.containers.recreate import aside_mark
from incidentui.edge.containers.staying import Watch
from incidentui.edge.containers.telling import Steps
from incidentui.edge.containers.underway import BACK_MS, over, when_back
from incidentui.session.ports import Clock

if TYPE_CHECKING:
    from incidentui.edge.containers.docker import DockerEngine


class Recreating:
    """One run. `log`: what the new container said when it did not come up."""

    def __init__(self, engine: "DockerEngine", old: Workload, plan: Plan, steps: Steps, clock: Clock) -> None:
        self._engine, self._old, self._plan, self._steps, self._clock = engine, old, plan, steps, clock
        self.log: Evidence | None = None
        self._stopping = False
        """The engine was asked to stop the old one, and nobody heard that it did."""

    async def run(self, asked: Ms) -> End:
        end = await self._until_up(asked)
        if end.outcome != "done":
            return await self._back(end)
        remove = self._plan.steps[-1]
        self._steps.begin(remove)
        try:
            await self._engine.do("remove", self._old)
        except (EngineLost, EngineRefused) as error:
            return End("done", f"{end.why}; {_aside(self._old)}: {error}")
        return end

    async def _until_up(self, asked: Ms) -> End:
        for step in (step for step in self._plan.steps[:-2] if step.verb != "save"):
            self._steps.begin(step)
            try:
                await self._engine.do("renew" if step.verb == "start" else step.verb, self._old)
            except (EngineLost, EngineRefused) as error:
                self._stopping = step.verb == "stop" and isinstance(error, EngineLost)
                return End("failed", f"{step.verb} failed: {error}")
            self._steps.end("done")
        self._steps.begin(self._plan.steps[-2])
        end = await self._looked(asked)
        if end.outcome == "done":
            self._steps.end("done", end.why)
        return end

    async def _looked(self, asked: Ms) -> End:
        watch, old = Watch(self._plan, asked), self._old
        end, new = await until_known(watch, lambda: self._engine.newcomer(old), self._clock, "failed")
        if end.outcome == "failed" and new is not None:
            self.log = await last_word(self._engine, new)
        return end

    async def _back(self, end: End) -> End:
        """Also by an engine that comes back late: the old one may be stopped by then, and the new one not started."""
        self._steps.far(f"{end.why}; the container of before is brought back")
        back = await brought_back(
            self._engine, self._old, self._plan, self._clock, self._plan.within_ms, self._stopping
        )
        if back.outcome == "unknown":
            return End("unknown", f"{end.why}; {back.why}")
        return End("failed", f"{end.why}; {back.why}")


def _aside(old: Workload) -> str:
    return f"the old one is kept as container {old.ident[:12]}, its name ends in {aside_mark(old.ident)}"


async def brought_back(
    engine: "DockerEngine",
    old: Workload,
    plan: Plan,
    clock: Clock,
    within_ms: Ms = BACK_MS,
    stopping: bool = False,
) -> End:
    """The container of before in its place again, by an engine that answers within that time."""

    async def back() -> Workload | None:
        if stopping:
            await over(engine, old, plan, clock)
        await engine.bring_back(old, run=bool(want(plan, "start")))
        return await engine.one(old)

    try:
        now = await when_back(back, clock, within_ms)
    except (EngineLost, EngineRefused) as error:
        by_hand = f"once it answers, docker start {old.ident[:12]} serves users again, whatever its name is then"
        return End("unknown", f"the container of before could not be brought back: {error}; {by_hand}")
    if now is None:
        return End("unknown", "the container of before is gone")
    return End("failed", f"the container of before is back: {words(now)}")


async def settled(engine: "DockerEngine", old: Workload, plan: Plan, clock: Clock) -> End:
    """What became of one whose program died in between. Half done is taken back, as the plan said."""
    was, new = await engine.one(old), await engine.newcomer(old)
    if was is None:
        now = await engine.named(plan.target)
        if now is None:
            return End("unknown", f"{plan.target} is gone, the old one and the new one")
        return End("done", f"created anew: {words(now)}") if is_up(now) else End("failed", f"not up: {words(now)}")
    if new is not None and is_up(new):
        return End("done", f"created anew: {words(new)}; {_aside(old)}")
    return await brought_back(engine, old, plan, clock)
