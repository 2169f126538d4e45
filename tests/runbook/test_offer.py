"""Which runbook is offered for what is seen, and what its variables stand for."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from incidentui.config.known_errors import shipped
from incidentui.core.drift import Drift, DriftRow
from incidentui.core.model import (
    Attempt,
    AwaitedDeploy,
    CheckStatus,
    Deploy,
    ErrorText,
    Incident,
    KnownError,
    KnownGood,
    Owner,
    Plan,
    ProjectSpec,
    Repository,
    SeenError,
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
from incidentui.runbook.suggest import RULES, Offer, offers
from incidentui.runbook.variables import resolve, values

SHIPPED = tuple(
    replace(parse(p.read_text(), p.name), origin="shipped")
    for p in sorted((Path(__file__).parents[2] / "runbooks").glob("*.md"))
)
GOOD, BAD = "a" * 40, "b" * 40


def suggest(runbooks: Sequence[Runbook], state: State) -> tuple[str, str] | None:
    """(id, reason) of the best offer."""
    best = next(iter(offers(runbooks, state)), None)
    return (best.id, best.reason) if best else None


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


def test_a_crash_without_a_deploy_offers_the_crash_loop_then_a_restart() -> None:
    why = "backend is crashing, and nothing was deployed"
    assert offers(SHIPPED, seen(workload="crashing")) == (Offer("crash-loop", why), Offer("restart-a-workload", why))


def own(**front: str) -> Runbook:
    head = "".join(f"{key}: [{words}]\n" for key, words in front.items())
    return parse(f"---\n{head}---\n1. Call Ann\n", f"docs/{'-'.join(front)}.md")


def told(signature: str, source: str = "workload:backend") -> tuple[SeenError, ...]:
    known = KnownError(signature, "It is taken.", "Look who has it.", "port is already allocated")
    return (SeenError(source, "", ErrorText("x", "x"), 2000, known=(known,)),)


@pytest.mark.req("R1-12")
def test_what_names_the_trouble_goes_before_what_is_only_likely() -> None:
    looping = Workload("backend", "docker", "restarting", restarts=4)
    check = CheckStatus("backend-port", "api", "user", "failing", since=2000, why="refused")
    state = replace(
        seen(deployed=True), workloads={"backend": looping}, errors=told("port-allocated"), checks={check.name: check}
    )
    mine = (own(services="api"), own(alerts="BackendPort"), own(signatures="port-allocated"))
    assert offers((*SHIPPED, *mine), state) == (
        Offer("signatures", "backend is crash looping: signature port-allocated"),
        Offer("alerts", "backend-port is failing: refused"),
        Offer("crash-loop", "backend is crash looping: signature port-allocated"),
    )
    assert [offer.id for offer in offers((*SHIPPED, *mine[:1]), state)] == [
        "crash-loop",
        "roll-back-a-bad-deploy",
        "services",
    ]


def test_the_title_of_the_incident_names_an_alert() -> None:
    incident = Incident("INC-3", "[FIRING] BackendDown (api)", "SEV1", "open", 2000, "ana")
    state = replace(seen(), incidents={"INC-3": incident})
    (found,) = offers((own(alerts="backend_down"), own(tags="rollback")), state)
    assert found == Offer("alerts", "INC-3 is titled '[FIRING] BackendDown (api)'")


def test_a_cause_goes_before_what_is_its_echo() -> None:
    services = (ServiceSpec("web", depends_on=("api",)), *seen().project.services)
    red = {"web": ServiceStatus("web", "failing", since=1000), **seen().services}
    state = replace(seen(), project=replace(seen().project, services=services), services=red)
    checks = [CheckStatus(f"{name}-check", name, "user", "failing", since=2000, why="503") for name in ("web", "api")]
    state = replace(state, checks={check.name: check for check in checks})
    found = offers((own(alerts="web-check"), own(services="api")), state)
    assert [offer.id for offer in found] == ["services", "alerts"]


@pytest.mark.parametrize(
    ("change", "id", "reason"),
    [
        (
            {"awaited": AwaitedDeploy(BAD, GOOD, 1500, "origin", "main", ("api",), alarm=2500)},
            "the-deploy-did-not-start",
            "bbbbbbb was pushed, and no deploy of it was seen",
        ),
        (
            {"drift": {"db": Drift("db", (DriftRow("age of data", "bad", "as before", "made anew"),))}},
            "volume-came-up-empty",
            "db is not as declared: age of data made anew",
        ),
        (
            {"drift": {"api": Drift("api", (DriftRow("env TOKEN", "bad", "set", "another value"),))}},
            "configuration-mismatch",
            "api is not as declared: env TOKEN another value",
        ),
        ({"errors": told("database-empty-volume")}, "volume-came-up-empty", None),
        ({"errors": told("agent-rejected", "check:api-health")}, None, None),
    ],
)
def test_what_ships_is_offered_for_what_it_is_for(change: dict[str, Any], id: str | None, reason: str | None) -> None:
    found = offers(SHIPPED, replace(seen(), **change))
    assert (found[0].id if found else None) == id  # an error of what is not red is no reason
    assert reason is None or found[0].reason == reason


def test_an_incident_that_became_quiet_offers_the_proof() -> None:
    incident = Incident("INC-3", "x", "SEV1", "open", 2000, "ana")
    quiet = replace(seen(red=False), incidents={"INC-3": incident})
    assert offers(SHIPPED, quiet) == (Offer("verify-recovery", "INC-3 is open, and nothing is red"),)


def test_every_tag_with_a_rule_has_a_runbook_that_ships() -> None:
    assert {tag for book in SHIPPED for tag in book.tags} >= RULES.keys()
    known = {signature.name for signature in shipped()}
    assert {name for book in SHIPPED for name in book.signatures} <= known


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
    assert suggest((*SHIPPED, own(tags="rollback")), seen(deployed=True)) == ("tags", "api failed after deploy bbbbbbb")


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
