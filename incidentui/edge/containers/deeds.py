"""What restart, stop, start and recreate of a workload would do, as a plan, and what became of one, as words.

Pure: asks no engine and no clock.
"""

from typing import Literal

from incidentui.core.beside import before
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms, Outcome, Plan, PlanStep, Precondition, Workload
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.containers.blast import Blast
from incidentui.edge.containers.engine import Engine

Deed = Literal["restart", "stop", "start", "recreate"]
ACTIONS: dict[str, Deed] = {
    "workload.restart": "restart",
    "workload.stop": "stop",
    "workload.start": "start",
    "workload.recreate": "recreate",
}
LOSES = "loses"
"""Of the precondition that a plan which loses something does not hold."""
WITHIN_MS: Ms = 60_000
STAY_MS: Ms = 5_000
"""How long it must be as it was asked for before that is believed: many die a moment after their start."""
LOOKS = 3
UP = ("running", "starting", "paused")
DOWN = ("stopped", "exited")
_GAVE_UP = "gave up"


@dataclass(frozen=True, slots=True)
class End:
    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True)
class Wish:
    within_ms: Ms = WITHIN_MS
    stay_ms: Ms = STAY_MS
    lose: str = ""
    """Why what would be lost may be."""


def deed_of(plan: Plan) -> Deed:
    return ACTIONS[plan.action]


def stay_of(plan: Plan) -> Ms:
    """Plans of earlier versions have none."""
    text = dict(plan.args).get("stay", "").removesuffix("ms")
    return int(text) if text.isdigit() else 0


def make_plan(
    engine: Engine, deed: Deed, workload: Workload, wish: Wish, blast: Blast, state: State, save: bool = False
) -> Plan | Refusal:
    if why := _pointless(deed, workload):
        return why
    name = workload.name
    if blast.never:
        return Refusal(f"{name} is not created anew: {blast.never}", f"workload.restart name={name} keeps it")
    times = (("within", f"{wish.within_ms}ms"), ("stay", f"{wish.stay_ms}ms"))
    lose = (("lose", wish.lose),) if wish.lose else ()
    look = PlanStep("look", _look(deed, workload, wish))
    return Plan(
        action=f"workload.{deed}",
        args=(("name", name), *times, ("engine", engine.name), *lose),
        title=f"{deed.capitalize()} {name} on {engine.name}{_interrupts(deed, name, state)}",
        target=name,
        target_kind="workload",
        steps=(*((_SAVE,) if save and deed != "start" else ()), *_with_look(deed, engine.steps(deed, workload), look)),
        checked=(*_preconditions(deed, workload), *losing(deed, blast, wish)),
        not_covered=_NOT_COVERED[deed],
        undo=_UNDO[deed],
        undo_argv=_way_back(deed, workload),
        within_ms=wish.within_ms,
        host=engine.address,
        blast=(*_services(deed, name, state), *before(workload, blast.rows, state)),
        loses=blast.loses,
    )


def _with_look(deed: Deed, steps: tuple[PlanStep, ...], look: PlanStep) -> tuple[PlanStep, ...]:
    """The old container is there until the new one was looked at."""
    return (*steps[:-1], look, steps[-1]) if deed == "recreate" else (*steps, look)


def losing(deed: Deed, blast: Blast, wish: Wish) -> tuple[Precondition, ...]:
    if not blast.loses:
        text = "nothing that its engine keeps would be lost"
        return (Precondition(LOSES, text),) if deed in ("stop", "recreate") else ()
    note = f"goes all the same: {wish.lose}" if wish.lose else 'lose="why" goes on all the same'
    return tuple(Precondition(LOSES, f"would be lost: {what}", what, bool(wish.lose), note) for what in blast.loses)


def _services(deed: Deed, name: str, state: State) -> tuple[tuple[str, str], ...]:
    served = [service.name for service in state.project.services if name in service.workloads]
    what = "goes down with it" if deed == "stop" else "comes back" if deed == "start" else "is interrupted"
    rows = [(service, f"service: {what}") for service in served]
    waits = [s.name for s in state.project.services if set(s.depends_on) & set(served) and s.name not in served]
    return (*rows, *((service, f"service: needs {', '.join(served)}") for service in waits))


def _pointless(deed: Deed, workload: Workload) -> Refusal | None:
    name = workload.name
    if deed == "recreate" and workload.engine != "docker":
        return Refusal(f"{name} is no container: there is nothing to create anew", f"workload.restart name={name}")
    runs = workload.state in UP or (workload.state == "crashing" and not workload.note.startswith(_GAVE_UP))
    if deed == "stop" and not runs:
        return Refusal(f"{name} does not run: {words(workload)}", "there is nothing to stop")
    if deed == "start" and runs:
        return Refusal(f"{name} is not down: {words(workload)}", f"workload.restart name={name} restarts it")
    return None


def _look(deed: Deed, workload: Workload, wish: Wish) -> str:
    if deed == "stop":
        return f"look until {workload.name} has been down for {seconds(wish.stay_ms)}: something may start it again"
    healthy = "running" if workload.health == "none" else "healthy"
    return (
        f"look until {workload.name} is {healthy} and has stayed so for {seconds(wish.stay_ms)}, "
        f"at most {seconds(wish.within_ms)}"
    )


_SAVE = PlanStep("save", "a checkpoint of now: commit, images, configuration files, verdicts")
_MEMORY = ("what the process has in memory", "is lost: requests under way end, queues that are not saved go")
_OLD = ("image, settings, environment", "stay as they are: no new ones are applied")
_DATA = ("data, volumes", "are not touched: what is wrong in them stays wrong")
_NOT_COVERED: dict[Deed, tuple[tuple[str, str], ...]] = {
    "restart": (_OLD, _DATA, _MEMORY),
    "stop": (_MEMORY, ("who needs it", "goes without until it is started: nothing else is stopped with it")),
    "start": (_OLD, _DATA),
    "recreate": (
        ("image, settings, environment", "are those of the old container: a changed compose file is not applied"),
        _DATA,
        _MEMORY,
    ),
}
_UNDO: dict[Deed, str] = {
    "restart": "A restart cannot be undone.",
    "stop": "Start it again. What it had in memory does not come back.",
    "start": "Stop it again.",
    "recreate": "Until the new one is healthy the old one is kept, and brought back by itself if it is not. "
    "After that there is no way back to the old container; its volumes go on in the new one.",
}


def _way_back(deed: Deed, workload: Workload) -> tuple[str, ...]:
    back = {"stop": "start", "start": "stop"}.get(deed)
    return ("incidentui", "act", f"workload.{back}", f"name={workload.name}") if back else ()


def _interrupts(deed: Deed, name: str, state: State) -> str:
    served = [service.name for service in state.project.services if name in service.workloads]
    what = {"restart": "which interrupts", "stop": "which takes down", "start": "for", "recreate": "which interrupts"}[
        deed
    ]
    return f", {what} {', '.join(served)}" if served else ""


def _preconditions(deed: Deed, workload: Workload) -> tuple[Precondition, ...]:
    runs = workload.state in UP
    if workload.engine == "docker":
        ident = Precondition("container", f"still container {workload.ident[:12]}", workload.ident)
    else:
        text = f"still pid {workload.ident}" if runs else f"still not running ({workload.state})"
        ident = Precondition("process", text, workload.ident if runs else "")
    start = str(workload.since) if runs and workload.since is not None else ""
    text = (
        "nobody has restarted it meanwhile" if start else f"it is {workload.state}: nothing runs that would be cut off"
    )
    return ident, Precondition("start", text, start)


def planned(plan: Plan) -> Workload:
    """The workload that the plan was made for, as far as an engine needs it to find it again."""
    args = dict(plan.args)
    return Workload(name=plan.target, engine=args.get("engine", ""), ident=want(plan, "container"))


def want(plan: Plan, name: str) -> str:
    return next((each.want for each in plan.checked if each.name == name), "")


# -- what became of it ---------------------------------------------------------------------------


def same_run(plan: Plan, now: Workload) -> bool:
    """Whether the process of the plan still runs."""
    if now.state not in UP or not want(plan, "start"):
        return False
    pid = want(plan, "process")
    return str(now.since) == want(plan, "start") and (not pid or pid == now.ident)


def happened(plan: Plan, now: Workload) -> bool:
    """Whether the world is another one than before, seen after an answer was lost."""
    if deed_of(plan) == "start":
        return now.state in UP or now.state == "crashing"
    return not same_run(plan, now)


def moved(plan: Plan, now: Workload | None) -> str:
    """Which precondition does not hold any more; empty when all do."""
    if now is None:
        return f"{plan.target} is not there any more; make a new plan"
    # One that its engine starts again and again is another run every few seconds, and nothing runs in between.
    loops = now.engine == "docker" and now.state == "crashing"
    if want(plan, "start") and not loops and not same_run(plan, now):
        return f"{plan.target} is not the run that the plan showed: {words(now)}; make a new plan"
    came_up = now.engine == "supervisor" and not want(plan, "process") and now.state == "running"
    if came_up or (deed_of(plan) == "start" and now.state in UP):
        which = f" (pid {now.ident})" if now.engine == "supervisor" else ""
        return f"{plan.target} has come up meanwhile{which}; make a new plan"
    return ""


def became(plan: Plan, asked: Ms, now: Workload | None) -> End:
    """What became of a deed that nobody saw end, from what the engine says now."""
    name, deed = plan.target, deed_of(plan)
    if now is None:
        return End("unknown", f"{name} is gone, another container may have its name: nobody can tell")
    if same_run(plan, now):
        return End("failed", f"it did not happen: {words(now)}, the same run as before")
    if deed == "stop":
        down = now.state in DOWN
        return End("done", f"stopped: {words(now)}") if down else End("failed", f"{name} runs again: {words(now)}")
    if now.state not in UP:
        return End("failed", f"{name} is not up: {words(now)}")
    if now.restarts:
        return End("unknown", f"{words(now)}, but its restart policy has started it {now.restarts} times since")
    if now.engine == "supervisor" and now.since is not None and now.since + 1000 < asked:
        return End("failed", f"it did not happen: {words(now)}, running since before the request")
    return End("done", f"{deed}ed: {words(now)}")


def is_up(it: Workload) -> bool:
    """Running, and healthy where it can tell."""
    return it.state == "running" and it.health in ("none", "healthy")


def words(it: Workload) -> str:
    parts = [it.state if it.health == "none" else f"{it.state} ({it.health})"]
    if it.exit_code is not None:
        parts.append(f"exit code {it.exit_code}")
    if it.note:
        parts.append(it.note)
    if it.state in UP and it.ident:
        parts.append(f"pid {it.ident}" if it.engine == "supervisor" else f"container {it.ident[:12]}")
    return ", ".join(parts)


def seconds(ms: Ms) -> str:
    return f"{ms / 1000:.1f} s" if ms % 1000 else f"{ms // 1000} s"
