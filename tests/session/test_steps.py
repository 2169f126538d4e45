"""The rules of a run: back in order, branches that open again, other hands, waits, tries. On a real journal."""

from dataclasses import replace

import pytest

from incidentui.core import inputs as i
from incidentui.core.model import Owner, Plan, RunbookRun, RunStep
from incidentui.core.waiting import wait_plan
from incidentui.session.turn import state_at
from tests.postmortem.story import OWNER, Story, broken, opened, quiet
from tests.session.test_judgements import refused, told

BOOK = (
    RunStep(1, "Wait", action="wait", looks=True, then=4, otherwise=3),
    RunStep(2, "Nobody comes here"),
    RunStep(3, "Restart by hand"),
    RunStep(4, "Tell them"),
)


@pytest.fixture
def story(story: Story) -> Story:
    told(story, quiet, broken, opened)
    story.at("09:10:00", i.StartRunbook("run", "pump", "Pump", "digest", BOOK, "ines"))
    return story


def run(story: Story) -> RunbookRun:
    found = story.desk.state.runbook
    assert found is not None
    return found


def states(story: Story) -> list[str]:
    return [step.state for step in run(story).steps]


def wait(story: Story, args: dict[str, str], run: str = "w") -> i.RunPlan:
    plan = wait_plan(args, story.desk.state)
    assert isinstance(plan, Plan), plan
    return i.RunPlan(plan, "", "ines", OWNER, run, 1)


def shell(run: str, step: int, undoes: bool = False) -> i.RunPlan:
    return i.RunPlan(Plan("shell", (), "Do it", "yes", within_ms=60_000), "yes", "ines", OWNER, run, step, undoes)


def test_who_starts_another_runbook_ends_nobody_elses(story: Story) -> None:
    other = i.StartRunbook("run2", "sluice", "Sluice", "digest", BOOK[1:2], "bo")
    assert refused(story, "09:10:05", other).why == "ines works through Pump"
    assert (run(story).id, run(story).ended) == ("run", None)
    story.at("09:10:06", i.HandOver("bo", "bo"))
    story.at("09:10:07", other)
    assert (run(story).id, run(story).who) == ("run2", "bo")


@pytest.mark.req("R3-33", "R3-36")
def test_what_is_still_red_leads_on_and_what_is_done_anew_may_lead_elsewhere(story: Story) -> None:
    story.at("09:10:01", wait(story, {"checks": "bookings-page", "within": "10m"}))
    story.at("09:15:00", i.Ticked())
    assert states(story) == ["running", "todo", "todo", "todo"]
    story.at("09:20:02", i.Ticked())
    assert states(story) == ["failed", "skipped", "todo", "todo"]
    story.at("09:20:10", wait(story, {"for": "1m"}, "w2"))
    assert states(story) == ["running", "todo", "todo", "todo"], "what was led past is open again"
    story.at("09:21:11", i.Ticked())
    assert states(story) == ["done", "skipped", "skipped", "todo"]


def test_a_wait_that_was_left_is_judged_by_whoever_goes_on(story: Story) -> None:
    story.at("09:10:01", wait(story, {"for": "10m"}))
    assert state_at(story.journal, story.journal.last()) == story.desk.base
    story.at("09:20:02", i.Ticked())
    assert states(story)[0] == "done"


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({}, "one of for and checks"),
        ({"for": "1m", "checks": "a"}, "one of for and checks"),
        ({"for": "10"}, "has no unit"),
        ({"for": "1m", "within": "2m"}, "within belongs to checks"),
        ({"checks": "bookings-pgae"}, "there is no check"),
        ({"checks": "bookings-page", "within": "soon"}, "is no duration"),
        ({"checks": "bookings-page", "consecutive": "0"}, "no number from 1 to 20"),
        ({"until": "noon"}, "takes no 'until'"),
    ],
)
def test_a_wait_that_cannot_be_meant_is_said(story: Story, args: dict[str, str], why: str) -> None:
    plan = wait_plan(args, story.desk.state)
    assert isinstance(plan, i.Refusal)
    assert why in plan.why


def test_a_wait_is_cut_short_with_a_reason_and_stopped_without_one(story: Story) -> None:
    story.at("09:10:01", wait(story, {"for": "10m"}))
    story.at("09:12:01", i.StopAction("ines", "it is up"))
    step = run(story).steps[0]
    assert (step.state, step.note) == ("skipped", "cut short after 2m: it is up")
    story.at("09:12:10", wait(story, {"for": "10m"}, "w2"))
    story.at("09:13:10", i.StopAction("ines"))
    step = run(story).steps[0]
    assert (step.state, step.note) == ("failed", "not complete: only 1m waited, then ines stopped it")


def test_an_effect_is_stopped_only_by_the_program_that_runs_it(story: Story) -> None:
    story.at("09:10:01", shell("s", 3))
    other = Owner("elsewhere", "b", 2, 2)
    assert "ines's program" in refused(story, "09:10:05", i.StopAction("ines", "enough", other)).why
    assert states(story)[2] == "running"
    story.at("09:10:06", i.StopAction("ines", "enough", OWNER))
    assert states(story)[2] == "skipped"


@pytest.mark.req("F32")
def test_what_was_done_last_is_undone_first(story: Story) -> None:
    story.at("09:11:00", i.SetStep(1, "done", "ines"), i.SetStep(4, "done", "ines"), i.SetStep(3, "done", "ines", "x"))
    assert "step 4 is undone first" in refused(story, "09:12:00", i.SetStep(3, "undone", "ines", "y")).why
    assert "is not said" in refused(story, "09:12:00", i.SetStep(4, "undone", "ines", " ")).why
    story.at("09:12:01", i.SetStep(4, "undone", "ines", "called them again"))
    assert "step 3 is undone first" in refused(story, "09:12:02", shell("u", 1, undoes=True)).why
    story.at("09:12:03", shell("u", 3, undoes=True))
    assert (run(story).steps[2].state, run(story).steps[2].undoing) == ("running", True)
    story.at("09:12:04", i.ActionActed("u", "failed", "rm: exit 1"))
    failed = run(story).steps[2]
    assert (failed.state, failed.note, failed.undoing) == ("failed", "undo failed: rm: exit 1", False)
    assert "step 3 is undone first" in refused(story, "09:12:05", i.SetStep(1, "undone", "ines")).why
    story.at("09:12:06", i.SetStep(3, "undone", "ines", "by hand"))
    story.at("09:12:07", i.SetStep(1, "undone", "ines"))
    assert states(story)[0] == "undone", "what only looked needs no word"
    story.at(
        "09:13:00", i.SetStep(3, "done", "ines"), i.EndRunbook("ines"), i.SetStep(3, "undone", "tomasz", "after it")
    )
    assert "no step was gone through" in refused(story, "09:12:08", i.SetStep(1, "undone", "ines")).why


def test_what_was_cut_short_half_way_is_still_the_one_to_undo(story: Story) -> None:
    story.at("09:11:00", i.SetStep(1, "done", "ines"), i.SetStep(2, "done", "ines"), shell("s", 3))
    story.at("09:11:10", i.StopAction("ines", "it hangs", OWNER), i.ActionActed("s", "failed", "stopped by ines"))
    assert states(story)[2] == "skipped"
    assert "step 3 is undone first" in refused(story, "09:11:20", i.SetStep(2, "undone", "ines", "x")).why
    story.at("09:12:00", shell("u", 3, undoes=True))
    story.at("09:12:10", i.StopAction("ines", "it hangs too", OWNER), i.ActionActed("u", "failed", "stopped by ines"))
    half = run(story).steps[2]
    assert (half.state, half.note) == ("unknown", "undo cut short after 10s: it hangs too")
    assert "step 3 is undone first" in refused(story, "09:12:20", i.SetStep(2, "undone", "ines", "x")).why
    story.at("09:13:00", i.SetStep(3, "undone", "ines", "by hand"), i.SetStep(3, "skipped", "ines", "not needed"))
    story.at("09:13:10", i.SetStep(2, "undone", "ines", "x"))
    assert states(story)[1:3] == ["undone", "skipped"], "what was taken back is not taken back again"
    assert state_at(story.journal, story.journal.last()) == story.desk.base


def test_a_file_that_changed_is_begun_anew_once_nothing_of_it_runs(story: Story) -> None:
    again = i.StartRunbook("run2", "pump", "Pump", "digest", BOOK, "ines")
    assert "is being worked through already" in refused(story, "09:10:30", again).why
    story.at("09:11:00", shell("s", 3))
    other = replace(again, digest="other", steps=BOOK[:2])
    assert "step 3 of before still runs" in refused(story, "09:11:05", other).why
    story.at("09:11:10", i.ActionActed("s", "failed", "make: exit 2"))
    assert "ines works through Pump" in refused(story, "09:11:15", replace(other, by="tomasz")).why
    story.at("09:11:20", other)
    assert (run(story).id, run(story).digest, states(story)) == ("run2", "other", ["todo", "todo"])
    assert state_at(story.journal, story.journal.last()) == story.desk.base


@pytest.mark.req("R3-41")
def test_only_who_works_through_it_goes_on_until_it_is_handed_over(story: Story) -> None:
    for command in (
        i.SetStep(1, "done", "tomasz"),
        replace(shell("s", 3), by="tomasz"),
        i.HandOver("tomasz", "lea"),
    ):
        assert "ines works through Pump" in refused(story, "09:11:00", command).why
    assert "works through it already" in refused(story, "09:11:00", i.HandOver("ines", "ines")).why
    story.at("09:12:00", i.HandOver("ines", "tomasz", "the portal is slow"))
    assert (run(story).who, run(story).handed) == ("tomasz", "ines: the portal is slow")
    assert "tomasz works through Pump" in refused(story, "09:12:01", i.SetStep(1, "done", "ines")).why
    story.at("09:12:02", i.SetStep(1, "done", "tomasz"))
    story.at("09:12:03", i.HandOver("ines", "ines"))
    assert (run(story).who, run(story).handed) == ("ines", "")
    assert state_at(story.journal, story.journal.last()) == story.desk.base


@pytest.mark.req("R1-38")
def test_tries_the_same_error_and_the_last_run_are_known(story: Story) -> None:
    for n, said in enumerate(("no water", "no water", "no power"), 1):
        story.at(f"09:1{n}:00", shell(f"s{n}", 3))
        story.at(f"09:1{n}:05", i.ActionActed(f"s{n}", "failed", "make: exit 2", evidence=i.Evidence("output", said)))
        step = run(story).steps[2]
        assert (step.tries, step.same, step.fault) == (n, int(n == 2), f"make: exit 2 · {said}")
    story.at("09:15:00", i.EndRunbook("ines", "enough"))
    last = story.desk.state.last_runs["pump"]
    assert (last.by, last.of, last.stuck, last.ended) == ("ines", 4, "1 Wait, todo", True)
    story.at("09:16:00", i.StartRunbook("run2", "pump", "Pump", "digest", BOOK[1:2], "ines"))
    story.at("09:16:01", i.SetStep(2, "done", "ines"))
    assert story.desk.state.last_runs["pump"].stuck == ""


def test_a_step_whose_program_died_is_unknown(story: Story) -> None:
    story.at("09:11:00", shell("s", 3))
    story.at("09:11:10", i.OwnerGone("s"), i.ActionActed("s", "unknown", "nobody can look it up"))
    assert states(story)[2] == "unknown"
