"""The checks that are no HTTP request, as frozen values: what `config.checks` has for `type = "http"`."""

from dataclasses import field
from urllib.parse import urlsplit

from typing_extensions import override

from incidentui.config.checks import ByCommand, Check, Operators, clean_url
from incidentui.core.model import Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class TcpHop:
    address: str
    """host:port, or an http address: then any answer below 500 is good."""
    name: str = ""

    @property
    def is_url(self) -> bool:
        return self.address.startswith(("http://", "https://"))

    @property
    def shown(self) -> str:
        return clean_url(self.address) if self.is_url else self.address


@dataclass(frozen=True, slots=True)
class TcpCheck(Check):
    kind = "tcp"
    hops: tuple[TcpHop, ...] = ()
    """From the inside out; one without a name when the check is of one address."""
    send: str = ""
    expect_text: str = ""
    """A regular expression; empty: nothing has to be said."""
    stays_open_ms: Ms = 300

    @property
    @override
    def target(self) -> str:
        return " → ".join(hop.shown for hop in self.hops)


@dataclass(frozen=True, slots=True)
class CommandExpect:
    """When the end and the output of a command are good. What is not said is not asked."""

    exit: tuple[int, ...] = (0,)
    stdout: tuple[str, ...] = ()
    stdout_not: tuple[str, ...] = ()
    json: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class CommandCheck(ByCommand):
    kind = "command"
    expect: CommandExpect = field(default_factory=CommandExpect)


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a service logs when it is connected, and when it is turned away after that."""

    after: str
    pattern: str


@dataclass(frozen=True, slots=True)
class LogCheck(Check):
    kind = "log"
    file: str = ""
    """Relative to the project."""
    since_ms: Ms | None = None
    since_file: str = ""
    """Since this file was written; with neither, all that is read counts."""
    contains: tuple[str, ...] = ()
    not_contains: tuple[str, ...] = ()
    max_new_errors: int | None = None
    rejected: Rejected | None = None
    workload: str = ""
    """Instead of a file: what its engine keeps of it."""
    since_start: bool = False
    """Since the workload was started."""

    @property
    @override
    def target(self) -> str:
        return self.file or f"log of {self.workload}"


@dataclass(frozen=True, slots=True)
class HeartbeatCheck(Check):
    """Exactly one of file and url."""

    kind = "heartbeat"
    file: str = ""
    """Relative to the project."""
    url: str = ""
    json: str = ""
    """JSONPath of a time in the answer of `url`."""
    max_age_ms: Ms = 60_000

    @property
    @override
    def target(self) -> str:
        return self.file or f"{clean_url(self.url)} {self.json}"


@dataclass(frozen=True, slots=True)
class PrometheusCheck(Check):
    kind = "prometheus"
    url: str = ""
    """Of the server, as a person opens it."""
    query: str = ""
    expect: Operators = field(default_factory=dict)

    @property
    @override
    def target(self) -> str:
        return f"{clean_url(self.url)} {self.query}"


@dataclass(frozen=True, slots=True)
class WorkloadCheck(Check):
    kind = "workload"
    workload: str = ""
    """As its engine calls it."""
    healthy: bool = False
    """Its own health check must have passed; one that says "unhealthy" always counts."""
    up_for_ms: Ms | None = None
    max_restarts: int | None = None

    @property
    @override
    def target(self) -> str:
        return f"workload {self.workload}"


def host_port(address: str) -> tuple[str, int]:
    """Raises ValueError when it is not host:port."""
    parts = urlsplit(f"//{address}")
    if not parts.hostname or parts.port is None or parts.path or parts.query or "@" in address:
        raise ValueError(address)
    return parts.hostname, parts.port
