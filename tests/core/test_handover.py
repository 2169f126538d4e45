"""An incident handed over: how it stands and what is next, in plain words, whatever is the case."""

from dataclasses import replace

import pytest

from incidentui.core.board import Hypothesis
from incidentui.core.handover import handed_over
from incidentui.core.model import (
    Attempt,
    AwaitedDeploy,
    CheckStatus,
    Incident,
    Owner,
    Plan,
    ProjectSpec,
    RunbookRun,
    RunStep,
    ServiceSpec,
    ServiceStatus,
    Verdict,
)
from incidentui.core.state import State

SEEN = {"page": CheckStatus("page", "api", "user", "ok")}
MIN = 60_000
NOW = 100 * MIN
INCIDENT = Incident("INC-1", "Leads are gone", "SEV1", "mitigating", 10 * MIN, "ana")
STEPS = (
    RunStep(1, "Look", state="done"),
    RunStep(2, "Open the valve", state="failed", fault="exit 1"),
    *(RunStep(n, f"Part {n}") for n in range(3, 8)),
)
RUN = RunbookRun("r1", "pump", "Pump", "d", "ana", 20 * MIN, STEPS)


def state(**more: object) -> State:
    api = ServiceStatus("api", "failing", since=40 * MIN, why="503")
    page = ServiceStatus("page", "failing", since=41 * MIN, why="no leads")
    feed = ServiceStatus("feed", "unknown", why="no answer")
    spec = ProjectSpec(
        "leads", services=(ServiceSpec("api"), ServiceSpec("page", depends_on=("api",)), ServiceSpec("feed"))
    )
    base = State(project=spec, services={s.name: s for s in (api, page, feed)}, incidents={"INC-1": INCIDENT})
    return replace(base, **more)  # type: ignore[arg-type]


def attempt(word: str) -> Attempt:
    plan = Plan("git.reset", (), "Reset main", "main")
    verdict = Verdict(word, "still 1a2b3c4") if word else None  # type: ignore[arg-type]
    return Attempt("a1", 2, plan, Owner("h", "b", 1, 1), "bo", 90 * MIN, verdict=verdict, incident="INC-1")


@pytest.mark.req("R3-41")
def test_what_is_broken_what_was_done_last_and_the_step_to_do() -> None:
    told = handed_over(state(runbook=RUN, attempts={"a1": attempt("not complete")}), INCIDENT, NOW)
    assert told.now == (
        "api is failing for 1h: 503",
        "page is red because of that",
        "nobody can tell how feed is",
        "attempt 2, 10m ago by bo: Reset main: not complete: still 1a2b3c4",
    )
    assert told.next == (
        "step 2 of Pump: Open the valve, which failed: exit 1",
        "then 3 Part 3, 4 Part 4, 5 Part 5, and 2 more steps",
        "look at feed by hand: no answer",
    )


@pytest.mark.req("R3-41")
def test_what_runs_what_nobody_deployed_and_what_is_to_be_tested_come_first() -> None:
    awaited = AwaitedDeploy("c" * 40, None, 50 * MIN, "origin", "main", ("api",), alarm=55 * MIN)
    going = attempt("")
    thought = replace(INCIDENT, hypotheses=(Hypothesis(1, "the cache", "ana", 30 * MIN),))
    told = handed_over(state(attempts={"a1": going}, acting="a1", awaited=awaited), thought, NOW)
    assert told.now[-1] == "attempt 2 is running: Reset main, begun 10m ago by bo"
    assert told.next == (
        "wait for the verdict of Reset main",
        "find out why ccccccc was pushed and not deployed",
        "test hypothesis 1: the cache",
        "look at feed by hand: no answer",
        "choose a runbook: nobody works through one",
    )


@pytest.mark.req("R3-41")
def test_when_users_are_served_again_what_is_left_is_said() -> None:
    good = {"api": ServiceStatus("api", "ok", since=95 * MIN)}
    spec = ProjectSpec("leads", services=(ServiceSpec("api"),), recovery=("log in, and see today's leads",))
    told = handed_over(state(project=spec, services=good, checks=SEEN), INCIDENT, NOW)
    assert told.now == ("users are served",)
    assert told.next == (
        "see as a user does: log in, and see today's leads",
        "prove that it is over (verify), tell people, then close the incident",
    )


@pytest.mark.req("R3-41")
def test_that_users_are_served_is_not_said_where_nothing_sees_it() -> None:
    good = {"api": ServiceStatus("api", "ok", since=95 * MIN)}
    inner = {"ping": CheckStatus("ping", "api", "inner", "ok")}
    told = handed_over(state(services=good, checks=inner), INCIDENT, NOW)
    assert told.now == ("nothing is seen failing, but no check goes the user's path",)
    assert told.next[0] == "look as a user does whether they are served"
    slow = {"api": ServiceStatus("api", "slow", since=95 * MIN, why="9 s")}
    assert handed_over(state(services=slow, checks=SEEN), INCIDENT, NOW).now == (
        "nothing is seen failing",
        "api is slow: 9 s",
    )


@pytest.mark.req("R3-41")
def test_an_action_that_has_ended_does_not_run_any_more() -> None:
    ended = replace(attempt(""), outcome="done", acted=92 * MIN, ended=95 * MIN)
    told = handed_over(state(attempts={"a1": ended}, acting="a1"), INCIDENT, NOW)
    assert told.now[-1] == "attempt 2, 10m ago by bo: Reset main: ended (done), no verdict yet"
