"""Drift: what was declared of a workload (a compose file, a checkpoint) against what runs.

Only values are compared here, whoever read them. Of the environment there are names and keyed hashes, never a value.
What could not be looked at makes no row that claims anything. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Literal

from incidentui.core.format import count
from incidentui.core.model import Ms
from incidentui.core.value import dataclass

Level = Literal["ok", "look", "bad", "unknown"]
MOST_ROWS = 60
NEWER_MS: Ms = 10 * 60_000
"""A volume that is so much younger than the oldest thing of its project was probably made anew."""
LEVELS: tuple[Level, ...] = ("bad", "look", "unknown", "ok")


# -- what is compared


@dataclass(frozen=True, slots=True)
class Port:
    inside: int
    outside: tuple[int, ...]
    """Where it may be published; empty: on any free port."""
    place: str = ""
    """File and line that say so: "docker-compose.yml:18"."""
    address: str = ""
    """Of this machine; empty: all of them."""


@dataclass(frozen=True, slots=True)
class Mount:
    target: str
    source: str
    """A path, or the name of a volume; empty: a volume without a name."""
    read_only: bool = False
    place: str = ""

    @property
    def volume(self) -> bool:
        return not self.source.startswith("/")


@dataclass(frozen=True, slots=True)
class Value:
    name: str
    digest: str | None
    """None: it is passed on, or cannot be known here."""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """One service as it should be."""

    service: str
    place: str = ""
    image: str = ""
    image_place: str = ""
    built: bool = False
    """Its image is made from the source beside it."""
    reads: tuple[str, ...] = ()
    """What that build reads, inside the project: its Dockerfile, and its context where that is not all of it."""
    host_network: bool = False
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    environment: tuple[Value, ...] = ()
    health: bool = False
    depends_on: tuple[tuple[str, str], ...] = ()
    """Service, place."""
    container: str = ""
    """The name of its container, where it is not left to compose."""
    optional: bool = False
    """It need not run: it is of a profile, or none of it is wanted."""
    networks: tuple[tuple[str, str], ...] = ()
    """Name as the engine has it, place; empty: the host's own, another's, none."""


@dataclass(frozen=True, slots=True)
class Mounted:
    target: str
    source: str
    """A path on the host, or the name of a volume."""
    volume: bool
    anonymous: bool = False
    read_only: bool = False
    created: Ms | None = None
    """Of a volume."""
    empty: bool | None = None
    readable: bool | None = None
    """Whether the user of its process may read it; None: not looked."""


@dataclass(frozen=True, slots=True)
class Actual:
    """One workload as it is."""

    workload: str
    image: str = ""
    image_id: str = ""
    tag_id: str | None = None
    """The image that this tag names now; empty: none does; None: not looked."""
    ports: Mapping[int, tuple[int, ...]] | None = None
    """None: they are the host's own, or it does not run."""
    mounts: tuple[Mounted, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    """Name -> keyed hash, without what its image sets."""
    of_image: Mapping[str, str] = field(default_factory=dict)
    health: bool = False
    networks: frozenset[str] | None = None
    """That it is on; None: not looked."""
    up: bool = True
    """Whether it runs: the ports of what does not are those that it would have."""


@dataclass(frozen=True, slots=True)
class Around:
    """The rest of the project."""

    watched: frozenset[str] = frozenset()
    """Services and workloads with a check of ours or a health check of their own."""
    oldest: Ms | None = None
    """When the oldest volume or container of the project was made."""


# -- what comes out


@dataclass(frozen=True, slots=True)
class DriftRow:
    what: str
    """"image", "port 8000", "mount /data", "env TOKEN"."""
    level: Level
    declared: str
    running: str
    so_what: str = ""
    place: str = ""
    uncommitted: bool = False
    """Of a file that no commit holds: no rollback brings it back."""


@dataclass(frozen=True, slots=True)
class VolumeSeen:
    name: str
    created: Ms
    was: Ms | None = None
    """When the one of the same name was made that was here before it."""
    where: str = ""
    """The address of its engine; empty: the machine's own."""


@dataclass(frozen=True, slots=True)
class Drift:
    workload: str
    rows: tuple[DriftRow, ...] = ()
    volumes: tuple[VolumeSeen, ...] = ()
    by: str = ""
    """What told what is declared: "docker-compose config", "docker-compose.yml, as it stands there"."""
    why: str = ""
    """Why it cannot be known."""
    built: bool = False
    checkpoint: str = ""
    """The checkpoint that it was compared with; empty: what compose files declare."""
    needs: tuple[str, ...] = ()
    """The services that it depends on, as declared."""

    @property
    def bad(self) -> int:
        return sum(row.level == "bad" for row in self.rows)

    @property
    def silent(self) -> bool:
        """Kept for the volumes of what went: nothing is said of it."""
        return not (self.rows or self.why or self.by or self.checkpoint)


def compare(declared: Declared, actual: Actual, around: Around, by: str = "") -> Drift:
    rows = (
        *_image(declared, actual),
        *of_ports(declared, actual),
        *_networks(declared, actual),
        *of_mounts(declared, actual),
        *_ages(actual, around),
        *of_environment(declared, actual),
        *_health(declared, actual),
        *_dependencies(declared, around),
    )
    volumes = tuple(VolumeSeen(m.source, m.created) for m in actual.mounts if m.volume and m.created is not None)
    return Drift(actual.workload, in_order(rows)[:MOST_ROWS], volumes, by, built=declared.built, needs=_needs(declared))


def missing(declared: Declared, by: str = "") -> Drift:
    """A service that has no container at all: nobody lists what is not there."""
    row = DriftRow("container", "look", "declared", "none", "nothing of it runs; compose.up makes it", declared.place)
    return Drift(declared.service, (row,), by=by, built=declared.built, needs=_needs(declared))


def _needs(declared: Declared) -> tuple[str, ...]:
    return tuple(service for service, _ in declared.depends_on)


def in_order(rows: Sequence[DriftRow]) -> tuple[DriftRow, ...]:
    """What is bad first."""
    return tuple(sorted(rows, key=lambda row: LEVELS.index(row.level)))


def _image(declared: Declared, actual: Actual) -> Iterator[DriftRow]:
    place = declared.image_place or declared.place
    wanted = declared.image or ("built here" if declared.built else "")
    if not wanted:
        return
    if declared.image and _tagged(declared.image) != _tagged(actual.image):
        yield DriftRow("image", "bad", wanted, actual.image, "a restart keeps the old one; recreate it", place)
    elif actual.tag_id == "":
        yield DriftRow("image", "look", wanted, "its tag is not here any more", "it could not be made again", place)
    elif actual.tag_id is not None and actual.tag_id != actual.image_id:
        running = f"an older image than {actual.image} names now"
        yield DriftRow("image", "bad", wanted, running, "a restart keeps the old one; recreate it", place)
    else:
        yield DriftRow("image", "ok", wanted, actual.image, "", place)


def _tagged(image: str) -> str:
    image = image.removeprefix("docker.io/").removeprefix("library/")
    return image if ":" in image.rpartition("/")[2] or "@" in image else f"{image}:latest"


def of_ports(declared: Declared, actual: Actual) -> Iterator[DriftRow]:
    if actual.ports is None:
        return
    for port in declared.ports:
        wanted = _numbers(port.outside) or "any free port"
        found = actual.ports.get(port.inside, ())
        running = _numbers(found) + ("" if actual.up else ", once it runs")
        if not found:
            yield DriftRow(
                f"port {port.inside}", "bad", wanted, "not published", "nobody outside reaches it", port.place
            )
        elif port.outside and not set(found) & set(port.outside):
            so_what = "who uses the declared port ends nowhere"
            yield DriftRow(f"port {port.inside}", "bad", wanted, running, so_what, port.place)
        else:
            yield DriftRow(f"port {port.inside}", "ok", wanted, running, "", port.place)
    known = {port.inside for port in declared.ports}
    for inside, found in actual.ports.items():
        if found and inside not in known:
            yield DriftRow(f"port {inside}", "look", "not published", _numbers(found), "", declared.place)


def _networks(declared: Declared, actual: Actual) -> Iterator[DriftRow]:
    """On another network nobody finds it by its name, nor does it find them."""
    if actual.networks is None or not declared.networks:
        return
    on = [name for name, _ in declared.networks if name in actual.networks]
    for name, place in declared.networks:
        if name not in actual.networks:
            so_what = "who is there does not find it by name; recreate it"
            yield DriftRow(f"network {name}", "bad", "on it", "not on it", so_what, place)
    for name in sorted(actual.networks - {name for name, _ in declared.networks}):
        yield DriftRow(f"network {name}", "look", "not on it", "on it", "it is gone when recreated", declared.place)
    if on:
        yield DriftRow("network", "ok", ", ".join(on), ", ".join(on), "", declared.networks[0][1])


def _numbers(ports: Sequence[int]) -> str:
    return str(ports[0]) if len(ports) == 1 else f"{ports[0]}-{ports[-1]}" if ports else ""


def of_mounts(declared: Declared, actual: Actual) -> Iterator[DriftRow]:
    found = {mount.target: mount for mount in actual.mounts}
    for mount in declared.mounts:
        level, running, so_what = _mount(mount, found.get(mount.target))
        mode = "  ro" if mount.read_only else ""
        wanted = f"{mount.source or 'a volume without a name'}{mode}"
        yield DriftRow(f"mount {mount.target}", level, wanted, running, so_what, mount.place)
    known = {mount.target for mount in declared.mounts}
    for mounted in actual.mounts:
        if mounted.target in known:
            continue
        if mounted.anonymous:
            lost = "what it holds is left behind by `down` and `rm`"
            yield DriftRow(
                f"mount {mounted.target}", "look", "nothing", "a volume without a name", lost, declared.place
            )
        else:
            yield DriftRow(f"mount {mounted.target}", "look", "nothing", mounted.source, "", declared.place)


def _mount(mount: Mount, found: Mounted | None) -> tuple[Level, str, str]:
    if found is None:
        return "bad", "missing", "what it reads there is not found; recreate it"
    running = "a volume without a name" if found.anonymous else found.source
    if mount.source and (mount.volume != found.volume or mount.source != found.source):
        return "bad", running, "it sees other files"
    if found.empty and found.anonymous and not mount.source:
        return "look", f"{running}, empty", "as it is made; what an older one held is not in it"
    if found.empty:
        return "bad", f"{running}, empty", "was it made anew? Stop before it writes"
    if found.readable is False:
        return "bad", f"{running}, not readable inside", "its user may not read it"
    if mount.read_only != found.read_only:
        return "look", f"{running}  {'ro' if found.read_only else 'rw'}", "recreate it"
    return "ok", f"{running}  ro" if found.read_only else running, ""


def _ages(actual: Actual, around: Around) -> Iterator[DriftRow]:
    for mount in actual.mounts:
        if not mount.volume or mount.anonymous or mount.created is None or around.oldest is None:
            continue
        if mount.created - around.oldest > NEWER_MS:
            running = "newer than the rest of the project"
            yield DriftRow(
                f"age of {mount.source}", "look", "as old as the project", running, "was it made anew, empty?"
            )


def of_environment(declared: Declared, actual: Actual) -> Iterator[DriftRow]:
    """Names, and whether the values are one; never a value."""
    everything = {**actual.of_image, **actual.environment}
    wrong = []
    for value in declared.environment:
        if value.name not in everything:
            wrong.append(DriftRow(f"env {value.name}", "bad", "set", "not set", "recreate it", value.place))
        elif value.digest is not None and everything[value.name] != value.digest:
            wrong.append(DriftRow(f"env {value.name}", "bad", "set", "another value", "recreate it", value.place))
    yield from wrong
    known = {value.name for value in declared.environment}
    for name in sorted(set(actual.environment) - known):
        yield DriftRow(f"env {name}", "look", "not set", "set", "it is gone when recreated", declared.place)
    agreed = len(declared.environment) - len(wrong)
    if agreed:
        names = count(agreed, "name")
        yield DriftRow("env", "ok", names, f"{names}, values masked", "", declared.environment[0].place)


def _health(declared: Declared, actual: Actual) -> Iterator[DriftRow]:
    if declared.health and not actual.health:
        yield DriftRow("health check", "bad", "declared", "none", "recreate it", declared.place)
    elif not actual.health:
        yield DriftRow("health check", "look", "none", "none", "that it runs proves nothing", declared.place)
    else:
        yield DriftRow(
            "health check", "ok", "declared" if declared.health else "of its image", "there", "", declared.place
        )


def _dependencies(declared: Declared, around: Around) -> Iterator[DriftRow]:
    for service, place in declared.depends_on:
        if service not in around.watched:
            yield DriftRow(
                f"needs {service}", "look", "depends on it", "no check of any kind", "its fall is not seen", place
            )
