"""`type = "backup"` and `type = "image"` as frozen values: what must be there before something is lost."""

from typing_extensions import override

from incidentui.config.checks import Check
from incidentui.core.model import Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class BackupCheck(Check):
    """Exactly one of workload and volume."""

    kind = "backup"
    workload: str = ""
    """All of its volumes."""
    volume: str = ""
    """As its engine calls it."""
    max_age_ms: Ms = 86_400_000

    @property
    @override
    def target(self) -> str:
        return f"backups of volume {self.volume}" if self.volume else f"backups of the volumes of {self.workload}"


@dataclass(frozen=True, slots=True)
class ImageCheck(Check):
    """Whether an image brings files itself, so that what is made from it starts without a mount or a filled volume."""

    kind = "image"
    workload: str = ""
    has: tuple[str, ...] = ()
    """Absolute paths."""

    @property
    @override
    def target(self) -> str:
        return f"image of {self.workload}"
