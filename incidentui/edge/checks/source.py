"""The checks as a source of the session: each on its own interval, never two looks of one check at a time.

Says what each look saw. When a service counts as red is decided elsewhere; here is only made sure that the looks
which can make it so carry their evidence.
"""

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from incidentui.config.checks import CheckConfig
from incidentui.core.inputs import Sampled
from incidentui.core.known_errors import Library
from incidentui.core.model import Ms
from incidentui.core.numbers import Past
from incidentui.edge.checks.evidence import sampled
from incidentui.edge.checks.probe import Ground, Look, Probe, probe
from incidentui.edge.checks.web.http import Transports
from incidentui.edge.containers.engine import Engine
from incidentui.session.ports import Clock, Report

AT_ONCE = 100
OF_ONE_SERVICE = 20
"""A service that hangs holds its looks up to their limit: its own, not those of the others."""
EVIDENCE_EVERY_MS = 60_000
STROKE_S = 0.05
"""Looks begin on the stroke of this, several at a time: each costs a third less than one that wakes the loop alone."""
_FIRST_WITHIN_S = 0.25
"""The first looks are spread over this, so that a screen with many checks does not start with a burst."""


class ChecksSource:
    name = "checks"

    def __init__(
        self,
        checks: Sequence[CheckConfig],
        clock: Clock,
        base_dir: Path | None = None,
        engines: Sequence[Engine] = (),
        before: Callable[[str], Sequence[Past]] | None = None,
        library: Library | None = None,
    ) -> None:
        self._library = library
        self._transports = Transports()
        self._slots = asyncio.Semaphore(AT_ONCE)
        ground = Ground(clock, self._transports, base_dir or Path.cwd(), engines, before)
        of_service = {check.service: asyncio.Semaphore(OF_ONE_SERVICE) for check in checks}
        self._watched = [_Watched(probe(check, ground), of_service[check.service]) for check in checks]

    async def run(self, report: Report) -> None:
        async with self._transports.in_use(), asyncio.TaskGroup() as group:
            for number, watched in enumerate(self._watched):
                delay = min(_FIRST_WITHIN_S, watched.every_s) * number / len(self._watched)
                group.create_task(self._again_and_again(watched, delay, report), name=f"check {watched.name}")

    async def look(self) -> Sequence[Sampled]:
        """Every check once, now, with evidence."""
        async with self._transports.in_use():
            looks = await asyncio.gather(*(watched.look(self._slots) for watched in self._watched))
        for watched in self._watched:
            watched.begin_anew()
        return [sampled(look, True, self._library) for look in looks]

    async def _again_and_again(self, watched: "_Watched", delay: float, report: Report) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(delay)
        while True:
            began = loop.time()
            look = await watched.look(self._slots)
            report(sampled(look, watched.wants_evidence(look), self._library))
            # From the end of the last look on: after a laptop slept, or a look took long, nothing is made up for.
            pause = watched.every_s * random.uniform(0.95, 1.05) - (loop.time() - began)
            await _sleep_together(max(pause, watched.every_s / 10))


async def _sleep_together(pause: float) -> None:
    """To the next stroke after `pause`."""
    now = asyncio.get_running_loop().time()
    await asyncio.sleep(math.ceil((now + pause) / STROKE_S) * STROKE_S - now)


class _Watched:
    """One check with what its last looks said."""

    def __init__(self, probe: Probe, of_service: asyncio.Semaphore) -> None:
        self.probe = probe
        self.name = probe.check.name
        self.every_s = probe.check.every_ms / 1000
        self._one_at_a_time = asyncio.Lock()
        self._of_service = of_service
        self._said: tuple[str, str] | None = None
        self._alike = 0
        self._kept_at: Ms = 0

    async def look(self, slots: asyncio.Semaphore) -> Look:
        async with self._one_at_a_time, self._of_service, slots:
            return await self.probe.look()

    def begin_anew(self) -> None:
        """A look that came in between breaks the row: those that make up the next one carry evidence again."""
        self._said = None

    def wants_evidence(self, look: Look) -> bool:
        """The first looks that say something new: one of them is the look that crosses a threshold."""
        state = look.judgement.state
        said = (state, look.judgement.why if state in ("failing", "unknown") else "")
        self._alike = self._alike + 1 if said == self._said else 1
        self._said = said
        due = state != "ok" and look.at - self._kept_at >= EVIDENCE_EVERY_MS
        wanted = due or self._alike <= max(self.probe.check.fail_after, self.probe.check.recover_after)
        if wanted:
            self._kept_at = look.at
        return wanted
