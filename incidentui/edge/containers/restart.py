"""What a restart would do, as a plan, and what became of one, as words. Pure: asks no engine and no clock."""

from incidentui.core.model import Ms, Outcome, Plan, PlanStep, Precondition, Workload
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.containers.engine import Engine

RESTART = "workload.restart"
WITHIN_MS: Ms = 60_000
LOOKS = 3
_UP = ("running", "starting", "paused")


@dataclass(frozen=True, slots=True)
class End:
    outcome: Outcome
    why: str


def make_plan(engine: Engine, workload: Workload, within_ms: Ms, state: State) -> Plan:
    name = workload.name
    look = f"look until {name} has run for {LOOKS} looks in a row, at most {seconds(within_ms)}"
    return Plan(
        action=RESTART,
        args=(("name", name), ("within", f"{within_ms}ms"), ("engine", engine.name)),
        title=f"Restart {name} on {engine.name}{_interrupts(name, state)}",
        target=name,
        target_kind="workload",
        steps=(*engine.restart_steps(workload), PlanStep("look", look)),
        checked=_preconditions(workload),
        not_covered=_NOT_COVERED,
        undo="A restart cannot be undone.",
        within_ms=within_ms,
        host=engine.address,
    )


_NOT_COVERED = (
    ("image, settings, environment", "stay as they are: a restart applies no new ones"),
    ("data, volumes", "are not touched: what is wrong in them stays wrong"),
    ("what the process has in memory", "is lost: requests under way end, queues that are not saved go"),
)


def _interrupts(name: str, state: State) -> str:
    served = [service.name for service in state.project.services if name in service.workloads]
    return f", which interrupts {', '.join(served)}" if served else ""


def _preconditions(workload: Workload) -> tuple[Precondition, ...]:
    runs = workload.state in _UP
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
    return Workload(name=plan.target, engine=args.get("engine", ""), ident=_want(plan, "container"))


def _want(plan: Plan, name: str) -> str:
    return next((each.want for each in plan.checked if each.name == name), "")


# -- what became of it ---------------------------------------------------------------------------


def same_run(plan: Plan, now: Workload) -> bool:
    """Whether the process of the plan still runs."""
    if now.state not in _UP or not _want(plan, "start"):
        return False
    pid = _want(plan, "process")
    return str(now.since) == _want(plan, "start") and (not pid or pid == now.ident)


def moved(plan: Plan, now: Workload | None) -> str:
    """Which precondition does not hold any more; empty when all do."""
    if now is None:
        return f"{plan.target} is not there any more; make a new plan"
    if _want(plan, "start") and not same_run(plan, now):
        return f"{plan.target} is not the run that the plan showed: {words(now)}; make a new plan"
    if now.engine == "supervisor" and not _want(plan, "process") and now.state == "running":
        return f"{plan.target} has come up meanwhile (pid {now.ident}); make a new plan"
    return ""


def became(plan: Plan, asked: Ms, now: Workload | None) -> End:
    """What became of a restart that nobody saw end, from what the engine says now."""
    name = plan.target
    if now is None:
        return End("unknown", f"{name} is gone, another container may have its name: nobody can tell")
    if same_run(plan, now):
        return End("failed", f"it did not happen: {words(now)}, the same run as before")
    if now.state not in _UP:
        return End("failed", f"{name} is not up: {words(now)}")
    if now.restarts:
        return End("unknown", f"{words(now)}, but its restart policy has started it {now.restarts} times since")
    if now.engine == "supervisor" and now.since is not None and now.since + 1000 < asked:
        return End("failed", f"it did not happen: {words(now)}, running since before the request")
    return End("done", f"restarted: {words(now)}")


def words(it: Workload) -> str:
    parts = [it.state if it.health == "none" else f"{it.state} ({it.health})"]
    if it.exit_code is not None:
        parts.append(f"exit code {it.exit_code}")
    if it.note:
        parts.append(it.note)
    if it.state in _UP and it.ident:
        parts.append(f"pid {it.ident}" if it.engine == "supervisor" else f"container {it.ident[:12]}")
    return ", ".join(parts)


def seconds(ms: Ms) -> str:
    return f"{ms / 1000:.1f} s" if ms % 1000 else f"{ms // 1000} s"
