"""Deeds on a workload: acts on a plan whose preconditions were looked at again, then looks until it stays so."""

import asyncio
from collections.abc import Mapping, Sequence

from incidentui.core.inputs import ActionActed, Refusal
from incidentui.core.model import (
    Attempt,
    Light,
    Ms,
    Plan,
    Workload,
)
from incidentui.core.plan import deadline
from incidentui.core.state import State
from incidentui.edge.checkpoints.before import saved
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.containers.deeds import (
    ACTIONS,
    STAY_MS,
    WITHIN_MS,
    End,
    Wish,
    became,
    deed_of,
    happened,
    make_plan,
    moved,
    planned,
    want,
)
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.find import find
from incidentui.edge.containers.logs import last_word
from incidentui.edge.containers.looking import LOOK_S, until_known
from incidentui.edge.containers.recreating import Recreating, settled
from incidentui.edge.containers.staying import LOST_MS, watch_for
from incidentui.edge.containers.telling import Steps
from incidentui.edge.containers.underway import over, stopping, when_back
from incidentui.session.ports import Clock, Report


class WorkloadExecutor:
    actions = frozenset(ACTIONS)

    def __init__(self, *engines: Engine, clock: Clock, keeper: Keeper | None = None) -> None:
        """`keeper`: takes a checkpoint before what is dangerous."""
        self._engines = engines
        self._clock = clock
        self._keeper = keeper

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        name = args.get("name", "")
        if not name:
            return Refusal("which workload?", f"{action} name=NAME", usage=True)
        wish = _wish(args)
        if isinstance(wish, Refusal):
            return wish
        found = await find(self._engines, name, args.get("engine"))
        if isinstance(found, Refusal):
            return _declared(name, state) or found
        engine, listed = found
        try:
            workload = await engine.one(listed)
            if workload is None:
                return Refusal(f"{name} went away between two looks", "look again")
            blast = await engine.blast(ACTIONS[action], workload)
        except (EngineLost, EngineRefused) as error:
            return Refusal(str(error), "nothing was done")
        if self._keeper is not None:
            self._keeper.saw(state)
        return make_plan(engine, ACTIONS[action], workload, wish, blast, state, self._keeper is not None)

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        try:
            engine, workload = self._engine(plan), planned(plan)
            now = await engine.one(workload)
            why = moved(plan, now) or await _loses_more(engine, workload, plan)
        except (EngineLost, EngineRefused) as error:
            return ActionActed(run, "refused", f"nothing was done, the preconditions cannot be looked at: {error}")
        if why:
            return ActionActed(run, "refused", f"nothing was done: {why}")
        steps = Steps(run, plan, report, self._clock)
        if why := await self._saved(plan, steps):
            return ActionActed(run, "refused", f"nothing was done: {why}")
        asked = self._clock.now()
        if isinstance(engine, DockerEngine) and deed_of(plan) == "recreate":
            anew = Recreating(engine, workload, plan, steps, self._clock)
            end = await anew.run(asked)
            steps.over(end)
            return ActionActed(run, end.outcome, end.why, evidence=anew.log)
        end = await self._do(engine, workload, steps) or await self._stays(engine, workload, plan, asked, steps)
        steps.over(end)
        evidence = await last_word(engine, workload) if end.outcome == "failed" else None
        return ActionActed(run, end.outcome, end.why, evidence=evidence)

    async def settle(self, attempt: Attempt) -> ActionActed:
        try:
            end = await when_back(lambda: self._settled(attempt), self._clock)
        except (EngineLost, EngineRefused) as error:
            return ActionActed(attempt.run, "unknown", f"cannot be looked at: {error}")
        return ActionActed(attempt.run, end.outcome, end.why)

    async def _settled(self, attempt: Attempt) -> End:
        plan = attempt.plan
        engine, workload = self._engine(plan), planned(plan)
        now = await (self._now(engine, workload, plan) if stopping(attempt) else engine.one(workload))
        if isinstance(engine, DockerEngine) and deed_of(plan) == "recreate":
            return await settled(engine, workload, plan, self._clock)
        return became(plan, attempt.asked, now)

    async def _now(self, engine: Engine, workload: Workload, plan: Plan) -> Workload | None:
        """Once its engine has done with it what it was asked: Supervisor says of itself that it is at it."""
        if isinstance(engine, DockerEngine):
            return await over(engine, workload, plan, self._clock)
        return await engine.one(workload)

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        """What runs and whether users are served is judged by the session."""
        return []

    async def _saved(self, plan: Plan, steps: Steps) -> str:
        """Why it must not go on. A restart or stop takes nothing away that a checkpoint would bring back."""
        why = await saved(self._keeper, steps)
        return why if deed_of(plan) == "recreate" else ""

    def _engine(self, plan: Plan) -> Engine:
        wanted = dict(plan.args).get("engine")
        for engine in self._engines:
            if engine.name == wanted:
                return engine
        raise EngineRefused(f"no engine {wanted} is configured here")

    async def _do(self, engine: Engine, workload: Workload, steps: Steps) -> End | None:
        """Every step but the looking; None when the world is to be looked at next, also after a lost answer."""
        for step in (step for step in steps.plan.steps[:-1] if step.verb != "save"):
            steps.begin(step)
            try:
                await engine.do(step.verb, workload)
            except EngineRefused as refused:
                return End("failed", f"{step.verb} refused: {refused}")
            except EngineLost as lost:
                # The request may have arrived. Only the world can tell.
                return await self._after_silence(engine, workload, steps.plan, lost)
            steps.end("done")
        return None

    async def _after_silence(self, engine: Engine, workload: Workload, plan: Plan, lost: EngineLost) -> End | None:
        until = self._clock.now() + LOST_MS
        while self._clock.now() < until:
            try:
                now = await self._now(engine, workload, plan) if want(plan, "start") else await engine.one(workload)
            except EngineLost as again:
                lost = again
                await asyncio.sleep(LOOK_S)
                continue
            except EngineRefused as refused:
                return End("unknown", str(refused))
            return None if now is not None and happened(plan, now) else became(plan, 0, now)
        return End("unknown", f"the engine went away meanwhile: {lost}")

    async def _stays(self, engine: Engine, workload: Workload, plan: Plan, asked: Ms, steps: Steps) -> End:
        steps.begin(plan.steps[-1])
        end, _ = await until_known(watch_for(plan, asked), lambda: engine.one(workload), self._clock)
        return end


def _declared(name: str, state: State) -> Refusal | None:
    """Of one that a compose file declares, and that is not there."""
    drift = state.drift.get(name)
    if drift is None or drift.checkpoint or not any(row.what == "container" for row in drift.rows):
        return None
    return Refusal(
        f"there is no container of {name}, which is declared", f"compose.up name={name} makes it", usage=True
    )


async def _loses_more(engine: Engine, workload: Workload, plan: Plan) -> str:
    """What would be lost by now and does not stand in the plan."""
    if deed_of(plan) not in ("stop", "recreate"):
        return ""
    more = [what for what in (await engine.blast(deed_of(plan), workload)).loses if what not in plan.loses]
    return f"by now more would be lost: {more[0]}; make a new plan" if more else ""


def _wish(args: Mapping[str, str]) -> Wish | Refusal:
    within_ms = deadline(args, WITHIN_MS)
    if isinstance(within_ms, Refusal):
        return within_ms
    stay_ms = deadline(args, min(STAY_MS, within_ms // 2), "stay")
    if isinstance(stay_ms, Refusal):
        return stay_ms
    if stay_ms >= within_ms:
        return Refusal(
            "it cannot stay so for longer than it is waited for", "stay= is shorter than within=", usage=True
        )
    return Wish(within_ms, stay_ms, args.get("lose", "").strip())
