"""Loops that no single look shows: an engine that counts no restarts, and a program that is up at each look."""

import pytest

from incidentui.core.model import Ms, Workload
from incidentui.edge.containers.seen import SHORT_MS, Look, Seen

T0: Ms = 1_000_000_000


def up(start: Ms, restarts: int | None = None) -> Look:
    return Look(Workload("web", "supervisor", "running", start, ident=str(start), restarts=restarts), start)


def states(seen: Seen, looks: list[tuple[Ms, Look]]) -> list[str]:
    return [seen.fold([look], now)[0][0].state for now, look in looks]


def each_lives(ms: Ms, runs: int = 5) -> list[tuple[Ms, Look]]:
    """Looked at once in each run, half way through it."""
    return [(T0 + n * ms + ms // 2, up(T0 + n * ms)) for n in range(runs)]


@pytest.mark.req("R1-24")
@pytest.mark.parametrize("ms", [1_000, 5_000, 15_000])
def test_a_program_that_dies_between_the_looks_is_a_crash_loop_all_the_same(ms: Ms) -> None:
    seen = Seen()
    found = states(seen, each_lives(ms))
    assert found == ["running", "running", "running", "crashing", "crashing"]
    (shown,), worse = seen.fold([up(T0 + 5 * ms)], T0 + 5 * ms + 10)
    assert (shown.note, shown.seen_restarts, worse) == ("starts and dies again", 5, ()), "it is news once"


def test_one_that_lives_longer_is_none_nor_is_one_that_was_restarted_twice() -> None:
    assert set(states(Seen(), each_lives(SHORT_MS + 1_000))) == {"running"}
    assert set(states(Seen(), each_lives(2_000, runs=3))) == {"running"}


def test_it_is_over_once_a_run_lasts() -> None:
    seen, ms = Seen(), 2_000
    assert states(seen, each_lives(ms))[-1] == "crashing"
    last = T0 + 4 * ms
    assert states(seen, [(last + SHORT_MS - 1, up(last)), (last + SHORT_MS, up(last))]) == ["crashing", "running"]


def test_stopped_and_started_is_by_hand_however_short_the_runs() -> None:
    looks: list[tuple[Ms, Look]] = []
    for at, look in each_lives(2_000):
        down = Look(Workload("web", "supervisor", "stopped"), look.start)
        looks += [(at, look), (at + 500, down)]
    assert "crashing" not in states(Seen(), looks)


def test_an_engine_that_counts_is_believed() -> None:
    assert set(states(Seen(), [(now, up(look.start or 0, restarts=0)) for now, look in each_lives(1_000)])) == {
        "running"
    }


def test_a_clock_that_was_set_back_is_no_short_life() -> None:
    assert set(states(Seen(), [(T0 - n * 5_000, up(T0 - n * 5_000)) for n in range(6)])) == {"running"}


@pytest.mark.req("R1-24")
def test_a_loop_tells_when_it_ended_last_not_when_it_began() -> None:
    def down(at: Ms, restarts: int) -> Look:
        return Look(Workload("web", "docker", "crashing", at, 3, restarts, ident="a"), at - 500)

    seen, ends = Seen(), [T0, T0 + 2_000, T0 + 30_000]
    shown = [seen.fold([down(at, n)], at + 10)[0][0].since for n, at in enumerate(ends)]
    assert shown == ends
    between = Look(Workload("web", "docker", "running", T0 + 31_000, restarts=2, ident="a"), T0 + 31_000)
    assert seen.fold([between], T0 + 31_500)[0][0].since == T0 + 30_000, "a try that runs has not ended"
