"""The checkpoint that what runs is compared with: the last that was good, or one that is named."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from incidentui.core.checkpoint import Checkpoint, FileCopy
from incidentui.core.model import Ms
from incidentui.edge.checkpoints.store import CheckpointError, Store
from incidentui.edge.checkpoints.taking import copied, keyed
from incidentui.edge.containers.docker_words import moment
from incidentui.edge.git.run import GitError, git


class Reference:
    def __init__(self, top: Path, store: Store, wanted: str = "") -> None:
        """`wanted`: an id, the beginning of one, `latest`; empty: the last that was taken by hand or on green."""
        self._top, self._store, self.wanted = top, store, wanted
        self._read: Checkpoint | None = None
        self._key: bytes | None = None
        self._seen: tuple[list[str], str | None] = ([], None)

    def checkpoint(self) -> Checkpoint | None:
        """None: none that was good was taken yet. Raises CheckpointError."""
        ident = self._ident()
        if ident is None:
            return None
        if self._read is None or self._read.id != ident:
            self._read = self._store.read(ident)
        return self._read

    def _ident(self) -> str | None:
        if self.wanted:
            return self._store.find(self.wanted)
        ids = self._store.ids()
        if ids != self._seen[0]:
            self._seen = ids, self._store.good()
        return self._seen[1]

    def stamp(self) -> object:
        """Another one when a checkpoint was taken or a file of it changed; asks no engine."""
        try:
            then = self.checkpoint()
        except CheckpointError as wrong:
            return str(wrong)
        return then and (then.id, tuple(_stat(self._top / file.path) for file in then.files))

    def files(self, then: Checkpoint) -> tuple[FileCopy, ...]:
        return tuple(copied(self._top, file.path)[0] for file in then.files)

    async def uncommitted(self, then: Checkpoint) -> frozenset[str]:
        """Its files that no commit holds: no rollback brings them back. None where git cannot tell."""
        places = await asyncio.to_thread(lambda: {file.path: _place(self._top, file) for file in then.files})
        within = [place for place in places.values() if not place.startswith("..")]
        try:
            held = (await git(self._top, "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *within)).names
        except GitError:
            return frozenset()
        return frozenset(path for path, place in places.items() if place not in held)

    def made(self, then: Checkpoint) -> Mapping[str, Ms | None]:
        return {volume.name: moment(volume.created) for volume in then.volumes}

    def digest(self, value: str) -> str:
        """As the checkpoints have it: values are compared by a keyed hash alone."""
        if self._key is None:
            self._key = self._store.key()
        return keyed(value, self._key)


def _place(top: Path, file: FileCopy) -> str:
    """As git names it, which looks through no link: where its content lies, or the link itself when that is kept."""
    path = top / file.path
    real = os.path.join(os.path.realpath(path.parent), path.name) if file.link else os.path.realpath(path)
    return os.path.relpath(real, os.path.realpath(top))


def _stat(path: Path) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode
