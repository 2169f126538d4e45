"""A number against its own past: a table that lost most of its rows answers as quickly as before.

What it was is known from the record. Until enough is known the check is unknown; `min` holds from the first look on.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from incidentui.config.agreement import Value
from incidentui.config.data import DataCheck
from incidentui.core.evidence import Finding
from incidentui.core.numbers import MOST, Past, baseline, number, off, percent, too_few, written
from incidentui.edge.checks.agreed.compose import AbsentError
from incidentui.edge.checks.agreed.documents import UnreadableError
from incidentui.edge.checks.agreed.origins import Reader
from incidentui.edge.checks.probe import Ground, Look, alone, in_time
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.store.past import NotReadError
from incidentui.edge.text import clean_and_redact


class DataProbe:
    def __init__(self, check: DataCheck, ground: Ground) -> None:
        self.check = check
        self._now = ground.clock.now
        self._reader = Reader(check, Value("number", check.number), ground)
        self._before = ground.before
        self._past: list[Past] | None = None
        """None: the record was not read yet."""

    async def look(self) -> Look:
        lost = (UnreadableError, AbsentError, NotReadError)
        look = await in_time(self.check, self._now, self._read, alone(self.check), unknown=lost)
        return replace(look, output=look.judgement.why)

    async def _read(self, at: int) -> tuple[Judgement, str]:
        return await self._judged(at), ""

    async def _judged(self, at: int) -> Judgement:
        if self._past is None:
            before = self._before
            self._past = list(await asyncio.to_thread(before, self.check.name)) if before else []
        said = (await self._reader.read()).text
        found = number(said)
        if found is None:
            return Judgement("unknown", f"it says {clean_and_redact(said, 40) or 'nothing'}, which is no number")
        judgement = judged(self.check, found, self._past)
        self._past = [*self._past[-MOST:], Past(at, judgement.state, found)]
        return judgement


def judged(check: DataCheck, found: float, past: list[Past]) -> Judgement:
    """The number stands first in the reason: so it is in the record for later."""
    usual, seen = baseline(past, check.baseline_ms)
    ruled = list(_rules(check, found, usual))
    findings = tuple(finding for finding, _ in ruled)
    whys = [why for finding, why in ruled if not finding.ok]
    if whys:
        return Judgement("failing", f"{written(found)}, {whys[0]}", findings)
    if usual is None and (check.drop is not None or check.rise is not None):
        return Judgement("unknown", f"{written(found)}, {too_few(seen, check.baseline_ms)}", findings)
    return Judgement("ok", written(found) + (f", baseline {written(usual)}" if usual is not None else ""), findings)


def _rules(check: DataCheck, found: float, usual: float | None) -> Iterator[tuple[Finding, str]]:
    if check.min is not None:
        wanted = f"at least {written(check.min)}"
        yield Finding("number", wanted, written(found), found >= check.min), f"not {wanted}"
    if usual is None:
        return
    change, of = off(found, usual), f"its baseline {written(usual)}"
    if check.drop is not None:
        ok = change > -check.drop
        yield (
            Finding("fall", f"by less than {check.drop:.0%}", percent(change).strip() or "from nothing", ok),
            f"{percent(-change)}under {of}",
        )
    if check.rise is not None:
        ok = change < check.rise
        yield (
            Finding("rise", f"by less than {check.rise:.0%}", percent(change).strip() or "from nothing", ok),
            f"{percent(change)}over {of}",
        )
