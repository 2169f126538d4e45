"""What a compose project declares of its services, as plain values with the file and line of each.

Compose itself is asked (`docker compose config`, else `docker-compose config`), bounded, and merges its files; where
neither is installed the files are read as they stand, and that is said. Lines always come from the files.
"""

import asyncio
import os
import posixpath
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from incidentui.core.drift import Declared, Mount, Port, Value
from incidentui.core.value import dataclass
from incidentui.edge import step
from incidentui.edge.checks.agreed.compose import (
    SHORT_MOUNT,
    SHORT_PORT,
    Lookup,
    dotenv,
    env_files_of,
    environment_of,
    interpolate,
    line_at,
    port_range,
    variables_of,
)
from incidentui.edge.checks.agreed.documents import UnreadableError, document, text_of
from incidentui.edge.containers import declared_networks as networks
from incidentui.edge.text import clean_and_redact

FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = (
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
CONFIG_S = 20.0
_OFFLINE = {"COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false", "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false"}
"""What a file includes from elsewhere is not fetched by a look."""
_MOST = 200
Digest = Callable[[str], str]
Places = dict[tuple[str, str, str], str]
"""(service, kind, name) -> "file:line"."""


@dataclass(frozen=True, slots=True)
class Project:
    services: tuple[Declared, ...]
    by: str
    """Who told: "docker-compose config", or the files as they stand there."""


def usual_files(folder: Path) -> tuple[str, ...]:
    """Those that compose would take in a folder."""
    first = next((name for name in FILES if (folder / name).is_file()), None)
    return () if first is None else (first, *(name for name in OVERRIDES if (folder / name).is_file()))


async def project(folder: Path, files: Sequence[str], name: str, digest: Digest) -> Project:
    """Raises UnreadableError, in words that hold no value."""
    try:
        return await _project(folder, files, name, digest)
    except (AttributeError, TypeError, ValueError, RecursionError) as wrong:
        # A list where compose wants a table, and the like: there are too many ways to name each.
        raise UnreadableError(f"{', '.join(files)}: something stands there in a form that is not understood") from wrong


async def _project(folder: Path, files: Sequence[str], name: str, digest: Digest) -> Project:
    raw = await asyncio.to_thread(_raw, folder, files)
    tool = await tool_of(folder)
    if tool is None:
        variables = variables_of(folder, posixpath.dirname(files[0]))
        reader = _Reader(folder, files, name, digest, variables, raw)
        return Project(reader.as_they_stand(), f"{', '.join(files)}, as it stands there: compose is not installed")
    resolved = document(await config(tool, folder, files, name), f"{' '.join(tool)} config")
    reader = _Reader(folder, files, name, digest, lambda _: None, raw)
    return Project(reader.resolved(resolved), f"{' '.join(tool)} config")


async def tool_of(folder: Path) -> tuple[str, ...] | None:
    if shutil.which("docker"):
        with suppress(OSError, ValueError):
            if (await step.run(("docker", "compose", "version"), folder, CONFIG_S)).code == 0:
                return "docker", "compose"
    return ("docker-compose",) if shutil.which("docker-compose") else None


async def config(tool: Sequence[str], folder: Path, files: Sequence[str], name: str) -> str:
    named = ("-p", name) if name else ()
    argv = (*tool, *(word for file in files for word in ("-f", file)), *named, "config")
    try:
        ran = await step.run(argv, folder, CONFIG_S, {**os.environ, **_OFFLINE}, apart=True)
    except (OSError, ValueError) as wrong:
        raise UnreadableError(f"{tool[0]} cannot be run: {wrong}") from wrong
    if ran.code is None:
        raise UnreadableError(f"{' '.join(tool)} config did not end within {CONFIG_S:g} s")
    if ran.code != 0:
        raise UnreadableError(f"{' '.join(tool)} config refuses: {reason(ran.errors) or f'exit {ran.code}'}")
    return ran.output.decode("utf-8", errors="replace")


def reason(errors: bytes) -> str:
    """What it said, without its warnings and its advice where to read more; of a traceback the last line."""
    lines = clean_and_redact(errors[-4000:], 4000, lines=True).strip().splitlines()
    told = [line.strip() for line in lines if line.strip() and not line.startswith(("WARNING", "time=", "For more on"))]
    return " ".join(told[-1:] if any(line.startswith("Traceback") for line in told) else told)[:200]


def _raw(folder: Path, files: Sequence[str]) -> list[tuple[str, Mapping[str, Any]]]:
    found: list[tuple[str, Mapping[str, Any]]] = []
    for file in files:
        data = document(text_of(folder, file), file)
        if not isinstance(data, dict) or not isinstance(data.get("services"), dict):
            raise UnreadableError(f"{file} has no services")
        found.append((file, data))
    return found


class _Reader:
    """Makes values of the services; `variables`: what is put in place of `${X}`."""

    def __init__(
        self,
        folder: Path,
        files: Sequence[str],
        name: str,
        digest: Digest,
        variables: Lookup,
        raw: Sequence[tuple[str, Mapping[str, Any]]],
    ) -> None:
        self._folder = folder
        self._base = posixpath.normpath(posixpath.join(str(folder), posixpath.dirname(files[0])))
        self._name, self._digest, self._variables, self._raw = name, digest, variables, raw
        self._places = _places(raw, variables_of(folder, posixpath.dirname(files[0])))
        self._volumes: Mapping[str, Any] = {}
        self._networks: Mapping[str, Any] = {}

    def resolved(self, data: Any) -> tuple[Declared, ...]:
        services = data.get("services") if isinstance(data, dict) else None
        if not isinstance(services, dict):
            raise UnreadableError("what compose says has no services")
        self._volumes, self._networks = data.get("volumes") or {}, data.get("networks") or {}
        return tuple(self._service(str(name), table) for name, table in list(services.items())[:_MOST])

    def as_they_stand(self) -> tuple[Declared, ...]:
        """Of several files, the keys of the later one win; lists are put together, as compose does."""
        merged: dict[str, dict[str, Any]] = {}
        volumes: dict[str, Any] = {}
        nets: dict[str, Any] = {}
        for _, data in self._raw:
            volumes |= data.get("volumes") or {}
            nets |= data.get("networks") or {}
            for name, table in data["services"].items():
                if not isinstance(table, dict):
                    raise UnreadableError(f"service {name} is not a table")
                merged[str(name)] = _merged(merged.get(str(name), {}), table)
        self._volumes, self._networks = volumes, nets
        return tuple(self._service(name, table) for name, table in list(merged.items())[:_MOST])

    def _service(self, name: str, table: Any) -> Declared:
        if not isinstance(table, dict):
            raise UnreadableError(f"service {name} is not a table")
        health = table.get("healthcheck")
        return Declared(
            service=name,
            place=self._at(name),
            image=self._text(table.get("image")) or "",
            image_place=self._at(name, "image"),
            built=table.get("build") is not None,
            reads=tuple(self._reads(table.get("build"))),
            host_network=table.get("network_mode") == "host",
            ports=tuple(self._ports(name, table)),
            mounts=tuple(self._mounts(name, table)),
            environment=tuple(self._environment(name, table)),
            container=self._text(table.get("container_name")) or "",
            health=isinstance(health, dict) and not _off(health),
            optional=_optional(table),
            networks=tuple(
                (called, self._at(name, "network", key))
                for key, called in networks.of_service(table, self._networks, self._name, self._text)
            ),
            depends_on=tuple(
                (str(other), self._at(name, "needs", str(other))) for other in table.get("depends_on") or ()
            ),
        )

    def _at(self, service: str, kind: str = "", name: str = "") -> str:
        return self._places.get((service, kind, name)) or self._places.get((service, "", ""), "")

    def _text(self, value: Any) -> str | None:
        """None: it holds a variable that is not known here."""
        if value is None or isinstance(value, dict | list):
            return None
        return _put(value, self._variables)

    def _reads(self, build: Any) -> Iterator[str]:
        """Relative to the project's folder; what lies outside is in no commit of it."""
        table = build if isinstance(build, dict) else {"context": build}
        context = posixpath.join(self._base, self._text(table.get("context")) or ".")
        dockerfile = posixpath.join(context, self._text(table.get("dockerfile")) or "Dockerfile")
        for place in (context, dockerfile) if build is not None else ():
            inside = posixpath.relpath(place, self._folder)
            if inside != "." and not inside.startswith(".."):
                yield inside

    def _ports(self, service: str, table: Mapping[str, Any]) -> Iterator[Port]:
        for entry in table.get("ports") or ():
            for inside, outside, address in _published(entry, self._text):
                yield Port(inside, outside, self._at(service, "port", str(inside)), address)

    def _mounts(self, service: str, table: Mapping[str, Any]) -> Iterator[Mount]:
        mounts = (_mount(entry, self._text) for entry in table.get("volumes") or ())
        for target, (source, read_only) in {m[0]: m[1:] for m in mounts if m is not None}.items():
            yield Mount(target, self._source(source), read_only, self._at(service, "mount", target))

    def _source(self, source: str) -> str:
        """A path as the host has it; a volume by the name that the engine knows."""
        if source.startswith(("/", "~")):
            return posixpath.normpath(os.path.expanduser(source))
        if source.startswith("."):
            return posixpath.normpath(posixpath.join(self._base, source))
        if not source:
            return ""
        table = self._volumes.get(source) or {}
        external = table.get("external")
        if isinstance(external, dict) and external.get("name"):
            return str(external["name"])
        if table.get("name"):
            return self._text(table["name"]) or source
        return source if external in (True, "true") or not self._name else f"{self._name}_{source}"

    def _environment(self, service: str, table: Mapping[str, Any]) -> Iterator[Value]:
        for name, (value, _) in {**self._of_files(table), **environment_of(table.get("environment"))}.items():
            text = self._text(value)
            digest = self._digest(text) if text is not None else None
            yield Value(str(name), digest, self._at(service, "env", str(name)))

    def _of_files(self, table: Mapping[str, Any]) -> dict[str, tuple[Any, int | None]]:
        found: dict[str, tuple[Any, int | None]] = {}
        for file in env_files_of(table, self._variables, posixpath.relpath(self._base, self._folder)):
            with suppress(UnreadableError):
                values = dotenv(text_of(self._folder, file), self._variables)
                found |= {name: (value.replace("$", "$$"), None) for name, value in values.items()}
        return found


def _put(value: Any, variables: Lookup) -> str | None:
    try:
        return interpolate(str(value), variables).strip()
    except UnreadableError:
        return None


def _off(health: Mapping[str, Any]) -> bool:
    return health.get("disable") in (True, "true") or health.get("test") in (["NONE"], "NONE")


def _optional(table: Mapping[str, Any]) -> bool:
    deploy = table.get("deploy")
    wanted = (table.get("scale"), deploy.get("replicas") if isinstance(deploy, dict) else None)
    return bool(table.get("profiles")) or any(str(number) == "0" for number in wanted)


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(first)
    for key, value in second.items():
        old = out.get(key)
        if key == "environment":
            out[key] = {name: text for part in (old, value) for name, (text, _) in environment_of(part).items()}
        elif isinstance(old, list) and isinstance(value, list):
            out[key] = [*old, *value]
        elif isinstance(old, dict) and isinstance(value, dict):
            out[key] = {**old, **value}
        else:
            out[key] = value
    return out


def _published(entry: Any, text: Callable[[Any], str | None]) -> Iterator[tuple[int, tuple[int, ...], str]]:
    """TCP port inside -> where it may be published, and at which address; empty: at all."""
    if isinstance(entry, dict):
        target, host = text(entry.get("target")) or "", text(entry.get("published")) or ""
        protocol, address = text(entry.get("protocol")) or "tcp", text(entry.get("host_ip")) or ""
    else:
        whole = text(entry) or ""
        short = SHORT_PORT.fullmatch(whole)
        if short is None:
            return
        target, host, protocol = short[2], short[1] or "", short[3] or "tcp"
        address = whole[: short.start(1) if short[1] is not None else short.start(2)].rstrip(":").strip("[]")
    inside, outside = port_range(target), port_range(host)
    address = "" if address in ("0.0.0.0", "::") else address
    for n, port in enumerate(inside if protocol == "tcp" else ()):
        yield port, (outside[n],) if len(outside) == len(inside) else tuple(outside), address


def _mount(entry: Any, text: Callable[[Any], str | None]) -> tuple[str, str, bool] | None:
    """Target, source, read only; None for what is no file of the host or volume, or is not understood."""
    if isinstance(entry, dict):
        if entry.get("type", "volume") not in ("bind", "volume"):
            return None
        target, source = text(entry.get("target")), text(entry.get("source", ""))
        read_only = entry.get("read_only") in (True, "true")
    else:
        whole = text(entry) or ""
        short = SHORT_MOUNT.fullmatch(whole)
        if short is None:
            return None
        target, source = short[2], short[1] or ""
        read_only = "ro" in whole.rpartition(":")[2].split(",")
    return (posixpath.normpath(target), source, read_only) if target and source is not None else None


def _places(raw: Sequence[tuple[str, Mapping[str, Any]]], variables: Lookup) -> Places:
    """Where each thing stands; of several files, the last that says it."""
    found: Places = {}
    for file, data in raw:
        for service, table in data["services"].items():
            for kind, name, line in _lines(service, table if isinstance(table, dict) else {}, variables):
                if line is not None:
                    found[(str(service), kind, name)] = f"{file}:{line}"
    return found


def _lines(service: Any, table: Mapping[str, Any], variables: Lookup) -> Iterator[tuple[str, str, int | None]]:
    def plain(value: Any) -> str | None:
        return None if value is None else _put(value, variables)

    yield "", "", getattr(service, "line", None)
    yield "image", "", line_at(table.get("image") or next((key for key in table if key == "build"), None))
    for entry in table.get("ports") or ():
        for inside, _, _ in _published(entry, plain):
            yield "port", str(inside), line_at(entry)
    for entry in table.get("volumes") or ():
        if (mount := _mount(entry, plain)) is not None:
            yield "mount", mount[0], line_at(entry)
    for name, (_, line) in environment_of(table.get("environment")).items():
        yield "env", str(name), line
    for key in table.get("networks") or ():
        yield "network", str(key), line_at(key)
    for other in table.get("depends_on") or ():
        yield "needs", str(other), line_at(other)
