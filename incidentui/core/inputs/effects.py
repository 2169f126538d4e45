"""What a decision wants done in the world: the session starts it, and the outcome comes back as an observation."""

from incidentui.core.model import Fix, KnownGood, Ms, Plan
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class StartAction:
    run: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class SettleAction:
    """Look at the world and say what became of a run whose owner is gone."""

    run: str


@dataclass(frozen=True, slots=True)
class CancelAction:
    """End the effect of a run that its executor can end."""

    run: str
    by: str


@dataclass(frozen=True, slots=True)
class LookAtFixes:
    """Look for the markers of these fixes in the trees of these places, and for what was taken back in the remote's."""

    fixes: tuple[Fix, ...]
    places: tuple[tuple[str, str], ...]
    """(place, commit)."""
    taken_back: tuple[str, ...] = ()
    tip: str | None = None


@dataclass(frozen=True, slots=True)
class LookNow:
    """Every source looks at once."""


@dataclass(frozen=True, slots=True)
class ReadLedger:
    """What of each commit since `good` stands in `tip`, and where `symbol` occurs there."""

    good: str
    tip: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class KeepGood:
    """A ref of ours in the clone: no gc takes the commit then, and a new journal finds it."""

    good: KnownGood


@dataclass(frozen=True, slots=True)
class KeepCheckpoint:
    """All is good: keep what is now."""

    why: str
    trigger: Ms


Effect = StartAction | SettleAction | CancelAction | LookAtFixes | LookNow | ReadLedger | KeepGood | KeepCheckpoint
