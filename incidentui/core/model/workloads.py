"""Containers and supervised programs, and the sources that tell of them."""

from typing import Literal

from incidentui.core.value import Ms, dataclass

WorkloadState = Literal["running", "starting", "restarting", "crashing", "exited", "stopped", "paused", "unknown"]


@dataclass(frozen=True, slots=True)
class Workload:
    """A container or a supervised program."""

    name: str
    engine: str
    """"docker" or "supervisor"."""
    state: WorkloadState = "unknown"
    since: Ms | None = None
    """When it entered this state (start time for running), None when the engine cannot tell."""
    exit_code: int | None = None
    """None when the engine cannot tell (Supervisor says 0 while it backs off: that is not an exit code)."""
    restarts: int | None = None
    """Restarts the engine counted; None when it has no count. `seen_restarts` is what this program saw."""
    seen_restarts: int = 0
    health: Literal["healthy", "unhealthy", "starting", "none"] = "none"
    image: str = ""
    revision: str | None = None
    note: str = ""
    """The engine's own words: "Exited too quickly", "OOM killed"."""
    ident: str = ""
    """Container id or pid: what an action must still find."""
    dirty: str = ""
    """The label of its image that says it was built from uncommitted code, with its value."""
    policy: str = ""
    """What its engine does when it ends, in Docker's words ("no", "always", "on-failure:3"); empty: not told."""
    origin: str = ""
    """What it was made from: the compose project and the folder of its file."""


def is_bad(workload: Workload) -> bool:
    """Crashing, or gone with an error: not what anybody asked for."""
    return (
        workload.state in ("crashing", "restarting")
        or (workload.state == "exited" and workload.exit_code != 0)
        or workload.health == "unhealthy"
    )


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    """"git", "remote:origin", "docker", "supervisor", "check:api"."""
    lost_since: Ms | None = None
    why: str = ""
    retry_ms: Ms | None = None
