"""The board of an incident: what people think is the cause. One list for theories and causes: a cause is a theory that
was confirmed. When it was found, fixed and there again is kept, so that the time it cost is computed, never guessed.
"""

from collections.abc import Sequence
from typing import Literal

from incidentui.core.value import Ms, dataclass

HypothesisWord = Literal["to test", "confirmed", "refuted", "correct, not the cause"]
CauseWord = Literal["suspected", "confirmed", "fixed", "ruled out"]
"""What a hypothesis is as a cause: one to test is suspected, one that is refuted or innocent is ruled out."""
Origin = Literal["unknown", "introduced", "pre-existing"]
"""Whether the change that is blamed brought a cause in, or it was there before."""
RemarkKind = Literal["ruled out", "misled us"]
Conclusion = Literal["symptom", "root cause", "real problem"]
"""What users met; what brought it about; and what let that happen and would let it happen again."""
CONCLUSIONS: tuple[Conclusion, ...] = ("symptom", "root cause", "real problem")
Stretch = tuple[Ms, Ms]
STRETCHES = 50
FIXED = "fixed: "
"""How the reason begins of a cause that was confirmed by its being fixed."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a responder thought was the cause, and what came of it. Each part is a person's word."""

    n: int
    thought: str
    by: str
    at: Ms
    verdict: HypothesisWord = "to test"
    did: str = ""
    saw: str = ""
    why: str = ""
    """Why the verdict is this one."""
    judged: Ms | None = None
    judged_by: str = ""
    commits: tuple[str, ...] = ()
    """Those that what was done names."""
    origin: Origin = "unknown"
    again: int = 0
    """How often the same symptom was there again."""
    fixed: Ms | None = None
    """None: not fixed, or there again since."""
    fix: str = ""
    """How it was fixed, the last time."""
    since: Ms | None = None
    """Since when it costs time again; None: since it was thought of."""
    spent: tuple[Stretch, ...] = ()
    """Stretches of time it cost that are over, oldest first, at most 50."""
    said: bool = False
    """A document says it: nobody measured any of its time."""
    said_ms: Ms | None = None
    """The time it cost, as that document says."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What stands below the hypotheses: a thing nobody needs to look at again, or a signal that led the wrong way."""

    kind: RemarkKind
    what: str
    why: str
    by: str
    at: Ms


@dataclass(frozen=True, slots=True)
class Concluded:
    """One of the three sentences that an incident comes down to, as it was said last."""

    what: Conclusion
    text: str
    by: str
    at: Ms


def cause_word(h: Hypothesis) -> CauseWord:
    if h.verdict in ("refuted", "correct, not the cause"):
        return "ruled out"
    if h.verdict == "to test":
        return "suspected"
    return "confirmed" if h.fixed is None else "fixed"


def came_back(h: Hypothesis) -> Ms | None:
    """Since when it is there again, after it was fixed; None: it is not."""
    return h.since if h.fix and h.fixed is None and not h.said else None


def causes(board: Sequence[Hypothesis]) -> list[Hypothesis]:
    """What is the cause or still may be, in the order of discovery."""
    return sorted((h for h in board if cause_word(h) != "ruled out"), key=lambda h: (h.at, h.n))


def stretches(h: Hypothesis, until: Ms) -> tuple[Stretch, ...]:
    """The time it cost: from when it was found until fixed or ruled out, and from each time it came back."""
    if h.fixed is not None or h.said:
        return h.spent
    start = h.since if h.since is not None else h.at
    if cause_word(h) == "ruled out":
        # A record from before stretches were kept has none.
        return h.spent or ((start, max(start, h.judged if h.judged is not None else until)),)
    return (*h.spent, (start, max(start, until)))


def lost_ms(h: Hypothesis, until: Ms) -> Ms:
    return h.said_ms or 0 if h.said else sum(end - start for start, end in stretches(h, until))


def total_ms(board: Sequence[Hypothesis], until: Ms) -> tuple[Ms, Ms]:
    """(the sum of what each cost, the time by the clock: what overlaps counts once)."""
    found = sorted(each for h in board for each in stretches(h, until))
    clock, reached = 0, None
    for start, end in found:
        start = start if reached is None else max(start, reached)
        clock += max(0, end - start)
        reached = end if reached is None else max(end, reached)
    return sum(lost_ms(h, until) for h in board), clock
