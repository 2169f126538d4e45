"""The commits since known-good: which is suspected, and how much of each stands in the tree."""

from typing import Literal

from incidentui.core.value import Ms, dataclass

InForce = Literal["taken back", "in force", "partly"]
"""Of a commit since known-good: how much of it stands in the tree now."""


@dataclass(frozen=True, slots=True)
class KnownGood:
    sha: str
    at: Ms
    why: str
    by: str | None = None
    """Who marked it; None when it was judged from checks."""


@dataclass(frozen=True, slots=True)
class Suspected:
    """One commit of the window, with what speaks for it being the cause, and what was looked at and does not."""

    sha: str
    reasons: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspect:
    sha: str
    service: str
    reasons: tuple[str, ...]
    window: tuple[str, ...] = ()
    """All commits since known-good that are listed here, newest first."""
    ranked: tuple[Suspected, ...] = ()
    """The likeliest first, at most ten; the first is `sha`."""
    count: int = 0
    """How many commits the window has; 0 in records from before it was counted."""
    good: str | None = None
    """Where the window begins."""
    tip: str | None = None
    """Where it ends: what was deployed."""


@dataclass(frozen=True, slots=True)
class LedgerCommit:
    sha: str
    state: InForce
    author: str = ""
    subject: str = ""
    files: int = 0
    """In how many files something of it stands."""
    of: int = 0
    """How many files it changed."""
    claims: str = ""
    """What its message says, where the tree says otherwise."""
    names: bool = False
    """Whether a line it changed has the name in the error."""


@dataclass(frozen=True, slots=True)
class FileLeft:
    """A file that is not as it was at known-good."""

    path: str
    added: int | None = None
    deleted: int | None = None
    """None for a binary file."""
    by: tuple[str, ...] = ()
    """The commits that left it so, first the one with most lines; at most three."""
    mode: str = ""
    """"new", "gone", or how its mode changed."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every commit since known-good against the tree of `tip` (see core/ledger for the rule)."""

    good: str
    tip: str
    commits: tuple[LedgerCommit, ...] = ()
    """Newest first, at most 200."""
    files: tuple[FileLeft, ...] = ()
    """What differs, at most 100; `file_count` has the whole number."""
    file_count: int = 0
    beyond: int = 0
    """Commits of the window that are older than those here and were not looked at."""
    symbol: str = ""
    """The name in the error that was looked for."""
    places: tuple[tuple[str, int], ...] = ()
    """Where it occurs in the tree: file and line, at most 20."""
    by_file: bool = False
    """The patches were too big to read: every commit that touched a differing file counts as in force."""
