"""What a deed on a container touches beside it, and what would be lost: from an inspection and the engine's list. Pure.

An engine keeps what it was told to keep. Lost is what it was not: a container started with --rm goes when it stops, and
its unnamed volumes with it; what was changed inside a container, outside its mounts, goes when it is created anew.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from incidentui.core.format import count
from incidentui.core.value import dataclass
from incidentui.edge.containers.docker_words import PROJECT, SERVICE, names
from incidentui.edge.text import clean

DEPENDS_ON = "com.docker.compose.depends_on"
_UNNAMED = re.compile(r"[0-9a-f]{64}")
_PASSING = ("/tmp", "/run", "/var/run", "/var/tmp", "/var/cache", "/dev", "/proc", "/sys")  # as read inside
_PASSING_IN = tuple(f"{folder}/" for folder in _PASSING)
_MOST = 12
"""Rows of one kind that a plan has room for."""
Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Blast:
    rows: tuple[Row, ...] = ()
    """(what, what happens to it)"""
    loses: tuple[str, ...] = ()
    """What nothing brings back."""
    never: str = ""
    """Why this cannot be done to it at all."""


@dataclass(frozen=True, slots=True)
class Around:
    """A container and what stands around it, as the engine has it: raw."""

    found: Mapping[str, Any]
    others: Sequence[Mapping[str, Any]]
    """The engine's list, all projects."""
    changes: Sequence[Mapping[str, Any]] | None = ()
    """`docker diff`; only asked for where it counts. None: the engine could not tell."""
    image: str = ""
    """The id that the image's name stands for now; empty: it is not there."""
    gone: frozenset[str] = frozenset()
    """Sources of its mounts that are not on the host any more."""


def blast_of(deed: str, around: Around) -> Blast:
    rows = [
        *dependants(deed, around),
        *_few([_mount(deed, m, around.gone) for m in around.found.get("Mounts") or ()], "mounts"),
        *_few(list(_tmpfs(around.found)), "mounts in memory"),
        *_few(list(_ports(around.found)), "ports"),
        *_few(list(_networks(around)), "networks"),
        *_image(deed, around),
        *_policy(deed, around.found),
    ]
    return Blast(tuple(rows), tuple(_lost(deed, around)), _never(deed, around.found))


def _never(deed: str, found: Mapping[str, Any]) -> str:
    passing = deed == "recreate" and (found.get("HostConfig") or {}).get("AutoRemove")
    return "it was started with --rm: once stopped it is gone, and could not be brought back" if passing else ""


def _few(rows: Sequence[Row], kind: str) -> list[Row]:
    more = [("…", f"{len(rows) - _MOST} more {kind}")] if len(rows) > _MOST else []
    return [*rows[:_MOST], *more]


# -- who depends on it


def dependants(deed: str, around: Around) -> list[Row]:
    rows = [(name, _without(deed, why)) for name, why in _leaning(around)]
    return _few(rows, "dependants")


def _leaning(around: Around) -> Iterator[tuple[str, str]]:
    ident, own = str(around.found.get("Id", "")), labels_of(around.found.get("Config") or {})
    for entry, name in zip(around.others, names(around.others), strict=True):
        if entry.get("Id") == ident:
            continue
        mode = str((entry.get("HostConfig") or {}).get("NetworkMode", ""))
        if ident and mode == f"container:{ident}":
            yield name, "network"
        elif _needs(labels_of(entry), own):
            yield name, "depends_on"


def labels_of(of: Mapping[str, Any]) -> Mapping[str, str]:
    return of.get("Labels") or {}


def _needs(labels: Mapping[str, str], own: Mapping[str, str]) -> bool:
    service, project = own.get(SERVICE, ""), own.get(PROJECT, "")
    wanted = {part.partition(":")[0] for part in labels.get(DEPENDS_ON, "").split(",")}
    return bool(service) and labels.get(PROJECT, "") == project and service in wanted


def _without(deed: str, why: str) -> str:
    if why == "network":
        again = "created anew" if deed == "recreate" else "restarted"
        return f"uses its network, and has none then until it is {again} too"
    return "needs it (depends_on): " + ("goes without" if deed == "stop" else "waits, or loses its connections")


# -- what it holds


def _mount(deed: str, mount: Mapping[str, Any], gone: Collection[str] = ()) -> Row:
    inside = clean(str(mount.get("Destination", "")), 80)
    how = "" if mount.get("RW", True) else ", read-only"
    if mount.get("Type") == "volume":
        name = str(mount.get("Name", ""))
        kept = "goes over to the new one" if deed == "recreate" else "stays"
        what = f"unnamed volume {name[:12]}" if unnamed(mount) else f"volume {clean(name, 60)}"
        return inside, f"{what}{how}: {kept}"
    source = str(mount.get("Source", ""))
    after = "is not there any more: the next start fails, or finds it empty" if source in gone else "stays"
    return inside, f"{clean(source, 100)} of the host{how}: {after}"


def unnamed(mount: Mapping[str, Any]) -> bool:
    return mount.get("Type") == "volume" and bool(_UNNAMED.fullmatch(str(mount.get("Name", ""))))


def _tmpfs(found: Mapping[str, Any]) -> Iterator[Row]:
    for inside in (found.get("HostConfig") or {}).get("Tmpfs") or {}:
        yield clean(str(inside), 80), "in memory: is emptied"


def _ports(found: Mapping[str, Any]) -> Iterator[Row]:
    for inside, bound in ((found.get("HostConfig") or {}).get("PortBindings") or {}).items():
        for at in bound or ():
            where = ":".join(part for part in (str(at.get("HostIp") or ""), str(at.get("HostPort") or "?")) if part)
            yield f"port {clean(where, 40)}", f"leads to {clean(str(inside), 20)}: nobody answers there meanwhile"


def _networks(around: Around) -> Iterator[Row]:
    mine = (around.found.get("NetworkSettings") or {}).get("Networks") or {}
    ident = around.found.get("Id")
    for network in mine:
        if network in ("host", "none", "bridge"):
            continue
        others = [
            name
            for entry, name in zip(around.others, names(around.others), strict=True)
            if entry.get("Id") != ident and network in ((entry.get("NetworkSettings") or {}).get("Networks") or {})
        ]
        beside = f"shared with {', '.join(others[:6])}" if others else "nobody else is on it"
        yield f"network {clean(str(network), 60)}", beside


def _image(deed: str, around: Around) -> Iterator[Row]:
    runs, name = str(around.found.get("Image", "")), str((around.found.get("Config") or {}).get("Image", ""))
    if not around.image:
        yield "image", f"{clean(name, 80)} is not here any more; it goes on with {digest(runs)}"
    elif around.image != runs:
        what = "is created from the one that ran" if deed == "recreate" else "does not apply it"
        yield "image", f"{clean(name, 80)} is another one by now ({digest(around.image)}): this {what}, {digest(runs)}"


def digest(ident: str) -> str:
    return clean(ident.removeprefix("sha256:")[:12], 20)


def _policy(deed: str, found: Mapping[str, Any]) -> Iterator[Row]:
    policy = ((found.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name", "")
    if deed == "stop" and policy == "always":
        yield "restart policy", "always: comes back when the engine itself is restarted"


# -- what would be lost


def _lost(deed: str, around: Around) -> Iterator[str]:
    host = around.found.get("HostConfig") or {}
    if deed == "stop" and host.get("AutoRemove"):
        yield "the container itself: started with --rm, it is removed when it stops"
        for mount in around.found.get("Mounts") or ():
            if unnamed(mount) and not _bound(host, mount):
                inside = clean(str(mount.get("Destination", "")), 80)
                yield f"all that is in {inside}: unnamed volume {str(mount.get('Name', ''))[:12]}"
    if deed == "recreate" and around.changes is None:
        yield "whatever was changed inside it, outside its mounts: the engine could not tell what"
    elif deed == "recreate" and (files := changed_files(around)):
        some = ", ".join(clean(path, 200) for path in files[:_MOST])
        more = f" and {len(files) - _MOST} more: docker diff lists them" if len(files) > _MOST else ""
        yield f"{count(len(files), 'file')} changed inside it, outside its mounts: {some}{more}"


def _bound(host: Mapping[str, Any], mount: Mapping[str, Any]) -> bool:
    return any(str(bind).startswith(f"{mount.get('Name')}:") for bind in host.get("Binds") or ())


def changed_files(around: Around) -> list[str]:
    """Files that were added, changed or removed; a folder stands in the list for what is in it, too.

    The engine makes a folder for each mount: that is no change of anybody's.
    """
    paths = [str(change.get("Path", "")) for change in around.changes or ()]
    mounts = {str(mount.get("Destination", "")) for mount in around.found.get("Mounts") or ()}
    mounts |= set((around.found.get("HostConfig") or {}).get("Tmpfs") or ())
    folders = {above for path in (*paths, *mounts) for above in _above(path)} | mounts | set(_PASSING)
    return [path for path in sorted(paths) if path not in folders and not path.startswith(_PASSING_IN)]


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
