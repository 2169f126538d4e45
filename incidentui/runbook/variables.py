"""What `{{ name }}` stands for in a typed action: from the incident, from the front matter, or typed by the responder.

Shell text is never filled in: a value reaches it through the environment, where it cannot become code.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from incidentui.core.causes import echoes
from incidentui.core.model import Workload
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.runbook.model import Runbook, Step, TypedAction

_GIVEN = "set."
_NAME = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Resolved:
    action: TypedAction | None
    missing: tuple[str, ...] = ()
    """Variables without a value: the action must not be planned before they have one."""


def resolve(step: Step, values: Mapping[str, str]) -> Resolved:
    """The step's action with its variables filled in; an unfilled one stays as it is written."""
    return fill(step.action, values) if step.action is not None else Resolved(None)


def fill(action: TypedAction, values: Mapping[str, str]) -> Resolved:
    missing: dict[str, None] = {}

    def value(found: re.Match[str]) -> str:
        known = values.get(found.group(1), "")
        if not known:
            missing[found.group(1)] = None
        return known or found.group()

    args = tuple((key, _NAME.sub(value, text)) for key, text in action.args)
    return Resolved(replace(action, args=args), tuple(missing))


def values(runbook: Runbook, state: State, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """All that is known: what the incident says, then the runbook's defaults, then what the responder typed."""
    known = _from_incident(state)
    out = {name: value for name, value in known.items() if value}
    for variable in runbook.vars:
        source = variable.source.removeprefix("git.")
        found = known.get(source or variable.name, "") or variable.default
        if variable.default and not source:
            found = variable.default
        if found:
            out[variable.name] = found
        else:
            out.pop(variable.name, None)
    return out | {name: value for name, value in (given or {}).items() if value}


def with_given(args: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What a plan for shell text is asked with: its arguments, and what a person gave. `parted` takes them apart."""
    return {**args, **{_GIVEN + name: value for name, value in given.items()}}


def parted(args: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(the arguments, what a person gave)"""
    own = {name: value for name, value in args.items() if not name.startswith(_GIVEN)}
    return own, {name.removeprefix(_GIVEN): value for name, value in args.items() if name.startswith(_GIVEN)}


def _from_incident(state: State) -> dict[str, str]:
    failing = worst_service(state)
    workload = crashing_workload(state)
    return {
        "good": state.good.sha if state.good else "",
        "suspect": state.suspect.sha if state.suspect else "",
        "head": (state.repository.head or "") if state.repository else "",
        "branch": state.project.branch or (state.repository.branch if state.repository else "") or "",
        "service": failing,
        "workload": workload.name if workload else _only_workload(state, failing),
    }


def worst_service(state: State) -> str:
    """The service that has been failing longest and is no echo of another; empty when none fails."""
    echo = echoes(state)
    failing = [s for s in state.services.values() if s.state == "failing" and s.name not in echo]
    return min(failing, key=lambda s: s.since if s.since is not None else 0).name if failing else ""


def crashing_workload(state: State) -> Workload | None:
    bad = (w for w in state.workloads.values() if w.state in ("crashing", "restarting", "exited"))
    return next(bad, None)


def _only_workload(state: State, service: str) -> str:
    mine = next((s.workloads for s in state.project.services if s.name == service), ())
    return mine[0] if len(mine) == 1 else ""
