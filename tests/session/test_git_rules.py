"""What the record makes of the git actions that touch only this clone, of rehearsals, and of what was skipped."""

from dataclasses import replace

import pytest

from incidentui.core import inputs as i
from incidentui.core.model import Light, Plan, PlanStep, Precondition, Rehearsal, RehearsedCommand
from tests.postmortem.story import BACK, BAD, GOOD, OWNER, RESET, Story, act, broken, git_plan, opened, quiet, when

RED = Rehearsal("tree-good", "tree equal", (RehearsedCommand(("make", "test"), "failed", "exit 2", 900, "1 failed"),))


@pytest.fixture
def story(story: Story) -> Story:
    quiet(story)
    broken(story)
    opened(story)
    return story


def local(action: str, changes: bool = True) -> Plan:
    steps = (PlanStep("restore", "one file"),)
    return Plan(action, (("from", "refs/x"),), "Bring work back", "main", changes=changes, steps=steps, local=True)


@pytest.mark.parametrize(("found", "word"), [(True, "complete"), (False, "not complete")])
def test_what_touches_only_the_clone_is_not_judged_by_what_runs(story: Story, found: bool, word: str) -> None:
    before = story.desk.state.incidents["INC-1"].stage
    light = Light("worktree", found, "as saved" if found else "not as saved: a.txt", "bytes", when("09:20:00"))
    story.at("09:20:00", i.RunPlan(local("git.restore-work"), "main", "ines", OWNER, "r-1"))
    story.at("09:20:01", i.LightLooked("r-1", light), i.ActionActed("r-1", "done", "1 file back"))
    verdict = story.desk.state.attempts["r-1"].verdict
    assert verdict is not None
    assert verdict.word == word
    assert {one.name: one.ok for one in verdict.lights if one.name != "worktree"} == dict.fromkeys(
        ("tree", "remote", "running", "user_path")
    )
    assert story.desk.state.incidents["INC-1"].stage == before


def test_a_mark_needs_no_word_and_becomes_known_good(story: Story) -> None:
    story.at("09:20:00", i.RunPlan(local("git.mark-good", changes=False), "", "ines", OWNER, "r-1"))
    story.at("09:20:01", i.ActionActed("r-1", "done", "marked", BAD))
    state = story.desk.state
    assert state.good is not None
    assert (state.good.sha, state.good.by) == (BAD, "ines")
    verdict = state.attempts["r-1"].verdict
    assert verdict is not None
    assert verdict.word == "complete"


def test_a_mark_that_failed_marks_nothing(story: Story) -> None:
    before = story.desk.state.good
    story.at("09:20:00", i.RunPlan(local("git.mark-good", changes=False), "", "ines", OWNER, "r-1"))
    story.at("09:20:01", i.ActionActed("r-1", "failed", "read-only", BAD))
    assert story.desk.state.good == before


def test_the_word_does_not_open_a_red_rehearsal(story: Story) -> None:
    red = Precondition("rehearsed", "the rehearsal is red", ok=False, note="make test exit 2")
    plan = replace(git_plan("git.reset", "Reset main", BACK), checked=(red,), rehearsal=RED)
    with pytest.raises(AssertionError, match="the rehearsal is red"):
        story.at("09:20:00", i.RunPlan(plan, "main", "ines", OWNER, "r-1"))
    assert "r-1" not in story.desk.state.attempts


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        (Rehearsal("t", "tree equal", skipped="the build box is down"), "skipped by ines: the build box is down"),
        (
            replace(RED, commands=(RehearsedCommand(("make", "test"), "ok"),)),
            "Rehearsed before: tree equal; make test ok",
        ),
    ],
)
def test_the_draft_says_what_was_rehearsed_and_what_was_skipped(story: Story, tried: Rehearsal, said: str) -> None:
    plan = replace(git_plan("git.reset", f"Reset main to {GOOD[:7]}", BACK), rehearsal=tried)
    act(story, "09:20:00", plan, "r-1", BAD, RESET)
    assert said in story.draft()
