"""Whether the file at the journal's path is still the one that was opened; copies that are put there whole.

A file that was deleted or replaced while it was open takes every write without complaint, and into nothing.
"""

import contextlib
import errno
import os
import sqlite3
import tempfile
from pathlib import Path
from urllib.parse import quote

from incidentui.edge.store.errors import DisplacedError


class Place:
    """Made right after the file was opened."""

    def __init__(self, path: str) -> None:
        self._path = path
        info = os.stat(path)
        self._id = (info.st_dev, info.st_ino)

    def check(self) -> None:
        """DisplacedError when another file, or none, stands at the path."""
        try:
            info = os.stat(self._path)
        except OSError as error:
            raise DisplacedError(f"{os.path.basename(self._path)} was moved or deleted while it was open") from error
        if (info.st_dev, info.st_ino) != self._id:
            raise DisplacedError(f"{os.path.basename(self._path)} was replaced by another file while it was open")


def put_new(temporary: str, path: str) -> bool:
    """Give a finished file its name, unless that is taken; it is on disk then. False: it was taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links: the name is taken first, so that nobody's file is replaced
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        os.replace(temporary, path)
    sync_folder(path)
    return True


def beside(path: str) -> str:
    """An empty file of this user's own in the folder of `path`, to be filled and then put in its place."""
    folder = Path(path).parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sync_folders(path)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{Path(path).name}.")
    os.close(handle)
    return temporary


def copy_out(conn: sqlite3.Connection, path: str) -> bool:
    """All that a connection sees, as a new file at `path`. False: something stands there already."""
    temporary = beside(path)
    try:
        target = sqlite3.connect(temporary, isolation_level=None)
        try:
            target.execute("PRAGMA synchronous = FULL")
            conn.backup(target)
        finally:
            target.close()
        return put_new(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def quoted(path: str) -> str:
    """A path as it stands in an SQLite URI."""
    return quote(os.path.abspath(path))


def sync_folder(path: str) -> None:
    """Names that were given or taken in the folder of `path` are on disk when it returns."""
    _sync(str(Path(path).parent))


def sync_folders(path: str) -> None:
    """So are the names of the folders above it: a power cut must not take a new folder with all that is in it."""
    for folder in Path(path).absolute().parents:
        with contextlib.suppress(PermissionError):  # not ours to read, so not made by us
            _sync(str(folder))


def _sync(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that syncs no folders
            raise
    finally:
        os.close(handle)
