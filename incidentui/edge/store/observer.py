"""The observer lock: of all processes of a project one looks at the world, the others follow its journal.

The kernel drops the lock when its holder dies, however it dies; so nothing stale is ever left behind.
"""

import contextlib
import fcntl
import os
from pathlib import Path


class ObserverLock:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        return self._handle is not None

    def acquire(self) -> bool:
        """Try to become the observer, without waiting; True when this process is it. Ask again later to take over."""
        if self._handle is not None:
            return True
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return True  # where nobody can write, nobody writes the same thing twice; looking must go on
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        with contextlib.suppress(OSError):  # on a full disk the lock holds all the same; only its holder is not named
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        return True

    def holder(self) -> int | None:
        """Pid of the last process that became the observer, for a person to read."""
        try:
            return int(self._path.read_text())
        except (OSError, ValueError):
            return None

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
