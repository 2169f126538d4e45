"""The card at the end of a drill."""

import pytest

from incidentui.core.score import Score
from incidentui.core.score_layers import Peeled
from incidentui.drills.registry import DRILLS
from incidentui.drills.scorecard import clock, lines


def test_your_times_stand_beside_those_of_the_real_incident() -> None:
    card = "\n".join(lines(Score(0, 1_700, 5_000, 65_000, 71_900, 1, True, resolved=True), DRILLS["dead-backend"]))
    assert "dead-backend: resolved" in card
    for row in (
        "detect 0:01 4:00 09:05",
        "acknowledge 0:05 6:00 09:07",
        "first action 1:05 11:00 09:12",
        "recover 1:11 never 09:17",
    ):
        assert row in " ".join(card.split())
    assert "deployed at 09:01" in card
    assert "equal to known-good" in card


def test_what_did_not_happen_is_said() -> None:
    card = "\n".join(lines(Score(), DRILLS["dead-backend"]))
    assert "not resolved, 0 of 100" in card
    assert "never looked at" in card
    assert clock(None) == "never"


def test_what_their_record_does_not_tell_stays_unknown() -> None:
    card = "\n".join(lines(Score(0, 1_700, 5_000, 9_000, 12_900, 0, True, resolved=True), DRILLS["half-rollback"]))
    plain = " ".join(card.split())
    assert "detect 0:01 unknown" in plain
    assert "first action 0:09 unknown 3 commits taken back, the same fatal error" in plain
    assert "wrong turns 0 2 rollbacks that were none" in plain
    assert "6 broken commits, 2 of them rollbacks" in plain
    assert "no times are known" in plain


@pytest.mark.parametrize("name", sorted(DRILLS))
def test_the_card_fits_a_small_terminal_and_says_what_is_left(name: str) -> None:
    left = Score(0, 1, 2, 3, None, 1, False, ("a" * 40, "b" * 40, "c" * 40), ("x", "y"))
    card = lines(left, DRILLS[name])
    assert max(map(len, card)) < 80
    assert "  Still in force: aaaaaaa, bbbbbbb, ccccccc; 2 files differ." in card
    wanted = "what was pushed" if DRILLS[name].forward else "known-good"
    assert f"  The tree on the remote is not equal to {wanted}." in card


def test_the_causes_stand_with_the_time_that_each_took_and_an_open_drill_keeps_the_rest() -> None:
    met = (Peeled("tunnel-port", 1_000, 62_000), Peeled("captures-there", 63_000, None))
    layers = (*met, *(Peeled(layer.check) for layer in DRILLS["restart-cascade"].layers[2:]))
    scenario = DRILLS["restart-cascade"]
    left = "\n".join(lines(Score(0, 1, 1, 1, None, 0, True), scenario, layers))
    assert "1:02   15:00   the tunnel's port" in left
    assert "open   20:00   captures not mounted" in left
    assert "and 3 that were not met" in left
    assert "token" not in left
    done = "\n".join(lines(Score(0, 1, 1, 1, 9, 0, True, resolved=True), scenario, layers))
    assert "not met   60:00   its token" in done
