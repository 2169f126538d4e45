"""Checks and services as they turn, and what they tell while they are red."""

from incidentui.core.model import CheckState, Layer, Ms, SeenError
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class CheckChanged:
    check: str
    service: str
    layer: Layer
    was: CheckState
    now: CheckState
    why: str
    was_why: str = ""
    since: Ms | None = None
    looks: int = 0
    needed: int = 0
    status: int | None = None
    latency_ms: int | None = None
    evidence: str | None = None
    was_ms: Ms | None = None
    """How long the state before lasted."""


@dataclass(frozen=True, slots=True)
class ServiceChanged:
    service: str
    was: CheckState
    now: CheckState
    why: str
    was_why: str = ""
    check: str = ""
    layer: Layer = "user"
    since: Ms | None = None
    looks: int = 0
    needed: int = 0
    evidence: str | None = None
    was_ms: Ms | None = None


@dataclass(frozen=True, slots=True)
class ErrorSeen:
    """Something that is red tells of an error it did not tell of since it is."""

    seen: SeenError


HealthEvent = CheckChanged | ServiceChanged | ErrorSeen
NAMED: dict[str, type[HealthEvent]] = {
    "check.changed": CheckChanged,
    "service.changed": ServiceChanged,
    "error.seen": ErrorSeen,
}
