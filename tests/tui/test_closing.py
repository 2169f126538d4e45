"""The checklist after recovery, by keys on the real screen, on a real session and its journal."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from incidentui.cli.drafting import drafted
from incidentui.core import inputs as i
from incidentui.core.model import CheckState, Incident, RunStep
from incidentui.session.live import LiveSession
from tests.session.test_live import until
from tests.session.worlds import SPEC, Doing, Said, plan, sample, session
from tests.tui.screens import Shown, shown

FLEETS, SYNC = "all fleets are on the page", "the sync button answers"
STEPS = (RunStep(1, "Ask every check", action="verify"), RunStep(2, "Do what a user does", before_close=True))


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveSession]:
    made = session(tmp_path, Said(), spec=replace(SPEC, recovery=(FLEETS, SYNC)))
    made.start()
    yield made
    made.stop()


def looks(live: LiveSession, state: CheckState) -> None:
    """As many as it takes, and until they are judged."""
    until(lambda: bool(live.view.state.checks), "the watch started")
    for k in range(2):
        live.observe(sample("bookings-page", state, live.now() + k))
    until(lambda: live.view.state.checks["bookings-page"].state == state, state)


def incident(live: LiveSession) -> Incident:
    return live.view.state.incidents["INC-1"]


@asynccontextmanager
async def recovered(live: LiveSession, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Shown]:
    """It was red, an incident is open, and users are served again."""
    looks(live, "failing")
    live.submit(i.OpenIncident("bookings fails", "ines")).result(5)
    looks(live, "ok")
    fake: Any = live
    async with shown(live.view, size, session=fake) as seen:
        yield seen


async def settled(seen: Shown, word: str) -> str:
    """An answer of the session comes from its own thread."""
    for _ in range(200):
        await seen.settle()
        if word in seen.text:
            return seen.text
        await asyncio.sleep(0.01)
    raise AssertionError(f"never: {word}\n{seen.text}")


@pytest.mark.req("R3-42")
async def test_closing_as_resolved_waits_for_every_tick(live: LiveSession) -> None:
    async with recovered(live, (80, 24)) as seen:
        text = await seen.press("c")
        assert f"○ {FLEETS}" in text
        assert f"○ {SYNC}" in text
        assert "0 of 2 ticked" in text
        assert "c close, with a reason" in seen.bar
        await seen.press("c", "enter")
        assert "not resolved: 2 lines of the checklist" in seen.status
        assert incident(live).closed is None
        await seen.press("x")
        await settled(seen, "1 of 2 ticked")
        await seen.press("down", "x")
        text = await settled(seen, "2 of 2 ticked")
        assert f"✓ {SYNC}" in text
        assert "· ines" in text
        assert "c close as resolved" in seen.bar
        await seen.press("c", "c")
        await settled(seen, "closed")
    closed = incident(live)
    assert (closed.resolved is not None, closed.left, [t.item for t in closed.ticks]) == (True, (), [FLEETS, SYNC])


@pytest.mark.slow
@pytest.mark.req("R3-42")
async def test_what_is_left_and_why_stands_in_the_draft(live: LiveSession) -> None:
    async with recovered(live) as seen:
        await seen.press("c", "x")
        await settled(seen, "1 of 2 ticked")
        await seen.press("c")
        await seen.type("the button is for tomorrow")
        await seen.press("enter")
        await settled(seen, "INC-1 closed")
        assert "CLOSE" not in seen.text, "its page is gone with it"
    assert incident(live).resolved is None
    draft = drafted(live.parts.journal, live.view.state, "INC-1", live.now())
    assert isinstance(draft, str)
    part = draft.split("## After recovery\n")[1].split("\n## ")[0]
    assert f"| {FLEETS} | ticked | ines | 2" in part
    assert f"| {SYNC} | not ticked |" in part
    assert "Closed with 1 line not ticked: the button is for tomorrow." in part
    assert "closed, not resolved: the button is for tomorrow" in draft
    assert f"After recovery: nobody saw that this is so: “{SYNC}”" in draft


@pytest.mark.req("R3-42")
async def test_a_tick_counts_only_while_users_are_served_and_not_from_before_it_was_red_again(
    live: LiveSession,
) -> None:
    async with recovered(live) as seen:
        await seen.press("c", "x")
        await settled(seen, "1 of 2 ticked")
        looks(live, "failing")
        text = await settled(seen, "0 of 2 ticked")
        assert "not resolved: bookings is failing on the user path" in text
        await seen.press("x")
        await settled(seen, "refused: bookings is failing on the user path")
        assert incident(live).ticks == ()


async def test_a_tick_is_taken_back_by_the_same_key(live: LiveSession) -> None:
    async with recovered(live) as seen:
        await seen.press("c", "x")
        await settled(seen, "1 of 2 ticked")
        await seen.press("x")
        await settled(seen, "0 of 2 ticked")
        await seen.press("esc")
        assert "○ ines       tick taken back: all fleets are on" in seen.text


@pytest.mark.req("R3-42")
async def test_steps_under_after_recovery_of_the_runbook_at_work_are_waited_for(live: LiveSession) -> None:
    live.submit(i.OpenIncident("bookings fails", "ines")).result(5)
    live.submit(i.StartRunbook("rb", "verify-recovery", "Verify recovery", "d", STEPS, "ines")).result(5)
    looks(live, "ok")
    fake: Any = live
    async with shown(live.view, session=fake) as seen:
        text = await seen.press("c")
        assert "○ Verify recovery, step 2: Do what a user does" in text
        assert "step 1" not in text
        live.submit(i.SetStep(2, "skipped", "ines", "no user is awake")).result(5)
        await settled(seen, "0 of 2 ticked")


@pytest.mark.req("R3-42")
async def test_another_runbook_that_was_begun_meanwhile_does_not_free_the_steps_of_the_one_before(
    live: LiveSession,
) -> None:
    live.submit(i.OpenIncident("bookings fails", "ines")).result(5)
    live.submit(i.StartRunbook("rb", "verify-recovery", "Verify recovery", "d", STEPS, "ines")).result(5)
    live.submit(i.StartRunbook("rb2", "restart", "Restart it", "d", (RunStep(1, "Restart"),), "ines")).result(5)
    looks(live, "ok")
    fake: Any = live
    async with shown(live.view, session=fake) as seen:
        text = await seen.press("c", "x", "down", "x")
        text = await settled(seen, "2 of 3 ticked")
        assert "○ Verify recovery, step 2: Do what a user does" in text
        await seen.press("c", "enter")
        assert "step 2 Do what a user does of Verify" in seen.status
        assert incident(live).closed is None
        # Begun again it is the one at work; the other one, left meanwhile, holds nothing open.
        live.submit(i.StartRunbook("rb3", "verify-recovery", "Verify recovery", "d", STEPS, "ines")).result(5)
        live.submit(i.SetStep(2, "done", "ines", "as a user")).result(5)
        await settled(seen, "every line is ticked")


async def test_a_refused_close_comes_back_to_its_page_with_the_reason_and_what_was_typed(tmp_path: Path) -> None:
    gate = threading.Event()
    live = session(tmp_path, Said(), Doing(gate), spec=replace(SPEC, recovery=(FLEETS, SYNC)))
    live.start()
    try:
        async with recovered(live, (80, 24)) as seen:
            await seen.press("c", "c")
            await seen.type("for tomorrow")
            live.run_plan(plan(), "main").result(5)  # another hand, meanwhile
            await seen.press("enter")
            await settled(seen, "refused: an action is still running")
            assert "CLOSE" in seen.text
            await seen.press("c")
            assert seen.status.rstrip(" █").endswith("for tomorrow")
            gate.set()
            until(lambda: live.view.state.attempt is None, "the verdict")
            await seen.press("enter")
            await settled(seen, "INC-1 closed")
            assert "CLOSE" not in seen.text
        assert incident(live).closed_reason == "for tomorrow"
    finally:
        gate.set()
        live.stop()


async def test_the_page_of_an_incident_that_somebody_closed_meanwhile_says_so_and_closes_nothing(
    live: LiveSession,
) -> None:
    async with recovered(live) as seen:
        await seen.press("c")
        live.submit(i.CloseIncident("bo", "seen by hand", "INC-1")).result(5)
        await settled(seen, "It is closed.")
        assert "p draft" in seen.bar
        assert "close" not in seen.bar
        for key in ("x", "c"):
            await seen.press(key)
            assert f"{key} refused: INC-1 is closed" in seen.status


async def test_without_a_checklist_closing_is_one_question(tmp_path: Path) -> None:
    plain = session(tmp_path, Said())
    plain.start()
    try:
        async with recovered(plain) as seen:
            await seen.press("c")
            assert "Close INC-1 as resolved?" in seen.status
    finally:
        plain.stop()
