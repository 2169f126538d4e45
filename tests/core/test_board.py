"""The board of causes: what state a theory has as a cause, and the time it cost."""

from incidentui.core import events as e
from incidentui.core.board import Hypothesis, cause_word, causes, lost_ms, stretches, total_ms
from incidentui.core.board_words import gate, total
from incidentui.core.evolve.board import folded

MIN = 60_000
ADDED = e.HypothesisAdded(1, "tunnel goes to 5050", "ana")
Told = e.HypothesisAdded | e.HypothesisChanged | e.CauseChanged


def judged(now: str, was: str = "to test") -> e.HypothesisChanged:
    return e.HypothesisChanged(1, was, now, "ana", "seen", judged=True)  # type: ignore[arg-type]


def fixed() -> e.CauseChanged:
    return e.CauseChanged(1, "fixed", "ana", "tunnel to 5051")


def again(n: int) -> e.CauseChanged:
    return e.CauseChanged(1, "again", "ana", again=n)


def after(*told: tuple[int, Told]) -> Hypothesis:
    board: tuple[Hypothesis, ...] = ()
    for minute, event in told:
        board = folded(board, event, minute * MIN)
    return board[0]


def test_its_time_runs_from_found_to_fixed_and_again_from_the_next_time() -> None:
    steps: list[tuple[int, Told]] = [
        (0, ADDED),
        (5, judged("confirmed")),
        (15, fixed()),
        (40, again(1)),
        (50, fixed()),
        (60, again(2)),
    ]
    words = [(cause_word(h), lost_ms(h, 70 * MIN) // MIN) for n in range(1, 7) for h in [after(*steps[:n])]]
    assert words == [
        ("suspected", 70),
        ("confirmed", 70),
        ("fixed", 15),
        ("confirmed", 45),
        ("fixed", 25),
        ("confirmed", 35),
    ]
    assert after(*steps).again == 2


def test_what_is_ruled_out_costs_until_its_verdict_and_again_when_it_is_taken_up() -> None:
    out = after((0, ADDED), (20, judged("refuted")))
    assert (cause_word(out), lost_ms(out, 90 * MIN) // MIN) == ("ruled out", 20)
    back = after((0, ADDED), (20, judged("refuted")), (60, judged("to test", "refuted")))
    assert lost_ms(back, 90 * MIN) // MIN == 50
    assert lost_ms(after((0, ADDED), (15, fixed()), (20, judged("refuted"))), 90 * MIN) // MIN == 15


def test_a_board_from_before_time_was_kept_still_has_its_times() -> None:
    old = Hypothesis(1, "x", "ana", 0, "refuted", judged=30 * MIN)
    assert stretches(old, 90 * MIN) == ((0, 30 * MIN),)
    assert lost_ms(Hypothesis(1, "x", "ana", 0, "confirmed"), 90 * MIN) == 90 * MIN


def test_the_sum_counts_each_and_the_clock_counts_what_overlaps_once() -> None:
    one = Hypothesis(1, "a", "ana", 0, "confirmed", fixed=30 * MIN, spent=((0, 30 * MIN),))
    two = Hypothesis(2, "b", "ana", 20 * MIN, "confirmed")
    wrong = Hypothesis(3, "c", "ana", 0, "refuted", judged=90 * MIN)
    earlier = Hypothesis(4, "d", "ana", 0)
    assert total_ms([one, two], 60 * MIN) == (70 * MIN, 60 * MIN)
    assert [h.n for h in causes([two, wrong, earlier, one])] == [1, 4, 2], "in the order of discovery"
    assert total([one, two, wrong], 60 * MIN) == "2 causes, 1 open: 1h 10m lost (1h by the clock)"
    assert (total([wrong], 60 * MIN), gate(one)) == ("", "")
    assert gate(Hypothesis(1, "a", "ana", 0, again=2)) == "3rd time: put a gate before it"
