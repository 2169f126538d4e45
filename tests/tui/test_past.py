"""A replay of an imported document, on the real screen: all of it is marked as a claim, no time is shown that is not
written down. And an incident that was there before says so when it is opened."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from incidentui.cli.archive import record_of
from incidentui.cli.drafting import drafted
from incidentui.config import paths
from incidentui.core.imported import Recurred
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from incidentui.edge.store.window import window_of
from incidentui.session.replay import ReplaySession
from incidentui.tui.app import IncidentApp
from tests.postmortem.imports import PAST, Here, place
from tests.session.worlds import Said, session
from tests.tui import fakes
from tests.tui.screens import shown


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INCIDENTUI_USER", "ines")
    return place(tmp_path, "quay", capsys)


async def at_its_end(here: Here, name: str, size: tuple[int, int]) -> str:
    here.ok("import", str(PAST / name))
    journal = open_journal(paths.journal_path(here.root), "", SystemClock(), read_only=True)
    record, ident, _ = record_of(journal, "INC-1")
    window = window_of(record, ident)
    assert window is not None
    replay = ReplaySession(
        record,
        SystemClock(),
        "replay",
        drafted,
        first=window.from_seq,
        last=window.to_seq,
        since=window.incident.shown_from,
        as_known=False,
    )
    app = IncidentApp(replay, zone=UTC)
    async with app.run_test(size=size) as pilot:
        await pilot.press(">")
        await pilot.pause()
        text = "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())
    journal.close()
    return text


@pytest.mark.req("F13")
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_the_screen_says_that_a_document_says_it(here: Here, size: tuple[int, int]) -> None:
    text = await at_its_end(here, "restart.md", size)
    assert "a document says" in text
    assert "imported   2026-01-19T16:00Z" in text
    assert " 16:00    “ imported   Seat map" in text
    assert "16:00:00" not in text.replace(">", "").split("event")[0].split("paused")[0]
    assert "No services yet" not in text


@pytest.mark.req("R0-01")
async def test_a_day_without_a_time_is_no_midnight(here: Here) -> None:
    text = await at_its_end(here, "rollback.md", (120, 40))
    assert "2025-12-29 ??:??" in text
    assert "00:00" not in text


async def test_rows_show_as_much_of_a_time_as_was_written(here: Here) -> None:
    text = await at_its_end(here, "table.md", (120, 40))
    assert " 11:00    “ imported   Cluster scaled up" in text
    assert " day only “ imported   [2019-12-03" in text
    assert " no time  “ imported   [Time TBC] Somebody called" in text
    assert " ~04:30   “ imported   [2019-12-05 ~05:30] Nodes removed" in text


async def test_what_a_document_says_is_nothing_of_today(here: Here) -> None:
    here.ok("import", str(PAST / "restart.md"))
    here.ok("note", "looking at the board")
    live = session(paths.journal_path(here.root).parent, Said())
    live.start()
    try:
        app = IncidentApp(live, zone=UTC)
        async with app.run_test(size=(120, 40)) as pilot:
            for keys in ((), (".",)):
                await pilot.press(*keys)
                await pilot.pause()
                text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
                assert "looking at the board" in text
                assert "imported" not in text
                assert "Seat map" not in text
    finally:
        live.stop()


@pytest.mark.req("R1-56")
async def test_the_band_and_the_board_say_that_it_was_there_before() -> None:
    view = fakes.incident()
    incident = view.state.current
    assert incident is not None
    before = (Recurred("INC-1", "Ferry board restart", 1_768_838_400_000, "both: restart, board", nth=3),)
    again = replace(incident, recurs=before, stage="open", acknowledged=None)
    state = replace(view.state, incidents={**view.state.incidents, incident.id: again}, runbook=None, acting=None)
    async with shown(replace(view, state=state)) as screen:
        assert "4th of its kind: INC-1" in screen.text
        board = await screen.press("h")
        assert "SEEN BEFORE" in board
        assert "2026-01-19 Ferry board restart (both: restart, board)" in board
