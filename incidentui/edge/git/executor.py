"""The git executor of a session: plans, acts, settles and looks, for every `git.` action."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentui.core.inputs import ActionActed, Refusal
from incidentui.core.model import Attempt, Light, Plan
from incidentui.core.state import State
from incidentui.edge.git.branch_mode import BranchWay
from incidentui.edge.git.diff import diff
from incidentui.edge.git.lights import lights, settle
from incidentui.edge.git.reset import plan_reset
from incidentui.edge.git.revert import plan_revert
from incidentui.edge.git.run import GitError
from incidentui.edge.git.undo import plan_undo
from incidentui.edge.git.write import Act
from incidentui.session.ports import Clock, DiffLine, Report

_PLANS = {"git.reset": plan_reset, "git.revert": plan_revert, "git.undo": plan_undo}


class GitExecutor:
    """`branch` and `remote` as configured; None: the checkout's branch and the remote it follows."""

    actions: frozenset[str] = frozenset(_PLANS)

    def __init__(self, top: Path, branch: str | None, remote: str | None, clock: Clock) -> None:
        self._top = top
        self._branch = branch
        self._remote = remote
        self._clock = clock

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        if action not in _PLANS:
            return Refusal(f'git knows no action "{action}"', f"known: {', '.join(sorted(_PLANS))}")
        try:
            return await _PLANS[action](self._top, self._branch, self._remote, args, state, incident)
        except GitError as error:
            return Refusal(f"{error.what} ({error.where})", error.todo)
        except OSError as error:
            return Refusal(f"the repository cannot be read: {error}", "")

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        way = BranchWay(plan) if plan.rewrites else None
        return await Act(run, plan, report, self._clock, way).do(self._top, self._branch, self._remote)

    async def settle(self, attempt: Attempt) -> ActionActed:
        return await settle(self._top, self._branch, self._remote, attempt)

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return await lights(self._top, self._branch, self._remote, attempt, self._clock.now())

    async def diff(self, sha: str) -> Sequence[DiffLine] | Refusal:
        return await diff(self._top, sha)
