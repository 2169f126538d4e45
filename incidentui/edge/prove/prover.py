"""Shows each check its good answer, then each failure: what stays green is a failure that nobody would be told of."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from incidentui.config.checks import Check
from incidentui.core.value import dataclass
from incidentui.edge.checks.http import Transports
from incidentui.edge.checks.probe import Ground, Look, probe
from incidentui.edge.prove.answers import Answer, CannotStandInError, good
from incidentui.edge.prove.cases import PATIENCE_MS, Case, asked, case_of
from incidentui.edge.prove.lies import Lie, lies
from incidentui.edge.prove.stand_in import StandIn
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
        case = case_of(check)
        if case is None:
            return Proof(check.name, check.kind, not_provable=f"a {check.kind} check is not provable here")
        try:
            right = [good(scene) for scene in case.scenes]
        except CannotStandInError as why:
            return self._without(check, str(why))
        look = await self._look(case, right)
        if look.judgement.state != "ok":
            return self._without(check, clean_and_redact(look.judgement.why, 200))
        played = [(at, lie) for at, _ in enumerate(right) for lie in self._lies(case, right, at)]
        seen = await asyncio.gather(*(self._missed(case, right, at, lie) for at, lie in played))
        names = [_named(case, at, lie) for at, lie in played]
        return Proof(
            check.name,
            check.kind,
            caught=tuple(name for name, why in zip(names, seen, strict=True) if not why),
            missed=tuple(Missed(name, why) for name, why in zip(names, seen, strict=True) if why),
        )

    def _without(self, check: Check, why: str) -> Proof:
        said = f"the stand-in cannot answer as it is expected to: {why}"
        return Proof(check.name, check.kind, not_provable=said, no_stand_in=True)

    def _lies(self, case: Case, right: Sequence[Answer], at: int) -> list[Lie]:
        scene = case.scenes[at]
        again = at > 0 and scene.label and case.scenes[at - 1].label == scene.label
        return [] if again else list(lies(scene, right[at], PATIENCE_MS))

    async def _missed(self, case: Case, right: Sequence[Answer], at: int, lie: Lie) -> str:
        """Why the check does not see it; empty when it does."""
        scene = case.scenes[at]
        look = await self._look(case, [*right[:at], lie.answer, *right[at + 1 :]])
        judged = look.judgement
        if judged.state == "failing" and judged.why.startswith(scene.label):
            return ""
        if judged.state in ("failing", "unknown"):
            return f"it says {judged.state} for another reason: {clean_and_redact(judged.why, 120)}"
        return f"{asked(scene.expect)}: {lie.name} passes" + (f"; {lie.remedy}" if lie.remedy else "")

    async def _look(self, case: Case, answers: Sequence[Answer]) -> Look:
        """A server and connections of its own for each look: nothing of one failure reaches the next."""
        transports = Transports()
        async with self._slots, StandIn(answers).serving() as url, transports.in_use():
            return await probe(case.at(url), Ground(self._clock, transports, self._dir)).look()


def _named(case: Case, at: int, lie: Lie) -> str:
    label = case.scenes[at].label
    return f"{label}: {lie.name}" if label else lie.name
