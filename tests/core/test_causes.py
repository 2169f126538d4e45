"""Of several red services: which is the cause, which are its echoes, and what is not claimed."""

from dataclasses import replace

import pytest

from incidentui.core.causes import doubts, echo_words, echoes, in_order, unseen
from incidentui.core.incidents import suggested_title
from incidentui.core.model import CheckSpec, CheckState, Ms, ProjectSpec, ServiceSpec, ServiceStatus
from incidentui.core.state import State
from incidentui.runbook.variables import worst_service

NEEDS = {"page": ("api",), "api": ("db", "queue"), "db": (), "queue": (), "docs": ()}


def state(needs: dict[str, tuple[str, ...]] = NEEDS, **states: CheckState | tuple[CheckState, Ms]) -> State:
    services = {}
    for n, name in enumerate(needs):
        found = states.get(name, "ok")
        word, since = found if isinstance(found, tuple) else (found, 1_000_000 + n * 1_000)
        services[name] = ServiceStatus(name, word, since, f"{name} says {word}", check=f"{name}-check")
    specs = tuple(ServiceSpec(name, depends_on=wants) for name, wants in needs.items())
    checks = tuple(CheckSpec(f"{name}-check", name) for name in needs)
    return State(project=ProjectSpec("quay", services=specs, checks=checks), services=services)


def test_the_deepest_failing_one_is_the_cause_and_all_that_need_it_are_its_echo() -> None:
    seen = state(page="failing", api="failing", db="failing", docs="failing")
    echo = echoes(seen)
    assert echo == {"page": ("db",), "api": ("db",)}, "docs needs nothing that fails: a cause of its own"
    assert [s.name for s in in_order(seen, echo)] == ["db", "docs", "page", "api", "queue"]


def test_two_causes_are_both_named() -> None:
    echo = echoes(state(page="failing", api="failing", db="failing", queue="failing"))
    assert echo == {"page": ("db", "queue"), "api": ("db", "queue")}
    assert echo_words(echo["api"]) == "echo of db and 1 more"


@pytest.mark.parametrize("between", ["ok", "slow", "unknown"])
def test_nothing_is_an_echo_through_a_service_that_does_not_fail(between: CheckState) -> None:
    seen = state(page="failing", api=between, db="failing")
    assert echoes(seen) == {}
    assert [s.name for s in in_order(seen, {})][:2] == ["page", "db"]


def test_a_need_that_nobody_can_see_is_said_and_not_taken_for_the_cause() -> None:
    seen = state(page="failing", api="failing", db="unknown", queue="unknown")
    echo = echoes(seen)
    assert echo == {"page": ("api",)}
    assert doubts(seen, seen.services["api"], echo) == [
        "needs db, which is unknown: db says unknown",
        "needs queue, which is unknown: queue says unknown",
    ]
    assert doubts(seen, seen.services["page"], echo) == []
    unwatched = replace(seen, project=replace(seen.project, checks=()))
    assert doubts(unwatched, seen.services["api"], echo)[0] == "needs db, which is unknown: no check looks at it"
    assert [s.name for s in unseen(seen, "api")] == ["db", "queue"]


def test_what_is_not_failing_has_no_doubts() -> None:
    seen = state(api="ok", db="unknown")
    assert doubts(seen, seen.services["api"], echoes(seen)) == []


def test_an_echo_that_was_red_long_before_its_cause_says_so() -> None:
    seen = state(page="failing", api=("failing", 1_000_000), db=("failing", 1_300_000))
    assert doubts(seen, seen.services["api"], echoes(seen)) == ["but red 5m before db"]
    close = state(api=("failing", 1_000_000), db=("failing", 1_020_000))
    assert doubts(close, close.services["api"], echoes(close)) == [], "two checks do not look in the same second"


def test_a_circle_hides_nothing() -> None:
    """An old record may hold one: the configuration of today refuses it."""
    ring: dict[str, tuple[str, ...]] = {"a": ("b",), "b": ("a",), "c": ("a",), "alone": ("alone",)}
    assert echoes(state(ring, a="failing", b="failing", c="failing", alone="failing")) == {}
    out = {**ring, "b": ("a", "db"), "db": ()}
    assert echoes(state(out, a="failing", b="failing", db="failing")) == {"a": ("db",), "b": ("db",)}


def test_a_long_chain_is_followed_to_its_end() -> None:
    chain: dict[str, tuple[str, ...]] = {f"s{n}": (f"s{n + 1}",) for n in range(300)}
    red: CheckState = "failing"
    seen = state({**chain, "s300": ()}, **dict.fromkeys([*chain, "s300"], red))
    assert set(echoes(seen).values()) == {("s300",)}


def test_what_is_suggested_names_the_cause() -> None:
    seen = state(page=("failing", 900_000), api="failing", db=("failing", 1_000_000))
    assert suggested_title(seen) == "db fails: db says failing"
    assert worst_service(seen) == "db"
