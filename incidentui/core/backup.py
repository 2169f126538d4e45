"""What a backup of a volume is, and how two lists of what lies in one are compared. Pure."""

from collections.abc import Iterable, Iterator
from typing import Literal

from incidentui.core.model import Ms
from incidentui.core.value import dataclass

Kind = Literal["file", "folder", "hard link", "link", "pipe", "device", "block device", "other"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a volume, as an archive has it. Two are the same when all but the time is."""

    path: str
    """Inside the volume, "." for its own folder; bytes that are no UTF-8 as lone surrogates."""
    kind: Kind
    size: int = 0
    uid: int = 0
    gid: int = 0
    mode: int = 0
    link: str = ""
    """Where a link leads; of a hard link the first name, inside the volume."""
    sha256: str = ""
    """Of a file's content."""
    mtime: int = 0
    """Seconds; told, not compared."""
    device: tuple[int, int] = (0, 0)
    attributes: tuple[tuple[str, str], ...] = ()
    """Extended ones that the engine archives."""


@dataclass(frozen=True, slots=True)
class Backup:
    """`backup.json`: about one volume at one time, or about one path in a container."""

    id: str
    at: Ms
    by: str
    why: str
    """"by hand", "before volume.restore leads"."""
    run: str
    """Of the action that took it."""
    volume: str
    driver: str
    created: str
    """When the engine says the volume was made."""
    files: int
    entries: int
    size: int
    """Bytes in its files."""
    archive_size: int
    archive_sha256: str
    manifest_sha256: str
    options: tuple[tuple[str, str], ...] = ()
    """Of its driver: may hold a password, so they are never shown."""
    labels: tuple[tuple[str, str], ...] = ()
    workloads: tuple[str, ...] = ()
    """Which had it."""
    running: tuple[str, ...] = ()
    """Which of them ran, and could write, while it was copied."""
    changed: tuple[str, ...] = ()
    """Paths that were others a moment later: it is no picture of one moment."""
    changed_count: int = 0
    path: str = ""
    """Of a copy of one path in a container (the workload is the first of `workloads`), not of a volume."""
    top: str = "incidentui-volume"
    """The first part of each name in the archive."""


@dataclass(frozen=True, slots=True)
class Difference:
    path: str
    text: str


def place_of(path: str) -> tuple[bytes, ...]:
    """Where a name stands in the order of an engine's walk: folder by folder, by bytes."""
    whole = b"" if path == "." else path.encode("utf-8", errors="surrogateescape")
    return tuple(whole.split(b"/")) if whole else ()


def compared(then: Iterable[Entry], now: Iterable[Entry]) -> Iterator[Difference]:
    """What differs, in the order of the walk. Both come in that order, so that neither is held as a whole."""
    one, other = iter(then), iter(now)
    a, b = next(one, None), next(other, None)
    while a is not None or b is not None:
        if b is None or (a is not None and place_of(a.path) < place_of(b.path)):
            assert a is not None
            yield Difference(a.path, f"{a.kind} is missing")
            a = next(one, None)
        elif a is None or place_of(b.path) < place_of(a.path):
            yield Difference(b.path, f"{b.kind} that is not in it")
            b = next(other, None)
        else:
            if why := differs(a, b):
                yield Difference(a.path, why)
            a, b = next(one, None), next(other, None)


def differs(then: Entry, now: Entry) -> str:
    """In words; empty when they are the same."""
    if then.kind != now.kind:
        return f"is a {now.kind}, not a {then.kind}"
    if then.sha256 != now.sha256:
        return f"has another content ({now.size} bytes, then {then.size})"
    if (then.uid, then.gid) != (now.uid, now.gid):
        return f"belongs to {now.uid}:{now.gid}, not to {then.uid}:{then.gid}"
    if then.mode != now.mode:
        return f"has mode {now.mode:04o}, not {then.mode:04o}"
    if then.link != now.link:
        return "leads elsewhere"
    if then.device != now.device:
        return "is another device"
    return "has other attributes" if then.attributes != now.attributes else ""
