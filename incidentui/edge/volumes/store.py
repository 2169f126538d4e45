"""Backups of volumes on disk: one folder each, written beside and given its name when it is whole; never written over.

A folder has `content.tar` (the volume as the engine archives it), `manifest.jsonl` (a line for each name in it, with
its checksum) and `backup.json`. They hold what the volume holds: folders are 0700, files 0600, and nothing of it goes
into the journal.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import IO

from incidentui.core.backup import Backup, Entry
from incidentui.core.codec import CodecError, from_json, to_json
from incidentui.core.format import storage
from incidentui.edge.store.dated import Dated, free, named
from incidentui.edge.store.place import sync_folder
from incidentui.edge.volumes.archive import TOP, BrokenArchiveError, Stream, entries

RECORD, ARCHIVE, MANIFEST = "backup.json", "content.tar", "manifest.jsonl"
Far = Callable[[int], None]
"""Told how many bytes there are by now."""
SPARE = 200_000_000
"""Bytes of the disk that no backup takes: the journal lies there, too, and has to go on."""
_EVERY = 16 << 20
_CHUNK = 1 << 20
_LIMIT = 4_000_000


class BackupError(Exception):
    """In words: what, where, what to do."""


class Store(Dated):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "backup", BackupError)

    def all(self) -> Iterator[Backup]:
        """Those that can be read, newest first."""
        for ident in reversed(self.ids()):
            with suppress(BackupError):
                yield self.read(ident)

    def read(self, ident: str) -> Backup:
        file = self.folder / ident / RECORD
        try:
            if file.stat().st_size > _LIMIT:
                raise BackupError(f"{file} is larger than it can be; it was changed")
            return from_json(Backup, json.loads(file.read_bytes()))
        except (OSError, ValueError, CodecError) as error:
            raise BackupError(f"backup {ident} cannot be read: {file}: {error}") from None

    def archive(self, ident: str) -> Path:
        return self.folder / ident / ARCHIVE

    def manifest(self, ident: str) -> Iterator[Entry]:
        """In the order of the archive."""
        file = self.folder / ident / MANIFEST
        try:
            with file.open("rb") as lines:
                for line in lines:
                    yield from_json(Entry, json.loads(line))
        except (OSError, ValueError, CodecError) as error:
            raise BackupError(f"the list of backup {ident} cannot be read: {file}: {error}") from None

    def free(self) -> int:
        """Bytes that a backup may take."""
        folder = self.folder
        while not folder.exists():
            folder = folder.parent
        found = os.statvfs(folder)
        return max(0, found.f_bavail * found.f_frsize - SPARE)

    # -- whether one is whole

    def glance(self, it: Backup) -> str:
        """What is plainly wrong with one, without reading it whole."""
        try:
            size = self.archive(it.id).stat().st_size
        except OSError as error:
            return f"{self.archive(it.id)}: {error.strerror}"
        return "" if size == it.archive_size else f"its archive has {size} bytes, not {it.archive_size}"

    def wrong(self, it: Backup) -> str:
        """What is wrong with one: the archive, the list, and each file in the archive against the list."""
        if why := self.glance(it):
            return why
        try:
            if _hash(self.folder / it.id / MANIFEST) != it.manifest_sha256:
                return "its list is not what was written"
            return self._archive_wrong(it)
        except (OSError, BackupError, BrokenArchiveError) as error:
            return str(error)

    def _archive_wrong(self, it: Backup) -> str:
        whole = hashlib.sha256()
        with self.archive(it.id).open("rb") as file:
            stream = Stream(iter(lambda: file.read(_CHUNK), b""), whole.update)
            for then, now in zip_longest(self.manifest(it.id), entries(stream, it.top)):
                if then != now:
                    return f"its archive is damaged at {(now or then).path!r}"
        return "" if whole.hexdigest() == it.archive_sha256 else "its archive is not what was written"

    # -- a new one

    @contextmanager
    def beside(self) -> Iterator["Writing"]:
        """A folder to write into that is no backup yet, and is gone afterwards unless it became one."""
        self.clear()
        place = self._beside()
        try:
            yield Writing(self, place)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def clear(self) -> None:
        """What programs left that were killed: one action runs at a time in a project, so nobody writes there now."""
        for left in self.folder.glob(".new-*") if self.folder.is_dir() else ():
            shutil.rmtree(left, ignore_errors=True)


class Writing:
    """A backup on its way to the disk."""

    def __init__(self, store: Store, place: Path) -> None:
        self._store, self._place = store, place
        self._hash = hashlib.sha256()
        self._since = 0
        self.written = 0

    def take(self, chunks: Iterable[bytes], far: Far, top: str = TOP) -> tuple[int, int, int]:
        """The whole archive, and its list; (names, files, bytes in them)."""
        try:
            return self._taken(chunks, far, top)
        except OSError as error:
            raise self._store.cannot(error) from None

    def _taken(self, chunks: Iterable[bytes], far: Far, top: str) -> tuple[int, int, int]:
        found = files = size = 0
        with self._new(ARCHIVE) as archive, self._new(MANIFEST) as manifest:

            def heard(chunk: bytes) -> None:
                self._room(len(chunk))
                archive.write(chunk)
                self._hash.update(chunk)
                self.written += len(chunk)
                far(self.written)

            for entry in entries(Stream(chunks, heard), top):
                manifest.write(_line(entry))
                found, files, size = found + 1, files + (entry.kind == "file"), size + entry.size
            for file in (archive, manifest):
                file.flush()
                os.fsync(file.fileno())
        return found, files, size

    def manifest(self) -> Iterator[Entry]:
        with (self._place / MANIFEST).open("rb") as lines:
            for line in lines:
                yield from_json(Entry, json.loads(line))

    def keep(self, it: Backup) -> Backup:
        """Named when all of it is on the disk and was read from there again, and the same; under the next free id."""
        try:
            return self._kept(it)
        except OSError as error:
            raise self._store.cannot(error) from None

    def _kept(self, it: Backup) -> Backup:
        it = replace(
            it,
            archive_size=self.written,
            archive_sha256=self._hash.hexdigest(),
            manifest_sha256=_hash(self._place / MANIFEST),
        )
        if why := Store(self._place.parent).wrong(replace(it, id=self._place.name)):
            raise BackupError(f"what was written does not read back the same: {why}; is the disk sound?")
        for ident in free(it.id):
            kept = replace(it, id=ident)
            with self._new(RECORD) as file:
                file.write(json.dumps(to_json(kept), indent=1).encode())
                file.flush()
                os.fsync(file.fileno())
            sync_folder(str(self._place / RECORD))
            if named(self._place, self._store.folder / ident):
                return kept
        raise AssertionError("there is always a next id")

    def _new(self, name: str) -> IO[bytes]:
        handle = os.open(self._place / name, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        return os.fdopen(handle, "wb")

    def _room(self, more: int) -> None:
        self._since -= more
        if self._since > 0:
            return
        self._since = _EVERY
        if (free := self._store.free()) < _EVERY:
            raise BackupError(
                f"the disk of {self._store.folder} is full: {storage(self.written)} were written, and "
                f"{storage(free)} are left beside what the journal needs; nothing of it is kept"
            )


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _line(entry: Entry) -> bytes:
    """ASCII: a name that is no UTF-8 cannot be written in any other way."""
    return json.dumps(to_json(entry)).encode("ascii") + b"\n"
