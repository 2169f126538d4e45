"""The plan of an action: by the executor that can do it, or by nobody where it only looks on."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from incidentui.core import inputs as i
from incidentui.core.model import Plan
from incidentui.core.reach import reach
from incidentui.core.redeploy import guarded
from incidentui.core.state import State
from incidentui.core.verify import verify_plan
from incidentui.core.waiting import wait_plan
from incidentui.session.actions import Actions

_WITHOUT_EXECUTOR: Mapping[str, Callable[[Mapping[str, str], State], Plan | i.Refusal]] = {
    "verify": verify_plan,
    "wait": wait_plan,
}


def plan_without_executor(action: str, args: Mapping[str, str], state: State) -> Plan | i.Refusal | None:
    """None: somebody must do it."""
    make = _WITHOUT_EXECUTOR.get(action)
    return make(args, state) if make is not None else None


async def plan_by_executor(actions: Actions, action: str, args: Mapping[str, str], state: State) -> Plan | i.Refusal:
    """`anyway` among the arguments is the reason to do what a guard would stop."""
    args = dict(args)
    reason = args.pop("anyway", "").strip()
    executor = actions.executor(action)
    if executor is None:
        known = sorted(a for e in actions.executors for a in e.actions)
        there = ", ".join([*known, *_WITHOUT_EXECUTOR])
        return i.Refusal(f"{action} is not possible here", f"there is {there}")
    incident = state.current
    plan = await executor.plan(action, args, state, incident.id if incident else None)
    if not isinstance(plan, Plan):
        return plan
    return guarded(replace(plan, blast=reach(plan, state)), state, reason)
