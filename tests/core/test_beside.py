"""What stands beside a workload before a deed: who needs it by the compose file, everybody's health, the checks."""

import pytest

from incidentui.core.beside import before, checks, health
from incidentui.core.drift import Drift
from incidentui.core.model import CheckStatus, Workload
from incidentui.core.state import State

DB = Workload("db", "docker", "running", health="healthy")
API = Workload("api", "docker", "running", health="unhealthy")
WEB = Workload("web", "docker", "running")
JOBS = Workload("jobs", "docker", "crashing", exit_code=3)
STATE = State(
    workloads={w.name: w for w in (DB, API, WEB, JOBS)},
    drift={
        "api": Drift("api", needs=("db", "cache")),
        "jobs": Drift("jobs", needs=("db",)),
        "web": Drift("web", needs=("api",)),
        "db": Drift("db", needs=("web",)),  # a circle is none of ours
    },
    checks={
        "page": CheckStatus("page", "web", "user", "ok"),
        "orders": CheckStatus("orders", "web", "user", "failing"),
        "mail": CheckStatus("mail", "web", "inner"),
    },
)


@pytest.mark.req("R1-06", "R1-31")
def test_who_needs_it_is_known_from_the_compose_file_alone_with_the_health_of_each() -> None:
    rows = before(DB, (("/data", "volume data: stays"), ("jobs", "needs it (depends_on): waits")), STATE)
    assert rows == (
        ("db", "workload: now healthy"),
        (
            "checks before",
            "1 of 3 good; not good already: orders failing, mail unknown; all are looked at again after it",
        ),
        ("api", "needs it (depends_on); now unhealthy"),
        ("web", "needs api, which needs it; now running, no health check"),
        ("/data", "volume data: stays"),
        ("jobs", "needs it (depends_on): waits; now crashing, exit 3"),
    )  # fmt: skip


def test_without_checks_nothing_is_claimed_of_them_and_a_row_of_a_service_is_left_as_it_is() -> None:
    assert checks(State()) == ()
    assert before(WEB, (("api", "service: needs web"),), State(workloads=STATE.workloads))[1:] == (
        ("api", "service: needs web"),
    )
    assert health(Workload("x", "docker", "stopped")) == "stopped"
    assert health(Workload("x", "docker", "running", health="starting")) == "up, its health check has not answered yet"
