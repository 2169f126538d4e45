"""Reads the archive of a volume as the engine streams it: one entry after the other, each with its checksum.

Nothing is ever unpacked here, and neither the archive nor the list of what is in it is held in memory.
"""

import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from incidentui.core.backup import Entry, Kind

TOP = "incidentui-volume"
"""Where a volume lies in the container that is made for it, so the first part of each name in its archive."""
_CHUNK = 1 << 20
_END = 1024
"""An archive ends with two empty blocks; one that was cut off does not."""
_KINDS: dict[bytes, Kind] = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.CONTTYPE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.LNKTYPE: "hard link",
    tarfile.SYMTYPE: "link",
    tarfile.FIFOTYPE: "pipe",
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "block device",
}


class BrokenArchiveError(Exception):
    """In words: it was cut off, or it is no archive of a volume."""


class Stream:
    """The chunks of an archive as a file to read from; tells each chunk to `heard`."""

    def __init__(self, chunks: Iterable[bytes], heard: Callable[[bytes], object] | None = None) -> None:
        self._chunks, self._heard = iter(chunks), heard
        self._chunk, self._at = b"", 0
        """The chunk being read, and how much of it was: a part is copied once, whatever the size of the chunk."""
        self.total = 0
        self._tail = b""

    def read(self, size: int) -> bytes:
        parts, missing = [], size
        while missing > 0:
            if self._at >= len(self._chunk) and not self._next():
                break
            part = self._chunk[self._at : self._at + missing]
            parts.append(part)
            self._at += len(part)
            missing -= len(part)
        return b"".join(parts)

    def _next(self) -> bool:
        for chunk in self._chunks:
            if not chunk:
                continue
            if self._heard is not None:
                self._heard(chunk)
            self.total += len(chunk)
            self._tail = (self._tail + chunk[-_END:])[-_END:]
            self._chunk, self._at = chunk, 0
            return True
        return False

    def ended(self, at: int) -> bool:
        """Reads what is left; whether the archive whose entries end `at` has its own end."""
        while self._next():
            pass
        self._chunk, self._at = b"", 0
        return self.total >= at + _END and self._tail == b"\0" * _END


def entries(stream: Stream, top: str = TOP) -> Iterator[Entry]:
    """`top`: the first part of each name. Raises BrokenArchiveError when it ends before its end."""
    try:
        # tarfile asks a stream for nothing but `read`.
        file: IO[bytes] = stream  # type: ignore[assignment]
        with tarfile.open(fileobj=file, mode="r|", encoding="utf-8", errors="surrogateescape") as tar:
            for member in tar:
                yield _entry(tar, member, top)
                tar.members = []  # type: ignore[attr-defined]  # it would keep all of them
            if not stream.ended(tar.offset):
                raise BrokenArchiveError(f"it was cut off after {stream.total} bytes")
    except (tarfile.TarError, EOFError, ValueError, UnicodeError) as error:
        raise BrokenArchiveError(f"it cannot be read after {stream.total} bytes: {error}") from None


def _entry(tar: tarfile.TarFile, member: tarfile.TarInfo, top: str) -> Entry:
    kind = _KINDS.get(member.type, "other")
    link = _inside(member.linkname, top) if kind == "hard link" else member.linkname
    xattrs = sorted((k, v) for k, v in member.pax_headers.items() if k.startswith("SCHILY.xattr."))
    return Entry(
        path=_inside(member.name, top),
        kind=kind,
        size=member.size if kind == "file" else 0,
        uid=member.uid,
        gid=member.gid,
        mode=member.mode & 0o7777,
        link=link if kind in ("hard link", "link") else "",
        sha256=_hash(tar, member) if kind == "file" else "",
        mtime=int(member.mtime),
        device=(member.devmajor, member.devminor) if kind in ("device", "block device") else (0, 0),
        attributes=tuple(xattrs),
    )


def _inside(name: str, wanted: str) -> str:
    top, _, rest = name.strip("/").partition("/")
    if top != wanted:
        raise BrokenArchiveError(f"{name[:80]!r} does not lie in {wanted}")
    return rest or "."


def _hash(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    content, digest, left = tar.extractfile(member), hashlib.sha256(), member.size
    assert content is not None
    while left > 0:
        chunk = content.read(min(_CHUNK, left))
        if not chunk:
            raise BrokenArchiveError(f"it was cut off in {member.name[:80]!r}")
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()
