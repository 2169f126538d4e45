"""The volumes of a workload, each with its newest backup: for a page, from one inspection and the folder of backups."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from incidentui.core.backup import Backup
from incidentui.core.inputs import Refusal
from incidentui.edge.containers.actual import volumes_of as made_when
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.text import clean
from incidentui.edge.volumes.plans import called
from incidentui.edge.volumes.store import Store
from incidentui.session.ports import Kept


async def volumes_of(engines: Sequence[Engine], store: Store, workload: str) -> Sequence[Kept] | Refusal:
    """Empty for what has none, and for what is no container."""
    docker = next((engine for engine in engines if isinstance(engine, DockerEngine)), None)
    if docker is None:
        return ()
    try:
        it = await docker.named(workload)
        found = await docker.call(lambda api: api.inspect_container(it.ident)) if it is not None else {}
        mounts = [mount for mount in found.get("Mounts") or () if mount.get("Type") == "volume" and mount.get("Name")]
        made = await docker.call(made_when) if mounts else {}
    except (EngineLost, EngineRefused) as error:
        return Refusal(str(error))
    every = await asyncio.to_thread(lambda: list(store.all())) if mounts else []
    told = (newest(str(mount["Name"]), str(mount.get("Destination", "")), every) for mount in mounts)
    return [replace(each, made=made.get(str(mount["Name"]))) for each, mount in zip(told, mounts, strict=True)]


def newest(volume: str, inside: str, every: Sequence[Backup]) -> Kept:
    """`inside`: where it is mounted, where that was asked; `every`: all backups, the newest first."""
    mine = [each for each in every if each.volume == volume]
    name, place = called(volume), clean(inside, 80)
    if not mine:
        return Kept(name, place)
    new = mine[0]
    return Kept(name, place, new.id, new.at, new.files, new.size, len(mine))
