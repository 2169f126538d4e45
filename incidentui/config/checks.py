"""What a configured check and a configured reader of a revision are, as frozen values. Nothing here reads a file.

A value that may be secret is a `Secret`, which says where it comes from and never holds it.
"""

from collections.abc import Mapping
from dataclasses import field

from incidentui.core.model import Layer, Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a value is taken from when it is needed: an environment variable, or a command that prints it."""

    env: str | None = None
    command: tuple[str, ...] | None = None


Operators = Mapping[str, object]
"""One or more of `lt gt eq ne matches` with a value, `absent` or `present` with true."""
OPERATORS = frozenset({"lt", "gt", "eq", "ne", "matches", "absent", "present"})


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


@dataclass(frozen=True, slots=True)
class HttpCheck:
    name: str
    service: str
    url: str
    method: str = "GET"
    headers: tuple[tuple[str, Secret | str], ...] = ()
    layer: Layer = "user"
    every_ms: Ms = 10_000
    timeout_ms: Ms = 5_000
    fail_after: int = 3
    recover_after: int = 2
    follow_redirects: bool = False
    expect: Expect = field(default_factory=Expect)


CheckConfig = HttpCheck
"""Every kind of check there is; a second kind makes it a union."""


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
