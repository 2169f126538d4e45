"""Commits, what git said of a clone, and which of them came to run."""

from incidentui.core.value import Ms, dataclass


@dataclass(frozen=True, slots=True)
class FileChange:
    path: str
    added: int | None
    deleted: int | None
    """None for a binary file."""


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    parents: tuple[str, ...]
    author: str
    at: Ms
    """Committer time."""
    subject: str
    added: int = 0
    deleted: int = 0
    files: tuple[FileChange, ...] = ()
    """At most 20; `file_count` has the whole number."""
    file_count: int = 0
    tree: str = ""
    ci: str = ""
    """What CI said of it: "passed", "failed: build"; empty when nobody knows of a run."""
    sized: bool = True
    """False: a merge that nobody counted yet; its lines and files are not known, not none."""

    @property
    def all_files(self) -> bool:
        """Whether `files` names every file it changes."""
        return self.sized and len(self.files) >= self.file_count


@dataclass(frozen=True, slots=True)
class Repository:
    """What git said, from one look. Commits newest first, at most 50, of `branch` (remote tip included)."""

    branch: str | None = None
    head: str | None = None
    upstream: str | None = None
    """Sha of the remote's branch as the remote itself said it (`ls-remote`), None when not asked or not there."""
    remote: str | None = None
    remote_asked: Ms | None = None
    dirty: tuple[str, ...] = ()
    """Paths with uncommitted or untracked changes, at most 20."""
    operation: str | None = None
    """A merge, rebase, revert or bisect in progress, by its git name."""
    commits: tuple[Commit, ...] = ()
    dirty_count: int = 0
    """How many there are of `dirty`; 0 in records from before it was counted."""


@dataclass(frozen=True, slots=True)
class Deploy:
    """A service's running revision changed."""

    at: Ms
    services: tuple[str, ...]
    was: str | None
    now: str
    seq: int = 0


@dataclass(frozen=True, slots=True)
class AwaitedDeploy:
    """The newest push, until every service that was expected to follow runs it."""

    sha: str
    was: str | None
    at: Ms
    remote: str
    branch: str
    services: tuple[str, ...]
    alarm: Ms | None = None
    """When it was said that the world did not follow."""
