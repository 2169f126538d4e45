"""The long work of a backup and a restore: in a thread of its own, with a patient client, stopped when asked."""

import asyncio
import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from incidentui.core.backup import Backup, compared
from incidentui.core.format import storage
from incidentui.edge.containers.docker_words import names
from incidentui.edge.containers.patient import Patient
from incidentui.edge.containers.telling import Steps
from incidentui.edge.containers.volume_made import dated
from incidentui.edge.text import clean
from incidentui.edge.volumes import helper
from incidentui.edge.volumes.archive import BrokenArchiveError
from incidentui.edge.volumes.plans import LONG_MS, UNDATED, Found, User
from incidentui.edge.volumes.store import BackupError, Store
from incidentui.session.ports import Clock

if TYPE_CHECKING:
    from incidentui.edge.containers.docker import DockerEngine

T = TypeVar("T")
SILENT_S = 120
"""An engine that reads a large file may say nothing for so long."""
SIZES_S = 5.0
_MOST = 20
_FIRST_TOLD = 32 << 20


class StoppedError(Exception):
    """Somebody does not want it any more."""


OURS = (BackupError, BrokenArchiveError, StoppedError)


class Copier:
    def __init__(self, engine: "DockerEngine", store: Store, clock: Clock, me: str) -> None:
        self.engine, self.store, self.clock, self._me = engine, store, clock, me
        self._patient = Patient(engine, SILENT_S, OURS)
        self._mark = hashlib.sha256(bytes(store.folder)).hexdigest()[:16]

    # -- looking

    async def found(self, wanted: Sequence[str], sizes: bool = False) -> list[Found]:
        """These volumes with those who have them, as the engine has them now. Raises EngineLost, EngineRefused."""
        known = await self._names()
        measured = await self._sizes() if sizes else {}
        return [await self._one(name, known, measured.get(name)) for name in wanted]

    async def _one(self, name: str, known: Mapping[str, str], size: int | None) -> Found:
        volume = await self.engine.call(lambda api: _dated(api, name))
        having = await self.engine.call(lambda api: helper.users(api, name))
        users = tuple(sorted((user_of(each, name, known) for each in having), key=lambda user: user.name))
        if volume is None:
            return Found(name, users=users)
        made, driver = clean(str(volume.get("CreatedAt") or UNDATED), 40), str(volume.get("Driver", ""))
        return Found(name, made, driver, users, size, (volume.get("Options") or {}).get("type") == "tmpfs")

    async def _names(self) -> dict[str, str]:
        entries = await self.engine.call(lambda api: api.containers(all=True))
        return {entry["Id"]: name for entry, name in zip(entries, names(entries), strict=True)}

    async def _sizes(self) -> dict[str, int]:
        """The engine walks through every volume for it; without an answer in time they are not known."""
        try:
            df = await self._patient.calls.run(lambda: self.engine.patient(int(SIZES_S)).df(), SIZES_S)
        except Exception:  # a size is told where it can be had: who cannot be asked says so at the next question
            return {}
        sizes = ((each["Name"], (each.get("UsageData") or {}).get("Size", -1)) for each in df.get("Volumes") or ())
        return {name: size for name, size in sizes if size >= 0}

    # -- the long work; each raises what is in OURS

    async def back_up(self, it: Found, why: str, run: str, steps: Steps) -> Backup:
        tell = _Far(steps, asyncio.get_running_loop())
        at = self.clock.now()
        first = Backup(
            id=datetime.fromtimestamp(at / 1000, UTC).strftime("%Y%m%d-%H%M%S"),
            at=at,
            by=self._me,
            why=why,
            run=run,
            volume=it.name,
            driver=it.driver,
            created=it.created,
            files=0,
            entries=0,
            size=0,
            archive_size=0,
            archive_sha256="",
            manifest_sha256="",
            workloads=tuple(user.name for user in it.users),
        )
        return await self._work(lambda api, stop: self._copied(api, it, first, tell, stop))

    def _copied(self, api: Any, it: Found, first: Backup, tell: "_Far", stop: threading.Event) -> Backup:
        from dataclasses import replace

        volume = helper.volume(api, it.name)
        if volume is None:
            raise BackupError(f"there is no volume {it.name} any more")

        def far(written: int) -> None:
            if stop.is_set():
                raise StoppedError
            tell(written)

        with helper.helper(api, it.name, self._mark, _images(it)) as ident, self.store.beside() as writing:
            with closing(helper.chunks(api, ident)) as archive:
                entries, files, size = writing.take(archive, far)
            writers = {user["Id"] for user in helper.users(api, it.name) if user["State"].get("Running")}
            running = tuple(user.name for user in it.users if user.ident in writers and user.writes)
            moved = list(compared(writing.manifest(), helper.content(api, ident))) if running else []
            return writing.keep(
                replace(
                    first,
                    entries=entries,
                    files=files,
                    size=size,
                    options=tuple((volume.get("Options") or {}).items()),
                    labels=tuple((volume.get("Labels") or {}).items()),
                    running=running,
                    changed=tuple(each.path for each in moved[:_MOST]),
                    changed_count=len(moved),
                )
            )

    async def made_ready(self, now: Found, backup: Backup) -> None:
        """The volume is there, and empty. Raises BackupError when this engine cannot empty one."""

        def work(api: Any, _: threading.Event) -> None:
            if helper.volume(api, now.name) is None:
                helper.create(api, now.name, backup.driver, dict(backup.options), dict(backup.labels))
                return
            with helper.helper(api, now.name, self._mark, _images(now), writes=True) as ident:
                helper.empty(api, ident)
                if not helper.is_empty(api, ident):
                    raise BackupError(f"this engine could not empty the volume {now.name}")

        await self._work(work)

    async def put(self, name: str, backup: Backup, users: Sequence[User]) -> None:
        def work(api: Any, _: threading.Event) -> None:
            images = [user.image for user in users]
            with helper.helper(api, name, self._mark, images, writes=True) as ident:
                helper.put(api, ident, self.store.archive(backup.id))

        await self._work(work)

    async def differences(self, name: str, backup: Backup, users: Sequence[User]) -> list[tuple[str, str]]:
        """The first of what is not as in the backup."""

        def work(api: Any, _: threading.Event) -> list[tuple[str, str]]:
            images = [user.image for user in users]
            with helper.helper(api, name, self._mark, images) as ident, closing(helper.content(api, ident)) as now:
                found = compared(self.store.manifest(backup.id), now)
                return [(each.path, each.text) for each in islice(found, _MOST)]

        return await self._work(work)

    async def clear(self) -> None:
        """What a killed program left with the engine and on the disk."""
        await asyncio.to_thread(self.store.clear)
        await self.engine.call(lambda api: helper.clear(api, self._mark), 30)

    async def _work(self, work: Callable[[Any, threading.Event], T]) -> T:
        return await self._patient.work(work, LONG_MS / 1000)


class _Far:
    """Tells how much was written, each time it has doubled: a copy of hours is no flood of events."""

    def __init__(self, steps: Steps, loop: asyncio.AbstractEventLoop) -> None:
        self._steps, self._loop, self._next = steps, loop, _FIRST_TOLD

    def __call__(self, written: int) -> None:
        if written >= self._next:
            self._next = written * 2
            self._loop.call_soon_threadsafe(self._steps.far, f"{storage(written)} so far")


def _dated(api: Any, name: str) -> Mapping[str, Any] | None:
    found = helper.volume(api, name)
    return dated(api, (found,))[0] if found is not None else None


def _images(it: Found) -> list[str]:
    return list(dict.fromkeys(user.image for user in it.users))


def user_of(found: Mapping[str, Any], volume: str, known: Mapping[str, str]) -> User:
    mount = next(each for each in found["Mounts"] if each.get("Name") == volume)
    state = found["State"]
    return User(
        name=known.get(found["Id"]) or clean(str(found["Name"]).removeprefix("/"), 120),
        ident=str(found["Id"]),
        inside=clean(str(mount.get("Destination", "")), 80),
        runs=bool(state.get("Running") or state.get("Restarting")),
        writes=bool(mount.get("RW", True)),
        image=str(found["Image"]),
        passing=bool((found.get("HostConfig") or {}).get("AutoRemove")),
    )
