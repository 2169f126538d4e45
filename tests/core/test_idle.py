"""Which workload that stands still is behind a red service: not the one that ended as it was meant to, nor long ago."""

from dataclasses import replace

import pytest

from incidentui.core.idle import by_hand, idle
from incidentui.core.incidents import suggested_title
from incidentui.core.model import ProjectSpec, ServiceSpec, ServiceStatus, Workload
from incidentui.core.state import State

MIN, RED = 60_000, 10_000_000
STATE = State(
    project=ProjectSpec("quay", services=(ServiceSpec("api", workloads=("backend", "migrate")),)),
    services={"api": ServiceStatus("api", "failing", since=RED, why="503")},
)


def with_one(**more: object) -> tuple[State, Workload]:
    workload = replace(Workload("migrate", "docker", "exited", RED - MIN, exit_code=0), **more)  # type: ignore[arg-type]
    return replace(STATE, workloads={"migrate": workload}), workload


def test_a_container_that_ran_once_and_ended_as_it_should_is_not_blamed() -> None:
    state, _ = with_one(policy="no")
    assert idle(state, "api") == []
    assert suggested_title(state) == "api fails: 503"


@pytest.mark.parametrize("more", [{"policy": "unless-stopped"}, {"policy": "always"}, {"state": "stopped"}])
def test_one_that_should_run_is(more: dict[str, str]) -> None:
    state, workload = with_one(**more)
    assert idle(state, "api") == by_hand(state, [workload]) == [workload]
    assert "503; migrate " in suggested_title(state)


def test_one_that_stopped_a_day_before_it_was_red_is_seen_but_not_blamed() -> None:
    state, workload = with_one(state="stopped", since=RED - 1440 * MIN)
    assert idle(state, "api") == [workload]
    assert by_hand(state, [workload]) == []
    assert suggested_title(state) == "api fails: 503"
