"""What runs, what git says of it, and what is judged from both."""

from incidentui.core.model import Commit, KnownGood, Ledger, Ms, OddBuild, Repository, Suspect
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class RevisionSeen:
    """The running revision of a service became known, unknown, or another one."""

    service: str
    was: str | None
    now: str | None
    why: str = ""
    odd: OddBuild = ""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The running revision changed from one commit to another, seen in `services`."""

    services: tuple[str, ...]
    was: str | None
    now: str
    commit: Commit | None = None


@dataclass(frozen=True, slots=True)
class RepositorySeen:
    """Git looks different from the last time: whole picture, bounded."""

    repository: Repository


@dataclass(frozen=True, slots=True)
class LedgerRead:
    """What of each commit since known-good stands in the tree."""

    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Pushed:
    """The remote's branch moved."""

    remote: str
    branch: str
    was: str | None
    now: str
    author: str = ""
    expects: tuple[str, ...] = ()
    """Services that a deploy of it is expected in."""


@dataclass(frozen=True, slots=True)
class DeployMissed:
    """A push was not followed by the deploy that was expected of it."""

    sha: str
    remote: str
    branch: str
    pushed: Ms
    within_ms: Ms
    runs: tuple[tuple[str, str | None], ...]
    """(service, what it runs) of those that did not follow."""
    expected: int = 0
    """How many were expected to."""


@dataclass(frozen=True, slots=True)
class DeployFollowed:
    """Every service that was expected to runs what was pushed, or the same tree."""

    sha: str
    services: tuple[str, ...]
    took_ms: Ms
    late: bool = False
    """It had been said that nothing was deployed."""


@dataclass(frozen=True, slots=True)
class SuspectNamed:
    suspect: Suspect


@dataclass(frozen=True, slots=True)
class KnownGoodSet:
    good: KnownGood


CodeEvent = (
    RevisionSeen
    | Deployed
    | RepositorySeen
    | LedgerRead
    | Pushed
    | DeployMissed
    | DeployFollowed
    | SuspectNamed
    | KnownGoodSet
)
NAMED: dict[str, type[CodeEvent]] = {
    "revision.seen": RevisionSeen,
    "deploy.seen": Deployed,
    "repository.seen": RepositorySeen,
    "ledger.read": LedgerRead,
    "push.seen": Pushed,
    "deploy.missed": DeployMissed,
    "deploy.followed": DeployFollowed,
    "suspect.named": SuspectNamed,
    "good.set": KnownGoodSet,
}
