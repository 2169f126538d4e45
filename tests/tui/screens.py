"""The real app on a fake session, headless: what stands on it, and what a key does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

from textual.pilot import Pilot

from incidentui.session.ports import View
from incidentui.tui.app import IncidentApp
from incidentui.tui.screen import IncidentScreen
from tests.tui import fakes


class Shown:
    """A running screen."""

    def __init__(self, app: IncidentApp, pilot: Pilot[None], session: fakes.FakeSession) -> None:
        self.app, self.pilot, self.session = app, pilot, session

    @property
    def screen(self) -> IncidentScreen:
        screen = self.app.screen
        assert isinstance(screen, IncidentScreen)
        return screen

    @property
    def rows(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def status(self) -> str:
        return self.rows[-2]

    @property
    def bar(self) -> str:
        return self.rows[-1]

    async def press(self, *keys: str) -> str:
        """Presses Textual's key names, waits for the repaint, gives the screen."""
        for key in keys:
            await self.pilot.press(key)
        await self.settle()
        return self.text

    async def type(self, text: str) -> str:
        names = {" ": "space", "@": "at", ":": "colon", ".": "full_stop", ",": "comma", "-": "minus"}
        return await self.press(*(names.get(c, c) for c in text))

    async def settle(self) -> None:
        await self.pilot.pause()
        self.screen.draw_now()
        await self.pilot.pause()


@asynccontextmanager
async def shown(
    view: View, size: tuple[int, int] = (120, 40), session: fakes.FakeSession | None = None, **options: Any
) -> AsyncIterator[Shown]:
    session = session or fakes.session(view)
    app = IncidentApp(session, runbooks=fakes.RUNBOOKS, zone=UTC, **options)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Shown(app, pilot, session)
