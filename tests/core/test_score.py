"""The score of a drill is read off its events alone."""

import pytest

from incidentui.core import events as e
from incidentui.core.model import Light, Owner, Plan, Verdict
from incidentui.core.score import Score, score

S = 1000
OWNER = Owner("host", "boot", 1, 1)
RESET = Plan("git.reset", (), "Reset main", "main")
VERIFY = Plan("verify", (), "Verify", "ferry", changes=False)
RESTART = Plan("workload.restart", (), "Restart backend", "backend")


def record(*timed: tuple[int, e.Event]) -> list[e.Recorded]:
    """Events as a journal would hold them, each known when it happened."""
    return [
        e.Recorded(n, str(n), at * S, at * S, "", "", "key", None, "ferry", at * S, "boot", event)
        for n, (at, event) in enumerate(timed, 1)
    ]


def service(name: str, now: str, since: int | None = None, layer: str = "user") -> e.ServiceChanged:
    was = "ok" if now == "failing" else "failing"
    return e.ServiceChanged(name, was, now, "503", layer=layer, since=None if since is None else since * S)  # type: ignore[arg-type]


def asked(run: str, plan: Plan) -> e.ActionRequested:
    return e.ActionRequested(run, 1, plan, OWNER, "robot")


def judged(run: str, word: str, tree: bool | None = None) -> e.VerdictGiven:
    lights = () if tree is None else (Light("tree", tree, "looked"),)
    return e.VerdictGiven(run, "done", Verdict(word, "", lights))  # type: ignore[arg-type]


GOOD = record(
    (100, e.Deployed(("bookings",), "a", "b")),
    (103, service("bookings", "failing", since=101)),
    (104, service("dashboard", "failing", since=102)),
    (110, e.IncidentOpened("INC-1", "bookings is failing", "SEV1", "robot", 101 * S, 100 * S)),
    (111, e.IncidentAcknowledged("robot")),
    (120, asked("r1", RESET)),
    (126, service("dashboard", "ok")),
    (127, service("bookings", "ok")),
    (128, judged("r1", "complete", tree=True)),
    (129, asked("r2", VERIFY)),
    (132, judged("r2", "not complete")),
    (140, e.IncidentClosed("robot", "", True)),
)


@pytest.mark.req("R3-15", "R3-25")
def test_times_count_from_the_deploy_before_the_first_red() -> None:
    assert score(GOOD) == Score(
        broke=100 * S,
        detected=3 * S,
        acknowledged=10 * S,
        first_action=20 * S,
        recovered=27 * S,
        wrong_turns=0,
        tree_equal=True,
        resolved=True,
    )
    assert score(GOOD).points == 99


@pytest.mark.req("R3-16")
def test_an_action_that_did_not_complete_is_a_wrong_turn_and_looking_is_none() -> None:
    revert = record((115, asked("r0", RESTART)), (119, judged("r0", "not complete")))
    assert score(GOOD[:5] + revert + GOOD[5:]).wrong_turns == 1
    refused = record((115, asked("r0", RESTART)), (116, judged("r0", "refused")))
    assert score(GOOD[:5] + refused + GOOD[5:]).wrong_turns == 0


def check(name: str, now: str) -> e.CheckChanged:
    return e.CheckChanged(name, "bookings", "inner", "unknown", now, "")  # type: ignore[arg-type]


def test_in_a_cascade_a_fix_that_made_a_check_good_is_no_wrong_turn() -> None:
    """Also when the check could not be read in between, or turned good before the verdict came."""
    row = record(
        (103, service("bookings", "failing", since=101)),
        (104, check("port", "failing")),
        (105, check("token", "failing")),
        (106, check("token", "unknown")),
        (110, asked("r1", RESTART)),
        (111, check("port", "ok")),
        (112, judged("r1", "not complete")),
        (120, asked("r2", RESTART)),
        (121, judged("r2", "not complete")),
        (122, check("token", "ok")),
        (130, asked("r3", RESTART)),
        (131, check("token", "ok")),
        (132, check("agent", "unknown")),
        (133, check("agent", "ok")),
        (134, judged("r3", "not complete")),
        (140, asked("r4", RESTART)),
        (141, judged("r4", "complete")),
    )
    assert score(row).wrong_turns == 3
    assert score(row, forward=True).wrong_turns == 1


def test_red_again_is_not_recovered() -> None:
    again = record((150, service("bookings", "failing")))
    assert score(GOOD + again).recovered is None


def test_an_inner_red_alone_is_no_break() -> None:
    assert score(record((5, service("database", "failing", layer="inner")))) == Score()


def test_a_red_without_a_deploy_counts_from_its_first_look() -> None:
    assert score(record((103, service("bookings", "failing", since=101)))).detected == 2 * S


def test_who_acts_on_an_inner_red_before_users_are_seen_to_fail_is_not_late() -> None:
    early = record((102, e.IncidentOpened("INC-1", "a port", "SEV2", "robot", 101 * S, 101 * S)))
    assert score([*early, *record((103, service("bookings", "failing", since=101)))]).acknowledged == 1 * S


def test_closing_unresolved_is_worth_nothing() -> None:
    closed = [*GOOD[:-1], *record((140, e.IncidentClosed("robot", "tired", False)))]
    assert not score(closed).resolved
    assert score(closed).points == 0
