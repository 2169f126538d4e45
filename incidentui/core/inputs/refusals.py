"""What a responder hears instead of what was asked for."""

from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """What could be asked for instead: opens its own plan."""

    title: str
    note: str
    action: str
    args: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal is a value, not an exception: what, why, and what to do instead."""

    why: str
    hint: str = ""
    usage: bool = False
    """The request itself is wrong (a name nobody has, a value nobody reads), so no guard was asked."""
    choices: tuple[Offer, ...] = ()
    unset: str = ""
    """The variable of a runbook that needs a value first."""
