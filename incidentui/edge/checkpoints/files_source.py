"""The files of a project beside its last good checkpoint, where no container engine is watched: Supervisor, or nothing.

Between two looks it makes a few `stat` calls.
"""

import asyncio
from collections.abc import Sequence

from incidentui.core.drift import Drift
from incidentui.core.drift_then import FILES, against
from incidentui.core.inputs import DriftLooked, Observation
from incidentui.edge.checkpoints.reference import Reference
from incidentui.edge.checkpoints.store import CheckpointError
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Report

EVERY_S = 2.0


class FilesSource:
    name = "drift"

    def __init__(self, then: Reference) -> None:
        self._then = then
        self._stamp: object = None

    async def run(self, report: Report) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            stamp = await asyncio.to_thread(self._then.stamp)
            if stamp != self._stamp:
                self._stamp = stamp
                for observation in await self.look():
                    report(observation)

    async def look(self) -> Sequence[Observation]:
        return [DriftLooked(await asyncio.to_thread(self._drifts))]

    def _drifts(self) -> tuple[Drift, ...]:
        try:
            then = self._then.checkpoint()
        except CheckpointError as wrong:
            why = clean_and_redact(str(wrong), 300)
            return (Drift(FILES, why=why, checkpoint=self._then.wanted or "?"),)
        if then is None:
            return ()
        # Of containers nothing can be said here: none is called gone.
        found = against(then, {}, [container.name for container in then.containers], self._then.files(then), {})
        return tuple(drift for drift in found if drift.workload == FILES)
