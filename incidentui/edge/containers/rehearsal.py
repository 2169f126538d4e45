"""workload.rehearse: all that runs is restarted, one after the other, and what runs then is compared with before.

It stops at the first that does not come back: from there on it is no rehearsal any more.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from incidentui.core.checkpoint import Checkpoint, differences
from incidentui.core.format import count
from incidentui.core.inputs import ActionActed, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Ms, Plan, PlanStep, Precondition, Workload, is_bad
from incidentui.core.plan import deadline
from incidentui.core.quiet_hours import ANY, within
from incidentui.core.rehearsal import ACTION, QUIET, Back, changed, empty, of_checkpoints, table, told, unquiet
from incidentui.core.state import State
from incidentui.edge.checkpoints.store import CheckpointError
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.containers.deeds import UP, want
from incidentui.edge.containers.engine import CALL_S, STOP_S, Engine, EngineLost, EngineRefused
from incidentui.edge.containers.executor import WorkloadExecutor
from incidentui.edge.containers.looking import LOOK_S
from incidentui.edge.containers.one_by_one import inorder, unheard, walk
from incidentui.edge.containers.rehearsal_facts import facts
from incidentui.edge.containers.telling import Steps
from incidentui.edge.containers.underway import when_back
from incidentui.session.ports import Between, Clock, Report

KEYS = ("within", "stay", "slow", "quiet", "now")
_OWN = "workloads"
"""Of a plan that is made anew with a reason: read off the world again."""
WITHIN_MS, STAY_MS, SLOW_MS = 120_000, 5_000, 30_000
_RESTART = "workload.restart"


class RehearsalExecutor:
    actions = frozenset({ACTION})

    def __init__(self, *engines: Engine, clock: Clock, keeper: Keeper | None = None) -> None:
        self._engines, self._clock, self._keeper = engines, clock, keeper
        self._one = WorkloadExecutor(*engines, clock=clock)
        self._between: Between | None = None

    def asks(self, between: Between) -> bool:
        self._between = between
        return True

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        if odd := next((key for key in args if key not in (*KEYS, _OWN)), ""):
            return Refusal(f"{ACTION} takes no {odd!r}", f"it takes {', '.join(KEYS)}", usage=True)
        times: dict[str, Ms] = {}
        for key, default in (("within", WITHIN_MS), ("stay", STAY_MS), ("slow", SLOW_MS)):
            ms = deadline(args, min(default, times["within"] // 2) if key == "stay" else default, key)
            if isinstance(ms, Refusal):
                return ms
            times[key] = ms
        if times["stay"] >= times["within"]:
            why = "no workload can stay up for longer than it is waited for"
            return Refusal(why, "stay= is shorter than within=", usage=True)
        if (quiet := args.get("quiet", "")) and within(quiet, 0) is None:
            return Refusal(f"quiet={quiet} is no time of day", "write it so: quiet=22:00-06:00, or any", usage=True)
        try:
            every = await self._all()
            names = await inorder(self._engines, state, [it.name for it in every])
            warned = [row for engine in self._engines for row in await _in_memory(engine)]
        except (EngineLost, EngineRefused) as error:
            return Refusal(str(error), "nothing was done")
        runs = {it.name: it for it in every if it.state in UP and not is_bad(it)}
        if twice := next((it for it in every if runs.get(it.name, it) is not it), None):
            why = f"{twice.name} is on {twice.engine} and on {runs[twice.name].engine}: one of them would be left out"
            return Refusal(why, f"one by one: workload.restart name={twice.name} engine={twice.engine}")
        if len(runs) < len({it.name for it in every if it.state in UP}) or not runs:
            bad = next((it.name for it in every if is_bad(it)), "")
            return Refusal(f"{bad} is {_state(every, bad)}" if bad else "nothing runs here", "mend that first")
        if self._keeper is not None:
            self._keeper.saw(state)
        plan = _plan([runs[name] for name in names if name in runs], times, args, state, self._hour())
        return replace(plan, warnings=tuple(warned))

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        steps = Steps(run, plan, report, self._clock)
        try:
            every = {it.name: it for it in await self._all()}
            names = dict(plan.args)["workloads"].split(",")
            if _key([every[name] for name in names if name in every]) != want(plan, "workloads"):
                return ActionActed(run, "refused", "nothing was done: other workloads run by now; make a new plan")
            if why := self._late(plan):
                return ActionActed(run, "refused", f"nothing was done: {why}; make a new plan")
            steps.begin(plan.steps[0])
            before, then = await facts(self._engines), await self._kept(plan)
        except (EngineLost, EngineRefused, CheckpointError) as error:
            return ActionActed(run, "refused", f"nothing was done, what runs cannot be looked at: {error}")
        steps.end("done", f"{count(len(before), 'workload')}" + (f", checkpoint {then.id}" if then else ""))
        backs = await walk(names, steps, plan.steps[1:-1], lambda name: self._restarted(every[name], plan))
        left = names[len(backs) :]
        steps.begin(plan.steps[-1])
        try:
            after, now = await facts(self._engines), await self._now(then)
        except (EngineLost, EngineRefused) as error:
            steps.end("unknown", str(error))
            why = told(backs, left, _ms(plan, "slow"), ()).rpartition("; ")[0]
            return ActionActed(run, "unknown", f"{why}; it could not be compared: {error}")
        differs = [*changed(before, after), *(of_checkpoints(differences(then, now)) if then and now else ())]
        why = told(backs, left, _ms(plan, "slow"), differs, empty(after))
        good = not differs and not left and not any(back.why for back in backs)
        steps.end("done" if good else "failed", f"{count(len(differs), 'difference')}")
        evidence = Evidence("output", table(backs, left, before, after, differs))
        return ActionActed(run, "done" if good else "failed", why, evidence=evidence)

    async def _restarted(self, workload: Workload, plan: Plan) -> Back:
        if self._between is not None and (why := await self._between()):
            return Back(workload.name, 0, why, held=True)
        args = {"name": workload.name, "engine": workload.engine}
        args |= {key: f"{_ms(plan, key)}ms" for key in ("within", "stay")}
        asked = self._clock.now()
        one = await self._one.plan(_RESTART, args, State(), None)
        if isinstance(one, Refusal):
            return Back(workload.name, 0, one.why, held=True)
        end = await self._one.act("", one, None, unheard)
        took = max(0, self._clock.now() - asked - (_ms(plan, "stay") if end.outcome == "done" else 0))
        return Back(workload.name, took, "" if end.outcome == "done" else end.why, end.outcome == "refused")

    async def _all(self) -> tuple[Workload, ...]:
        return tuple([it for engine in self._engines for it in await engine.workloads()])

    async def _kept(self, plan: Plan) -> Checkpoint | None:
        return await self._keeper.take(f"before {plan.action} {plan.target}") if self._keeper is not None else None

    async def _now(self, then: Checkpoint | None) -> Checkpoint | None:
        return (await self._keeper.look()).checkpoint if self._keeper is not None and then is not None else None

    def _late(self, plan: Plan) -> str:
        """Why the hour is none of the plan's any more."""
        args = dict(plan.args)
        return "" if args.get("now") else _hour_row(args.get("quiet", ""), self._hour())[1]

    def _hour(self) -> int:
        local = time.localtime(self._clock.now() / 1000)
        return local.tm_hour * 60 + local.tm_min

    async def settle(self, attempt: Attempt) -> ActionActed:
        """Nobody knows how far it came; what runs once all are over it is in the list, and what is down is named."""
        try:
            every = {it.name: it for it in await when_back(lambda: self._over(attempt), self._clock)}
        except (EngineLost, EngineRefused) as error:
            return ActionActed(attempt.run, "unknown", f"cannot be looked at: {error}")
        names = dict(attempt.plan.args).get("workloads", "").split(",")
        down = [name for name in names if name not in every or every[name].state not in UP or is_bad(every[name])]
        why = f"not up: {', '.join(down)}; next: workload.start name={down[0]}" if down else "all run"
        return ActionActed(attempt.run, "failed", f"it was not finished, and nothing was compared; {why}")

    async def _over(self, attempt: Attempt) -> tuple[Workload, ...]:
        """All, once the one that its engine was restarting is up as another run, or can come no more."""
        last = attempt.progress[-1] if attempt.progress else None
        names = dict(attempt.plan.args).get("workloads", "").split(",")
        n = last.n - 2 if last is not None and last.verb == "restart" and last.state == "running" else -1
        until = self._clock.now() + int((STOP_S + CALL_S) * 1000)
        while True:
            every = await self._all()
            it = next((it for it in every if n >= 0 and it.name == names[n]), None)
            waits = (
                it is not None and it.engine == "docker" and not (it.state in UP and (it.since or 0) >= attempt.asked)
            )
            if not waits or self._clock.now() >= until:
                return every
            await asyncio.sleep(LOOK_S)

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()


def _plan(
    runs: Sequence[Workload], times: Mapping[str, Ms], args: Mapping[str, str], state: State, minute: int
) -> Plan:
    given = tuple((key, f"{ms}ms") for key, ms in times.items())
    more = tuple((key, args[key]) for key in ("quiet", "now") if args.get(key))
    served = {name: [s.name for s in state.project.services if name in s.workloads] for name in (w.name for w in runs)}
    return Plan(
        action=ACTION,
        args=(("workloads", ",".join(w.name for w in runs)), *given, *more),
        title=f"Restart {count(len(runs), 'workload')} one after the other, and compare before and after",
        target=state.project.name,
        target_kind="project",
        steps=(
            PlanStep("before", "what runs now, its mounts, ports, files and volumes; a checkpoint of it"),
            *(PlanStep("restart", f"{w.name} on {w.engine}, until it is up and stays so") for w in runs),
            PlanStep("compare", "what runs then with what ran before; it ends there, also when one does not come back"),
        ),
        checked=(*_preconditions(args, state, minute), Precondition("workloads", "the same run as now", _key(runs))),
        not_covered=(
            ("requests, memory", "what is in flight, and what programs keep in memory only, is lost"),
            ("machine, engine", "are not restarted: order of starting at a boot is another thing"),
        ),
        undo="A restart cannot be undone.",
        within_ms=times["within"] * len(runs),
        blast=tuple((name, f"service: {', '.join(of)} is interrupted") for name, of in served.items() if of),
    )


def _preconditions(args: Mapping[str, str], state: State, minute: int) -> tuple[Precondition, ...]:
    reason, quiet = args.get("now", "").strip(), args.get("quiet", "")
    note = f"goes on all the same: {reason}" if reason else 'now="why" goes on all the same'
    return tuple(
        Precondition(QUIET, bad or good, good, not bad or bool(reason), note if bad else "")
        for good, bad in (*unquiet(state), _hour_row(quiet, minute))
    )


def _hour_row(quiet: str, minute: int) -> tuple[str, str]:
    """What holds, and why it does not; empty: it does."""
    if quiet in ("", ANY):
        return "no quiet hours are named: any hour will do", ""
    now = f"{minute // 60:02d}:{minute % 60:02d}"
    return f"{now} lies in {quiet}", "" if within(quiet, minute) else f"it is {now}, and quiet is {quiet}"


async def _in_memory(engine: Engine) -> list[str]:
    """Mounts that a restart empties."""
    found = [(it.name, await engine.blast("restart", it)) for it in await engine.workloads() if it.state in UP]
    return [f"{name} {inside}: {what}" for name, blast in found for inside, what in blast.rows if "in memory" in what]


def _key(workloads: Sequence[Workload]) -> str:
    return " ".join(f"{it.engine}:{it.name}:{it.ident[:12]}" for it in workloads)


def _state(every: Sequence[Workload], name: str) -> str:
    return next((it.state for it in every if it.name == name), "gone")


def _ms(plan: Plan, key: str) -> Ms:
    return int(dict(plan.args)[key].removesuffix("ms"))
