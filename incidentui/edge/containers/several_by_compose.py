"""compose.up of several services, or of all that the compose files declare, by one plan."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from typing_extensions import override

from incidentui.core.inputs import ActionActed, Refusal
from incidentui.core.model import Plan
from incidentui.core.rehearsal import ordered
from incidentui.core.state import State
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.checks.agreed.documents import UnreadableError
from incidentui.edge.containers.compose_plan import AS_DECLARED, SAVE
from incidentui.edge.containers.compose_up import ComposeExecutor
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.one_by_one import unheard
from incidentui.edge.containers.several import SeveralExecutor, given
from incidentui.edge.containers.several_plan import ALL, whole
from incidentui.session.ports import Clock


class SeveralByCompose(SeveralExecutor):
    actions = ComposeExecutor.actions

    def __init__(
        self,
        folder: Path,
        engines: Sequence[Engine],
        name: str | None,
        files: Sequence[str],
        clock: Clock,
        keeper: Keeper | None = None,
    ) -> None:
        super().__init__(*engines, clock=clock, keeper=keeper)
        self._single = ComposeExecutor(folder, engines, name, files, clock, keeper)
        self._one = self._of_all = ComposeExecutor(folder, engines, name, files, clock)

    @override
    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        name = args.get("name", "")
        if name != ALL and "," not in name:
            return await self._single.plan(action, args, state, incident)
        try:
            needs = await self._of_all.declared()
        except (EngineLost, EngineRefused, UnreadableError) as error:
            return Refusal(str(error), "nothing was done")
        if isinstance(needs, Refusal):
            return needs
        if name == ALL and ALL in needs:
            return await self._single.plan(action, args, state, incident)
        parts, left = [], dict[str, str]()
        for each in ordered(state.project, list(needs) if name == ALL else given(name), needs):
            one = await self._one.plan(action, {**args, "name": each}, state, incident)
            if isinstance(one, Plan):
                parts.append(one)
            elif AS_DECLARED in one.why:
                left[each] = "runs as it is declared, and is left so"
            else:
                return one
        if not parts:
            return Refusal(
                "all of it runs as it is declared: compose would change nothing", "workload.restart name=all"
            )
        if self._keeper is not None:
            self._keeper.saw(state)
        save = SAVE if self._keeper is not None else None
        return whole(parts, state.project.name, save, tuple(left.items()))

    @override
    async def _acted(self, plan: Plan, agreed: Plan) -> ActionActed:
        """Which looks at all of it again itself."""
        return await self._one.act("", agreed, None, unheard)
