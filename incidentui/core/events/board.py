"""What people think is the cause, and what it comes down to."""

from typing import Literal

from incidentui.core.board import Conclusion, HypothesisWord, Origin, RemarkKind
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class HypothesisAdded:
    n: int
    """Its number in the incident."""
    thought: str
    by: str
    did: str = ""
    saw: str = ""
    commits: tuple[str, ...] = ()
    origin: Origin = "unknown"


@dataclass(frozen=True, slots=True)
class HypothesisChanged:
    """All of it as it is from now on, but for the thought: that stays in one place, where it can be erased."""

    n: int
    was: HypothesisWord
    now: HypothesisWord
    by: str
    why: str = ""
    did: str = ""
    saw: str = ""
    commits: tuple[str, ...] = ()
    judged: bool = False
    """The verdict or its reason is another one; otherwise only what was done or seen."""


@dataclass(frozen=True, slots=True)
class RemarkMade:
    """Something was ruled out, or a signal was seen to have misled; said again, its reason is another one."""

    kind: RemarkKind
    what: str
    why: str
    by: str


@dataclass(frozen=True, slots=True)
class ConclusionDrawn:
    """What it comes down to; said again, it takes the place of what was said before."""

    what: Conclusion
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class CauseChanged:
    """What became of hypothesis `n` as a cause."""

    n: int
    what: Literal["fixed", "again", "origin"]
    by: str
    said: str = ""
    """How it was fixed; what was seen when it was there again."""
    again: int = 0
    """How often it was by now, this time counted."""
    origin: Origin = "unknown"


BoardEvent = HypothesisAdded | HypothesisChanged | RemarkMade | ConclusionDrawn | CauseChanged
NAMED: dict[str, type[BoardEvent]] = {
    "hypothesis.added": HypothesisAdded,
    "hypothesis.changed": HypothesisChanged,
    "remark.made": RemarkMade,
    "cause.changed": CauseChanged,
    "conclusion.drawn": ConclusionDrawn,
}
