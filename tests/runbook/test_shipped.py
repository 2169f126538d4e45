"""The runbooks that ship, walked through on a real journal: what follows when a step is good, and when it is not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core import inputs as i
from incidentui.core.model import RunStep
from incidentui.core.steps import current_step
from incidentui.core.waiting import wait_plan
from incidentui.runbook.model import Runbook
from incidentui.runbook.parse import parse
from tests.postmortem.story import Story, broken, opened, quiet
from tests.session.test_judgements import told

BOOKS = {
    p.stem: parse(p.read_text(encoding="utf-8"), p.name) for p in (Path(__file__).parents[2] / "runbooks").glob("*.md")
}
GOOD = {
    "200-but-not-the-right-thing": [1, 2, 3, 4, 6, 7],
    "before-you-deploy": [1, 2, 4, 5, 6, 7, 8, 9, 11],
    "close-and-hand-over": [1, 2, 3, 4, 5, 6],
    "configuration-mismatch": [1, 2, 3, 4, 6, 9, 11],
    "crash-loop": [1, 2, 3, 4, 5, 8],
    "data-drop": [1, 2, 3, 4, 5, 6, 7],
    "reset-to-known-good": [1, 2, 4],
    "restart-a-workload": [1, 2, 4],
    "restart-rehearsal": [1, 2, 3, 4, 6, 8],
    "roll-back-a-bad-deploy": [1, 2, 4, 6],
    "rollback-is-incomplete": [1, 2, 3, 5],
    "the-deploy-did-not-start": [1, 2, 3, 4, 6, 7],
    "verify-recovery": [1, 3, 4, 5],
    "volume-came-up-empty": [1, 2, 3, 4, 5, 6, 7, 11, 12, 13],
}
"""The steps that a person goes through when each comes out good; those between are skipped, and say by which."""
RED = {
    "200-but-not-the-right-thing": {4: 5},
    "before-you-deploy": {2: 3, 9: 10},
    "close-and-hand-over": {1: 3},
    "configuration-mismatch": {6: 7, 7: 8, 8: 9, 9: 10},
    "crash-loop": {5: 6},
    "reset-to-known-good": {2: 3},
    "restart-a-workload": {2: 3},
    "restart-rehearsal": {4: 5, 6: 7},
    "roll-back-a-bad-deploy": {2: 3, 3: 4, 4: 5},
    "rollback-is-incomplete": {3: 4},
    "the-deploy-did-not-start": {2: 3, 4: 5, 6: 7},
    "verify-recovery": {1: 2},
    "volume-came-up-empty": {7: 8},
}
"""Which step is to do after one that failed. Where nothing stands here, a failed step stays the one to do."""


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    one = Story(tmp_path)
    told(one, quiet, broken, opened)
    yield one
    one.journal.close()


def begun(story: Story, name: str) -> Runbook:
    book = BOOKS[name]
    story.at("09:10:00", i.StartRunbook("run", name, book.title, "digest", book.run_steps(), "ines"))
    return book


def steps(story: Story) -> tuple[RunStep, ...]:
    run = story.desk.state.runbook
    assert run is not None
    return run.steps


def to_do(story: Story) -> int | None:
    step = current_step(steps(story))
    return step.n if step is not None else None


def gone(story: Story, ends: dict[int, bool]) -> list[int]:
    """The steps that came up; each is good unless `ends` says otherwise, and one that stays to do ends it."""
    seen: list[int] = []
    while (n := to_do(story)) is not None and n not in seen:
        seen.append(n)
        story.at(f"09:11:{len(seen):02}", i.SetStep(n, "done" if ends.get(n, True) else "failed", "ines", "x"))
    return seen


def test_every_one_is_here() -> None:
    assert set(BOOKS) == set(GOOD)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_when_each_step_is_good_nobody_reads_what_to_do_when_it_is_not(story: Story, name: str) -> None:
    begun(story, name)
    assert gone(story, {}) == GOOD[name]
    skipped = [step for step in steps(story) if step.state == "skipped"]
    assert all("went on with step" in step.note for step in skipped)


@pytest.mark.req("R3-33")
@pytest.mark.parametrize(("name", "n"), [(name, n) for name, reds in sorted(RED.items()) for n in reds])
def test_what_did_not_help_leads_on_instead_of_ending_there(story: Story, name: str, n: int) -> None:
    begun(story, name)
    reds = RED[name]
    before = dict.fromkeys((m for m in reds if m < n and reds[m] <= n and n not in GOOD[name]), False)
    path = gone(story, {**before, n: False})
    assert path[path.index(n) + 1] == reds[n]


def test_no_other_step_leads_on_by_failing() -> None:
    leading = {name: {s.n for s in book.steps if s.otherwise is not None} for name, book in BOOKS.items()}
    assert {name: ns for name, ns in leading.items() if ns} == {name: set(reds) for name, reds in RED.items()}


def test_the_ten_minutes_after_a_deploy_are_waited_for_and_can_be_cut_short(story: Story) -> None:
    step = begun(story, "before-you-deploy").step(8)
    assert step is not None
    assert step.action is not None
    assert step.action.name == "wait"
    plan = wait_plan(dict(step.action.args), story.desk.state)
    assert not isinstance(plan, i.Refusal)
    assert (plan.within_ms, plan.changes) == (600_000, False)
    assert replace(plan, checks=()) == plan, "it waits for the clock, not for a check"


@pytest.mark.parametrize(
    ("name", "n", "back"),
    [
        ("volume-came-up-empty", 7, "workload.stop"),
        ("volume-came-up-empty", 10, "workload.stop"),
        ("crash-loop", 7, ""),
        ("crash-loop", 5, ""),
    ],
)
def test_the_way_back_that_is_written_down(name: str, n: int, back: str) -> None:
    step = BOOKS[name].step(n)
    assert step is not None
    assert (step.undo_action.name if step.undo_action else "") == back


def test_still_red_nobody_is_led_to_take_the_maintenance_page_away(story: Story) -> None:
    book = begun(story, "close-and-hand-over")
    assert gone(story, {1: False}) == [1, 3, 4, 5, 6]
    step = book.step(2)
    assert step is not None
    assert "Maintenance pages" in step.prose


def test_a_volume_is_not_restored_before_somebody_looked_why_it_did_not_come_up(story: Story) -> None:
    """And what was stopped is started after it, before users are asked for."""
    book = begun(story, "volume-came-up-empty")
    path = gone(story, {7: False})
    does = [(step.action.name if step.action else "") for n in path if (step := book.step(n)) is not None]
    assert does[6:] == ["compose.up", "", "volume.restore", "compose.up", "", "verify", ""]


def test_a_deploy_is_given_its_own_time_not_that_of_a_restart() -> None:
    asked = [s.action for b in BOOKS.values() for s in b.steps if s.action and s.action.name == "deploy.start"]
    assert len(asked) == 3
    assert not [a for a in asked if "patience" in dict(a.args).get("within", "")]
