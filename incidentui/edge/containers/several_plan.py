"""One plan out of the plans of several workloads, and each of these out of it again. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from incidentui.core.format import count
from incidentui.core.model import Plan, PlanStep, Precondition
from incidentui.core.state import State
from incidentui.edge.containers.compose_plan import ACTION
from incidentui.edge.containers.deeds import ACTIONS, LOSES

ALL = "all"
"""Stands for every workload, unless one has that name."""
_TOLD = 4
_VERBS: dict[str, str] = {**ACTIONS, ACTION: "up"}
_DONE = {"restart": "restarted", "recreate": "created anew", "up": "brought up"}
_TITLE = {
    "restart": "Restart {} one after the other",
    "recreate": "Create {} anew, one after the other",
    "up": "Bring {} up by compose, one after the other",
}
_UNDO = {
    "restart": "A restart cannot be undone.",
    "recreate": "Of each the old one is kept until the new one is healthy, and brought back by itself if it is not. "
    "Those that were created anew before it stay so, with their volumes: their old containers are gone.",
    "up": "Stop again what was created. Where compose made a container anew there is no way back to the old one.",
}


def deed_of(plan: Plan) -> str:
    """The verb of the step of each."""
    return _VERBS[plan.action]


def undone(plan: Plan) -> str:
    return f"not {_DONE[deed_of(plan)]}"


def of_several(plan: Plan) -> bool:
    return plan.target_kind == "project"


def names_of(plan: Plan) -> list[str]:
    return dict(plan.args).get("name", "").split(",")


def steps_of(plan: Plan) -> list[PlanStep]:
    """One for each name, in the same order."""
    return [step for step in plan.steps if step.verb == deed_of(plan)]


def whole(parts: Sequence[Plan], project: str, save: PlanStep | None, left: Sequence[tuple[str, str]]) -> Plan:
    """`parts`: in the order in which they run; `left`: (workload, why it is none of them)."""
    first, deed = parts[0], deed_of(parts[0])
    engines = dict.fromkeys(dict(part.args).get("engine", "") for part in parts)
    args = {**dict(first.args), "name": ",".join(part.target for part in parts)}
    if deed != "up":
        args["engine"] = ",".join(engines)
    losing = [replace(check, text=f"{part.target}: {check.text}") for part in parts for check in _losing(part)]
    return replace(
        first,
        args=tuple(args.items()),
        title=_TITLE[deed].format(count(len(parts), "service" if deed == "up" else "workload")),
        target=project,
        target_kind="project",
        steps=(*((save,) if save else ()), *(_step(part) for part in parts)),
        checked=(*(check for part in parts for check in _named(part)), *losing),
        not_covered=(*(row for row in first.not_covered if row[0] != "depends on"), *left),
        undo=_UNDO[deed],
        undo_argv=(),
        within_ms=sum(part.within_ms for part in parts),
        host=", ".join(dict.fromkeys(part.host for part in parts if part.host)),
        blast=tuple(row for part in parts for row in _touched(part)),
        loses=tuple(f"{part.target}: {what}" for part in parts for what in part.loses),
    )


def not_applied(state: State, names: Sequence[str]) -> Iterator[str]:
    """What the compose file declares of the project, and none of these deeds applies."""
    for name, drift in state.drift.items():
        bad = [row for row in drift.rows if row.level == "bad"]
        if drift.checkpoint:
            continue
        if name in names and bad:
            more = f" and {len(bad) - _TOLD} more" if len(bad) > _TOLD else ""
            what = ", ".join(row.what + (f" ({row.place})" if row.place else "") for row in bad[:_TOLD])
            yield f"{name} is declared otherwise: {what}{more}; compose.up name={name} applies it"
        elif any(row.what == "container" for row in drift.rows):
            yield f"{name} is declared, and there is no container: compose.up name={name} makes it"


def part(plan: Plan, name: str) -> Plan:
    """The plan of one, as far as it takes to tell what became of it."""
    wanted = tuple(
        replace(check, name=check.name.removesuffix(f" {name}"))
        for check in plan.checked
        if check.name.endswith(f" {name}")
    )
    engine = "docker" if any(check.name == "container" for check in wanted) else "supervisor"
    within_ms = plan.within_ms // max(1, len(names_of(plan)))
    args = {**dict(plan.args), "name": name, **({"engine": engine} if "engine" in dict(plan.args) else {})}
    return replace(
        plan, args=tuple(args.items()), target=name, target_kind="workload", checked=wanted, within_ms=within_ms
    )


def not_any_more(plan: Plan, now: Plan, only: Collection[str] = ()) -> str:
    """Why one of them, planned anew, is not what stands in the plan of all. `only`: these preconditions."""
    agreed = part(plan, now.target).checked
    for check in (check for check in now.checked if check.name != LOSES and (not only or check.name in only)):
        if check.want not in [each.want for each in agreed if each.name == check.name]:
            return f"not so any more: {check.name}"
    more = [what for what in now.loses if f"{now.target}: {what}" not in plan.loses]
    return f"by now more would be lost: {more[0]}" if more else ""


def _step(part: Plan) -> PlanStep:
    name, deed = part.target, deed_of(part)
    look = next(step.text for step in part.steps if step.verb == "look")
    until = look.removeprefix("look ").removeprefix(f"until {name} ")
    argv = tuple(words for step in part.steps for words in step.argv)
    if deed == "up":
        does = next(step.text for step in part.steps if step.verb == deed)
        return PlanStep(deed, f"{does}, until it {until}", argv)
    back = "; else the old one comes back" if deed == "recreate" else ""
    return PlanStep(deed, f"{name} on {dict(part.args)['engine']}, until it {until}{back}", argv)


def _touched(part: Plan) -> list[tuple[str, str]]:
    own = part.target
    return [(own, then if what == own else f"{what}: {then}") for what, then in part.blast]


def _losing(part: Plan) -> list[Precondition]:
    return [check for check in part.checked if check.name == LOSES and part.loses]


def _named(part: Plan) -> list[Precondition]:
    name = part.target
    checks = [check for check in part.checked if check.name != LOSES]
    return [replace(check, name=f"{check.name} {name}", text=f"{name}: {check.text}") for check in checks]
