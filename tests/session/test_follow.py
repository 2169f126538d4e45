"""What a push, a fix and a commit that was taken back mean, at their edges: through real turns into a real journal."""

from dataclasses import replace

import pytest

from incidentui.core import inputs as i
from incidentui.core.events import CommitBack, CommitCleared, DeployFollowed, DeployMissed, FixSeen
from incidentui.core.model import Fix, Plan, PlanCommit
from incidentui.core.redeploy import brings_back, guarded
from incidentui.session.turn import take
from tests.postmortem.story import BACK, BAD, GOOD, OWNER, RESET, REVERT, Story, act, git_plan, quiet, repository, when


@pytest.fixture
def story(story: Story) -> Story:
    quiet(story)
    return story


def said(story: Story, kind: type) -> list[object]:
    return [r.event for r in story.journal.read() if isinstance(r.event, kind)]


@pytest.mark.req("R3-37")
def test_what_cannot_be_asked_is_no_alarm_until_it_answers(story: Story) -> None:
    story.at("09:01:00", repository(BAD), i.RevisionLooked("bookings", None, "REV is not there"))
    story.at("09:05:00", i.Ticked())
    assert said(story, DeployMissed) == []
    story.at("09:05:01", i.RevisionLooked("bookings", GOOD))
    story.at("09:05:02", i.Ticked())
    assert len(said(story, DeployMissed)) == 1
    story.at("09:06:00", i.RevisionLooked("bookings", None, "built from uncommitted code: bad1bad-dirty", "dirty"))
    story.at("09:06:05", i.Ticked())
    assert said(story, DeployFollowed) == [], "a build of something else is not it"
    story.at("09:07:00", i.RevisionLooked("bookings", BAD))
    assert [f.late for f in said(story, DeployFollowed)] == [True]  # type: ignore[attr-defined]


def test_a_deploy_in_time_is_no_news(story: Story) -> None:
    story.at("09:01:00", repository(BAD))
    story.at("09:01:05", i.RevisionLooked("bookings", BAD))
    story.at("09:09:00", i.Ticked())
    assert said(story, DeployMissed) == []
    (record,) = [r for r in story.journal.read() if isinstance(r.event, DeployFollowed)]
    assert record.moment == "quiet"


def went_back(story: Story) -> None:
    """A commit breaks it, a reset of ours takes it back, and all is good again."""
    story.at("09:01:00", repository(BAD), i.RevisionLooked("bookings", BAD))
    story.looks("bookings-page", "failing", "09:01:10", "09:01:20", "09:01:30")
    act(story, "09:17:00", git_plan("git.reset", "Reset main", BACK), "run-1", BAD, RESET)
    story.at("09:17:15", i.RevisionLooked("bookings", RESET))
    story.looks("bookings-page", "ok", "09:17:20", "09:17:30")
    story.at("09:18:30", i.Ticked())  # its time is up: the verdict


def way_back_in() -> Plan:
    """What takes the commit away that took it back, and leaves it where it is."""
    return git_plan("git.undo", "Undo it", (PlanCommit(RESET, "ines", "Back to the tree", "target"),))


@pytest.mark.req("R3-27")
def test_it_is_cleared_only_when_it_runs_for_a_while_and_its_check_is_good(story: Story) -> None:
    went_back(story)
    (taken,) = story.desk.state.taken_back.values()
    assert (taken.sha, [name for name, _ in taken.checks]) == (BAD, ["bookings-page"])
    assert dict(taken.checks)["bookings-page"] == when("09:01:10")
    story.at("09:20:00", i.FixesLooked((), ((BAD, RESET, False),)))
    assert said(story, CommitBack) == []
    story.at("09:30:00", repository(REVERT), i.FixesLooked((), ((BAD, REVERT, True),)))
    story.at("09:30:01", i.FixesLooked((), ((BAD, REVERT, True),)))
    assert len(said(story, CommitBack)) == 1
    story.at("09:31:00", i.Ticked())
    assert said(story, CommitCleared) == [], "it does not run"
    story.at("09:31:10", i.RevisionLooked("bookings", REVERT))
    story.at("09:31:20", i.Ticked())
    assert said(story, CommitCleared) == [], "not long enough"
    story.looks("bookings-page", "ok", "09:31:40", "09:31:50")
    story.at("09:32:00", i.Ticked())
    assert [c.sha for c in said(story, CommitCleared)] == [BAD]  # type: ignore[attr-defined]
    assert story.desk.state.taken_back == {}


@pytest.mark.req("R3-27")
def test_a_plan_from_before_is_checked_again_at_the_door(story: Story) -> None:
    went_back(story)
    plan = way_back_in()
    assert [t.sha for t in brings_back(story.desk.state, plan)] == [BAD]
    (answer,) = take(story.journal, story.desk, story.clock, [i.RunPlan(plan, "main", "ines", OWNER, "run-9")]).answers
    assert isinstance(answer, i.Refusal)
    assert BAD[:7] in answer.why
    shown = guarded(plan, story.desk.state, "")
    (answer,) = take(story.journal, story.desk, story.clock, [i.RunPlan(shown, "main", "ines", OWNER, "run-9")]).answers
    assert isinstance(answer, i.Refusal)
    assert "bookings-page since 09:01:10" in answer.why
    both = replace(plan, takes_back=(*plan.takes_back, *BACK))
    assert brings_back(story.desk.state, both) == (), "what goes away with it does not come back"


@pytest.mark.req("R3-27")
def test_the_way_to_known_good_is_never_stopped(story: Story) -> None:
    went_back(story)
    assert story.desk.state.good is not None
    way = way_back_in()
    there = replace(way, action="git.reset", args=(("to", story.desk.state.good.sha), *way.args))
    assert brings_back(story.desk.state, there) == ()
    assert brings_back(story.desk.state, replace(there, args=(("to", BAD), *way.args))) != ()


@pytest.mark.req("R3-27")
def test_a_second_way_back_over_the_first_leaves_it_out_by_the_first(story: Story) -> None:
    story.at("09:01:00", repository(BAD), i.RevisionLooked("bookings", BAD))
    story.looks("bookings-page", "failing", "09:01:10", "09:01:20", "09:01:30")
    act(story, "09:17:00", git_plan("git.revert", "Revert it", BACK), "run-1", BAD, REVERT)
    story.at("09:18:30", i.Ticked())
    both = (*BACK, PlanCommit(REVERT, "ines", "Revert it", "yours"))
    act(story, "09:22:00", git_plan("git.reset", "Reset main", both), "run-2", REVERT, RESET)
    story.at("09:23:30", i.Ticked())
    assert [(t.sha, t.revision) for t in story.desk.state.taken_back.values()] == [(BAD, REVERT)]
    assert brings_back(story.desk.state, way_back_in()) == (), "the revert still stands below it"
    story.at("09:24:00", i.FixesLooked((), ((BAD, BAD, True),)))
    act(story, "09:25:00", git_plan("git.reset", "Reset main", BACK), "run-3", BAD, RESET)
    assert story.desk.state.taken_back[BAD].revision == RESET, "it was back, and was taken out anew"


def test_what_is_kept_is_bounded(story: Story) -> None:
    for n in range(60):
        story.at("09:40:00", i.FixTold(Fix(f"{n:040x}", f"fix {n}", "ines", when("09:40:00"), "a", "b")))
    assert len(story.desk.state.fixes) == 50
    story.at("09:41:00", i.RevisionLooked("bookings", BAD))
    story.looks("bookings-page", "failing", "09:41:10", "09:41:20", "09:41:30")
    many = [PlanCommit(f"{n + 1000:040x}", "kofi", f"change {n}") for n in range(150)]
    for n in range(2):
        taken = tuple(replace(c, sha=f"{n}{c.sha[1:]}") for c in many)
        plan = replace(git_plan("git.reset", "Reset", taken), within_ms=0)
        act(story, f"09:5{n}:00", plan, f"run-{n}", BAD, (REVERT, RESET)[n])
        story.at(f"09:5{n}:30", i.Ticked())
    assert len(story.desk.state.taken_back) == 200


@pytest.mark.req("R1-16")
def test_the_same_loss_in_several_places_counts_once_and_a_lost_look_says_nothing(story: Story) -> None:
    fix = Fix(GOOD, "ipv6", "ines", when("09:10:00"), "server/a.py", "::1")
    story.at("09:10:00", i.FixTold(fix))

    def look(clock: str, **there: bool | None) -> None:
        story.at(clock, i.FixesLooked(tuple(i.FixLook(GOOD, place, GOOD, found) for place, found in there.items())))

    look("09:10:01", HEAD=True, remote=True, elsewhere=False)
    look("09:10:02", HEAD=None, remote=True)
    look("09:10:03", HEAD=False, remote=False)
    (status,) = story.desk.state.fixes.values()
    assert (status.lost, {p.place: p.state for p in status.places}) == (
        1,
        {"HEAD": "gone", "remote": "gone", "elsewhere": "missing"},
    )
    look("09:10:04", HEAD=True, remote=True)
    look("09:10:05", HEAD=False)
    assert story.desk.state.fixes[GOOD].lost == 2
    keys = [r.event.now for r in story.journal.read() if isinstance(r.event, FixSeen) and r.moment == "key"]
    assert keys == ["gone", "there", "gone"]
