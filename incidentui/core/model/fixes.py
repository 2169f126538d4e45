"""Fixes that are followed into every place, and commits that were taken back."""

from typing import Literal

from incidentui.core.value import Ms, dataclass

FixState = Literal["there", "missing", "gone", "unknown"]
"""Of a fix in a place. "missing": it never was there; "gone": it was."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A commit that mends something, and what shows that it is there: a text in a file, or a check."""

    commit: str
    subject: str
    by: str
    at: Ms
    file: str = ""
    contains: str = ""
    pattern: bool = False
    """`contains` is an extended regular expression."""
    check: str = ""


@dataclass(frozen=True, slots=True)
class FixPlace:
    """A place that a fix was looked for: "HEAD", "remote", "runs:api", "check:api-health"."""

    place: str
    state: FixState
    since: Ms
    revision: str | None = None
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class FixStatus:
    fix: Fix
    places: tuple[FixPlace, ...] = ()
    lost: int = 0
    """How often it was gone again."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A commit that an action of ours took back while checks failed: not to be deployed again before they pass."""

    sha: str
    subject: str
    revision: str
    """The commit that took it back."""
    at: Ms
    checks: tuple[tuple[str, Ms], ...]
    """(check, since when it failed)."""
    back: str | None = None
    """The tip of the remote in which it is again, by somebody's push."""
