"""A checkpoint on green by policy: when one is due, why, how often, and what keeps it back."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from incidentui.core import events as e
from incidentui.core import inputs as i
from incidentui.core.model import CheckSpec, Plan, ServiceSpec, Workload
from incidentui.core.state import State
from incidentui.session.keeping import kept
from incidentui.session.turn import take
from tests.postmortem.story import BAD, GOOD, OWNER, Story, repository, when

CHECK = CheckSpec("page", "bookings", every_ms=10_000, fail_after=1, recover_after=1)
MIN, HOUR = 60_000, 3_600_000


def watch(story: Story, clock: str = "09:00:00", after: int | None = 2 * MIN, every: int = HOUR) -> None:
    spec = replace(
        story.desk.state.project,
        name="ferry",
        services=(ServiceSpec("bookings", workloads=("pages",), has_revision=True),),
        checks=(CHECK,),
        green_after_ms=after,
        green_every_ms=every,
    )
    story.at(clock, i.StartWatch(spec, "ines"), repository(GOOD), i.RevisionLooked("bookings", GOOD))


def good(story: Story, hour: int, minutes: Sequence[int]) -> None:
    for minute in minutes:
        for second in (0, 20, 40):
            story.looks("page", "ok", f"{hour:02d}:{minute:02d}:{second:02d}")


def due(story: Story, clock: str, keeps: bool = True) -> list[i.KeepCheckpoint]:
    story.clock.at = when(clock)
    turn = take(story.journal, story.desk, story.clock, [i.Ticked(keeps=keeps)])
    story.desk = turn.desk
    return [effect for effect in turn.effects if isinstance(effect, i.KeepCheckpoint)]


def taken(story: Story, clock: str, asked: i.KeepCheckpoint, ident: str = "20260302-090300") -> None:
    story.at(clock, i.CheckpointKept(ident, asked.why, "3 files, 1 of 1 checks good", asked.trigger))


def rows(story: Story) -> list[str]:
    kinds = (e.CheckpointTaken, e.CheckpointMissed)
    return [r.event.why for r in story.journal.read(0) if isinstance(r.event, kinds)]


@pytest.mark.req("F43")
def test_it_is_due_once_when_all_was_good_for_so_long_after_a_deploy(story: Story) -> None:
    watch(story)
    good(story, 9, range(2))
    story.at("09:02:00", repository(BAD), i.RevisionLooked("bookings", BAD))
    good(story, 9, range(2, 4))
    assert due(story, "09:03:58") == [], "not for long enough since the deploy"
    good(story, 9, [4])
    assert due(story, "09:04:41", keeps=False) == [], "who does not observe, or may not write, takes none"
    (asked,) = due(story, "09:04:42")
    assert asked.why == "green for 2m 42s after deploy bad1bad"
    assert due(story, "09:04:43") == [], "while it is taken none is asked for"
    taken(story, "09:04:45", asked)
    good(story, 9, range(5, 9))
    assert due(story, "09:08:50") == [], "nothing happened since"
    assert rows(story) == ["green for 2m 42s after deploy bad1bad"]
    assert story.desk.state.green.id == "20260302-090300"


def test_what_was_red_after_the_deploy_and_is_over_only_makes_it_later(story: Story) -> None:
    watch(story)
    good(story, 9, range(2))
    story.at("09:02:00", repository(BAD), i.RevisionLooked("bookings", BAD))
    story.looks("page", "failing", "09:02:10", "09:02:20")
    story.looks("page", "ok", "09:02:30")
    good(story, 9, [3])
    assert due(story, "09:03:50") == []
    good(story, 9, [4])
    assert [asked.why for asked in due(story, "09:04:42")] == ["green for 2m 12s after deploy bad1bad"]


def test_the_first_needs_no_deploy_and_without_a_policy_there_is_none(story: Story) -> None:
    watch(story)
    good(story, 9, range(4))
    (asked,) = due(story, "09:03:45")
    assert asked.why == "green for 3m 45s after the watch began"
    taken(story, "09:03:46", asked)
    watch(story, "10:30:00")
    good(story, 10, range(30, 34))
    assert due(story, "10:33:45") == [], "a watch that begins anew is no reason"
    watch(story, "11:30:00", after=None)
    good(story, 11, range(30, 34))
    story.at("11:34:00", repository(BAD), i.RevisionLooked("bookings", BAD))
    good(story, 11, range(34, 38))
    assert due(story, "11:37:45") == []


def test_at_most_one_in_its_time_and_the_last_trigger_waits_for_that(story: Story) -> None:
    watch(story, every=10 * MIN)
    good(story, 9, range(3))
    (asked,) = due(story, "09:02:45")
    taken(story, "09:02:46", asked)
    story.at("09:03:00", repository(BAD), i.RevisionLooked("bookings", BAD))
    good(story, 9, range(3, 13))
    assert due(story, "09:12:40") == []
    (later,) = due(story, "09:12:50")
    assert later.why.endswith("after deploy bad1bad")


def request() -> i.RunPlan:
    plan = Plan("workload.restart", (("name", "pages"),), "Restart pages", "pages", "workload", within_ms=MIN)
    return i.RunPlan(plan, "pages", "ines", OWNER, "run-1", None)


def test_an_action_that_worked_is_a_reason_and_one_under_way_keeps_it_back(story: Story) -> None:
    watch(story, every=MIN)
    pages = Workload("pages", "supervisor", "running", ident="11")
    story.at("09:00:10", i.WorkloadsLooked("supervisor", (pages,)))
    good(story, 9, range(3))
    story.at("09:02:42", request())
    assert due(story, "09:02:45") == [], "it would be due, and an action is under way"
    story.at("09:02:50", i.ActionActed("run-1", "done", "restarted"))
    story.at("09:02:52", i.WorkloadsLooked("supervisor", (replace(pages, ident="12"),)))
    good(story, 9, range(3, 7))
    (asked,) = due(story, "09:06:45")
    assert asked.why.endswith("after workload.restart pages")


@pytest.mark.parametrize(
    "bad",
    [
        i.Sampled("page", when("09:02:50"), "ok", "12 ms"),
        i.Sampled("page", when("09:02:50"), "failing", "503"),
        i.Sampled("page", when("09:02:50"), "unknown", "no answer"),
        i.Sampled("page", when("09:02:50"), "slow", "3 s"),
        i.WorkloadsLooked("docker", (Workload("pages", "docker", "exited", exit_code=1),)),
        i.SourceFailed("docker", "permission denied"),
    ],
)
def test_never_while_something_is_red_unknown_or_out_of_sight(story: Story, bad: i.Input) -> None:
    watch(story)
    good(story, 9, range(2))
    for second in range(0, 50, 10):
        story.looks("page", "ok", f"09:02:{second:02d}")
    story.at("09:02:50", bad)
    well = isinstance(bad, i.Sampled) and bad.state == "ok"
    assert len(due(story, "09:02:51")) == well, "the first of them is the control"


async def test_what_turned_red_meanwhile_is_not_kept_and_a_failure_is_told_and_tried_again_later(story: Story) -> None:
    watch(story)
    good(story, 9, range(3))
    (asked,) = due(story, "09:02:45")

    class Full:
        async def keep(self, why: str, state: State) -> tuple[str, str] | i.Refusal:
            return i.Refusal("no checkpoint can be kept in /x: No space left on device")

    red = replace(story.desk.state, checks={n: replace(c, state="failing") for n, c in story.desk.state.checks.items()})
    lost = await kept(Full(), asked, red)
    assert isinstance(lost, i.CheckpointLost)
    assert lost.wrong == "page is failing"
    full = await kept(Full(), asked, story.desk.state)
    story.at("09:02:46", full)
    good(story, 9, range(3, 14))
    assert due(story, "09:12:40") == []
    assert len(due(story, "09:13:40")) == 1
    assert rows(story) == [asked.why]


async def test_one_that_falls_over_a_fault_of_ours_is_lost_and_ends_nothing(story: Story) -> None:
    watch(story)
    good(story, 9, range(3))
    (asked,) = due(story, "09:02:45")

    class Fallen:
        async def keep(self, why: str, state: State) -> tuple[str, str] | i.Refusal:
            raise ValueError("Invalid pattern")

    lost = await kept(Fallen(), asked, story.desk.state)
    assert lost == i.CheckpointLost(asked.why, "a fault of the program: ValueError: Invalid pattern", asked.trigger)


def test_one_that_was_being_taken_when_the_program_died_is_asked_for_again(story: Story) -> None:
    watch(story)
    good(story, 9, range(3))
    assert len(due(story, "09:02:45")) == 1
    watch(story, "09:02:50")
    good(story, 9, range(3, 6))
    assert len(due(story, "09:05:45")) == 1
