"""Deeds on a workload: acts on a plan whose preconditions were looked at again, then looks until it stays so."""

import asyncio
from collections.abc import Mapping, Sequence

from incidentui.core.inputs import ActionActed, ActionStepped, Refusal
from incidentui.core.model import (
    Attempt,
    Light,
    Ms,
    Outcome,
    Plan,
    PlanStep,
    Progress,
    StepState,
    Workload,
)
from incidentui.core.plan import deadline
from incidentui.core.state import State
from incidentui.edge.containers.deeds import (
    ACTIONS,
    STAY_MS,
    WITHIN_MS,
    End,
    Wait,
    became,
    happened,
    make_plan,
    moved,
    planned,
)
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.find import find
from incidentui.edge.containers.logs import last_word
from incidentui.edge.containers.staying import LOST_MS, watch_for
from incidentui.session.ports import Clock, Report

_LOOK_S = 0.7


class WorkloadExecutor:
    actions = frozenset(ACTIONS)

    def __init__(self, *engines: Engine, clock: Clock) -> None:
        self._engines = engines
        self._clock = clock

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        name = args.get("name", "")
        if not name:
            return Refusal("which workload?", f"{action} name=NAME", usage=True)
        wait = _wait(args)
        if isinstance(wait, Refusal):
            return wait
        found = await find(self._engines, name, args.get("engine"))
        if isinstance(found, Refusal):
            return found
        engine, listed = found
        try:
            workload = await engine.one(listed)
        except (EngineLost, EngineRefused) as error:
            return Refusal(str(error), "nothing was done")
        if workload is None:
            return Refusal(f"{name} went away between two looks", "look again")
        return make_plan(engine, ACTIONS[action], workload, wait, state)

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        try:
            engine, workload = self._engine(plan), planned(plan)
            now = await engine.one(workload)
        except (EngineLost, EngineRefused) as error:
            return ActionActed(run, "refused", f"nothing was done, the preconditions cannot be looked at: {error}")
        if why := moved(plan, now):
            return ActionActed(run, "refused", f"nothing was done: {why}")
        asked, steps = self._clock.now(), _Steps(run, plan, report, self._clock)
        end = await self._do(engine, workload, steps)
        if end is None:
            end = await self._stays(engine, workload, plan, asked, steps)
        steps.over(end)
        evidence = await last_word(engine, workload) if end.outcome == "failed" else None
        return ActionActed(run, end.outcome, end.why, evidence=evidence)

    async def settle(self, attempt: Attempt) -> ActionActed:
        plan = attempt.plan
        try:
            now = await self._engine(plan).one(planned(plan))
        except (EngineLost, EngineRefused) as error:
            return ActionActed(attempt.run, "unknown", f"cannot be looked at: {error}")
        end = became(plan, attempt.asked, now)
        return ActionActed(attempt.run, end.outcome, end.why)

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        """What runs and whether users are served is judged by the session."""
        return []

    def _engine(self, plan: Plan) -> Engine:
        wanted = dict(plan.args).get("engine")
        for engine in self._engines:
            if engine.name == wanted:
                return engine
        raise EngineRefused(f"no engine {wanted} is configured here")

    async def _do(self, engine: Engine, workload: Workload, steps: "_Steps") -> End | None:
        """Every step but the looking; None when the world is to be looked at next, also after a lost answer."""
        for step in steps.plan.steps[:-1]:
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
                now = await engine.one(workload)
            except EngineLost as again:
                lost = again
                await asyncio.sleep(_LOOK_S)
                continue
            except EngineRefused as refused:
                return End("unknown", str(refused))
            return None if now is not None and happened(plan, now) else became(plan, 0, now)
        return End("unknown", f"the engine went away meanwhile: {lost}")

    async def _stays(self, engine: Engine, workload: Workload, plan: Plan, asked: Ms, steps: "_Steps") -> End:
        steps.begin(plan.steps[-1])
        watch = watch_for(plan, asked)
        while True:
            try:
                end = watch.looked(await engine.one(workload), self._clock.now())
            except EngineLost as lost:
                end = watch.silent(str(lost), self._clock.now())
            except EngineRefused as refused:
                end = End("unknown", str(refused))
            if end is not None:
                return end
            await asyncio.sleep(_LOOK_S)


def _wait(args: Mapping[str, str]) -> Wait | Refusal:
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
    return Wait(within_ms, stay_ms)


class _Steps:
    """Tells the session how far the plan has come."""

    def __init__(self, run: str, plan: Plan, report: Report, clock: Clock) -> None:
        self.plan = plan
        self._run = run
        self._report = report
        self._clock = clock
        self._step: PlanStep | None = None
        self._began: Ms = 0

    def begin(self, step: PlanStep) -> None:
        self._step, self._began = step, self._clock.now()
        self._tell(step, "running", step.text, None)

    def end(self, state: StepState, text: str = "") -> None:
        if self._step is not None:
            self._tell(self._step, state, text or self._step.text, self._clock.now() - self._began)
            self._step = None

    def over(self, end: End) -> None:
        states: dict[Outcome, StepState] = {"done": "done", "failed": "failed"}
        self.end(states.get(end.outcome, "unknown"), end.why)

    def _tell(self, step: PlanStep, state: StepState, text: str, took_ms: Ms | None) -> None:
        n = self.plan.steps.index(step) + 1
        self._report(ActionStepped(self._run, Progress(n, step.verb, state, text, took_ms)))
