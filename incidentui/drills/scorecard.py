"""The scorecard at the end of a drill: your times beside those of the people to whom it really happened."""

from collections.abc import Sequence

from incidentui.core.model import Ms
from incidentui.core.score import Score

Row = tuple[str, str, str, str]

# The real incident: deployed 09:01, still recovering when its record ends at 09:20.
ORIGINAL: tuple[tuple[str, Ms | None, str], ...] = (
    ("detect", 240_000, "09:05  a user reported it"),
    ("acknowledge", 360_000, "09:07  503 confirmed by hand"),
    ("first action", 660_000, "09:12  a revert, which deployed nothing"),
    ("recover", None, "09:17 reset, 09:20 still recovering"),
)
ORIGINAL_TURNS = (1, "the revert")


def lines(score: Score, drill: str) -> list[str]:
    """The card as plain text, for people."""
    end = "resolved" if score.resolved else "not resolved"
    yours = (score.detected, score.acknowledged, score.first_action, score.recovered)
    rows: list[Row] = [("", "you", "they", "what happened to them, who deployed at 09:01")]
    for (name, theirs, what), mine in zip(ORIGINAL, yours, strict=True):
        rows.append((name, clock(mine), clock(theirs), what))
    turns, why = ORIGINAL_TURNS
    rows.append(("wrong turns", str(score.wrong_turns), str(turns), why))
    return [f"{drill}: {end}, {score.points} of 100 points", "", *_table(rows), "", *_proof(score)]


def _table(rows: Sequence[Row]) -> list[str]:
    return [f"  {name:<13} {mine:>7} {theirs:>7}   {what}".rstrip() for name, mine, theirs, what in rows]


def _proof(score: Score) -> list[str]:
    known = {True: "equal to known-good", False: "not equal to known-good", None: "never looked at"}
    return [f"  The tree on the remote is {known[score.tree_equal]}. Times count from the deploy."]


def clock(ms: Ms | None) -> str:
    """Minutes and seconds, as on a stop watch."""
    return "never" if ms is None else f"{ms // 60_000}:{ms // 1000 % 60:02d}"
