"""A deploy that is over is judged although its time is not up, when what it started ends again and again."""

from dataclasses import replace

import pytest

from incidentui.core.fallen import FALLEN_MS, falls
from incidentui.core.model import Attempt, Light, Owner, Plan, ProjectSpec, ServiceSpec, ServiceStatus, Workload
from incidentui.core.state import State

PLAN = Plan("deploy.start", (), "Deploy", "main")
ATTEMPT = Attempt("r", 1, PLAN, Owner("h", "b", 1, 1), "ana", 0, acted=1_000)
RUNS = (Light("running", True, "runs abc"),)
STATE = State(
    project=ProjectSpec("p", services=(ServiceSpec("api", ("worker",)),)),
    services={"api": ServiceStatus("api", state="failing", since=500)},
    workloads={"worker": Workload("worker", "docker", "crashing")},
)
LATE = 1_000 + FALLEN_MS


def test_half_a_minute_of_it_is_enough() -> None:
    assert falls(STATE, ATTEMPT, RUNS, LATE) == "worker ends again and again"
    assert falls(STATE, ATTEMPT, RUNS, LATE - 1) == ""


@pytest.mark.parametrize(
    ("state", "attempt", "lights"),
    [
        (STATE, ATTEMPT, (Light("running", False, "still 000"),)),
        (STATE, replace(ATTEMPT, plan=replace(PLAN, action="git.reset")), RUNS),
        (replace(STATE, workloads={"worker": Workload("worker", "docker", "running")}), ATTEMPT, RUNS),
        (replace(STATE, services={"api": ServiceStatus("api", state="ok")}), ATTEMPT, RUNS),
    ],
)
def test_a_deploy_under_way_and_what_runs_are_waited_for(
    state: State, attempt: Attempt, lights: tuple[Light, ...]
) -> None:
    assert falls(state, attempt, lights, LATE) == ""
