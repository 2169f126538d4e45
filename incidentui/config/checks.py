"""What a configured check and a configured reader of a revision are, as frozen values. Nothing here reads a file.

A value that may be secret is a `Secret`, which says where it comes from and never holds it.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import field, fields
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from typing_extensions import override

from incidentui.core.model import Layer, Ms
from incidentui.core.value import dataclass

_SECRET_KEY = re.compile(r"tok|key|secret|passw|pwd|auth|sig|session|cred", re.IGNORECASE)
_LONG = 24
"""A query value of this length is more likely a token than a word."""


INNER = frozenset({"agreement", "workload", "data", "agent", "tunnel", "backup", "image"})
"""Kinds that do not go the user's way unless the file says so."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a value is taken from when it is needed: an environment variable, or a command that prints it."""

    env: str | None = None
    command: tuple[str, ...] | None = None


Operators = Mapping[str, object]
"""One or more of `lt gt eq ne matches` with a value, `absent` or `present` with true."""
OPERATORS = frozenset({"lt", "gt", "eq", "ne", "matches", "absent", "present"})

BODY_CAP = 256 * 1024
"""Bytes read of an answer, and bytes unpacked of one that is packed."""


@dataclass(frozen=True, slots=True)
class Expect:
    """When an answer is good. What is not said is not asked."""

    status: tuple[int, ...] = (200,)
    content_type: str | None = None
    json: tuple[tuple[str, object], ...] = ()
    """(JSONPath, value or Operators)."""
    not_login: bool = True
    body: tuple[str, ...] = ()
    """Regular expressions that must be found."""
    body_not: tuple[str, ...] = ()
    latency_warn_ms: Ms | None = None
    latency_fail_ms: Ms | None = None
    final_url: str | None = None
    """Like `location`: a glob on the whole address, or on path and query when it begins with `/`."""
    location: str | None = None
    location_not: str | None = None
    headers: tuple[tuple[str, object], ...] = ()
    """(name, value or Operators)."""
    first_byte: str | None = None
    """The characters that the body may begin with."""
    size_min: int | None = None
    size_max: int | None = None
    cert_days: int | None = None
    ready: str | None = None
    """A regular expression: the mark of a page that has what it needs."""

    @property
    def wants_body(self) -> tuple[str, ...]:
        """The keys that an empty answer cannot meet."""
        given = {
            "json": self.json,
            "body": self.body,
            "ready": self.ready,
            "first_byte": self.first_byte,
            "size": self.size_min,
        }
        return tuple(key for key, value in given.items() if value)


@dataclass(frozen=True, slots=True)
class Check:
    """What every kind of check has."""

    name: str
    service: str
    layer: Layer = "user"
    every_ms: Ms = 10_000
    timeout_ms: Ms = 5_000
    """Of one look as a whole."""
    fail_after: int = 3
    recover_after: int = 2
    crosses: tuple[str, ...] = ()
    """The layers that a look goes through, as the project calls them."""
    function: str = ""
    """What users do that it stands for: "make a booking"."""

    @property
    def kind(self) -> str:
        """The `type` of the file."""
        raise NotImplementedError

    @property
    def target(self) -> str:
        """What is asked, fit to be shown and stored: without user, password and secret query values."""
        raise NotImplementedError

    @property
    def slow_ms(self) -> Ms | None:
        return None

    def commands(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(key, argv) of what it would run: not before `trust` allows it."""
        return ()


@dataclass(frozen=True, slots=True)
class ByCommand(Check):
    """What a command of the project says."""

    command: tuple[str, ...] = ()

    @property
    @override
    def target(self) -> str:
        return shlex.join(self.command)

    @override
    def commands(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return (("command", self.command),)


@dataclass(frozen=True, slots=True)
class HttpCheck(Check):
    kind = "http"
    url: str = ""
    method: str = "GET"
    headers: tuple[tuple[str, Secret | str], ...] = ()
    follow_redirects: bool = False
    expect: Expect = field(default_factory=Expect)
    cache_bust: bool = False

    @property
    @override
    def target(self) -> str:
        return f"{self.method} {clean_url(self.url)}"

    @property
    @override
    def slow_ms(self) -> Ms | None:
        return self.expect.latency_warn_ms

    @override
    def commands(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple(
            (f"headers.{name}", value.command)
            for name, value in self.headers
            if isinstance(value, Secret) and value.command
        )


@dataclass(frozen=True, slots=True)
class HeldCheck(Check):
    """In place of a check that would run a command which nobody allowed: all that shows it, nothing that runs it."""

    of_kind: str = ""
    asks: str = ""
    why: str = ""

    @property
    @override
    def kind(self) -> str:
        return self.of_kind

    @property
    @override
    def target(self) -> str:
        return self.asks


def held(check: Check, why: str) -> HeldCheck:
    common = {f.name: getattr(check, f.name) for f in fields(Check)}
    return HeldCheck(**common, of_kind=check.kind, asks=check.target, why=why)


CheckConfig = Check
"""A check of any kind."""


@dataclass(frozen=True, slots=True)
class RevisionSpec:
    """Where a service says which commit it runs. Exactly one of file, url, label, command."""

    service: str
    file: str | None = None
    """Relative to the project."""
    url: str | None = None
    json: str | None = None
    """JSONPath into the answer of `url`; without it the whole answer is the revision."""
    label: str | None = None
    """A label of the image of one of its workloads."""
    command: tuple[str, ...] | None = None


def clean_url(url: str) -> str:
    """A URL for showing: no user and password, no fragment, and `…` for each query value that may be a secret."""
    parts = urlsplit(url)
    query = "&".join(f"{key}={_shown(key, value)}" for key, value in parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def _shown(key: str, value: str) -> str:
    return "…" if _SECRET_KEY.search(key) or len(value) >= _LONG else value
