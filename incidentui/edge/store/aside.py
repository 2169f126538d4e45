"""The side file: facts that the journal could not take, one JSON line each, synced, until it can again.

It stands beside the journal, or, where that disk is full or read-only, in a private folder for temporary files.
A lock of the kernel on the file keeps a writer and a merger apart; it goes when its holder dies.
"""

import fcntl
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from incidentui.core.envelope import sha256
from incidentui.edge.store.place import sync_folders


class Claim:
    """Side files that nobody else touches until they are released, and their lines in order."""

    def __init__(self, held: Sequence[tuple[Path, int]]) -> None:
        self._held = list(held)
        self.unread = False
        """A line was no fact this program knows: the file is kept when its facts are in the journal."""
        self.lines: list[dict[str, Any]] = []
        for _, handle in held:
            self.lines += _lines(handle)
        self.lines.sort(key=lambda line: str(line.get("recordedtime", "")))

    def remove(self) -> None:
        for path, _ in self._held:
            if self.unread:
                path.rename(path.with_name(path.name + ".unread"))
            else:
                path.unlink(missing_ok=True)

    def release(self) -> None:
        for _, handle in self._held:
            os.close(handle)
        self._held = []


class SideFiles:
    def __init__(self, journal: str, fallback: Path | None = None) -> None:
        path = Path(journal)
        temporary = fallback or Path(os.environ.get("TMPDIR") or "/tmp") / f"incidentui-{os.getuid()}"
        own = sha256(str(path.absolute()))[:12]
        self.paths = (path.with_name(path.name + ".aside.jsonl"), temporary / f"{path.parent.name}-{own}.aside.jsonl")

    def write(self, lines: Sequence[str]) -> str:
        """Put the lines aside, durably; the path of the file. OSError when no place takes them."""
        if not lines:
            return str(self.paths[0])
        data = "".join(line + "\n" for line in lines).encode()
        try:
            _append(self.paths[0], data)
            return str(self.paths[0])
        except OSError:
            _private_folder(self.paths[1].parent)
            _append(self.paths[1], data)
            return str(self.paths[1])

    def claim(self) -> Claim:
        """Every side file that waits and that no other process holds."""
        held = [(path, handle) for path in self.paths if (handle := _take(path)) is not None]
        return Claim(held)


def _append(path: Path, data: bytes) -> None:
    handle = _locked(path)
    try:
        size = os.fstat(handle).st_size
        try:
            if size and os.pread(handle, 1, size - 1) != b"\n":
                data = b"\n" + data  # a killed writer left half a line
            done = 0
            while done < len(data):
                done += os.write(handle, data[done:])
            os.fsync(handle)
            sync_folders(str(path))
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _locked(path: Path) -> int:
    """The file, held; made when it is not there. A merger may remove it while we wait for the lock."""
    while True:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(path, flags, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if _is_at(path, handle):
            return handle
        os.close(handle)


def _take(path: Path) -> int | None:
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if os.fstat(handle).st_uid != os.geteuid():
            raise PermissionError(path)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(path, handle):
            return handle
    except OSError:
        pass
    os.close(handle)
    return None


def _is_at(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(handle))
    except FileNotFoundError:
        return False


def _lines(handle: int) -> list[dict[str, Any]]:
    """Whole lines only: a torn last one was never acknowledged."""
    os.lseek(handle, 0, os.SEEK_SET)
    with os.fdopen(os.dup(handle), "rb") as file:
        found = []
        for line in file:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid() or info.st_mode & 0o077:
        raise PermissionError(f"{folder} is not a private folder of this user")
