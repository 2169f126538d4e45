"""Outages and times from the judged states of a window: exact, never negative, never more than the window."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidentui.core import events as e
from incidentui.core.decide import decide
from incidentui.core.evolve import evolve, fold
from incidentui.core.inputs import Input, Sampled, StartWatch
from incidentui.core.metrics import detection, metrics, outages, recovered, unwatched
from incidentui.core.model import (
    CheckSpec,
    CheckState,
    Commit,
    Incident,
    Ms,
    Owner,
    Plan,
    ProjectSpec,
    ServiceSpec,
    ServiceStatus,
)
from incidentui.core.recent import Recent, Sample, add
from incidentui.core.state import State
from incidentui.core.turn import provisional

MIN = 60_000
STATES: tuple[CheckState, ...] = ("ok", "slow", "failing", "unknown")


def at(ms: Ms, event: e.Event, incident: str | None = None, seq: int = 1) -> e.Recorded:
    return provisional(e.Fact(event, ms, "test", "", "key", incident), seq)


def turned(ms: Ms, now: CheckState, service: str = "bookings", since: Ms | None = None, looks: int = 0) -> e.Recorded:
    return at(ms, e.ServiceChanged(service, "ok", now, now, since=since, looks=looks, check=f"{service}-page"))


def incident(**more: object) -> Incident:
    values = {"id": "INC-1", "title": "", "severity": "SEV1", "stage": "open", "opened": 5 * MIN, "by": "ines", **more}
    return Incident(**values)  # type: ignore[arg-type]


@pytest.mark.req("R3-15")
def test_an_outage_counts_from_the_first_failed_look_to_the_first_good_one() -> None:
    records = [turned(130_000, "failing", since=100_000), turned(230_000, "ok", since=220_000)]
    (outage,) = outages(records, 600_000)
    assert (outage.failing_ms, outage.first, outage.last, outage.now) == (120_000, 100_000, 220_000, "ok")


@pytest.mark.req("R3-15", "R3-07")
def test_one_that_lasts_counts_to_now_and_has_no_end() -> None:
    (outage,) = outages([turned(100_000, "failing")], 160_000)
    assert (outage.failing_ms, outage.last, outage.now) == (60_000, None, "failing")


def test_each_state_and_each_service_has_its_own_clock() -> None:
    records = [
        turned(0, "failing"),
        turned(10, "unknown"),
        turned(30, "slow"),
        turned(60, "ok"),
        turned(70, "failing", "ledger"),
        turned(75, "ok", "tariffs"),
    ]
    bookings, ledger = outages(records, 100)
    assert (bookings.failing_ms, bookings.unknown_ms, bookings.slow_ms, bookings.last) == (10, 20, 30, 30)
    assert (ledger.service, ledger.failing_ms) == ("ledger", 30)


def test_unknown_after_failing_is_no_recovery() -> None:
    (outage,) = outages([turned(0, "failing"), turned(10, "unknown")], 100)
    assert outage.last is None
    assert recovered([turned(0, "failing"), turned(10, "unknown")]) is None


def test_what_was_red_before_the_window_counts_inside_it_only() -> None:
    before = {"bookings": ServiceStatus("bookings", "failing", 10)}
    (outage,) = outages([turned(150, "ok", since=140)], 200, 100, before)
    assert (outage.failing_ms, outage.first, outage.last) == (40, 10, 140)
    assert recovered([turned(150, "ok", since=140)], before) == 140
    assert recovered([], before) is None


def test_while_nobody_watches_nothing_is_claimed() -> None:
    left, back = at(30_000, e.WatchStopped("ines")), at(90_000, e.WatchStarted(ProjectSpec(""), "ines"))
    records = [turned(0, "failing"), left, back, turned(100_000, "ok")]
    (outage,) = outages(records, 120_000)
    assert (outage.failing_ms, outage.unknown_ms) == (40_000, 60_000)
    assert unwatched([*records, at(110_000, e.WatchStopped("ines"))], 200_000) == ((30_000, 90_000), (110_000, 200_000))


def test_one_process_taking_over_from_another_is_no_gap() -> None:
    left, back = at(30_000, e.WatchStopped("ines")), at(31_000, e.WatchStarted(ProjectSpec(""), "tomasz"))
    assert unwatched([left, back], 60_000) == ()


@pytest.mark.req("F9", "R3-03")
def test_the_five_times_and_their_rules() -> None:
    sha = "b" * 40
    found = incident(first_red=2 * MIN, acknowledged=7 * MIN, resolved=30 * MIN)
    plan = Plan("git.reset", (), "Reset", "main")
    look = Plan("verify", (), "Verify", "ferry", changes=False)
    owner = Owner("", "", 1, 1)
    records = [
        at(0, e.Deployed(("bookings",), "a" * 40, "c" * 40)),
        at(MIN, e.Deployed(("bookings",), "c" * 40, sha, Commit(sha, (), "kofi", 0, "x"))),
        turned(3 * MIN, "failing", since=2 * MIN, looks=3),
        at(8 * MIN, e.ActionRequested("run-0", 0, look, owner, "ines")),
        at(9 * MIN, e.ActionRequested("run-1", 1, plan, owner, "ines")),
        turned(21 * MIN, "ok", since=20 * MIN),
        at(22 * MIN, e.Deployed(("bookings",), sha, "d" * 40)),
    ]
    assert [(m.name, m.ms and m.ms // MIN) for m in metrics(found, records)] == [
        ("to detect", 2),
        ("to acknowledge", 5),
        ("to first action", 7),
        ("to mitigate", 18),
        ("to resolve", 28),
    ]
    assert metrics(found, records)[0].rule == "deploy → 3 failed looks in a row of bookings-page"


@pytest.mark.req("R3-03")
def test_a_person_who_opens_it_before_any_check_is_red_detected_it() -> None:
    records = [turned(6 * MIN, "failing", since=6 * MIN - 20_000)]
    found = detection(incident(), records)
    assert (found.at, found.how) == (5 * MIN, "ines opened the incident")
    mitigate = metrics(incident(), [*records, turned(8 * MIN, "ok")])[3]
    assert (mitigate.ms, mitigate.rule) == (3 * MIN, "opened → first good look of the last that failed")


@pytest.mark.req("R3-07")
def test_what_has_not_happened_has_no_number() -> None:
    assert [m.ms for m in metrics(incident(first_red=MIN), [turned(2 * MIN, "failing", since=MIN)])] == [
        MIN,
        None,
        None,
        None,
        None,
    ]


runs = st.lists(st.tuples(st.integers(0, 300), st.sampled_from(STATES), st.integers(0, 50)), max_size=12)


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), runs),
    st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=6),
    st.integers(0, 300),
    st.integers(0, 200),
    st.sampled_from(STATES),
)
def test_sums_never_exceed_the_window_and_are_never_negative(
    told: dict[str, list[tuple[int, CheckState, int]]],
    watch: Sequence[tuple[int, bool]],
    since: int,
    length: int,
    first: CheckState,
) -> None:
    records = [turned(1_000 * t, s, name, 1_000 * (t - back)) for name, each in told.items() for t, s, back in each]
    for t, on in watch:
        records.append(at(1_000 * t, e.WatchStarted(ProjectSpec(""), "x") if on else e.WatchStopped("x")))
    records.sort(key=lambda r: r.at)
    start, until = 1_000 * since, 1_000 * (since + length)
    for outage in outages(records, until, start, {"a": ServiceStatus("a", first, start - 500)}):
        parts = (outage.failing_ms, outage.slow_ms, outage.unknown_ms)
        assert min(parts) >= 0
        assert sum(parts) <= until - start
    for stretch, after in pairwise(unwatched(records, until)):
        assert stretch[1] <= after[0]
    for metric in metrics(incident(first_red=start), records):
        assert metric.ms is None or metric.ms >= 0


def looks(*each: tuple[str, CheckState, int]) -> list[e.Recorded]:
    """Looks of two checks of one service through real decisions."""
    checks = (
        CheckSpec("page", "bookings", fail_after=1, recover_after=1),
        CheckSpec("inner", "bookings", layer="inner", fail_after=1, recover_after=1),
    )
    state, out = State(), list[e.Recorded]()
    spec = ProjectSpec("ferry", services=(ServiceSpec("bookings"),), checks=checks)
    counted: Recent = {}
    told: list[Input] = [StartWatch(spec, "ines"), *(Sampled(name, ms, s, s) for name, s, ms in each)]
    for given_ in told:
        now = given_.at if isinstance(given_, Sampled) else 0
        if isinstance(given_, Sampled):
            counted = add(counted, Sample(given_.check, given_.at, given_.state))
        for fact in decide(state, counted, given_, now).facts:
            out.append(provisional(fact, state.seq + 1))
            state = evolve(state, out[-1])
    assert fold(out) == state
    return out


def test_a_service_that_gets_better_was_worse_until_then_however_long_another_check_is_slow() -> None:
    records = looks(
        ("page", "ok", 1), ("inner", "ok", 1), ("page", "failing", 10), ("inner", "slow", 30), ("page", "ok", 50)
    )
    (outage,) = outages(records, 100)
    assert (outage.failing_ms, outage.slow_ms) == (40, 50)
