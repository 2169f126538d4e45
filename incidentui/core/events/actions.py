"""From a plan that somebody looked at to the verdict."""

from incidentui.core.model import (
    CheckState,
    ErrorText,
    KnownError,
    Ledger,
    Light,
    Outcome,
    Owner,
    Plan,
    Progress,
    Verdict,
)
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCompared:
    """After an action: which errors from before it are there again, and which are new."""

    run: str
    again: tuple[ErrorText, ...] = ()
    other: tuple[ErrorText, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionPlanned:
    """Somebody looked at a plan. Nothing happened."""

    plan: Plan
    by: str


@dataclass(frozen=True, slots=True)
class ActionRequested:
    """Intent, on disk before the effect starts."""

    run: str
    number: int
    plan: Plan
    owner: Owner
    by: str
    before: tuple[tuple[str, CheckState], ...] = ()
    step: int | None = None
    errors: tuple[str, ...] = ()
    """Signatures of what is red."""
    undoes: bool = False


@dataclass(frozen=True, slots=True)
class ActionProgressed:
    run: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class ActionEnded:
    """The effect is over (or was never begun); the looking goes on. `unknown`: its owner died."""

    run: str
    outcome: Outcome
    why: str
    revision: str | None = None
    was: str | None = None
    """Tip before (git actions)."""
    evidence: str | None = None
    in_force: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()
    ledger: Ledger | None = None
    known: tuple[KnownError, ...] = ()
    """What is known of the error it ended in."""


@dataclass(frozen=True, slots=True)
class LightSeen:
    run: str
    light: Light


@dataclass(frozen=True, slots=True)
class VerdictGiven:
    run: str
    outcome: Outcome
    verdict: Verdict


ActionEvent = (
    ErrorCompared | ActionPlanned | ActionRequested | ActionProgressed | ActionEnded | LightSeen | VerdictGiven
)
NAMED: dict[str, type[ActionEvent]] = {
    "error.compared": ErrorCompared,
    "action.planned": ActionPlanned,
    "action.requested": ActionRequested,
    "action.progressed": ActionProgressed,
    "action.ended": ActionEnded,
    "action.light-seen": LightSeen,
    "action.verdict-given": VerdictGiven,
}
