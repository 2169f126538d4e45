"""Which runbook is offered for what is seen, and what its variables stand for."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from incidentui.core.model import (
    Attempt,
    Deploy,
    KnownGood,
    Owner,
    Plan,
    ProjectSpec,
    Repository,
    ServiceSpec,
    ServiceStatus,
    Suspect,
    Verdict,
    Workload,
    WorkloadState,
)
from incidentui.core.state import State
from incidentui.runbook.model import Runbook
from incidentui.runbook.parse import parse
from incidentui.runbook.suggest import suggest
from incidentui.runbook.variables import resolve, values

SHIPPED = tuple(parse(p.read_text(), p.name) for p in sorted((Path(__file__).parents[2] / "runbooks").glob("*.md")))
GOOD, BAD = "a" * 40, "b" * 40


def seen(*, red: bool = True, deployed: bool = False, workload: WorkloadState = "running") -> State:
    return State(
        project=ProjectSpec("ferry", branch="main", services=(ServiceSpec("api", workloads=("backend",)),)),
        services={
            "api": ServiceStatus("api", "failing" if red else "ok", since=2000, running=BAD if deployed else GOOD)
        },
        workloads={"backend": Workload("backend", "supervisor", workload)},
        repository=Repository(branch="main", head=BAD),
        deploys=(Deploy(1000, ("api",), GOOD, BAD),) if deployed else (),
        good=KnownGood(GOOD, 500, "green"),
        suspect=Suspect(BAD, "api", ("runs",)),
    )


@pytest.mark.req("R3-25")
def test_red_after_a_deploy_offers_the_way_back() -> None:
    assert suggest(SHIPPED, seen(deployed=True, workload="crashing")) == (
        "roll-back-a-bad-deploy",
        "api failed after deploy bbbbbbb",
    )


def test_a_crash_without_a_deploy_offers_a_restart() -> None:
    found = suggest(SHIPPED, seen(workload="crashing"))
    assert found == ("restart-a-workload", "backend is crashing, and nothing was deployed")


def attempt(word: Literal["complete", "not complete"], *in_force: str) -> Attempt:
    plan = Plan("git.revert", (), "Revert bbbbbbb", "main", "branch")
    return Attempt("r", 1, plan, Owner("h", "b", 1, 0), "ana", 3000, verdict=Verdict(word, "", ()), in_force=in_force)


def test_a_rollback_that_left_commits_in_force_offers_the_rest_of_the_way() -> None:
    half = replace(seen(deployed=True), attempts={"r": attempt("not complete", BAD)})
    said = "attempt 1, Revert bbbbbbb: not complete, 1 commit in force"
    assert suggest(SHIPPED, half) == ("rollback-is-incomplete", said)
    for other in (attempt("complete", BAD), attempt("not complete")):
        found = suggest(SHIPPED, replace(half, attempts={"r": other}))
        assert found is not None
        assert found[0] == "roll-back-a-bad-deploy"


def test_a_login_page_without_a_deploy_offers_to_look_at_the_answer() -> None:
    state = seen()
    red = replace(state, services={"api": replace(state.services["api"], why="login page, not the answer")})
    assert suggest(SHIPPED, red) == (
        "200-but-not-the-right-thing",
        "api answers with a login page, and nothing was deployed",
    )


def test_quiet_or_unclear_offers_nothing() -> None:
    assert suggest(SHIPPED, seen(red=False, deployed=True)) is None
    assert suggest(SHIPPED, seen()) is None
    assert suggest((), seen(deployed=True)) is None


def test_a_deploy_after_the_first_red_is_not_blamed() -> None:
    state = seen(workload="exited")
    late = Deploy(3000, ("api",), GOOD, BAD)
    assert suggest(SHIPPED, replace(state, deploys=(late,))) == (
        "restart-a-workload",
        "backend is exited, and nothing was deployed",
    )


def test_the_projects_own_runbook_goes_first() -> None:
    own = parse("---\ntags: [rollback]\n---\n1. Call Ann\n", "docs/own.md")
    shipped = tuple(
        Runbook(r.id, r.title, r.path, r.digest, steps=r.steps, tags=r.tags, origin="shipped") for r in SHIPPED
    )
    assert suggest((*shipped, own), seen(deployed=True)) == ("own", "api failed after deploy bbbbbbb")


def test_variables_come_from_the_incident_the_default_and_the_responder() -> None:
    book = parse(
        "---\nvars:\n  bad: { from: git.head }\n  unit: { from: workload }\n"
        "  wait: { default: 5m }\n  who: { prompt: Who }\n"
        '---\n1. x\n\n   ```yaml {"action":"git.reset"}\n   to: "{{ good }}"\n   mode: "{{wait}} {{ who }}"\n   ```\n',
        "x.md",
    )
    assert book.problems == ()
    known = values(book, seen())
    assert (known["bad"], known["good"], known["unit"], known["service"]) == (BAD, GOOD, "backend", "api")
    open_one = resolve(book.steps[0], known)
    assert open_one.missing == ("who",)
    filled = resolve(book.steps[0], values(book, seen(), {"who": "ann", "wait": "1m"}))
    assert filled.missing == ()
    assert filled.action is not None
    assert dict(filled.action.args) == {"to": GOOD, "mode": "1m ann"}


def test_nothing_known_leaves_the_placeholder_and_names_it() -> None:
    book = next(r for r in SHIPPED if r.id == "roll-back-a-bad-deploy")
    done = resolve(book.steps[1], values(book, State()))
    assert done.missing == ("good",)
    assert done.action is not None
    assert dict(done.action.args)["to"] == "{{ good }}"


def test_a_manual_step_has_nothing_to_resolve() -> None:
    assert resolve(SHIPPED[0].steps[0], {}).action is None
