"""What an action would do, as data, before anything moves."""

from typing import Literal

from incidentui.core.value import Ms, dataclass


@dataclass(frozen=True, slots=True)
class PlanStep:
    verb: str
    """"save", "write", "push", "look", "restart", ..."""
    text: str
    argv: tuple[tuple[str, ...], ...] = ()
    """The exact commands or API calls ("docker", "restart", id)."""


@dataclass(frozen=True, slots=True)
class Precondition:
    name: str
    """Machine name, e.g. "head", "remote", "container": re-checked by the executor when it runs."""
    text: str
    want: str = ""
    """The value that must still be there."""
    ok: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanCommit:
    sha: str
    author: str
    subject: str
    role: Literal["suspect", "yours", "innocent", "target", "taken back"] = "innocent"
    """"taken back": an earlier action did it already, and nothing brought it back since."""


@dataclass(frozen=True, slots=True)
class RehearsedCommand:
    """One of the project's own commands, run on the rehearsed tree."""

    argv: tuple[str, ...]
    state: Literal["ok", "failed", "stopped", "not run"]
    why: str = ""
    """"exit 2", "stopped after 5m"."""
    took_ms: Ms | None = None
    output: str = ""
    """The last of what it said, bounded."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was tried in a scratch worktree before anything moves."""

    tree: str
    text: str
    """What the tree was compared with: "tree equal to 59a77c4", "no conflict"."""
    commands: tuple[RehearsedCommand, ...] = ()
    took_ms: Ms | None = None
    skipped: str = ""
    """Why the commands were not run: a responder's own words."""
    missing: str = ""
    """Why there was nothing to run, or nothing that was allowed."""

    @property
    def red(self) -> RehearsedCommand | None:
        """The command that did not go through; while it is there, nothing is run."""
        return next((c for c in self.commands if c.state in ("failed", "stopped")), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an action would do, as data. Never holds a secret: the journal is evidence and gets shared."""

    action: str
    """"git.reset", "git.revert", "workload.restart", "verify"."""
    args: tuple[tuple[str, str], ...]
    title: str
    """"Reset main to known-good 59a77c4, then push"."""
    target: str
    """The word to type: the branch, the workload, the project."""
    target_kind: str = "branch"
    changes: bool = True
    """False: it only looks, and runs without a word."""
    steps: tuple[PlanStep, ...] = ()
    checked: tuple[Precondition, ...] = ()
    takes_back: tuple[PlanCommit, ...] = ()
    not_covered: tuple[tuple[str, str], ...] = ()
    """(what, why): databases, volumes, settings."""
    undo: str = ""
    undo_argv: tuple[str, ...] = ()
    expects_tree: str | None = None
    """The tree the branch must have afterwards (git actions)."""
    push: bool = False
    within_ms: Ms = 60_000
    consecutive: int = 1
    checks: tuple[str, ...] = ()
    """Checks that `verify` waits for; empty: every user-path check."""
    takes_s: float | None = None
    host: str = ""
    """Engine or remote this touches, shown in the confirmation."""
    rewrites: bool = False
    """The branch itself moves: what it takes back vanishes from the branch instead of staying in its history."""
    local: bool = False
    """Only files or refs of this clone: what runs, and what users get, is not judged by it."""
    rehearsal: Rehearsal | None = None
    warnings: tuple[str, ...] = ()
    """What will surprise somebody later: a merge that brings nothing back."""
    blast: tuple[tuple[str, str], ...] = ()
    """(what, what happens to it): dependants, mounts, ports and networks of a workload."""
    loses: tuple[str, ...] = ()
    """What nothing brings back; not run without a reason."""
