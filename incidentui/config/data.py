"""`type = "data"` as frozen values: a number, and how far it may be from what it was."""

from typing_extensions import override

from incidentui.config.agreement import InEnvironment, OfCommand, Origin
from incidentui.config.checks import Check
from incidentui.core.model import Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class DataCheck(Check):
    kind = "data"
    number: Origin = InEnvironment("")
    min: float | None = None
    drop: float | None = None
    """The share of its baseline by which it may fall: 0.7 is a fall by 70 %."""
    rise: float | None = None
    baseline_ms: Ms = 86_400_000
    """Of the looks that this is long before the last good one, the middle number is the baseline."""

    @property
    @override
    def target(self) -> str:
        return f"number in {self.number.place()}"

    @override
    def commands(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return (("number", self.number.command),) if isinstance(self.number, OfCommand) else ()
