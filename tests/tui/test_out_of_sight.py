"""What was bad stays said when its engine cannot be asked any more; under green checks it has a next step."""

from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core import events as e
from incidentui.core.drift import Drift, DriftRow
from incidentui.core.evolve import evolve
from incidentui.core.model import Workload
from incidentui.edge.runbooks import read_runbooks
from incidentui.session.ports import View
from tests.tui import fakes
from tests.tui.screens import shown

SIZES = [(80, 24), (120, 40), (200, 50)]
ANEW = DriftRow("age of harbor_data", "bad", "the volume that was here before", "made anew", "its content is another")
WORKER = Workload("worker", "docker", "crashing", fakes.NOW - 40_000, 3, 11)


def troubled(view: View | None = None) -> View:
    view = view or fakes.quiet()
    state = view.state
    fell = e.WorkloadChanged(replace(WORKER, state="running"), WORKER, "exits 3 at start")
    state = evolve(replace(state, drift={"backend": Drift("backend", (ANEW,))}), recorded(view, fell))
    return replace(view, state=state)


def recorded(view: View, event: e.Event) -> e.Recorded:
    seq, at = view.state.seq + 1, view.state.at
    return e.Recorded(seq, f"{seq}", at, at, "docker", "docker", "key", None, "harbor", 0, "boot", event)


def hung(view: View) -> View:
    lost = e.SourceLost("docker", "docker engine unix:///run/docker.sock: no answer within 3 s; it hangs", 1_000)
    return replace(view, state=evolve(view.state, recorded(view, lost)))


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_an_engine_that_hangs_takes_no_trouble_from_the_screen(size: tuple[int, int]) -> None:
    async with shown(hung(troubled()), size) as seen:
        tabs = seen.text
        text = await seen.press("4")
        page = await seen.press("enter")
    head = [line for line in text.splitlines()[1:5] if line]
    assert "✗ as of " in head[0]
    assert "backend: volume harbor_data was made anew; worker is down" in head[0]
    assert "? docker" in head[1]
    assert "v try now" in head[1]
    assert "rest is good" not in text
    assert "backend: volume harbor_data was made anew" in page, "on every page too"
    rows = [line.split("?", 1)[1] for line in text.splitlines() if "volume is new" in line or "was exit 3" in line]
    assert [row.split()[0] for row in rows] == ["backend", "worker"], "first, marked as unknown"
    if size[0] == 80:
        assert "4 workloads ✗2?" in tabs


async def test_of_an_engine_that_hangs_no_number_is_told_and_nothing_else_is_called_good_unlooked() -> None:
    view = hung(fakes.quiet())
    unlooked = {name: replace(s, since=None, state="unknown") for name, s in list(view.state.services.items())[:2]}
    view = replace(view, state=replace(view.state, services={**view.state.services, **unlooked}))
    async with shown(view, (80, 24)) as seen:
        assert "4 workloads ?" in seen.text
        assert "What it would show is unknown, not bad." in seen.text
        assert "rest is good" not in seen.text


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_what_is_bad_under_green_checks_has_a_next_step_and_a_runbook(
    size: tuple[int, int], tmp_path: Path
) -> None:
    async with shown(troubled(), size, shelf=lambda: read_runbooks(tmp_path).runbooks) as seen:
        await seen.app.workers.wait_for_complete()
        await seen.settle()
        text, listed = seen.text, await seen.press("r")
    head = [line for line in text.splitlines()[1:5] if line]
    assert "backend: volume harbor_data was made anew; worker is down." in head[0]
    assert "▸ next  Volume came up empty, the runbook that fits   r choose it" in head[1]
    assert "because" in listed
    first = listed.index("Volume came up empty")
    assert size[0] == 80 or first < listed.index("Crash loop") < listed.index("Close"), "the rest is further down"


@pytest.mark.parametrize("view", [fakes.quiet(), fakes.first_red(), fakes.incident()], ids=["quiet", "red", "open"])
async def test_the_bar_of_a_workload_says_what_its_keys_do(view: View) -> None:
    async with shown(view, (80, 24)) as seen:
        await seen.press("4", "g")
        bar, row = seen.bar, seen.screen.desk.pane.cursor
        assert isinstance(row, tuple)
        opened = await seen.press("enter")
        await seen.press("escape")
        log = await seen.press("l")
        await seen.press("escape")
        menu = await seen.press("a")
    for said in ("enter workload", "a act", "l its log"):
        assert said in bar
    assert f"WORKLOAD  {row[1]}" in opened
    assert f"LOGS  workload {row[1]}" in log
    assert f"workload {row[1]}" in menu


async def test_the_board_of_causes_is_found_by_its_name() -> None:
    async with shown(fakes.incident(), (120, 40)) as seen:
        await seen.press("colon")
        assert "Hypotheses and causes" in await seen.type("cause")
