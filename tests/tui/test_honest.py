"""What a tired person would have believed, and was not so."""

from dataclasses import replace
from typing import get_args

import pytest

from incidentui.core.model import CheckSpec, RunStep, ServiceStatus, Stage
from incidentui.runbook.parse import parse
from incidentui.session.ports import View
from incidentui.tui.present import runbook
from incidentui.tui.present.headline import headline
from incidentui.tui.present.scene import RunbookEntry
from incidentui.tui.regions import Class
from tests.tui import fakes
from tests.tui.screens import shown

GONE = "shop: no incidentui.toml: incidentui init writes one"


def unchecked(*problems: str) -> View:
    """An open incident, and a configuration that is not there any more: a way back may have taken the file away."""
    view = fakes.incident()
    project = replace(view.state.project, checks=(), services=())
    return View(replace(view.state, project=project, checks={}, services={}), {}, problems=problems)


def told(view: View, width: int, kind: Class) -> str:
    return "\n".join(line.text for line in headline(fakes.scene(view), width, kind).lines)


@pytest.mark.parametrize(("width", "kind"), [(80, "compact"), (120, "normal"), (200, "wide")])
def test_nothing_that_looks_is_no_recovery(width: int, kind: Class) -> None:
    assert kind in get_args(Class)
    for view in (unchecked(), unchecked(GONE)):
        said = told(view, width, kind)
        assert "? nothing is checked" in said
        assert "everything answers" not in said
        assert "user path" not in said
    assert "no incidentui.toml" in told(unchecked(GONE), width, kind)


async def test_the_screen_says_it_in_the_incident() -> None:
    async with shown(unchecked(GONE), (80, 24)) as it:
        assert "nothing is checked" in it.rows[1]
        assert "✓" not in it.rows[1]


def test_inner_checks_alone_say_nothing_of_users() -> None:
    view = fakes.incident()
    checks = tuple(replace(check, layer="inner") for check in view.state.project.checks)
    services = {n: replace(s, state="ok", why="2 ms") for n, s in view.state.services.items()}
    project = replace(view.state.project, checks=checks)
    said = told(replace(view, state=replace(view.state, project=project, services=services)), 120, "normal")
    assert "everything answers" in said
    assert "no check goes the users' way" in said


def test_before_the_first_look_nothing_answers_yet() -> None:
    view = fakes.incident()
    new = ServiceStatus("billing")
    checks = (*view.state.project.checks, CheckSpec("billing-page", "billing", "user"))
    good = {n: replace(s, state="ok", why="2 ms") for n, s in view.state.services.items()}
    project = replace(view.state.project, checks=checks)
    said = told(
        replace(view, state=replace(view.state, project=project, services={**good, "billing": new})), 120, "normal"
    )
    assert "everything answers" not in said
    assert "first look" in said


@pytest.mark.parametrize(
    ("step", "label"), [({"runs": True}, "preview"), ({"action": "verify"}, "preview"), ({}, "done")]
)
def test_what_x_does_is_what_it_is_called(step: dict[str, object], label: str) -> None:
    view = fakes.incident()
    run = view.state.runbook
    assert run is not None
    steps = (RunStep(1, "Lead it there", **step),)  # type: ignore[arg-type]
    view = replace(view, state=replace(view.state, runbook=replace(run, steps=steps)))
    rows = "\n".join(line.text for line in runbook.lines(fakes.scene(view), 60))
    assert f"x {label}" in rows
    assert f"x {label}" in told(view, 120, "normal")


async def test_close_and_draft_are_keys_of_every_page() -> None:
    async with shown(fakes.incident(), (120, 40)) as it:
        await it.press("3", "enter")
        assert "‹ COMMIT" in it.text
        await it.press("c")
        assert "refused" not in it.status
        assert "close INC-7" in it.status
        await it.press("escape", "p")
        assert "‹ DRAFT" in it.text
        await it.press("p", "escape")
        assert "‹ COMMIT" in it.text


def test_who_acted_is_on_it_also_without_having_said_so() -> None:
    view = fakes.incident()
    incident = view.state.incidents["INC-7"]
    stages: tuple[tuple[Stage, bool], ...] = (("open", True), ("mitigating", False), ("monitoring", False))
    for stage, said in stages:
        mine = replace(incident, acknowledged=None, acknowledged_by=None, stage=stage)
        seen = replace(view, state=replace(view.state, incidents={"INC-7": mine}, runbook=None))
        assert ("nobody has said they are on it" in told(seen, 120, "normal")) is said


@pytest.mark.parametrize(("goes_back", "said"), [(False, "Crash loop, the runbook that fits"), (True, "reset to ★")])
def test_what_comes_next_is_the_runbook_that_is_offered_unless_it_is_the_way_back(goes_back: bool, said: str) -> None:
    view = fakes.incident()
    scene = fakes.scene(replace(view, state=replace(view.state, runbook=None)))
    entry = RunbookEntry("Crash loop", "crash-loop", "7 steps", goes_back=goes_back)
    scene = replace(scene, runbooks=(entry,), offered=(("crash-loop", "backend is crash looping"),))
    rows = [line.text for line in headline(scene, 120, "normal").lines]
    assert said in rows[-1]


def test_a_runbook_at_its_end_closes_nothing_while_users_fail() -> None:
    view = fakes.incident()
    run = view.state.runbook
    assert run is not None
    steps = (RunStep(1, "Lead it there", "done"),)
    seen = replace(view, state=replace(view.state, runbook=replace(run, steps=steps)))
    assert "at its end" not in told(seen, 120, "normal")
    assert "reset to ★" in told(seen, 120, "normal")


async def test_r_leads_to_what_fits_once_every_step_is_done() -> None:
    view = fakes.incident()
    run = view.state.runbook
    assert run is not None
    done = tuple(RunStep(n, f"Step {n}", "done") for n in (1, 2))
    book = parse("# Roll back a bad deploy\n\n1. Step 1\n2. Step 2\n", "bad-deploy.md")
    seen = replace(view, state=replace(view.state, runbook=replace(run, runbook=book.id, steps=done)))
    async with shown(seen, (120, 40)) as it:
        desk = it.screen.desk
        desk.books, desk.shelved = (book,), True
        assert "‹ RUNBOOKS" in await it.press("r")
    half = replace(run, runbook=book.id, steps=(done[0], RunStep(2, "Step 2")))
    async with shown(replace(view, state=replace(view.state, runbook=half)), (120, 40)) as it:
        desk = it.screen.desk
        desk.books, desk.shelved = (book,), True
        assert "‹ RUNBOOK  Roll back a bad deploy" in await it.press("r")


async def test_an_engine_that_was_not_asked_yet_is_not_said_to_be_missing() -> None:
    view = fakes.quiet()
    state = replace(view.state, workloads={}, engines=(), watching_since=fakes.at("08:59:03"))
    async with shown(replace(view, state=state), (80, 24)) as it:
        text = await it.press("4")
        assert "○ asking the engines" in text
        assert "No engine configured" not in text
