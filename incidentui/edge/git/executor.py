"""The git executor of a session: plans, acts, settles and looks, for every `git.` action."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from incidentui.config.model import RehearseConfig
from incidentui.core.inputs import ActionActed, Refusal
from incidentui.core.model import Attempt, Light, Plan
from incidentui.core.state import State
from incidentui.edge.git import marking, restore
from incidentui.edge.git.branch_mode import BranchWay
from incidentui.edge.git.diff import diff
from incidentui.edge.git.lights import lights, settle
from incidentui.edge.git.own_files import warned
from incidentui.edge.git.place import layout
from incidentui.edge.git.planning import Site
from incidentui.edge.git.rehearsal import put_away
from incidentui.edge.git.reset import plan_reset
from incidentui.edge.git.revert import plan_revert, resolved_in
from incidentui.edge.git.run import GitError
from incidentui.edge.git.undo import plan_undo
from incidentui.edge.git.write import Act
from incidentui.session.ports import Clock, DiffLine, Report

_PLANS = {
    "git.reset": plan_reset,
    "git.revert": plan_revert,
    "git.undo": plan_undo,
    restore.ACTION: restore.plan_restore,
    marking.ACTION: marking.plan_mark,
}


class GitExecutor:
    """`branch` and `remote` as configured; None: the checkout's branch and the remote it follows."""

    actions: frozenset[str] = frozenset(_PLANS)

    def __init__(
        self, top: Path, branch: str | None, remote: str | None, clock: Clock, rehearse: RehearseConfig | None = None
    ) -> None:
        self._top = top
        self._branch = branch
        self._remote = remote
        self._clock = clock
        self._site = Site(top, branch, remote, rehearse or RehearseConfig())

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        if action not in _PLANS:
            return Refusal(f'git knows no action "{action}"', f"known: {', '.join(sorted(_PLANS))}")
        try:
            plan = await _PLANS[action](self._site, args, state, incident)
            if isinstance(plan, Plan):
                plan = replace(plan, warnings=(*plan.warnings, *await warned(self._top, plan)))
            return plan
        except GitError as error:
            return Refusal(f"{error.what} ({error.where})", error.todo)
        except OSError as error:
            return Refusal(f"the repository cannot be read: {error}", "")

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        if plan.action == marking.ACTION:
            return await marking.mark(self._top, run, plan, report)
        if restore.is_restore(plan):
            return await restore.Restore(run, plan, report, self._clock).do(self._top)
        way = BranchWay(plan) if plan.rewrites else None
        acted = await Act(run, plan, report, self._clock, way).do(self._top, self._branch, self._remote)
        edited = resolved_in(plan)
        if edited is not None and acted.outcome == "done":
            await put_away(await layout(self._top), edited)
        return acted

    async def settle(self, attempt: Attempt) -> ActionActed:
        if attempt.plan.action == marking.ACTION:
            return await marking.settle_mark(self._top, attempt)
        if restore.is_restore(attempt.plan):
            return await restore.settle_restore(self._top, attempt, self._clock.now())
        return await settle(self._top, self._branch, self._remote, attempt)

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        if restore.is_restore(attempt.plan):
            return (await restore.restore_light(self._top, attempt.plan, self._clock.now()),)
        return await lights(self._top, self._branch, self._remote, attempt, self._clock.now())

    async def diff(self, sha: str) -> Sequence[DiffLine] | Refusal:
        return await diff(self._top, sha)
