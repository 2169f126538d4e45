"""Who runs an action, and whether that very process still lives. Implements session.ports.Processes.

A pid alone says nothing: it is used again. Host, boot and start time belong to it.
"""

import os
import socket
from pathlib import Path

from incidentui.core.model import Owner
from incidentui.edge.clock import boot_id

_PROC = Path("/proc")
_STARTED = 19
"""Index of `starttime` among the fields of /proc/PID/stat that follow the command name."""


class SystemProcesses:
    def __init__(self) -> None:
        self._host = socket.gethostname()
        self._boot = boot_id()

    def me(self) -> Owner:
        pid = os.getpid()
        return Owner(self._host, self._boot, pid, started(pid) or 0)

    def alive(self, owner: Owner) -> bool | None:
        """None: another host, nobody here can tell."""
        if owner.host != self._host:
            return None
        if owner.boot != self._boot:
            return False
        return lives(owner.pid, owner.started)


def lives(pid: int, began: int) -> bool:
    """The very process that started then; with 0, where nobody could tell, any of that id."""
    return started(pid) == began if began else exists(pid)


def started(pid: int) -> int | None:
    """When a process started, in a unit that only this machine and boot understand; None when it is gone."""
    if not (_PROC / "self" / "stat").exists():
        return _started_by_ps(pid)
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the command name before may hold anything
    return None if fields[0] in "ZX" else int(fields[_STARTED])


def _started_by_ps(pid: int) -> int | None:
    """Start time from `ps` (macOS, BSD), as a number that is the same each time it is asked."""
    import subprocess
    import zlib

    try:
        asked = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ.get("PATH", "/bin:/usr/bin")},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    text = asked.stdout.strip()
    return zlib.crc32(text.encode()) or 1 if text else None


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
