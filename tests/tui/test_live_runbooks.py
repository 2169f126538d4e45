"""Runbooks on the screen follow their files: a list, a page that is read, and a run that keeps what it began with."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from incidentui.core.model import RunbookRun
from incidentui.edge.runbooks import read_runbooks
from incidentui.session.ports import View
from incidentui.tui import app
from incidentui.tui.openings import runbook_page
from tests.tui import fakes
from tests.tui.screens import Shown, shown

OLD = "# Pump\n\n1. Look at the pump\n\n   ```sh\n   echo old\n   ```\n\n2. Call Bo\n"
NEW = OLD.replace("echo old", "echo new")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INCIDENTUI_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(app, "FILES_S", 0.05)
    file = tmp_path / "quay" / "runbooks" / "pump.md"
    file.parent.mkdir(parents=True)
    file.write_text(OLD)
    return file


def view(file: Path, *, run: bool) -> View:
    it = fakes.incident()
    book = next(b for b in read_runbooks(file.parents[1]).runbooks if b.id == "pump")
    going = RunbookRun("r1", "pump", "Pump", book.digest, "ana", 0, book.run_steps())
    return replace(it, state=replace(it.state, runbook=going if run else None, attempts={}))


@asynccontextmanager
async def screen_of(file: Path, *, run: bool, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Shown]:
    async with shown(view(file, run=run), size, shelf=lambda: read_runbooks(file.parents[1]).runbooks) as screen:
        await screen.app.workers.wait_for_complete()
        yield screen


def write(file: Path, text: str) -> None:
    file.write_text(text)


def take_away(file: Path) -> None:
    file.unlink()


async def until(screen: Shown, seen: Callable[[], bool]) -> None:
    for _ in range(200):
        await screen.app.workers.wait_for_complete()
        await screen.settle()
        if seen():
            return
        await screen.pilot.pause(0.02)
    raise AssertionError(screen.text)


async def test_the_list_shows_a_new_file_last_and_nothing_moves(file: Path) -> None:
    async with screen_of(file, run=False) as screen:
        await screen.press("r")
        before = [row for row in screen.rows if "runbooks/" in row]
        write(file.parent / "a-new-one.md", "# A new one\n\n1. Look\n")
        await until(screen, lambda: any(b.id == "a-new-one" for b in screen.screen.desk.books))
        await screen.press("G")
        assert "A new one" in screen.text
        await screen.press("g")
        assert [row for row in screen.rows if "runbooks/" in row][: len(before)] == before
        take_away(file)
        await until(screen, lambda: "Pump" not in screen.text)


async def test_a_page_that_is_only_read_says_what_the_file_says_now(file: Path) -> None:
    async with screen_of(file, run=False) as screen:
        page = runbook_page(screen.screen.desk, "pump")
        assert page is not None
        screen.screen.desk.push(page)
        await screen.settle()
        assert "echo old" in screen.text
        write(file, NEW)
        await until(screen, lambda: "echo new" in screen.text)
        assert "the file changed; this is what it says now" in screen.status
        take_away(file)
        await until(screen, lambda: "is not there any more" in screen.status)
        assert "echo new" in screen.text


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_run_keeps_its_text_and_runs_nothing_else_until_it_is_told_to(
    file: Path, size: tuple[int, int]
) -> None:
    async with screen_of(file, run=True, size=size) as screen:
        await screen.press("r")
        assert "echo old" in screen.text
        write(file, NEW)
        await until(screen, lambda: "the file changed; this run goes on" in screen.status)
        assert "echo old" in screen.text
        assert "file changed since this run" in screen.text
        await screen.press("x")
        assert "x refused: step 1 says something else now.   N goes by the new text." in screen.status
        await screen.press("escape", "escape", "r")
        assert "echo old" in screen.text, "opened again it is the text of the run still"
        assert "N go by the new text" in screen.bar
        await screen.press("N")
        assert "echo new" in screen.text
        assert "this is what the file says now" in screen.status
