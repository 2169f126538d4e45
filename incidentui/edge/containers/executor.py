"""Restarting a workload: acts on a plan whose preconditions were looked at again, then looks until it stays up."""

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
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.find import find
from incidentui.edge.containers.logs import last_word
from incidentui.edge.containers.restart import (
    LOOKS,
    RESTART,
    WITHIN_MS,
    End,
    became,
    make_plan,
    moved,
    planned,
    same_run,
    seconds,
    words,
)
from incidentui.session.ports import Clock, Report

_LOOK_S = 0.7
_LOST_MS: Ms = 5_000
_CRASHING_MS: Ms = 5_000


class WorkloadExecutor:
    actions = frozenset({RESTART})

    def __init__(self, *engines: Engine, clock: Clock) -> None:
        self._engines = engines
        self._clock = clock

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        name = args.get("name", "")
        if not name:
            return Refusal("which workload?", f"{action} name=NAME", usage=True)
        within_ms = deadline(args, WITHIN_MS)
        if isinstance(within_ms, Refusal):
            return within_ms
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
        return make_plan(engine, workload, within_ms, state)

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        try:
            engine, workload = self._engine(plan), planned(plan)
            now = await engine.one(workload)
        except (EngineLost, EngineRefused) as error:
            return ActionActed(run, "refused", f"nothing was done, the preconditions cannot be looked at: {error}")
        if why := moved(plan, now):
            return ActionActed(run, "refused", f"nothing was done: {why}")
        asked, steps = self._clock.now(), _Steps(run, plan, report, self._clock)
        end = await self._restart(engine, workload, steps)
        if end is None:
            end = await self._stays_up(engine, workload, plan, asked, steps)
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

    async def _restart(self, engine: Engine, workload: Workload, steps: "_Steps") -> End | None:
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
        until = self._clock.now() + _LOST_MS
        while self._clock.now() < until:
            try:
                now = await engine.one(workload)
            except EngineLost as again:
                lost = again
                await asyncio.sleep(_LOOK_S)
                continue
            except EngineRefused as refused:
                return End("unknown", str(refused))
            return None if now is not None and not same_run(plan, now) else became(plan, 0, now)
        return End("unknown", f"the engine went away during the restart: {lost}")

    async def _stays_up(self, engine: Engine, workload: Workload, plan: Plan, asked: Ms, steps: "_Steps") -> End:
        steps.begin(plan.steps[-1])
        watch = _Watch(plan, asked)
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


class _Watch:
    """Judges look after look whether the restarted workload is up and stays so."""

    def __init__(self, plan: Plan, asked: Ms) -> None:
        self._name = plan.target
        self._until = asked + plan.within_ms
        self._within_ms = plan.within_ms
        self._asked = asked
        self._same: tuple[object, ...] = ()
        self._looks = 0
        self._crashing: Ms | None = None
        self._silent: Ms | None = None

    def silent(self, why: str, now: Ms) -> End | None:
        self._silent = self._silent or now
        if now - self._silent < _LOST_MS and now < self._until:
            return None
        return End("unknown", f"the engine went away during the restart: {why}")

    def looked(self, it: Workload | None, now: Ms) -> End | None:
        self._silent = None
        if it is None:
            return End("failed", f"{self._name} is gone: it was removed during the restart")
        self._count(it, now)
        if self._looks >= LOOKS:
            return End("done", f"{words(it)}, {self._looks} looks in a row, {seconds(now - self._asked)}")
        if it.state == "exited" or (it.state == "stopped" and it.note != "stopping"):
            return End("failed", f"it did not stay up: {words(it)}")
        if self._crashing is not None and (it.note.startswith("gave up") or now - self._crashing >= _CRASHING_MS):
            return End("failed", f"it does not stay up: {words(it)}")
        if now >= self._until:
            return End("failed", f"not up within {seconds(self._within_ms)}: {words(it)}")
        return None

    def _count(self, it: Workload, now: Ms) -> None:
        same = (it.ident, it.since, it.restarts)
        up = it.state == "running" and it.health in ("none", "healthy")
        self._looks = (self._looks + 1 if same == self._same else 1) if up else 0
        self._same = same
        if it.state == "crashing" or it.restarts:
            self._crashing = self._crashing or now
        elif self._looks:
            self._crashing = None


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
