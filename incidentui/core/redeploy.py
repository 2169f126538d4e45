"""A commit that was taken back is not deployed again before the check that failed with it passes.

Known are the actions of this program: what each took back, and which checks failed then. A check that is good after the
rollback proves nothing about the commit: it has to pass with it. Who goes on all the same says why, and that is
recorded.
"""

from dataclasses import replace
from datetime import UTC, datetime

from incidentui.core.format import short
from incidentui.core.model import Ms, Plan, Precondition, TakenBack
from incidentui.core.state import State

NAME = "taken-back"
"""Of the precondition; its `want` is the commit."""
_NAMED = 5


def brings_back(state: State, plan: Plan) -> tuple[TakenBack, ...]:
    """What would be in force again: the plan takes away the commit that took it back, and leaves it where it is.

    Not on the way to known-good: all checks passed with that, whatever stands in its history.
    """
    if state.good is not None and dict(plan.args).get("to") == state.good.sha:
        return ()
    away = {c.sha for c in plan.takes_back}
    return tuple(t for t in state.taken_back.values() if t.revision in away and t.sha not in away)


def guarded(plan: Plan, state: State, reason: str) -> Plan:
    """The plan with a precondition for each commit that it would bring back. `reason`: why it goes on all the same."""
    found = brings_back(state, plan)
    if not found:
        return plan
    note = f"goes on all the same: {reason}" if reason else 'anyway="why" goes on all the same'
    stops = tuple(Precondition(NAME, _words(t), t.sha, bool(reason), note) for t in found[:_NAMED])
    args = (*plan.args, ("anyway", reason)) if reason else plan.args
    return replace(plan, checked=(*plan.checked, *stops), args=args)


def overridden(plan: Plan) -> tuple[Precondition, ...]:
    return tuple(p for p in plan.checked if p.name == NAME and p.ok)


def not_asked(state: State, plan: Plan) -> TakenBack | None:
    """One that the plan does not speak of: since it was made that was taken back, or known-good became another."""
    known = {p.want for p in plan.checked if p.name == NAME}
    if known:
        return None  # the first few are named for all
    return next(iter(brings_back(state, plan)), None)


def _words(taken: TakenBack) -> str:
    checks = ", ".join(f"{name} since {clock(since)}" for name, since in taken.checks[:3])
    return f"{short(taken.sha)} was taken back at {clock(taken.at)}: {checks} failed with it and has not passed with it"


def clock(at: Ms) -> str:
    """A time of the record, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%H:%M:%S")
