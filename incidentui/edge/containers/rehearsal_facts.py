"""What is compared of all that runs, before and after. What a restart always changes (pid, times) is left out."""

import hashlib
from collections.abc import Iterator, Sequence

from incidentui.core.drift import Actual, Mounted
from incidentui.core.model import Workload
from incidentui.core.rehearsal import EMPTY, Facts
from incidentui.edge.containers.actual import read_all
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import Engine


async def facts(engines: Sequence[Engine]) -> Facts:
    """Raises EngineLost, EngineRefused."""
    found: dict[str, dict[str, str]] = {}
    for engine in engines:
        for it in sorted(await engine.workloads(), key=lambda each: each.name):
            found[it.name] = dict(_of_list(it))
        if isinstance(engine, DockerEngine):
            for _, actual in await read_all(engine, await engine.containers(), _unread):
                if actual is not None and actual.workload in found:
                    found[actual.workload] |= dict(_of_container(actual))
    return found


def _of_list(it: Workload) -> Iterator[tuple[str, str]]:
    yield "state", "running" if it.state == "starting" else it.state
    if it.health not in ("none", "starting"):
        yield "health", it.health
    if it.image:
        yield "image", it.image
    if it.revision:
        yield "revision", it.revision


def _of_container(actual: Actual) -> Iterator[tuple[str, str]]:
    yield "image id", actual.image_id.removeprefix("sha256:")[:12]
    for inside, outside in sorted((actual.ports or {}).items()):
        if outside and all(outside):
            yield f"port {inside}", ", ".join(map(str, outside))
    yield from ((f"mount {mount.target}", _mount(mount)) for mount in actual.mounts)


def _mount(mount: Mounted) -> str:
    what = f"{'volume' if mount.volume else 'folder'} {mount.source}"
    if mount.readable is False:
        return f"{what}, not readable"
    return what + {True: EMPTY, False: ", with files", None: ""}[mount.empty]


def _unread(value: str) -> str:
    """Values of the environment are in the checkpoints that are compared, by keyed hashes: here they are not read."""
    return hashlib.sha256(b"").hexdigest() if value else ""
