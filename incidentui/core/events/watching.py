"""Who watches, from where, and which sources answer."""

from incidentui.core.model import Ms, ProjectSpec
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class WatchStarted:
    project: ProjectSpec
    by: str
    read_only: bool = False
    host: str = ""


@dataclass(frozen=True, slots=True)
class WatchStopped:
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class SourceLost:
    source: str
    why: str
    retry_ms: Ms | None = None


@dataclass(frozen=True, slots=True)
class SourceRegained:
    source: str


WatchEvent = WatchStarted | WatchStopped | SourceLost | SourceRegained
NAMED: dict[str, type[WatchEvent]] = {
    "watch.started": WatchStarted,
    "watch.stopped": WatchStopped,
    "source.lost": SourceLost,
    "source.regained": SourceRegained,
}
