"""Taking a checkpoint: looks at the clone, the files of configuration, and the engines; keeps what it saw."""

import asyncio
import hashlib
import hmac
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from incidentui.core.checkpoint import Checkpoint, CheckThen, ContainerThen, FileCopy, VolumeThen
from incidentui.core.drift import Mount, Port
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.checkpoints.store import BY_HAND, CheckpointError, Store
from incidentui.edge.containers.actual import bound_ports, has_check
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean, clean_and_redact
from incidentui.session.ports import Clock

FILE_LIMIT = 1_000_000
REPLACED_LIMIT = 100_000_000
"""In bytes, of a file that a restore is about to replace: it is kept whatever else is too large for a checkpoint."""
NOT_THERE, FOLDER = "not there", "a folder"
MOST_FILES = 64
_COMPOSE = ("docker-compose*.yml", "docker-compose*.yaml", "compose*.yml", "compose*.yaml", "incidentui.toml")
_UNSAVED = 50
_MOUNTS = ("bind", "volume")


@dataclass(frozen=True, slots=True)
class Taken:
    checkpoint: Checkpoint
    contents: Mapping[str, bytes]


class Keeper:
    """`files`: what the configuration names beside the compose files; patterns inside the project."""

    def __init__(
        self, top: Path, store: Store, engines: Sequence[Engine], clock: Clock, me: str, files: Sequence[str] = ()
    ) -> None:
        self.top, self.store, self.clock = top, store, clock
        self.engines = [engine for engine in engines if isinstance(engine, DockerEngine)]
        self._me, self._files = me, files
        self._checks: tuple[CheckThen, ...] = ()

    def saw(self, state: State) -> None:
        """The verdicts of now: an effect is not told the state, its plan was."""
        stands_for = {c.name: c.function for c in state.project.checks}
        self._checks = tuple(
            CheckThen(c.name, c.state, clean_and_redact(c.why, 200), stands_for.get(c.name, ""))
            for c in state.checks.values()
        )

    async def take(
        self,
        why: str = BY_HAND,
        whole: bool = False,
        also: Sequence[FileCopy] = (),
        spare: str = "",
        complete: Callable[[Checkpoint], Checkpoint] = lambda it: it,
    ) -> Checkpoint:
        """Raises CheckpointError when it cannot be kept; `whole`: also when something could not be looked at.

        `also`: files that are in it whether the configuration names them or not, up to REPLACED_LIMIT.
        `spare`: the id of a checkpoint that this one does not push out.
        `complete`: adds what no look sees, or raises CheckpointError.
        """
        # An engine walks through each volume to measure it: an action in an incident does not wait for that.
        taken = await self.look(why, measure=why == BY_HAND, also=also)
        if whole and taken.checkpoint.lost:
            raise CheckpointError(f"not all could be looked at: {taken.checkpoint.lost[0]}")
        return await asyncio.to_thread(self.store.keep, complete(taken.checkpoint), taken.contents, spare)

    async def look(self, why: str = "now", measure: bool = False, also: Sequence[FileCopy] = ()) -> Taken:
        """All that a checkpoint of now would hold; nothing is kept."""
        lost: list[str] = []
        key = await asyncio.to_thread(self.store.key)
        containers: list[ContainerThen] = []
        volumes: list[VolumeThen] = []
        for engine in self.engines:
            try:
                raw = await engine.for_checkpoint(measure)
            except (EngineLost, EngineRefused) as error:
                lost.append(str(error))
                continue
            containers += [_container(name, found, image, key) for name, found, image in raw.containers]
            volumes += [_volume(each) for each in raw.volumes]
        commit, branch, unsaved = await self._commit(lost)
        files, contents = await asyncio.to_thread(self._read, also)
        checkpoint = Checkpoint(
            id=datetime.fromtimestamp(self.clock.now() / 1000, UTC).strftime("%Y%m%d-%H%M%S"),
            at=self.clock.now(),
            by=self._me,
            why=why,
            commit=commit,
            branch=branch,
            unsaved=unsaved,
            files=files,
            containers=tuple(sorted(containers, key=lambda c: c.name)),
            volumes=tuple(sorted(volumes, key=lambda v: v.name)),
            checks=self._checks,
            lost=tuple(lost),
        )
        return Taken(checkpoint, contents)

    async def _commit(self, lost: list[str]) -> tuple[str | None, str | None, tuple[str, ...]]:
        try:
            head = (await git(self.top, "rev-parse", "--verify", "HEAD")).line
            branch = (await git(self.top, "rev-parse", "--abbrev-ref", "HEAD")).line
            changed = (await git(self.top, "diff-index", "--name-only", "-z", "HEAD")).names
        except GitError as error:
            lost.append(f"{error.what} ({error.where})")
            return None, None, ()
        return head, clean(branch, 100), tuple(clean(path, 200) for path in changed[:_UNSAVED])

    def _read(self, also: Sequence[FileCopy]) -> tuple[tuple[FileCopy, ...], dict[str, bytes]]:
        first = {file.path: standing(self.top, file) for file in also}
        rest = [path for path in list(self._paths())[:MOST_FILES] if path not in first]
        found = {**first, **{path: copied(self.top, path) for path in rest}}
        contents = {copy.sha256: content for copy, content in found.values() if content is not None}
        return tuple(copy for _, (copy, _) in sorted(found.items())), contents

    def _paths(self) -> Iterator[str]:
        found = {path for pattern in (*_COMPOSE, *self._files) for path in self.top.glob(pattern)}
        named = {self.top / name for name in self._files if not any(c in name for c in "*?[")}
        for path in sorted(found | named):
            if inside(self.top, path) and (leads(path) or not path.is_dir()):
                yield os.path.relpath(path, self.top)


def inside(top: Path, path: Path) -> bool:
    """Whether a path, with its links followed, stays in the project."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(top))


def leads(path: Path) -> str:
    """Where a link to a folder, or to nothing, leads; empty: it is none. One to a file is read as that file."""
    try:
        return "" if path.is_file() else os.readlink(path)
    except OSError:
        return ""


def standing(top: Path, then: FileCopy) -> tuple[FileCopy, bytes | None]:
    """What is in the place of a file of then, whole: a link is read as a link where one is put back in its place."""
    place = top / then.path
    if then.link and os.path.islink(place):
        return _link(then.path, os.readlink(place))
    return copied(top, then.path, REPLACED_LIMIT)


def _link(path: str, to: str) -> tuple[FileCopy, bytes]:
    content = os.fsencode(to)
    return FileCopy(path, hashlib.sha256(content).hexdigest(), len(content), 0, link=clean(to, 200)), content


def copied(top: Path, path: str, limit: int = FILE_LIMIT) -> tuple[FileCopy, bytes | None]:
    """A file as it is; without its content where there is none to be had, or more than `limit` bytes."""
    if link := leads(top / path):
        return _link(path, link)
    if os.path.isdir(top / path):
        return FileCopy(path, "", 0, 0, FOLDER), None
    try:
        handle = os.open(top / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                return FileCopy(path, "", 0, 0, "no regular file"), None
            content = file.read(limit + 1)
    except FileNotFoundError:
        return FileCopy(path, "", 0, 0, NOT_THERE), None
    except OSError as error:
        return FileCopy(path, "", 0, 0, f"cannot be read: {error.strerror}"), None
    mode = stat.S_IMODE(info.st_mode)
    if len(content) > limit:
        return FileCopy(path, "", info.st_size, mode, f"larger than {limit // 1_000_000} MB"), None
    return FileCopy(path, hashlib.sha256(content).hexdigest(), len(content), mode), content


def _container(name: str, found: Mapping[str, Any], image: Mapping[str, Any], key: bytes) -> ContainerThen:
    config = found.get("Config") or {}
    mounts: Iterable[Mapping[str, Any]] = found.get("Mounts") or ()
    pairs = (pair.partition("=") for pair in config.get("Env") or ())
    return ContainerThen(
        name=name,
        ident=str(found["Id"]),
        image=clean(str(config.get("Image", "")), 200),
        image_id=str(found.get("Image", "")),
        digests=tuple(clean(str(each), 300) for each in image.get("RepoDigests") or ()),
        state=str((found.get("State") or {}).get("Status", "")),
        env=tuple(sorted((clean(variable, 100), keyed(value, key)) for variable, _, value in pairs)),
        volumes=tuple(sorted(str(m.get("Name")) for m in mounts if m.get("Type") == "volume")),
        ports=_ports(found),
        mounts=tuple(sorted(map(_mount, (m for m in mounts if m.get("Type") in _MOUNTS)), key=lambda m: m.target)),
        health=has_check(config),
    )


def _ports(found: Mapping[str, Any]) -> tuple[Port, ...] | None:
    if (found.get("HostConfig") or {}).get("NetworkMode") == "host":
        return None
    # "0" is any free port, which is another one after each start.
    bound = sorted(bound_ports(found).items())
    return tuple(Port(inside, tuple(port for port in outside if port)) for inside, outside in bound)


def _mount(found: Mapping[str, Any]) -> Mount:
    source = str(found.get("Name" if found.get("Type") == "volume" else "Source", ""))
    return Mount(
        clean_and_redact(str(found.get("Destination", "")), 200),
        clean_and_redact(source, 200),
        not found.get("RW", True),
    )


def keyed(value: str, key: bytes) -> str:
    return hmac.digest(key, value.encode("utf-8", errors="surrogatepass"), "sha256").hex()[:16]


def _volume(found: Mapping[str, Any]) -> VolumeThen:
    size = (found.get("UsageData") or {}).get("Size")
    return VolumeThen(
        name=str(found.get("Name", "")),
        driver=clean(str(found.get("Driver", "")), 60),
        created=clean(str(found.get("CreatedAt", "")), 40),
        size=size if isinstance(size, int) and size >= 0 else None,
    )
