"""What a document about a past incident says. Claims of the document, each with its line (counted from 1)."""

from typing import Literal

from incidentui.core.board import Conclusion, Origin
from incidentui.core.imported import Factor, Precision, SaidItem
from incidentui.core.model import Ms
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a timeline, in the order of the document."""

    text: str
    line: int
    precision: Precision
    said: str = ""
    """The time as it was written; empty where there is none."""
    at: Ms | None = None
    """None: no time of day is known. Of a date alone it is the begin of that day in UTC, and never shown as a time."""
    end: Ms | None = None
    trigger: bool = False
    commits: tuple[str, ...] = ()
    recovery: bool = False
    """It was an attempt to get back to what worked."""


@dataclass(frozen=True, slots=True)
class Cause:
    n: int
    """In the order of the document, counted from 1, whatever number stands there."""
    title: str
    line: int
    numbered: int | None = None
    """The number that the document gives it."""
    details: tuple[tuple[str, str], ...] = ()
    """(label, text): problem, file, impact, root cause, fix, ..."""
    lost_ms: Ms | None = None
    more: bool = False
    """The document says "and more" of that time."""
    origin: Origin = "unknown"
    fixed: bool = False
    again: bool = False
    """It is said to have happened several times."""

    def detail(self, *names: str) -> str:
        return next((text for label, text in self.details if label in names), "")


@dataclass(frozen=True, slots=True)
class Theory:
    """What was thought, done, and why it was wrong."""

    thought: str
    line: int
    did: str = ""
    why: str = ""
    refuted: bool = False


@dataclass(frozen=True, slots=True)
class SaidCommit:
    sha: str
    message: str
    line: int
    revert: bool = False
    """It takes something back: an attempt to recover, no suspect."""


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two things the document says that cannot both be so. Both are kept."""

    text: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that should have been understood and was not."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Odd:
    """A section that fits none of our fields: kept verbatim, by its lines."""

    title: str
    first: int
    last: int


Level = Literal["SEV1", "SEV2", "SEV3", "SEV4"]


@dataclass(frozen=True, slots=True)
class Said:
    title: str
    date: str = ""
    """ISO; empty when the document names none."""
    undated: str = ""
    """Why the date that it names was not believed: "its date 2099-03-04 has not come yet"."""
    severity: Level | None = None
    severity_said: str = ""
    duration_ms: Ms | None = None
    duration_said: str = ""
    cost: tuple[Sentence, ...] = ()
    status: str = ""
    header: tuple[tuple[str, str], ...] = ()
    """Whatever else stood at the top: (label, text)."""
    entries: tuple[Entry, ...] = ()
    causes: tuple[Cause, ...] = ()
    theories: tuple[Theory, ...] = ()
    conclusions: tuple[tuple[Conclusion, Sentence], ...] = ()
    """(which of the three, what it is)."""
    factors: tuple[Factor, ...] = ()
    items: tuple[SaidItem, ...] = ()
    commits: tuple[SaidCommit, ...] = ()
    good: str = ""
    """A commit that the document calls the last one that worked."""
    lessons: tuple[Sentence, ...] = ()
    load: Sentence | None = None
    nth: int | None = None
    """The document says that it is the n-th of its kind."""
    contradictions: tuple[Contradiction, ...] = ()
    unread: tuple[Unread, ...] = ()
    odd: tuple[Odd, ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    """(what, how many more of it the document has than are kept here)."""
    zone: str = ""
    """The zone that times were read in."""
    zone_said: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing of an incident was found in it."""
        return not (self.entries or self.causes or self.theories or self.conclusions or self.items or self.duration_ms)

    @property
    def lost_ms(self) -> Ms | None:
        """The sum of what each cause cost, as the document says it."""
        known = [c.lost_ms for c in self.causes if c.lost_ms is not None]
        return sum(known) if known else None
