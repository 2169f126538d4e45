"""What samples count: flapping is read off the looks, below every threshold."""

import pytest

from incidentui.core.model import CheckState
from incidentui.core.recent import NOTHING, CheckRecent, Sample, add, flaps

STATES: dict[str, CheckState] = {".": "ok", "s": "slow", "x": "failing", "?": "unknown"}


def seen(looks: str, every_ms: int = 10_000, pause_ms: int = 0) -> CheckRecent:
    """One look for each sign; `|` is a pause."""
    recent, at = NOTHING, 1_000_000
    for sign in looks:
        at += pause_ms if sign == "|" else every_ms
        if sign != "|":
            recent = add(recent, Sample("page", at, STATES[sign]))
    return recent["page"]


@pytest.mark.parametrize(
    ("looks", "changes"),
    [
        (".x.x.", 4),
        (".x.x.x.x.x.x.x", 10),
        ("..xx..xx..xx", 5),
        (".....x.....", 0),
        ("xxx...xxx..", 0),
        ("s.s.s.s.s.s", 0),
        (".?x?.?x?.", 4),
        ("x?x?x?x?x", 0),
        ("x.x.x...........", 0),
        (".x.x...........", 0),
        (".", 0),
        ("?", 0),
    ],
)
def test_a_check_that_goes_to_and_fro_is_flapping(looks: str, changes: int) -> None:
    assert flaps(seen(looks), 10_000) == changes


def test_looks_from_before_a_pause_are_another_story() -> None:
    assert flaps(seen(".x.x.|", pause_ms=0), 10_000) == 4
    assert flaps(seen(".x.|x.x", pause_ms=3_600_000), 10_000) == 0


def test_nothing_was_seen_yet() -> None:
    assert flaps(CheckRecent(), 10_000) == 0
