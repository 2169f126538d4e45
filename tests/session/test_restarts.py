"""Restarts, whoever asked for them: on the timeline with their containers and health, counted, and in the draft."""

from dataclasses import replace

import pytest

from incidentui.core import codec
from incidentui.core import events as e
from incidentui.core import inputs as i
from incidentui.core.model import Plan, Precondition, Workload
from incidentui.core.recent import NOTHING
from incidentui.core.words import row
from incidentui.postmortem.document import document
from incidentui.postmortem.draft import render
from incidentui.session.ports import View
from incidentui.session.turn import take
from incidentui.tui.pages.workload import workload_lines
from tests.postmortem.story import OWNER, SPEC, Story, broken, opened, quiet, when

FIRST, SECOND = "3f2a91c0d1e2" * 5, "91bce0aa31f0" * 5
WEB = Workload("web", "docker", "running", when("08:50:00"), health="healthy", ident=FIRST, restarts=0)


@pytest.fixture
def story(story: Story) -> Story:
    quiet(story)
    bookings = replace(SPEC.services[0], workloads=("pages", "web"))
    story.at("09:00:25", i.StartWatch(replace(SPEC, services=(bookings, *SPEC.services[1:])), "ines"))
    story.at("09:00:30", i.WorkloadsLooked("docker", (WEB,)))
    return story


def seen(story: Story, clock: str, now: Workload) -> None:
    story.at(clock, i.WorkloadsLooked("docker", (now,)))


def restarts(story: Story) -> list[e.Recorded]:
    return [r for r in story.journal.read(0, 10_000) if isinstance(r.event, e.WorkloadRestarted)]


def by_hand(story: Story, ended: str, started: str, healthy: str) -> None:
    """`docker compose restart`: down, up again, and after a while its health check answers."""
    seen(story, ended, replace(WEB, state="exited", exit_code=0, health="none", since=when(ended)))
    seen(story, started, replace(WEB, state="starting", since=when(started), health="starting"))
    seen(story, healthy, replace(WEB, since=when(started)))


@pytest.mark.req("R0-16")
def test_each_restart_by_hand_is_a_row_with_container_and_health_and_they_are_counted(story: Story) -> None:
    broken(story)
    opened(story)
    by_hand(story, "09:12:00", "09:12:02", "09:12:14")
    by_hand(story, "09:13:00", "09:13:02", "09:13:09")
    first, second = restarts(story)
    assert row(first).text == "restarted: container 3f2a91c0d1e2, healthy → starting"
    assert row(second).text == "restarted for the 2nd time: container 3f2a91c0d1e2, healthy → starting"
    assert second.moment == "key", "somebody else did it while users suffer"
    data = codec.to_cloudevent(second)["data"]["restart"]
    assert (data["was"], data["now"], data["before"], data["after"], data["number"]) == (
        FIRST,
        FIRST,
        "healthy",
        "starting",
        2,
    )
    last = story.desk.state.ran["web"].seen[-1]
    assert (last.settled, last.settled_ms) == ("healthy", 7_000)
    page = [line.text for line in workload_lines("web", View(story.desk.state, NOTHING), when("09:14:00"), 80, 24)]
    assert any("2×, last" in line and "container 3f2a91c0d1e2, healthy → healthy after" in line for line in page), page
    facts = story.facts()
    assert "| web | 2 | 3f2a91c0d1e2 | healthy | healthy | _unknown_ |" in render(facts)
    assert [found["number"] for found in document(facts)["restarts"]] == [1, 2]


def test_one_that_this_program_did_names_its_action(story: Story) -> None:
    plan = Plan("workload.restart", (("name", "web"),), "Restart web", "web", "workload", within_ms=60_000)
    story.at("09:12:00", i.RunPlan(plan, "web", "ines", OWNER, "run-1"))
    seen(story, "09:12:03", replace(WEB, since=when("09:12:02"), health="unhealthy"))
    (only,) = restarts(story)
    assert isinstance(only.event, e.WorkloadRestarted)
    assert (only.event.restart.run, only.event.restart.after, only.moment) == ("run-1", "unhealthy", "detail")


@pytest.mark.parametrize("behind", [600, 2_500])
def test_one_of_ours_is_ours_by_an_engines_clock_of_whole_seconds_or_behind(story: Story, behind: int) -> None:
    plan = Plan("workload.restart", (("name", "web"),), "Restart web", "web", "workload", within_ms=60_000)
    story.at("09:12:00", i.RunPlan(plan, "web", "ines", OWNER, "run-1"))
    seen(story, "09:12:03", replace(WEB, since=when("09:12:00") - behind))
    (only,) = restarts(story)
    assert isinstance(only.event, e.WorkloadRestarted)
    assert only.event.restart.run == "run-1"


def planned_for(ident: str, start: int) -> Plan:
    checked = (Precondition("container", "still it", ident), Precondition("start", "nobody has", str(start)))
    args = (("name", "web"),)
    return Plan("workload.restart", args, "Restart web", "web", "workload", within_ms=60_000, checked=checked)


def run_of(story: Story, plan: Plan, started: int, seen_at: str = "09:12:03") -> str:
    story.at("09:12:00", i.RunPlan(plan, "web", "ines", OWNER, "run-1"))
    seen(story, seen_at, replace(WEB, since=started))
    (only,) = restarts(story)
    assert isinstance(only.event, e.WorkloadRestarted)
    return only.event.restart.run


@pytest.mark.req("R0-16")
@pytest.mark.parametrize("minutes", [-90, -5, 5, 90])
def test_one_of_ours_is_ours_whatever_the_clock_of_the_engine_says(story: Story, minutes: int) -> None:
    """An engine on another host: its times say when, by its own clock, and nothing of what happened first."""
    started = when("09:12:02") + minutes * 60_000
    assert run_of(story, planned_for(FIRST, when("08:50:00")), started) == "run-1"


def test_what_another_process_was_planned_for_claims_no_restart(story: Story) -> None:
    far = when("09:12:02") - 300_000
    assert run_of(story, planned_for(SECOND, when("08:50:00")), far) == ""


def test_a_start_that_the_plan_did_not_see_is_no_work_of_its_action(story: Story) -> None:
    far = when("09:12:02") - 300_000
    assert run_of(story, planned_for(FIRST, when("08:40:00")), far) == ""


def test_one_long_before_ours_is_nobodys(story: Story) -> None:
    plan = Plan("workload.restart", (("name", "web"),), "Restart web", "web", "workload", within_ms=60_000)
    story.at("09:12:00", i.RunPlan(plan, "web", "ines", OWNER, "run-1"))
    seen(story, "09:12:03", replace(WEB, since=when("09:11:50")))
    (only,) = restarts(story)
    assert isinstance(only.event, e.WorkloadRestarted)
    assert only.event.restart.run == ""


def test_a_clock_that_was_set_back_restarts_no_process(story: Story) -> None:
    worker = Workload("worker", "supervisor", "running", when("08:50:00"), ident="4242")
    for clock, since in (("09:12:00", "08:50:00"), ("09:13:00", "08:49:53")):
        story.at(clock, i.WorkloadsLooked("supervisor", (replace(worker, since=when(since)),)))
    assert restarts(story) == []
    story.at("09:14:00", i.WorkloadsLooked("supervisor", (replace(worker, since=when("09:13:50")),)))
    assert len(restarts(story)) == 1


def test_a_container_made_anew_names_both_and_the_engines_own_restart_says_so(story: Story) -> None:
    seen(story, "09:12:03", replace(WEB, ident=SECOND, since=when("09:12:02"), health="starting"))
    seen(story, "09:13:03", replace(WEB, ident=SECOND, since=when("09:13:02"), restarts=1))
    anew, own = (row(found).text for found in restarts(story))
    assert anew == "made anew: container 3f2a91c0d1e2 healthy → 91bce0aa31f0 starting"
    assert own == "restarted by its engine for the 2nd time: container 91bce0aa31f0, starting → healthy"


def test_a_crash_loop_and_a_lost_engine_are_no_restarts(story: Story) -> None:
    for n, clock in enumerate(("09:12:00", "09:12:10"), 1):
        seen(story, clock, replace(WEB, state="crashing", since=when("09:12:00"), restarts=n, health="none"))
    story.at("09:13:00", i.SourceFailed("docker", "no such socket"))
    story.at("09:14:00", i.SourceAnswered("docker"), i.WorkloadsLooked("docker", (replace(WEB, state="crashing"),)))
    assert restarts(story) == []
    seen(story, "10:40:00", replace(WEB, since=when("10:39:00")))
    (only,) = restarts(story)
    assert row(only).text.startswith("restarted: container"), "when it runs again it was"


def test_a_container_of_the_same_name_on_another_engine_is_no_restart(story: Story) -> None:
    there = replace(WEB, ident=SECOND, since=when("08:00:00"))
    story.at("09:12:00", i.WorkloadsLooked("docker", (there,), where="ssh://prod (DOCKER_CONTEXT)"))
    story.at("09:13:00", i.WorkloadsLooked("docker", (there,), where="ssh://prod (DOCKER_HOST)"))
    seen(story, "09:14:00", WEB)
    assert restarts(story) == []
    seen(story, "09:15:00", replace(WEB, since=when("09:14:50")))
    assert len(restarts(story)) == 1


def test_after_a_day_counting_begins_anew(story: Story) -> None:
    by_hand(story, "09:12:00", "09:12:02", "09:12:14")
    story.clock.at = when("09:20:00") + 25 * 3_600_000
    later = replace(WEB, since=story.clock.at)
    story.desk = take(story.journal, story.desk, story.clock, [i.WorkloadsLooked("docker", (later,))]).desk
    assert [s.restart.number for s in story.desk.state.ran["web"].seen] == [1, 1]


def test_two_that_look_at_one_crash_loop_do_not_take_turns_in_the_record(story: Story) -> None:
    """One watches, the other acts beside it: since when, and how often it was seen, each knows for itself."""
    loop = replace(WEB, state="crashing", exit_code=3, restarts=15, seen_restarts=12, since=when("09:01:22"))
    seen(story, "09:07:22", loop)
    before = len(list(story.journal.read(0, 10_000)))
    seen(story, "09:07:29", replace(loop, seen_restarts=2, since=when("09:01:50"), note="starts and dies again"))
    seen(story, "09:07:30", loop)
    assert len(list(story.journal.read(0, 10_000))) == before
    seen(story, "09:07:40", replace(loop, seen_restarts=3, restarts=16, since=when("09:01:50")))
    page = [line.text for line in workload_lines("web", View(story.desk.state, NOTHING), when("09:08:00"), 80, 24)]
    assert any("restarts" in text and "16" in text for text in page), "the next crash is told"
