"""The words and marks of the board, the same on every screen, in `events` and in the draft."""

from collections.abc import Callable, Sequence
from typing import Literal

from incidentui.core.board import (
    CauseWord,
    Hypothesis,
    HypothesisWord,
    came_back,
    cause_word,
    causes,
    lost_ms,
    total_ms,
)
from incidentui.core.format import count, duration, ordinal
from incidentui.core.model import Ms

Tone = Literal["text", "muted", "fail", "slow", "unknown", "ok"]
HYPOTHESIS_MARK: dict[HypothesisWord, str] = {
    "to test": "○",
    "confirmed": "✓",
    "refuted": "✗",
    "correct, not the cause": "≈",
}
CAUSE_MARK: dict[CauseWord, str] = {"suspected": "○", "confirmed": "✗", "fixed": "✓", "ruled out": "–"}
OFTEN = 2
"""From this often on the same thing again asks for a gate."""


def total(board: Sequence[Hypothesis], until: Ms) -> str:
    """ "3 causes, 1 open: 1h 05m lost (55m by the clock)"; empty without one."""
    found = causes(board)
    if not found:
        return ""
    lost, clock = total_ms(found, until)
    still = sum(cause_word(h) != "fixed" for h in found)
    if any(h.said for h in found):
        cost = f"{duration(lost)} lost, says the document" if lost else "nobody says what they cost"
        return f"{count(len(found), 'cause')}, {still or 'none'} open: {cost}"
    overlap = f" ({duration(clock)} by the clock)" if duration(clock) != duration(lost) else ""
    return f"{count(len(found), 'cause')}, {still or 'none'} open: {duration(lost)} lost{overlap}"


def lost(h: Hypothesis, until: Ms) -> str:
    """The time it cost: measured, or said; nothing is made up where nobody said it."""
    return "unknown" if h.said and h.said_ms is None else duration(lost_ms(h, until))


def origin(h: Hypothesis) -> str:
    """As it is told: "introduced", "pre-existing", "origin unknown"."""
    return h.origin if h.origin != "unknown" else "origin unknown"


def fix(h: Hypothesis, clock: Callable[[Ms], str]) -> str:
    """How it was fixed; "was fixed: a restart; came back 09:12" where that did not last. `clock`: a time in words."""
    again = came_back(h)
    return h.fix if again is None else f"was fixed: {h.fix}; came back {clock(again)}"


def gate(h: Hypothesis) -> str:
    """What somebody should hear when the same thing came back often; empty when it did not."""
    return f"{ordinal(h.again + 1)} time: put a gate before it" if h.again >= OFTEN else ""
