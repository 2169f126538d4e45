"""Which file system a folder lies on. A write-ahead log needs memory that all its writers share: one machine's."""

import os
from collections.abc import Iterable
from pathlib import Path

NETWORK = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "ocfs2",
        "smb3",
        "smbfs",
    }
)
"""Other machines may write there too."""
_OF_A_HOST = frozenset({"prl_fs", "vboxsf", "virtiofs", "vmhgfs"})
_MOUNTS = Path("/proc/self/mountinfo")


def shared(folder: str) -> str:
    """The kind of file system, where others than this machine's kernel may write; empty where none can."""
    kind = _kind(folder)
    return kind if kind in NETWORK | _OF_A_HOST or kind.startswith("fuse") else ""


def _kind(folder: str) -> str:
    try:
        device = os.stat(folder).st_dev
        lines = _MOUNTS.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return of_device(lines, f"{os.major(device)}:{os.minor(device)}")


def of_device(mounts: Iterable[str], device: str) -> str:
    """From lines of /proc/self/mountinfo; empty when none is of the device."""
    for line in mounts:
        left, _, right = line.partition(" - ")
        if left.split()[2:3] == [device] and right:
            return right.split()[0]
    return ""
