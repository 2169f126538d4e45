"""The volumes of a workload, each with its newest backup: for a page, from one inspection and the folder of backups."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from incidentui.core.backup import Backup
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms
from incidentui.edge.containers.actual import volumes_of as made_when
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.text import clean
from incidentui.edge.volumes.plans import called
from incidentui.edge.volumes.store import Store
from incidentui.session.ports import Kept

Mounted = tuple[Mapping[str, Any], Ms | None]
"""A mount as the engine tells it, and when its volume was made."""


async def volumes_of(engines: Sequence[Engine], store: Store, workload: str) -> Sequence[Kept] | Refusal:
    """Empty for what has none, and for what is no container."""
    return (await volumes_of_all(engines, store, (workload,)))[0]


async def volumes_of_all(
    engines: Sequence[Engine], store: Store, workloads: Sequence[str]
) -> list[Sequence[Kept] | Refusal]:
    """Of each; the folder of backups, each of which has a list to be read, is read once for all of them."""
    mounts = await asyncio.gather(*(_mounts(engines, name) for name in workloads))
    every = (
        await asyncio.to_thread(lambda: list(store.all()))
        if any(not isinstance(m, Refusal) and m for m in mounts)
        else []
    )
    return [m if isinstance(m, Refusal) else _newest(m, every) for m in mounts]


def _newest(mounts: Sequence[Mounted], every: Sequence[Backup]) -> Sequence[Kept]:
    return [
        replace(newest(str(mount["Name"]), str(mount.get("Destination", "")), every), made=made)
        for mount, made in mounts
    ]


async def _mounts(engines: Sequence[Engine], workload: str) -> Sequence[Mounted] | Refusal:
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
    return [(mount, made.get(str(mount["Name"]))) for mount in mounts]


def newest(volume: str, inside: str, every: Sequence[Backup]) -> Kept:
    """`inside`: where it is mounted, where that was asked; `every`: all backups, the newest first."""
    mine = [each for each in every if each.volume == volume]
    name, place = called(volume), clean(inside, 80)
    if not mine:
        return Kept(name, place)
    new = mine[0]
    return Kept(name, place, new.id, new.at, new.files, new.size, len(mine))
