"""One container as it is, for drift: what it was made with, what its image sets, and what lies in its mounts.

Nothing is run inside. Whether a mount is there, empty or unreadable is seen by the first blocks of its archive, which
the engine makes itself.
"""

import io
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from incidentui.core.drift import Actual, Mounted
from incidentui.core.model import Ms
from incidentui.edge.containers.docker_words import moment, settings_of
from incidentui.edge.containers.volume_made import dated
from incidentui.edge.text import clean_and_redact

if TYPE_CHECKING:
    from incidentui.edge.containers.docker import DockerEngine

MOST_MOUNTS = 20
_FIRST = 8 << 10
_OF_SOCKETS = ("/run/", "/var/run/")
Api = Any
"""docker.APIClient, whose archives the types do not know."""
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
Digest = Callable[[str], str]
Listed = Mapping[str, Any]
Entry = tuple[str, Listed]
"""(workload, entry of the engine's list)."""
OF_ONE_S = 10.0


class ActualReader:
    """Of one look: images are asked for once, volumes are given."""

    def __init__(self, api: Api, volumes: Mapping[str, Ms], digest: Digest) -> None:
        self._api = api
        self._volumes = volumes
        self._digest = digest
        self._images: dict[str, Mapping[str, Any] | None] = {}

    def read(self, workload: str, ident: str) -> Actual | None:
        """None: it is gone since it was listed."""
        from docker.errors import NotFound

        try:
            found = self._api.inspect_container(ident)
        except NotFound:
            return None
        config = found.get("Config") or {}
        image = self._image(str(found.get("Image", ""))) or {}
        name = str(config.get("Image", ""))
        tagged = self._image(name) if name and not name.startswith("sha256:") else image
        own, given = _pairs(config), _pairs(image.get("Config") or {})
        return Actual(
            workload=workload,
            image=clean_and_redact(name, 200),
            image_id=str(found.get("Image", "")),
            tag_id=str(tagged.get("Id", "")) if tagged else "",
            ports=_ports(found),
            mounts=tuple(self._mounts(ident, found)),
            environment={n: self._digest(v) for n, v in own.items() if given.get(n) != v},
            of_image={n: self._digest(v) for n, v in given.items()},
            health=has_check(config),
            networks=_networks(found),
            up=bool((found.get("State") or {}).get("Running")),
        )

    def _image(self, name: str) -> Mapping[str, Any] | None:
        from docker.errors import NotFound

        if name not in self._images:
            try:
                self._images[name] = self._api.inspect_image(name)
            except NotFound:
                self._images[name] = None
        return self._images[name]

    def _mounts(self, ident: str, found: Mapping[str, Any]) -> Iterator[Mounted]:
        running = bool((found.get("State") or {}).get("Running"))
        user = _user(self._api, ident, str((found.get("Config") or {}).get("User", ""))) if running else None
        for mount in (found.get("Mounts") or ())[:MOST_MOUNTS]:
            volume = mount.get("Type") == "volume"
            source = str(mount.get("Name" if volume else "Source", ""))
            if mount.get("Type") not in ("bind", "volume"):
                continue
            target = str(mount.get("Destination", ""))
            empty, readable = peek(self._api, ident, target, user) if running else (None, None)
            if empty and target.startswith(_OF_SOCKETS):
                empty = None  # an archive leaves sockets out
            yield Mounted(
                target=clean_and_redact(target, 200),
                source=clean_and_redact(source, 200),
                volume=volume,
                anonymous=volume and _ANONYMOUS.fullmatch(source) is not None,
                read_only=not mount.get("RW", True),
                created=self._volumes.get(source) if volume else None,
                empty=empty,
                readable=readable,
            )


async def read_all(
    engine: "DockerEngine", entries: Sequence[Entry], digest: Digest
) -> list[tuple[Listed, Actual | None]]:
    """(entry of the list, the container as it is). Raises EngineLost, EngineRefused."""
    volumes = await engine.call(volumes_of)
    return [
        (entry, await engine.call(_reading(volumes, name, str(entry["Id"]), digest), OF_ONE_S))
        for name, entry in entries
    ]


def _reading(volumes: Mapping[str, Ms], name: str, ident: str, digest: Digest) -> Callable[[Api], Actual | None]:
    def read(api: Api) -> Actual | None:
        return ActualReader(api, volumes, digest).read(name, ident)

    return read


def _networks(found: Mapping[str, Any]) -> frozenset[str]:
    names = (found.get("NetworkSettings") or {}).get("Networks") or {}
    return frozenset(clean_and_redact(str(name), 120) for name in names)


def _pairs(config: Mapping[str, Any]) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in config.get("Env") or () if "=" in pair)


def has_check(config: Mapping[str, Any]) -> bool:
    test = (config.get("Healthcheck") or {}).get("Test") or []
    return bool(test) and test[0] != "NONE"


def _ports(found: Mapping[str, Any]) -> Mapping[int, tuple[int, ...]] | None:
    """What is published; of one that does not run, what it would publish."""
    settings = settings_of(found)
    if settings.running or settings.ports is None:
        return settings.ports
    return bound_ports(found)


def bound_ports(found: Mapping[str, Any]) -> dict[int, tuple[int, ...]]:
    """TCP port inside -> where it was asked to be published; empty: on any free port."""
    bound = (found.get("HostConfig") or {}).get("PortBindings") or {}
    return {
        int(inside.removesuffix("/tcp")): tuple(sorted({int(at["HostPort"]) for at in ats or () if at.get("HostPort")}))
        for inside, ats in bound.items()
        if inside.endswith("/tcp")
    }


# -- what lies in a mount


def peek(api: Api, ident: str, path: str, user: tuple[int, int] | None) -> tuple[bool | None, bool | None]:
    """Whether it is empty, and whether this user may read it; None where that cannot be told."""
    archive, whole = _start(api, ident, path)
    members = list(_members(archive))
    if not members:
        return None, None
    first = members[0]
    empty: bool | None = first.size == 0 if first.isreg() else None
    if first.isdir():
        empty = False if len(members) > 1 else True if whole else None
    return empty, may_read(first.mode, first.uid, first.gid, first.isdir(), user)


def may_read(mode: int, uid: int, gid: int, folder: bool, user: tuple[int, int] | None) -> bool | None:
    """By owner and mode; None where it may be in the group by name, or an access list may stand."""
    if user is None or user[0] == 0:
        return None if user is None else True
    need = 5 if folder else 4
    owner, group, others = (mode >> 6) & need == need, (mode >> 3) & need == need, mode & need == need
    if user[0] == uid:
        return owner
    if others or (group and user[1] == gid):
        return True
    return None if group else False


def _start(api: Api, ident: str, path: str) -> tuple[bytes, bool]:
    """The first blocks of an archive of it, and whether that is all; empty when there is none."""
    plain = {"Accept-Encoding": "identity"}
    answer = api.get(api._url("/containers/{0}/archive", ident), params={"path": path}, headers=plain, stream=True)
    try:
        if answer.status_code != 200:
            return b"", False
        return _blocks(answer.raw)
    finally:
        answer.close()


def _blocks(stream: Any) -> tuple[bytes, bool]:
    """A server may send fewer bytes at once than were asked for."""
    found = b""
    while len(found) < _FIRST:
        block = stream.read(_FIRST - len(found), decode_content=True)
        if not block:
            return found, True
        found += block
    return found, False


def _members(archive: bytes) -> Iterator[tarfile.TarInfo]:
    """The first two: what it is, and whether anything is in it."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r|") as tar:
            for _ in range(2):
                if (member := tar.next()) is None:
                    return
                yield member
    except tarfile.TarError:
        return  # the archive was cut behind what was read of it


def _user(api: Api, ident: str, name: str) -> tuple[int, int] | None:
    """Its number and group; None when they cannot be told."""
    who, _, group = name.partition(":")
    if not who:
        return 0, 0
    if who.isdigit():
        return int(who), int(group) if group.isdigit() else 0
    archive, _ = _start(api, ident, "/etc/passwd")
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r|") if archive else io.BytesIO() as tar:
        if not isinstance(tar, tarfile.TarFile) or (member := tar.next()) is None:
            return None
        file = tar.extractfile(member)
        lines = file.read(4096).decode("utf-8", "replace").splitlines() if file else []
    found = next((line.split(":") for line in lines if line.startswith(f"{who}:")), [])
    return (int(found[2]), int(found[3])) if len(found) > 3 and found[2].isdigit() and found[3].isdigit() else None


def volumes_of(api: Api) -> dict[str, Ms]:
    """Name -> when it was made; without those of which that cannot be told."""
    listed = dated(api, (api.volumes() or {}).get("Volumes") or ())
    made = {str(volume.get("Name", "")): moment(str(volume.get("CreatedAt", ""))) for volume in listed}
    return {name: at for name, at in made.items() if at is not None}
