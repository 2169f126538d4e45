"""What users can do, from the checks that stand for it: the worst decides, and its outage is theirs."""

from collections.abc import Sequence

import pytest

from incidentui.core import events as e
from incidentui.core.evolve import fold
from incidentui.core.functions import function_outages, functions
from incidentui.core.model import CheckSpec, CheckState, CheckStatus, Ms, ProjectSpec, ServiceSpec
from tests.core.test_metrics import at

PROJECT = ProjectSpec(
    "quay",
    services=(ServiceSpec("pages"),),
    checks=(
        CheckSpec("create", "pages", function="make a booking"),
        CheckSpec("pay", "pages", function="make a booking"),
        CheckSpec("list", "pages", function="see the bookings"),
        CheckSpec("ping", "pages", layer="inner", function="make a booking"),
    ),
)


def turned(check: str, now: CheckState, ms: Ms, was: CheckState = "ok") -> e.Recorded:
    return at(ms, e.CheckChanged(check, "pages", "user", was, now, f"{check} {now}", since=ms))


def told(*records: e.Recorded) -> list[tuple[str, CheckState, Ms | None, str]]:
    state = fold([at(0, e.WatchStarted(PROJECT, "ines")), *records])
    return [(f.name, f.state, f.since, f.check) for f in functions(state)]


def test_a_function_nobody_looked_at_is_unknown() -> None:
    assert told() == [("make a booking", "unknown", None, "create"), ("see the bookings", "unknown", None, "list")]


BOOKING = "make a booking"


@pytest.mark.parametrize(
    ("records", "now"),
    [
        ((turned("create", "ok", 5), turned("pay", "ok", 9)), (BOOKING, "ok", 9, "pay")),
        ((turned("create", "failing", 5), turned("pay", "ok", 9)), (BOOKING, "failing", 5, "create")),
        ((turned("pay", "failing", 5), turned("create", "failing", 9)), (BOOKING, "failing", 5, "pay")),
        ((turned("create", "ok", 5), turned("pay", "unknown", 9)), (BOOKING, "unknown", 9, "pay")),
        # What an inner check says is not what users get.
        ((turned("create", "ok", 5), turned("pay", "ok", 9), turned("ping", "failing", 9)), (BOOKING, "ok", 9, "pay")),
    ],
)
def test_the_worst_of_its_checks_decides(records: Sequence[e.Recorded], now: object) -> None:
    assert now in told(*records)


def test_what_is_broken_comes_first() -> None:
    good = (turned("create", "ok", 5), turned("pay", "ok", 5))
    assert [name for name, *_ in told(*good, turned("list", "failing", 7))] == ["see the bookings", BOOKING]


@pytest.mark.req("R0-05")
def test_its_outage_is_the_time_in_which_any_of_its_checks_failed() -> None:
    records = [
        turned("create", "failing", 100_000),
        turned("pay", "failing", 150_000),
        turned("create", "ok", 200_000, "failing"),
        turned("pay", "ok", 260_000, "failing"),
        turned("ping", "failing", 100_000),
    ]
    (outage,) = function_outages(PROJECT, records, 600_000)
    assert (outage.service, outage.failing_ms, outage.first, outage.last) == (
        "make a booking",
        160_000,
        100_000,
        260_000,
    )


def test_one_that_was_broken_before_the_window_counts_from_its_start() -> None:
    before = {"list": CheckStatus("list", "pages", "user", "failing", 10_000)}
    (outage,) = function_outages(PROJECT, [], 90_000, 30_000, before)
    assert (outage.service, outage.failing_ms, outage.last) == ("see the bookings", 60_000, None)
