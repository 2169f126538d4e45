"""What is longer than the screen is read to its end: every key that moves a page moves it, and leads back."""

import re
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import pytest
from typing_extensions import override

from incidentui.core.drift import Drift, DriftRow
from incidentui.core.model import Ms
from incidentui.session.ports import LogLine
from tests.tui import fakes
from tests.tui.screens import Shown, shown

SIZES = [(80, 24), (120, 40)]
TEXT = "\n".join(
    ["# Draft", "", "## Summary", ""]
    + [f"sentence {n}.\n" for n in range(80)]
    + ["## Gaps", "", "- Causes: nobody confirmed it.", *(f"- Impact: gap {n}." for n in range(40)), "", "## Evidence"]
    + [f"\nevidence {n}." for n in range(60)]
)
LOG = tuple(LogLine(fakes.NOW - 1000 + n, "backend", "info", f"line {n} of the log") for n in range(90))


def now_done(value: Any) -> "Future[Any]":
    future: Future[Any] = Future()
    future.set_result(value)
    return future


@dataclass
class Long(fakes.FakeSession):
    """A draft and logs that no screen holds."""

    @override
    def draft(self, incident: str) -> "Future[Any]":
        return now_done(TEXT)

    @override
    def logs(self, workload: str, lines: int = 200) -> "Future[Any]":
        return now_done(LOG)


def long(now: Ms = fakes.NOW) -> Long:
    return Long(fakes.incident(), time=now)


async def at(it: Shown, key: str, text: str) -> None:
    await it.press(key)
    assert text in it.text, (key, it.text)


@pytest.mark.req("F14")
@pytest.mark.parametrize("size", SIZES)
async def test_the_draft_is_read_to_its_end(size: tuple[int, int]) -> None:
    async with shown(fakes.incident(), size, long()) as it:
        await at(it, "p", "# Draft")
        assert "✓ Summary" in it.text
        await it.press("pagedown")
        assert "# Draft" not in it.text
        assert "sentence 0." not in it.text
        await at(it, "end", "evidence 59.")
        await at(it, "home", "# Draft")
        await it.press("j", "j", "j")
        assert "# Draft" not in it.text
        assert "sentence 0." in it.text
        await at(it, "g", "# Draft")


@pytest.mark.parametrize("size", SIZES)
async def test_from_a_gap_one_reads_on_in_both_directions(size: tuple[int, int]) -> None:
    async with shown(fakes.incident(), size, long()) as it:
        await it.press("p", "pagedown")
        await at(it, "right_square_bracket", "- Causes: nobody confirmed it.")
        assert "sentence 79." not in it.text
        await at(it, "pageup", "## Gaps")
        await it.press("right_square_bracket", "right_square_bracket")
        assert "- Causes: nobody confirmed it." not in it.text.replace("! Causes: nobody", "")
        await it.press("end", "right_square_bracket")
        assert "refused: no gap further on" in it.status
        await it.press("home", "left_square_bracket")
        assert "refused: no gap before this" in it.status


@pytest.mark.parametrize("size", SIZES)
async def test_a_log_is_read_upwards_from_its_end(size: tuple[int, int]) -> None:
    async with shown(fakes.incident(), size, long()) as it:
        await it.press("4", "enter")
        assert "line 89 of the log" in it.text
        assert "following" in it.text
        await it.press("pageup")
        assert "line 89 of the log" not in it.text
        assert re.search(r"line [5-7]\d of the log", it.text)
        await at(it, "home", "‹ WORKLOAD")
        assert "line 0 of the log" in it.text or size == (80, 24)
        await at(it, "end", "line 89 of the log")
        await at(it, "f", "following")


async def test_up_at_the_top_of_a_page_that_is_longer_than_the_window_stays_there() -> None:
    view = fakes.incident()
    rows = tuple(DriftRow(f"env NAME_{n}", "bad", "set", "not set", "recreate it", "compose.yml:9") for n in range(12))
    drift = {name: Drift(name, rows) for name in view.state.workloads}
    view = replace(view, state=replace(view.state, drift=drift))
    async with shown(view, (80, 24), replace(long(), view=view)) as it:
        await it.press("4", "enter")
        assert "line 89 of the log" not in it.text, "the log is below"
        await it.press("up", "k")
        assert "RUNNING" in it.text
        assert "line 89 of the log" not in it.text
        await at(it, "end", "line 89 of the log")
        await it.press("home")
        await at(it, "f", "RUNNING")
