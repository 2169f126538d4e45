"""What a session needs of the journal."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from incidentui.core.events import Fact, Recorded
from incidentui.core.inputs import Evidence
from incidentui.core.model import Ms
from incidentui.core.recent import Sample
from incidentui.core.state import State
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Appended:
    records: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """Nothing was written: others appended since `expected`. Fold these and decide again."""

    records: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True)
class Aside:
    """The journal could not be written; the facts are in the side file, synced, without sequence."""

    why: str
    path: str
    facts: tuple[Fact, ...] | None = None
    """As they were written, without the secrets that stood in them; None: as they were given."""


class NotSaved(Exception):  # noqa: N818 - a state of the disk that may pass, not a fault
    """Neither the journal nor its side file took the facts. The text says what happened and what to do."""


class Unreadable(Exception):  # noqa: N818 - a state of the file that may pass, not a fault
    """The journal cannot be read now: something happened to its file. The session finds out and says so by itself."""


@dataclass(frozen=True, slots=True)
class Row:
    """A key into the timeline: by the time it happened, then by sequence."""

    at: Ms
    seq: int


class Journal(Protocol):
    path: str

    def append(
        self,
        facts: Sequence[Fact],
        *,
        expected: int | None = None,
        evidence: Sequence[Evidence] = (),
        samples: Sequence[Sample] = (),
    ) -> Appended | Moved | Aside:
        """One transaction, durable when it returns. `expected`: the last sequence the facts were decided on.

        NotSaved when nothing was written anywhere: the same may be asked again.
        """
        ...

    def last(self) -> int:
        """Last sequence, 0 when empty."""
        ...

    def moved(self) -> bool:
        """Whether another connection wrote since the last call (PRAGMA data_version)."""
        ...

    def read(self, after: int = 0, until: int | None = None) -> Iterable[Recorded]:
        """Events with after < seq <= until, in order of sequence."""
        ...

    def samples(self, since: Ms, until: Ms | None = None) -> Iterable[Sample]:
        """Samples with since < at <= until, by time."""
        ...

    def evidence(self, sha256: str) -> Evidence | None:
        """None when it is not kept. Unreadable."""
        ...

    def rows(
        self,
        *,
        before: Row | None = None,
        after: Row | None = None,
        limit: int = 100,
        key_only: bool = True,
        since: Ms | None = None,
        until_seq: int | None = None,
        containing: str = "",
        documents: bool = True,
    ) -> list[Recorded]:
        """A window of the timeline in its order (quiet events never), nearest to the key first cut. Unreadable.

        `before` alone: the last `limit` rows before it; `after` alone: the first after it; neither: the last rows.
        Without `documents`: nothing that stands here only because a document of the past says it.
        """
        ...

    def snapshot(self, at_most: int) -> State | None:
        """The newest saved state with seq <= at_most; a cache, never the truth."""
        ...

    def save_snapshot(self, state: State) -> None: ...

    def close(self) -> None: ...
