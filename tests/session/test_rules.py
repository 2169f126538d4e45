"""Rules of the whole incident, told by observations through real turns: known-good, verify, delta, severity, stages."""

from collections.abc import Callable

import pytest

from incidentui.core import events as e
from incidentui.core import inputs as i
from incidentui.core.model import Attempt, Plan, Verdict
from incidentui.core.verify import verify_plan
from tests.postmortem.story import (
    BACK,
    BAD,
    GOOD,
    OWNER,
    RESET,
    REVERT,
    SPEC,
    Story,
    act,
    broken,
    git_plan,
    opened,
    quiet,
    repository,
    reset,
    reverted,
    when,
)


def attempt(story: Story, run: str) -> Attempt:
    return story.desk.state.attempts[run]


def verdict(story: Story, run: str) -> Verdict:
    found = attempt(story, run).verdict
    assert found is not None, "no verdict yet"
    return found


@pytest.mark.req("R3-24")
def test_the_last_revision_at_which_every_look_was_good_is_known_good_with_its_reason(story: Story) -> None:
    story.at("08:59:00", i.StartWatch(SPEC, "ines"), repository(GOOD), i.RevisionLooked("bookings", GOOD))
    checks = ("bookings-page", "ledger-ping", "tariffs-feed")
    for check in checks:
        story.looks(check, "ok", "08:59:10", "08:59:15")
    story.at("08:59:20", i.Ticked())
    assert story.desk.state.good is None, "half a minute of good looks is asked for"
    story.looks("ledger-ping", "failing", "08:59:30")
    story.at("09:00:00", i.Ticked())
    assert story.desk.state.good is None, "one bad look is enough to wait"
    for check in checks:
        story.looks(check, "ok", "09:00:10", "09:00:20")
    story.at("09:00:40", i.Ticked())
    assert story.desk.state.good is None
    story = story_again(story)
    assert story.desk.state.good is not None
    assert (story.desk.state.good.sha, story.desk.state.good.by) == (GOOD, None)
    assert story.desk.state.good.why.startswith("all 3 checks good for ")


def story_again(story: Story) -> Story:
    """The bad look has left the twenty that are remembered."""
    for second in range(20):
        story.looks("ledger-ping", "ok", f"09:01:{second:02d}")
    story.at("09:01:30", i.Ticked())
    return story


@pytest.mark.req("R3-24", "F42")
def test_what_fails_after_a_deploy_never_becomes_known_good(story: Story) -> None:
    for told in (quiet, broken):
        told(story)
    story.at("09:05:00", i.Ticked())
    good = story.desk.state.good
    assert good is not None
    assert good.sha == GOOD
    assert story.desk.state.suspect is not None
    assert story.desk.state.suspect.sha == BAD


def start_verify(story: Story, clock: str, within: str = "30s") -> None:
    plan = verify_plan({"checks": "bookings-page", "within": within, "consecutive": "3"}, story.desk.state)
    assert isinstance(plan, Plan)
    story.at(clock, i.RunPlan(plan, "", "ines", OWNER, "verify-1"))


@pytest.mark.req("R3-26", "F59")
def test_verify_wants_so_many_good_looks_in_a_row_after_it_was_asked(story: Story) -> None:
    for told in (quiet, broken, opened, reverted, reset):
        told(story)
    start_verify(story, "09:18:00", "2m")
    story.looks("bookings-page", "ok", "09:18:10", "09:18:20")
    assert attempt(story, "verify-1").verdict is None, "two are not three, and those before do not count"
    story.looks("bookings-page", "failing", "09:18:30")
    story.looks("bookings-page", "ok", "09:18:40", "09:18:50")
    assert attempt(story, "verify-1").verdict is None, "a bad one starts the row anew"
    story.looks("bookings-page", "ok", "09:19:00")
    assert verdict(story, "verify-1").word == "complete"
    assert "in a row" in verdict(story, "verify-1").why


@pytest.mark.req("R3-26", "F59", "R3-33")
def test_verify_gives_up_at_its_deadline(story: Story) -> None:
    for told in (quiet, broken, opened):
        told(story)
    start_verify(story, "09:12:00")
    story.looks("bookings-page", "failing", "09:12:10", "09:12:20")
    assert attempt(story, "verify-1").verdict is None
    story.at("09:12:31", i.Ticked())
    found = verdict(story, "verify-1")
    assert (found.word, found.why) == ("not complete", "bookings: 503, after 31s")


@pytest.mark.req("F59")
@pytest.mark.parametrize(
    ("states", "now"), [(("ok",), "failing"), (("ok", "failing", "ok"), "failing"), (("ok", "ok"), "ok")]
)
def test_a_service_is_good_again_after_enough_good_looks_in_a_row(
    story: Story, states: tuple[str, ...], now: str
) -> None:
    for told in (quiet, broken):
        told(story)
    for n, state in enumerate(states):
        story.looks("bookings-page", state, f"09:03:{n:02d}")  # type: ignore[arg-type]
    assert story.desk.state.services["bookings"].state == now


@pytest.mark.req("R3-23", "R1-31", "R1-32", "F68")
def test_after_every_action_all_checks_are_compared_with_before(story: Story) -> None:
    for told in (quiet, broken, opened):
        told(story)
    plan = git_plan("git.reset", "Reset main", BACK)
    act(story, "09:12:00", plan, "run-1", BAD, RESET)
    story.at("09:12:05", i.RevisionLooked("bookings", RESET))
    story.looks("ledger-ping", "failing", "09:12:10", "09:12:15")
    story.looks("bookings-page", "ok", "09:12:20", "09:12:30")
    story.at("09:13:10", i.Ticked())
    delta = verdict(story, "run-1").delta
    assert (delta.newly_green, delta.newly_red) == (("bookings-page",), ("ledger-ping",))
    assert (delta.unknown, delta.red_before) == (("tariffs-feed",), ())


@pytest.mark.req("R3-23")
def test_green_before_the_new_revision_runs_is_no_proof(story: Story) -> None:
    """The looks of the old world do not count: what answers must be what was deployed."""
    for told in (quiet, broken, opened):
        told(story)
    act(story, "09:12:00", git_plan("git.reset", "Reset main", BACK), "run-1", BAD, RESET)
    story.looks("bookings-page", "ok", "09:12:10", "09:12:20")
    story.looks("tariffs-feed", "ok", "09:12:21")
    story.at("09:12:30", i.Ticked())
    assert attempt(story, "run-1").verdict is None
    story.at("09:12:40", i.RevisionLooked("bookings", RESET))
    assert attempt(story, "run-1").verdict is None
    story.looks("bookings-page", "ok", "09:12:50")
    story.looks("tariffs-feed", "ok", "09:12:51")
    assert attempt(story, "run-1").verdict is None, "good once: it may be the old process with the new files"
    story.looks("bookings-page", "ok", "09:12:51")
    assert attempt(story, "run-1").verdict is None, "and twice in one second"
    story.looks("bookings-page", "ok", "09:12:52")
    assert verdict(story, "run-1").word == "complete"


Break = Callable[[Story], None]


def user_path(story: Story) -> None:
    story.looks("bookings-page", "failing", "09:01:10", "09:01:20", "09:01:30")


def inner(story: Story) -> None:
    story.looks("ledger-ping", "failing", "09:01:10", "09:01:20")


def nothing(story: Story) -> None:
    story.looks("ledger-ping", "ok", "09:01:10")


@pytest.mark.req("F5", "R0-07")
@pytest.mark.parametrize(("breaks", "severity"), [(user_path, "SEV1"), (inner, "SEV2"), (nothing, "SEV3")])
def test_the_severity_is_suggested_by_what_fails(story: Story, breaks: Break, severity: str) -> None:
    quiet(story)
    breaks(story)
    story.at("09:02:00", i.OpenIncident("Something", "ines"))
    incident = story.desk.state.incidents["INC-1"]
    assert incident.severity == severity
    story.at("09:03:00", i.SetSeverity("SEV4", "ines"))
    assert story.desk.state.incidents["INC-1"].severity == "SEV4"
    (changed,) = [r.event for r in story.journal.read() if isinstance(r.event, e.SeverityChanged)]
    assert (changed.was, changed.now, changed.by) == (severity, "SEV4", "ines")


@pytest.mark.req("F8", "R3-07")
def test_each_stage_is_stamped_and_red_again_takes_recovery_back(story: Story) -> None:
    for told in (quiet, broken, opened, reverted, reset):
        told(story)
    incident = story.desk.state.incidents["INC-1"]
    assert (incident.stage, incident.mitigated) == ("monitoring", when("09:17:30"))
    assert story.facts("09:17:40").recovered == when("09:17:20")
    story.looks("bookings-page", "failing", "09:18:00", "09:18:10", "09:18:20")
    incident = story.desk.state.incidents["INC-1"]
    assert (incident.stage, incident.mitigated) == ("mitigating", None)
    assert story.facts("09:18:30").recovered is None


@pytest.mark.req("R3-16", "F1")
def test_attempts_are_counted_and_each_leaves_the_tips_before_and_after(story: Story) -> None:
    for told in (quiet, broken, opened, reverted, reset):
        told(story)
    ended = [r.event for r in story.journal.read() if isinstance(r.event, e.ActionEnded)]
    assert [(x.was, x.revision) for x in ended] == [(BAD, REVERT), (REVERT, RESET)]
    assert [attempt(story, run).number for run in ("run-1", "run-2")] == [1, 2]
    assert [verdict(story, run).word for run in ("run-1", "run-2")] == ["not complete", "complete"]
