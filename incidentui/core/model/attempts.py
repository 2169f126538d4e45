"""An action that was asked for, from request to verdict."""

from dataclasses import field
from typing import Literal

from incidentui.core.model.errors import KnownError
from incidentui.core.model.health import CheckState
from incidentui.core.model.plans import Plan
from incidentui.core.model.runbooks import StepState
from incidentui.core.model.since_good import Ledger
from incidentui.core.value import Ms, dataclass

Outcome = Literal["done", "failed", "refused", "unknown"]
LightName = Literal["tree", "worktree", "remote", "running", "user_path"]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who runs an action: enough to tell, later and elsewhere, whether that process still lives."""

    host: str
    boot: str
    pid: int
    started: int
    """Process start in clock ticks since boot: a reused pid has another one."""


@dataclass(frozen=True, slots=True)
class Light:
    """One of the five. `ok` is None when there is nothing to look at; `looked` False when not looked yet."""

    name: LightName
    ok: bool | None
    finding: str
    how: str = ""
    """How it was looked at: "git ls-remote"."""
    at: Ms | None = None
    looked: bool = True
    evidence: str | None = None
    detail: str = ""
    """The finding at length, where there is more to say: both tree ids, the files that differ."""


@dataclass(frozen=True, slots=True)
class Delta:
    """All checks, before the action and after."""

    newly_red: tuple[str, ...] = ()
    newly_green: tuple[str, ...] = ()
    red_before: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    word: Literal["complete", "not complete", "failed", "refused", "outcome unknown"]
    why: str
    lights: tuple[Light, ...] = ()
    delta: Delta = field(default_factory=Delta)
    in_force: tuple[str, ...] = ()
    """Commits since known-good of which something is still in the tree; those of this program are not counted."""
    differs: tuple[str, ...] = ()
    """Files that still differ from the wanted tree."""
    partly: tuple[str, ...] = ()
    """Those of `in_force` of which only a part is."""
    taken_back: tuple[str, ...] = ()
    """The other commits since known-good."""
    same_error: tuple[str, ...] = ()
    """Errors from before the action that are there again; at most three."""
    other_error: tuple[str, ...] = ()
    """Errors that were not there before it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a plan, as it goes."""

    n: int
    verb: str
    state: StepState
    text: str = ""
    took_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action that was asked for, from request to verdict. `run` is its id."""

    run: str
    number: int
    """Counts actions of the incident that change something (verify has none: 0)."""
    plan: Plan
    owner: Owner
    by: str
    asked: Ms
    before: tuple[tuple[str, CheckState], ...] = ()
    progress: tuple[Progress, ...] = ()
    lights: tuple[Light, ...] = ()
    outcome: Outcome | None = None
    """None while it runs."""
    why: str = ""
    acted: Ms | None = None
    """When the effect ended and the looking began."""
    ended: Ms | None = None
    revision: str | None = None
    """The commit that was written, or the revision wanted."""
    found: str | None = None
    """The commit that an action that changes nothing found or marked: no commit of ours."""
    verdict: Verdict | None = None
    in_force: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()
    ledger: Ledger | None = None
    """Kept for the last attempts only; the lists above stay."""
    errors: tuple[str, ...] = ()
    """Signatures of what was red when it was asked for."""
    step: int | None = None
    """Step of the runbook it belongs to."""
    incident: str | None = None
    undoes: bool = False
    """It takes that step back."""
    known: tuple[KnownError, ...] = ()
    """What is known of the error it ended in."""
