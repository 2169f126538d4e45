"""Causes that stand one behind the other: each takes from when it is uncovered until the next one is."""

from incidentui.core import events as e
from incidentui.core.model import CheckState, Layer
from incidentui.core.score_layers import peeled


def turn(at: int, check: str, now: CheckState) -> e.Recorded:
    layer: Layer = "inner"
    event = e.CheckChanged(check, "s", layer, "ok", now, "")
    return e.Recorded(at, str(at), at, at, "s", "x", "detail", None, "p", at, "b", event)


def test_each_takes_until_the_next_is_uncovered_and_a_later_red_counts_for_nothing() -> None:
    records = [
        turn(10, "port", "failing"),
        turn(25, "port", "ok"),
        turn(30, "mount", "failing"),
        turn(40, "mount", "ok"),
        turn(41, "token", "failing"),
        turn(50, "port", "failing"),  # restarted for the token
        turn(52, "port", "ok"),
        turn(60, "token", "ok"),
        turn(61, "token", "failing"),
        turn(70, "token", "unknown"),
        turn(75, "token", "ok"),
    ]
    found = peeled(records, ("port", "mount", "recreate", "token"))
    assert [(one.check, one.seen, one.lost) for one in found] == [
        ("port", 10, 20), ("mount", 30, 11), ("token", 41, 34), ("recreate", None, None),
    ]  # fmt: skip
    (left,) = peeled(records[:1], ("port",))
    assert (left.seen, left.lost) == (10, None)
