"""The files of a project beside its last good checkpoint, where no container engine is watched: Supervisor, or nothing.

Between two looks it makes a few `stat` calls.
"""

import asyncio
from collections.abc import Sequence

from incidentui.core.drift import Drift
from incidentui.core.drift_then import FILES, of_files
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
        return [DriftLooked(await files_beside(self._then))]


async def files_beside(then: Reference) -> tuple[Drift, ...]:
    """Files alone: of containers nothing is said here."""
    try:
        found = await asyncio.to_thread(then.checkpoint)
    except CheckpointError as wrong:
        return (Drift(FILES, why=clean_and_redact(str(wrong), 300), checkpoint=then.wanted or "?"),)
    if found is None:
        return ()
    return of_files(found, await asyncio.to_thread(then.files, found), await then.uncommitted(found))
