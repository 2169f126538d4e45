"""Archives out of a container onto this machine, and from here into one. What comes out is hostile: it is filtered."""

import io
import os
import posixpath
import shutil
import stat
import tarfile
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from incidentui.core.backup import Entry
from incidentui.core.value import dataclass
from incidentui.edge.volumes.archive import BrokenArchiveError, Stream
from incidentui.edge.volumes.store import SPARE

MOST_IN = 200_000_000
"""Bytes that are copied into a container."""
_EVERY = 8 << 20
_NAMED = 5
Owners = Mapping[str, tuple[int, int, int]]
"""Path inside what is written -> uid, gid, mode."""


class CopyError(Exception):
    """In words: what, where, what to do."""


@dataclass(frozen=True, slots=True)
class Copied:
    path: str
    files: int
    size: int
    left_out: tuple[str, ...] = ()
    left_out_count: int = 0


def out(chunks: Iterable[bytes], folder: Path, name: str, stop: threading.Event) -> Copied:
    """Unpacks into a folder beside its place, and names it when it is whole. Never over anything."""
    try:
        return _out(_told_apart(chunks), folder, name, stop)
    except _EngineError as lost:
        raise lost.error from None
    except OSError as error:  # of this machine's disk, and never of the engine it comes from
        raise CopyError(f"{folder}: {error.strerror or error}") from None


class _EngineError(Exception):
    """What the SDK raises is an OSError too."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def _told_apart(chunks: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    except OSError as error:
        raise _EngineError(error) from error


def _out(chunks: Iterable[bytes], folder: Path, name: str, stop: threading.Event) -> Copied:
    place = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(place):
        raise CopyError(f"{place} is there already: it is not written over")
    beside = Path(tempfile.mkdtemp(dir=folder, prefix=f".{name[:40]}."))
    try:
        files, size, left_out = _unpacked(chunks, beside, folder, stop)
        found = list(beside.iterdir())
        if not found:
            raise CopyError(f"nothing of it can be copied: {'; '.join(left_out[:_NAMED]) or 'it is empty'}")
        _named(found[0], place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Copied(str(place), files, size, tuple(left_out[:_NAMED]), len(left_out))


def _unpacked(chunks: Iterable[bytes], beside: Path, folder: Path, stop: threading.Event) -> tuple[int, int, list[str]]:
    room = _Room(folder, stop)
    stream = Stream(chunks, room)
    file: IO[bytes] = stream  # type: ignore[assignment]
    files, size, left_out = 0, 0, []
    try:
        with tarfile.open(fileobj=file, mode="r|", encoding="utf-8", errors="surrogateescape") as tar:
            tar.errorlevel = 2
            for member in tar:
                try:
                    kept = tarfile.data_filter(member, str(beside))
                except tarfile.FilterError as error:
                    left_out.append(str(error))
                    continue
                tar.extract(kept, beside, filter="fully_trusted", set_attrs=not kept.issym())
                files, size = files + kept.isreg(), size + kept.size
                tar.members = []  # type: ignore[attr-defined]  # it would keep all of them
            if not stream.ended(tar.offset):
                raise BrokenArchiveError(f"it was cut off after {stream.total} bytes")
    except OSError as error:
        raise CopyError(f"{folder}: {error.strerror or error}; nothing of it is kept") from None
    except tarfile.TarError as error:
        raise BrokenArchiveError(f"it cannot be read after {stream.total} bytes: {error}") from None
    return files, size, left_out


class _Room:
    """Stops before the disk is full, and when nobody wants it any more."""

    def __init__(self, folder: Path, stop: threading.Event) -> None:
        self._folder, self._stop, self._left = folder, stop, 0

    def __call__(self, chunk: bytes) -> None:
        if self._stop.is_set():
            raise CopyError("stopped")
        self._left -= len(chunk)
        if self._left <= 0:
            self._left = _EVERY
            found = os.statvfs(self._folder)
            if found.f_bavail * found.f_frsize < SPARE:
                raise CopyError(f"the disk of {self._folder} is full; nothing of it is kept")


def _named(found: Path, place: Path) -> None:
    """A link makes a name only where there is none; for a folder a rename does, as long as nothing is in the other."""
    if found.is_dir() and not found.is_symlink():
        try:
            place.mkdir()
            os.rename(found, place)
        except OSError as error:
            raise CopyError(f"{place} came into being meanwhile: {error.strerror}") from None
        return
    try:
        os.link(found, place, follow_symlinks=False)
    except FileExistsError:
        raise CopyError(f"{place} came into being meanwhile: it is not written over") from None


# -- into a container


def packed(source: Path, name: str, owners: Owners) -> bytes:
    """A file or a folder of this machine as an archive; what is there already keeps its owner and mode."""
    try:
        return _packed(source, name, owners)
    except OSError as error:  # as in `out`
        raise CopyError(f"{error.filename or source}: {error.strerror or error}") from None


def _packed(source: Path, name: str, owners: Owners) -> bytes:
    made, total = io.BytesIO(), 0
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, inside in _members(source):
            arcname = posixpath.join(name, inside) if inside else name
            info = cast("tarfile.TarInfo | None", tar.gettarinfo(str(path), arcname=arcname))
            # None: a socket, which no archive can hold.
            if info is None or not (info.isreg() or info.isdir()):
                raise CopyError(f"{path} is neither a file nor a folder: copy what it stands for")
            total += info.size
            if total > MOST_IN:
                raise CopyError(f"{source} is larger than {MOST_IN // 1_000_000} MB")
            uid, gid, mode = owners.get(inside or ".", (0, 0, stat.S_IMODE(info.mode)))
            info.uid, info.gid, info.mode, info.uname, info.gname = uid, gid, mode, "", ""
            info.mtime = int(info.mtime)
            if info.isreg():
                with path.open("rb") as content:
                    tar.addfile(info, content)
            else:
                tar.addfile(info)
    return made.getvalue()


def _members(source: Path) -> Iterator[tuple[Path, str]]:
    """In the order of an engine's walk."""
    yield source, ""
    if source.is_dir() and not source.is_symlink():
        below = sorted(source.rglob("*"), key=lambda path: path.relative_to(source).parts)
        yield from ((path, path.relative_to(source).as_posix()) for path in below)


def owners_of(entries: Iterable[Entry]) -> dict[str, tuple[int, int, int]]:
    return {entry.path: (entry.uid, entry.gid, entry.mode) for entry in entries}


def stat_of(api: Any, ident: str, path: str) -> Mapping[str, Any] | None:
    """What the engine says of a path; None: it is not there. Raises what the SDK raises."""
    from docker.errors import NotFound

    try:
        answer, told = api.get_archive(ident, path)
    except NotFound:
        return None
    answer.close()
    found: Mapping[str, Any] = told
    return found
