"""How checks and services are, and since when."""

from typing import Literal

from incidentui.core.model.project import Layer
from incidentui.core.value import Ms, dataclass

CheckState = Literal["ok", "slow", "failing", "unknown"]
BADNESS: dict[CheckState, int] = {"ok": 0, "slow": 1, "unknown": 2, "failing": 3}
"""Which of several decides: what nobody can see is worse than slow, and not as bad as what is known to fail."""
OddBuild = Literal["", "dirty", "nowhere"]
"""What runs is no commit of the branch: built from uncommitted code, or from a commit that nobody pushed."""


@dataclass(frozen=True, slots=True)
class Span:
    """A state that held from `since` until the next span begins."""

    since: Ms
    state: CheckState


@dataclass(frozen=True, slots=True)
class CheckStatus:
    name: str
    service: str
    layer: Layer
    state: CheckState = "unknown"
    since: Ms | None = None
    """First look of the run of looks that gave this state."""
    why: str = "not looked yet"
    """In a person's words: "503", "login page, not the answer", "212 ms"."""
    status: int | None = None
    latency_ms: int | None = None
    looks: int = 0
    """How many looks in a row agree with the state when it was judged."""
    evidence: str | None = None
    """SHA-256 of the evidence behind the last transition."""
    failed_ms: Ms | None = None
    """How long it failed the last time, once that was over."""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    name: str
    state: CheckState = "unknown"
    since: Ms | None = None
    why: str = "not looked yet"
    layer: Layer = "user"
    """The layer of the check that decides the state."""
    check: str = ""
    """The check that decides the state."""
    spans: tuple[Span, ...] = ()
    """The last 64 states, oldest first: ribbon and outage clock are read off here."""
    running: str | None = None
    """Full sha of the revision that runs, when known."""
    running_since: Ms | None = None
    running_why: str = ""
    """Why the running revision is not known."""
    ran: str | None = None
    """The last revision that was known: stays when `running` becomes unknown."""
    odd: OddBuild = ""
