"""The Textual application around one session: start, first frame, repaints, the way out. It holds no state."""

import contextlib
import gc
import os
import select
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen
from typing_extensions import override

from incidentui.core.format import count
from incidentui.session.ports import Session, View
from incidentui.tui.crash import report
from incidentui.tui.desk import Desk
from incidentui.tui.page import Following
from incidentui.tui.present.scene import RunbookEntry
from incidentui.tui.screen import IncidentScreen
from incidentui.tui.strips import Paint
from incidentui.tui.theme import Theme, ThemeName

if TYPE_CHECKING:
    from incidentui.runbook.model import Runbook

FILES_S = 2.0
"""Between two looks at the files of runbooks, while some are shown."""


class IncidentApp(App[None], inherit_bindings=False):
    """`run()` returns when the responder leaves; `return_code` is not zero after a crash."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    ESCAPE_TO_MINIMIZE = False
    TITLE = "incidentui"

    def __init__(
        self,
        session: Session,
        *,
        runbooks: Sequence[RunbookEntry] = (),
        shelf: "Callable[[], Sequence[Runbook]]" = tuple,
        after_first_frame: Callable[[], None] | None = None,
        ascii: bool = False,
        theme: ThemeName = "dark",
        zone: tzinfo | None = None,
        driver_class: type[Driver] | None = None,
        redact: Callable[[str], str] = str,
    ) -> None:
        """`runbooks` are the names for the first frame; `shelf` parses them, in a thread after it.

        `after_first_frame` starts what is heavy: the session's sources, and with them the libraries they need.
        `redact` takes secrets out of the report of a crash.
        """
        super().__init__(driver_class=driver_class or _hardened(), ansi_color=True)
        self.session = session
        self._shelf = shelf
        self._redact = redact
        self._after_first_frame = after_first_frame
        self._paint = Paint(Theme(theme, plain=self.no_color), ascii)
        self._filters.clear()  # our strips are final; a filter could only damage them
        self._make = lambda surface: Desk(session, surface, tuple(runbooks), zone=zone, reread=self._reread)
        self._unsubscribe: Callable[[], None] | None = None
        self._told = False
        self.last_words = ""
        """Of a crash; said in one line when the terminal is restored."""
        self._newest: View | None = None
        self._first = True
        self._reading = False

    @property
    def desk(self) -> Desk:
        screen = self.screen
        assert isinstance(screen, IncidentScreen)
        return screen.desk

    @override
    def get_default_screen(self) -> Screen[Any]:
        return IncidentScreen(self._make, self._paint)

    # -- views

    def on_mount(self) -> None:
        self._unsubscribe = self.session.subscribe(self._published)
        self.set_interval(FILES_S, self._while_runbooks_are_shown)

    def on_ready(self) -> None:
        if gc.isenabled():
            return
        gc.freeze()
        gc.enable()

    def on_event_after_first_frame(self) -> None:
        """The session begins to look, and runbooks are parsed, once the screen stands."""
        if self._after_first_frame is not None:
            self._after_first_frame()
        self.run_worker(self._read_shelf, thread=True, exit_on_error=False)

    def _while_runbooks_are_shown(self) -> None:
        if self.screen_stack and isinstance(self.screen, IncidentScreen) and isinstance(self.desk.page, Following):
            self._reread()

    def _reread(self) -> None:
        """One look at a time, and none before the first is over."""
        if self.desk.shelved and not self._reading:
            self._reading = True
            self.run_worker(self._read_shelf, thread=True, exit_on_error=False)

    def _read_shelf(self) -> None:
        try:
            books = tuple(self._shelf())
        finally:
            self._reading = False
        self.from_any_thread(lambda: self._shelved(books))

    def _shelved(self, books: "tuple[Runbook, ...]") -> None:
        if not self.screen_stack:  # who leaves at once is gone before the last runbook is read
            return
        desk = self.desk
        again = desk.shelved
        if again and books == desk.books:
            return
        if again:
            desk.restock(books)
        desk.books, desk.shelved = books, True
        if books:
            desk.runbooks = tuple(map(_to_choose, books))
        if desk.pages and not again:
            from incidentui.tui.openings import go_on  # whoever opened a page has it loaded

            go_on(desk)
        desk.surface.redraw()

    def _published(self, view: View) -> None:
        """On the session's thread: only the newest view counts, so one wake-up is enough for many.

        Looks that changed no more than their own curve wait for the next second, when all is drawn anyway.
        """
        before, self._newest = self._newest, view
        if before is not None and before.state is view.state and replace(before, recent=view.recent) == view:
            return
        if not self._told:
            self._told = True
            self.from_any_thread(self._fresh)

    def _fresh(self) -> None:
        self._told = False
        if self.screen_stack and isinstance(self.screen, IncidentScreen):
            self.screen.redraw()

    def from_any_thread(self, call: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.call_next, call)

    # -- keys: the screen has them all, Textual's own bindings are gone

    @override
    async def on_event(self, event: events.Event) -> None:
        await super().on_event(event)
        if self._first and isinstance(event, events.Ready):
            self._first = False
            self.call_after_refresh(self.on_event_after_first_frame)

    # -- the way out

    @override
    def _handle_exception(self, error: Exception) -> None:
        # Textual would print a traceback with local variables, and those may hold secrets.
        self._return_code = 70
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
            where = report(error, self._redact)
            self.last_words = f"incidentui stopped on an error of its own. The record is whole. {where}"
            self._exit_renderables.clear()
            self._close_messages_no_wait()

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()


def _hardened() -> type[Driver] | None:
    if sys.platform == "win32":
        return None
    from incidentui.tui.driver import HardenedDriver

    return HardenedDriver


def run(app: IncidentApp) -> int:
    """Runs the screen until it is left. The collector stands still until the first frame is drawn."""
    gc.disable()
    try:
        app.run()
    finally:
        gc.enable()
    _let_go_of_a_deaf_terminal()
    if app.last_words:
        with contextlib.suppress(OSError):  # there may be no terminal left to say it on
            sys.stderr.write(f"{app.last_words}\n")
            sys.stderr.flush()
    _let_go_of_a_lost_terminal()
    return app.return_code or 0


def _let_go_of_a_deaf_terminal() -> None:
    """One that is gone, or takes nothing: what is said after the screen would keep us, or spoil the exit code."""
    for handle in (1, 2):
        poll = select.poll()
        poll.register(handle, select.POLLOUT)
        if poll.poll(0) != [(handle, select.POLLOUT)]:
            _to_nowhere(handle)


def _to_choose(book: "Runbook") -> RunbookEntry:
    goes_back = any(step.action is not None and step.action.name == "git.reset" for step in book.steps)
    return RunbookEntry(book.title, book.id, count(len(book.steps), "step"), goes_back)


def _let_go_of_a_lost_terminal() -> None:
    """What cannot be flushed now cannot at exit either, where Python would put 120 in the place of the exit code."""
    for handle, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            _to_nowhere(handle)


def _to_nowhere(handle: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, handle)
    os.close(nowhere)
