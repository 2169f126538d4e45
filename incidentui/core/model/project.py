"""What is watched: the part of the configuration that judgements need, as the journal records it."""

from typing import Literal

from incidentui.core.value import Ms, dataclass

Layer = Literal["user", "inner"]


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """A configured check as the journal knows it: no secret, no header value, no body."""

    name: str
    service: str
    layer: Layer = "user"
    target: str = ""
    """What is asked, cleaned for showing: "GET http://127.0.0.1:8080/health" (userinfo and query secrets gone)."""
    every_ms: Ms = 10_000
    fail_after: int = 3
    recover_after: int = 2
    slow_ms: int | None = None
    crosses: tuple[str, ...] = ()
    kind: str = ""
    """The `type` of the file; empty in records from before it was kept."""
    workload: str = ""
    """Whose log or state it reads."""
    function: str = ""
    """What users do that it stands for, as the project says it: "make a booking"."""


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """What users need: checks, workloads, the paths whose commits can break it, and what runs."""

    name: str
    workloads: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    has_revision: bool = False
    layers: tuple[str, ...] = ()
    """What stands between users and it, from the outside in."""


@dataclass(frozen=True, slots=True)
class ProjectSpec:
    """The part of the configuration that judgements need. Recorded, so that a replay judges nothing anew."""

    name: str
    environment: str = ""
    branch: str | None = None
    remote: str | None = None
    services: tuple[ServiceSpec, ...] = ()
    checks: tuple[CheckSpec, ...] = ()
    size_limit: int = 100
    """Changed lines above which a commit is called big."""
    deploy_within_ms: Ms = 60_000
    """After a push: how long a deploy may take to be seen."""
    good_after_ms: Ms = 60_000
    """How long every look must be good before the running revision is judged known-good."""
    deploy_by_paths: bool = False
    """A push that touches no path of a service is not expected to be deployed there."""
    green_after_ms: Ms | None = None
    """How long all must be good after a deploy or an action before a checkpoint is taken; None: by hand alone."""
    green_every_ms: Ms = 3_600_000
    """At most one in this time."""
    recovery: tuple[str, ...] = ()
    """The checklist after recovery: what people look at themselves before it is over."""
