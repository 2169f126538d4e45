"""Whether what is declared fits together: ports, mounts, names, and what the checks of the project ask. Pure; nothing
is run for it, so that it can stand before a deploy.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from incidentui.core.drift import Declared, Mount
from incidentui.core.value import dataclass

Lies = Literal["there", "empty", "missing"]


@dataclass(frozen=True, slots=True)
class Fault:
    level: Literal["error", "warning"]
    place: str
    """File and line: "docker-compose.yml:18"."""
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A port of this machine that a check asks."""

    check: str
    workloads: tuple[str, ...]
    """Of its service."""
    port: int
    place: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the project's own file says of containers."""

    workloads: tuple[tuple[str, str, str], ...] = ()
    """(service, workload, place)."""
    asked: tuple[Asked, ...] = ()
    watched: frozenset[str] = frozenset()
    """Services and workloads that a check asks."""
    containers_only: bool = True
    """No Supervisor has workloads beside the containers."""
    folder: str = ""
    """Of the project; empty: not known. What lies outside it may be on another machine."""


def faults(services: Sequence[Declared], lies: Mapping[str, Lies], wanted: Wanted) -> tuple[Fault, ...]:
    """`lies`: what is at the sources of mounts on this machine, by path."""
    of_files = (*_ports(services), *_mounts(services, lies, wanted.folder), *_needs(services, wanted))
    return (*of_files, *_named(services, wanted), *_asked(services, wanted))


def _ports(services: Sequence[Declared]) -> Iterator[Fault]:
    """The same port of the same address twice: the second container does not start."""
    taken: dict[tuple[str, int], tuple[str, str]] = {}
    for service in services:
        # Those of a profile are often the one instead of the other.
        for port in service.ports if not (service.host_network or service.optional) else ():
            if len(port.outside) != 1:
                continue
            clash = next((taken[key] for key in _same(port.address, port.outside[0], taken) if key in taken), None)
            if clash is not None and clash[0] != service.service:
                text = f"port {port.outside[0]} is published by {clash[0]} ({clash[1]}) and by {service.service}"
                yield Fault("error", port.place, text, "one of the two will not start")
            taken.setdefault((port.address, port.outside[0]), (service.service, port.place))


def _same(address: str, port: int, taken: Mapping[tuple[str, int], object]) -> list[tuple[str, int]]:
    """Every address stands for all when one of the two is empty."""
    return [key for key in taken if key[1] == port and (not address or not key[0] or key[0] == address)]


def _mounts(services: Sequence[Declared], lies: Mapping[str, Lies], folder: str) -> Iterator[Fault]:
    for service in services:
        for mount in service.mounts:
            found = lies.get(mount.source)
            if mount.volume or found in (None, "there"):
                continue
            said = f"{service.service} mounts {mount.source} at {mount.target}"
            if found == "empty":
                yield Fault("warning", mount.place, f"{said}, and nothing is in it")
            elif _is_file(mount) and mount.source.startswith(folder):
                hint = "an engine makes an empty folder in its place"
                yield Fault("error", mount.place, f"{said}, and it is not there", hint)
            else:
                yield Fault("warning", mount.place, f"{said}, and it is not there: it will be empty")


def _is_file(mount: Mount) -> bool:
    """By its name; `conf.d` is a folder, and a socket is made by whoever listens at it."""
    name = mount.target.rstrip("/").rpartition("/")[2].lstrip(".")
    return "." in name and not name.endswith((".d", ".sock"))


def _needs(services: Sequence[Declared], wanted: Wanted) -> Iterator[Fault]:
    names = {service.service: service for service in services}
    for service in services:
        for other, place in service.depends_on:
            if other not in names:
                yield Fault("error", place, f"{service.service} depends on {other}, which is not declared")
            elif not names[other].health and other not in wanted.watched:
                text = f"{service.service} depends on {other}, and nothing looks whether that works"
                yield Fault("warning", place, text, f"a healthcheck for {other}, or a [[checks]] of its service")


def _named(services: Sequence[Declared], wanted: Wanted) -> Iterator[Fault]:
    names = [service.service for service in services]
    called = {*names, *(service.container for service in services)}
    for service, workload, place in wanted.workloads if wanted.containers_only else ():
        if workload not in called:
            near = difflib.get_close_matches(workload, names, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names[:10])}"
            yield Fault(
                "error", place, f"service {service} is made of {workload}, which no compose file declares", hint
            )


def _asked(services: Sequence[Declared], wanted: Wanted) -> Iterator[Fault]:
    """A check of a containers' service asks a port of this machine that nobody publishes."""
    if any(service.host_network for service in services):
        return
    published = {port for service in services for one in service.ports for port in one.outside}
    names = {service.service for service in services}
    free = any(not one.outside for service in services for one in service.ports)
    for asked in wanted.asked:
        own = [service for service in services if service.service in asked.workloads]
        if not own or asked.port in published or free or not set(asked.workloads) <= names:
            continue
        there = sorted({port for service in own for one in service.ports for port in one.outside})
        hint = f"{', '.join(service.service for service in own)} publishes {', '.join(map(str, there)) or 'none'}"
        text = f"check {asked.check} asks port {asked.port} of this machine, which no compose file publishes"
        yield Fault("warning", asked.place, text, hint)
