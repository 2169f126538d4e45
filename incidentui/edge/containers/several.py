"""workload.restart and workload.recreate of several workloads, or of all that the project runs, by one plan.

They go one after the other, what others need first; it ends at the first that does not come back and stay.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from incidentui.core.inputs import ActionActed, DriftLooked, Observation, Refusal
from incidentui.core.model import Attempt, Light, Outcome, Plan, Progress, Workload, is_bad
from incidentui.core.rehearsal import Back, went
from incidentui.core.state import State
from incidentui.edge.checkpoints.before import saved
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.containers.compose_plan import SAVE
from incidentui.edge.containers.deeds import ACTIONS, UP, stay_of
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.executor import WorkloadExecutor
from incidentui.edge.containers.one_by_one import inorder, unheard, walk
from incidentui.edge.containers.several_plan import (
    ALL,
    deed_of,
    names_of,
    not_any_more,
    not_applied,
    of_several,
    part,
    steps_of,
    undone,
    whole,
)
from incidentui.edge.containers.telling import Steps
from incidentui.session.ports import Clock, Executor, Report

SEVERAL = ("workload.restart", "workload.recreate")
_STOPPED = Progress(1, "stop", "unknown", "", None)
"""Of one that was being created anew: nobody knows whether its engine was asked to stop the old one."""


class SeveralExecutor:
    actions = frozenset(ACTIONS)

    def __init__(
        self,
        *engines: Engine,
        clock: Clock,
        keeper: Keeper | None = None,
        drift: Callable[[], Awaitable[Sequence[Observation]]] | None = None,
    ) -> None:
        """`drift`: looks at what the compose file declares, where nobody has looked yet."""
        self._drift = drift
        self._engines, self._clock, self._keeper = engines, clock, keeper
        self._single: Executor = WorkloadExecutor(*engines, clock=clock, keeper=keeper)
        self._one: Executor = WorkloadExecutor(*engines, clock=clock)
        """Of several: one checkpoint is taken before all of them."""

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        name = args.get("name", "")
        if action not in SEVERAL or (name != ALL and "," not in name):
            return await self._single.plan(action, args, state, incident)
        try:
            every = await self._all(args.get("engine", ""))
            if name == ALL and any(it.name == ALL for it in every):
                return await self._single.plan(action, args, state, incident)
            state = await self._declared(state)
            left = _left(action, every) if name == ALL else {}
            wanted = [it.name for it in every if it.name not in left] if name == ALL else given(name)
            wanted = list(await inorder(self._engines, state, wanted))
        except (EngineLost, EngineRefused) as error:
            return Refusal(str(error), "nothing was done")
        if not wanted:
            hint = "; ".join(f"{each} {why}" for each, why in left.items())
            return Refusal(f"there is nothing to {ACTIONS[action]}", hint)
        parts = []
        for each in wanted:
            one = await self._one.plan(action, _of_one(args, each, every), state, incident)
            if isinstance(one, Refusal):
                rest = ",".join(other for other in wanted if other != each)
                return replace(one, hint=f"{one.hint}; name={rest} leaves it as it is" if rest else one.hint)
            parts.append(one)
        if self._keeper is not None:
            self._keeper.saw(state)
        plan = whole(parts, state.project.name, SAVE if self._keeper is not None else None, tuple(left.items()))
        return replace(plan, warnings=tuple(not_applied(state, wanted)) if name == ALL else ())

    async def _declared(self, state: State) -> State:
        """A program that has just begun knows nothing of the compose file, which says what needs what."""
        looks = await self._drift() if self._drift is not None and not state.drift else ()
        found = {each.workload: each for look in looks if isinstance(look, DriftLooked) for each in look.drifts}
        return replace(state, drift=found) if found else state

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        if not of_several(plan):
            return await self._single.act(run, plan, incident, report)
        names = names_of(plan)
        agreed: dict[str, Plan] = {}
        for name in names:
            one = await self._planned(plan, name)
            if isinstance(one, Plan):
                agreed[name] = one
            if why := one if isinstance(one, str) else not_any_more(plan, one):
                return ActionActed(run, "refused", f"nothing was done: {name}: {why}; make a new plan")
        steps = Steps(run, plan, report, self._clock)
        if (why := await saved(self._keeper, steps)) and deed_of(plan) != "restart":
            return ActionActed(run, "refused", f"nothing was done: {why}")
        ends: list[ActionActed] = []

        async def one_of_them(name: str) -> Back:
            asked = self._clock.now()
            end = await self._acted(plan, agreed[name])
            ends.append(end)
            good = end.outcome == "done"
            took = self._clock.now() - asked - (stay_of(plan) if good else 0)
            return Back(name, max(0, took), "" if good else end.why, held=end.outcome == "refused")

        backs = await walk(names, steps, steps_of(plan), one_of_them)
        last, left = ends[-1], names[len(backs) :]
        outcome = "failed" if last.outcome == "refused" else last.outcome
        return ActionActed(run, outcome, _told(plan, backs, left), evidence=last.evidence)

    async def _planned(self, plan: Plan, name: str) -> Plan | str:
        one = await self._one.plan(plan.action, dict(part(plan, name).args), State(), None)
        return one.why if isinstance(one, Refusal) else one

    async def _acted(self, plan: Plan, agreed: Plan) -> ActionActed:
        """What was done to those before it may have made it start again by itself: it need not be the same process."""
        one = await self._planned(plan, agreed.target)
        if why := one if isinstance(one, str) else not_any_more(plan, one, ("container",)):
            return ActionActed("", "refused", why)
        assert isinstance(one, Plan)
        return await self._one.act("", one, None, unheard)

    async def _all(self, engine: str) -> list[Workload]:
        asked = [each for each in self._engines if not engine or each.name in engine.split(",")]
        return [it for each in asked for it in await each.workloads()]

    async def settle(self, attempt: Attempt) -> ActionActed:
        """Those that came back are told by their steps; the one that was under way is looked at, the rest was left."""
        plan = attempt.plan
        if not of_several(plan):
            return await self._single.settle(attempt)
        state = {progress.n: progress.state for progress in attempt.progress}
        first = len(plan.steps) - len(steps_of(plan)) + 1
        names, backs = names_of(plan), list[Back]()
        outcome: Outcome = "failed"
        for n, name in enumerate(names, first):
            if state.get(n) is None:
                break
            if state[n] == "done":
                backs.append(Back(name, 0))
                continue
            end = await self._one.settle(_of_part(attempt, name))
            backs.append(Back(name, 0, "" if end.outcome == "done" else end.why))
            outcome = "unknown" if end.outcome == "unknown" else outcome
            break
        left = names[len(backs) :]
        good = not left and not any(back.why for back in backs)
        return ActionActed(attempt.run, "done" if good else outcome, _told(plan, backs, left))

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return await self._single.lights(attempt)


def _told(plan: Plan, backs: Sequence[Back], left: Sequence[str]) -> str:
    return "; ".join(went(backs, left, named=True, undone=undone(plan)))


def given(name: str) -> list[str]:
    return list(dict.fromkeys(each.strip() for each in name.split(",") if each.strip()))


def _left(action: str, every: Sequence[Workload]) -> dict[str, str]:
    """What `all` leaves out: what is down and should be, and what is no container."""
    found = {it.name: f"is {it.state}, and left so" for it in every if it.state not in UP and not is_bad(it)}
    if action == "workload.recreate":
        found |= {it.name: "is no container, and left as it is" for it in every if it.engine != "docker"}
    return found


def _of_one(args: Mapping[str, str], name: str, every: Sequence[Workload]) -> dict[str, str]:
    on = [it.engine for it in every if it.name == name]
    given = {key: value for key, value in args.items() if key != "engine"}
    return {**given, "name": name, **({"engine": on[0]} if len(on) == 1 else {})}


def _of_part(attempt: Attempt, name: str) -> Attempt:
    one = part(attempt.plan, name)
    progress = (_STOPPED,) if deed_of(one) == "recreate" else attempt.progress
    return replace(attempt, plan=one, progress=progress)
