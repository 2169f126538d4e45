"""Fixes and commits that were taken back: where they are by now."""

from incidentui.core.model import Fix, FixState, Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class FixMarked:
    fix: Fix


@dataclass(frozen=True, slots=True)
class FixSeen:
    """Whether a fix is in a place became another answer."""

    commit: str
    subject: str
    place: str
    was: FixState
    now: FixState
    revision: str | None = None
    why: str = ""
    lost: int = 0
    """How often it was gone by now, this time counted."""


@dataclass(frozen=True, slots=True)
class FixForgotten:
    commit: str
    subject: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class CommitBack:
    """A commit that was taken back is in the remote's branch again, not by an action of ours."""

    sha: str
    subject: str
    tip: str
    taken_back: Ms
    checks: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True, slots=True)
class CommitCleared:
    """The checks that failed with a commit that was taken back pass with it: it may be deployed."""

    sha: str
    subject: str
    checks: tuple[str, ...]


FixEvent = FixMarked | FixSeen | FixForgotten | CommitBack | CommitCleared
NAMED: dict[str, type[FixEvent]] = {
    "fix.marked": FixMarked,
    "fix.seen": FixSeen,
    "fix.forgotten": FixForgotten,
    "commit.back": CommitBack,
    "commit.cleared": CommitCleared,
}
