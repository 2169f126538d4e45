"""The real clock: wall time, monotonic time, and the boot they can be compared in."""

import time
from pathlib import Path

# One that goes on while the machine sleeps, where there is one: waking up is no moved clock.
_MONOTONIC: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """Implements session.ports.Clock."""

    def __init__(self) -> None:
        self.boot = boot_id()

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def mono(self) -> int:
        return time.clock_gettime_ns(_MONOTONIC) // 1_000_000


def boot_id() -> str:
    """An id of this boot of the machine; empty where nothing tells it."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return _boot_session()


def _boot_session() -> str:
    """macOS keeps the same thing elsewhere."""
    import subprocess

    try:
        asked = subprocess.run(
            ["sysctl", "-n", "kern.bootsessionuuid"], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip()
