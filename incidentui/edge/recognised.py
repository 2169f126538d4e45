"""What an action that failed said, looked up among the errors that are known: the message, and what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from incidentui.core.inputs import ActionActed, Refusal
from incidentui.core.known_errors import Library
from incidentui.core.model import Attempt, Light, Plan
from incidentui.core.state import State
from incidentui.session.ports import Between, Executor, InParts, Report


class Recognising:
    """An executor, with what is known of the errors that its actions end in."""

    def __init__(self, inner: Executor, library: Library) -> None:
        self.actions = inner.actions
        self._inner, self._library = inner, library

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        return await self._inner.plan(action, args, state, incident)

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        return self._told(await self._inner.act(run, plan, incident, report))

    async def settle(self, attempt: Attempt) -> ActionActed:
        return self._told(await self._inner.settle(attempt))

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return await self._inner.lights(attempt)

    def asks(self, between: Between) -> bool:
        return isinstance(self._inner, InParts) and self._inner.asks(between)

    def _told(self, acted: ActionActed) -> ActionActed:
        if acted.outcome == "done":
            return acted
        said = acted.evidence.body if acted.evidence is not None else ""
        return replace(acted, known=self._library.of_text(f"{said}\n{acted.why}"))
