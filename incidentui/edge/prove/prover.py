"""Shows each check its good answer, then each failure: what stays green is a failure that nobody would be told of."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from incidentui.config.checks import Check
from incidentui.core.value import dataclass
from incidentui.edge.checks.probe import Ground, probe
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.checks.web.http import Transports
from incidentui.edge.prove.answers import CannotStandInError
from incidentui.edge.prove.cases import case_of
from incidentui.edge.prove.trials import Trial
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Clock

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Missed:
    failure: str
    why: str


@dataclass(frozen=True, slots=True)
class Proof:
    name: str
    kind: str
    caught: tuple[str, ...] = ()
    missed: tuple[Missed, ...] = ()
    not_provable: str = ""
    """Why nothing could be shown; of another kind than those that ask a server."""
    no_stand_in: bool = False
    """It should have been provable: the stand-in could not answer as expected."""


class Prover:
    def __init__(self, clock: Clock, folder: Path) -> None:
        self._clock = clock
        self._dir = folder
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def prove(self, checks: Sequence[Check]) -> list[Proof]:
        return list(await asyncio.gather(*(self._prove(check) for check in checks)))

    async def _prove(self, check: Check) -> Proof:
        try:
            case = case_of(check)
        except CannotStandInError as why:
            return self._without(check, str(why))
        if case is None:
            return Proof(check.name, check.kind, not_provable=f"type {check.kind} is not provable here")
        judged = await self._look(case.good)
        if judged.state != "ok":
            return self._without(check, clean_and_redact(judged.why, 200))
        seen = await asyncio.gather(*(self._missed(trial) for trial in case.failures))
        names = [trial.failure for trial in case.failures]
        return Proof(
            check.name,
            check.kind,
            caught=tuple(name for name, why in zip(names, seen, strict=True) if not why),
            missed=tuple(Missed(name, why) for name, why in zip(names, seen, strict=True) if why),
        )

    def _without(self, check: Check, why: str) -> Proof:
        said = f"the stand-in cannot answer as it is expected to: {why}"
        return Proof(check.name, check.kind, not_provable=said, no_stand_in=True)

    async def _missed(self, trial: Trial) -> str:
        """Why the check does not see it; empty when it does."""
        judged = await self._look(trial)
        if judged.state == "failing" and judged.why.startswith(trial.begins):
            return ""
        if judged.state in ("failing", "unknown"):
            return f"it says {judged.state} for another reason: {clean_and_redact(judged.why, 120)}"
        return trial.passes

    async def _look(self, trial: Trial) -> Judgement:
        """Connections of its own for each look: nothing of one failure reaches the next."""
        transports = Transports()
        async with self._slots, trial.played() as check, transports.in_use():
            look = await probe(check, Ground(self._clock, transports, self._dir)).look()
        return look.judgement
