"""The containers of an engine beside a checkpoint: reads both sides, `core.drift_then` compares."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from incidentui.core import drift_then
from incidentui.core.drift import Drift
from incidentui.edge.containers.actual import Entry, read_all

if TYPE_CHECKING:
    from incidentui.edge.checkpoints.reference import Reference
    from incidentui.edge.containers.docker import DockerEngine


async def against(engine: "DockerEngine", listed: Sequence[Entry], then: "Reference") -> tuple[Drift, ...]:
    """Nothing while no checkpoint was taken. Raises EngineLost, EngineRefused, CheckpointError."""
    found = await asyncio.to_thread(then.checkpoint)
    if found is None:
        return ()
    read = await read_all(engine, listed, then.digest)
    now = {name: actual for (name, _), (_, actual) in zip(listed, read, strict=True) if actual is not None}
    files = await asyncio.to_thread(then.files, found)
    names, uncommitted = [name for name, _ in listed], await then.uncommitted(found)
    return drift_then.against(found, now, names, files, then.made(found), uncommitted)
