"""`type = "agreement"` as frozen values: where each of the values that must agree is read."""

from dataclasses import field

from typing_extensions import override

from incidentui.config.checks import Check, clean_url
from incidentui.core.value import dataclass


def _at(file: str, line: int | None) -> str:
    return file if line is None else f"{file}:{line}"


@dataclass(frozen=True, slots=True)
class InFile:
    """The group of `regex`, or what stands at `path` of a TOML, YAML or JSON file; without both the whole text."""

    file: str
    regex: str | None = None
    path: str | None = None

    def place(self, line: int | None = None) -> str:
        return f"{_at(self.file, line)} {self.path}" if self.path else _at(self.file, line)


@dataclass(frozen=True, slots=True)
class InCompose:
    """Of one service: the published port of a container port, a variable, or what is mounted at a path."""

    compose: str
    service: str
    port: int | None = None
    env: str | None = None
    volume: str | None = None

    def place(self, line: int | None = None) -> str:
        return f"{_at(self.compose, line)} {self.service} {self.env or self.volume or f'port {self.port}'}"


@dataclass(frozen=True, slots=True)
class InWorkload:
    """A variable, a label or the published port of the container that runs."""

    workload: str
    env: str | None = None
    label: str | None = None
    port: int | None = None

    def place(self, line: int | None = None) -> str:
        return f"container {self.workload} {self.env or self.label or f'port {self.port}'}"


@dataclass(frozen=True, slots=True)
class InAnswer:
    """What stands at a JSON path of an answer, or in a header."""

    url: str
    json: str = ""
    header: str = ""

    def place(self, line: int | None = None) -> str:
        return f"{clean_url(self.url)} {self.header or self.json}"


@dataclass(frozen=True, slots=True)
class InEnvironment:
    env: str

    def place(self, line: int | None = None) -> str:
        return f"environment {self.env}"


@dataclass(frozen=True, slots=True)
class OfCommand:
    """What a command prints."""

    command: tuple[str, ...]

    def place(self, line: int | None = None) -> str:
        return " ".join(self.command)


Origin = InFile | InCompose | InWorkload | InAnswer | InEnvironment | OfCommand


@dataclass(frozen=True, slots=True)
class Value:
    name: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class AgreementCheck(Check):
    kind = "agreement"
    values: tuple[Value, ...] = field(default=())
    secret: bool | None = None
    """None: when a name says so."""

    @property
    @override
    def target(self) -> str:
        return "agree: " + ", ".join(value.name for value in self.values)

    @override
    def commands(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple(
            (f"values.{value.name}", value.origin.command)
            for value in self.values
            if isinstance(value.origin, OfCommand)
        )
