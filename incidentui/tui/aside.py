"""The screen steps aside for a command that needs the terminal, and comes back when that has ended."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from textual.app import SuspendNotSupported

from incidentui.tui.app import IncidentApp
from incidentui.tui.screen import IncidentScreen

T = TypeVar("T")
ASK_S = 0.5
"""How often it is asked whether the screen is still there that should step aside."""


def lend(app: IncidentApp, work: Callable[[], T]) -> T:
    """From another thread than the screen's: the work has the terminal to itself. OSError: it cannot be had."""
    answer: Future[T] = Future()
    app.from_any_thread(lambda: _step_aside(app, work, answer))
    while True:
        try:
            return answer.result(ASK_S)
        except TimeoutError:
            if not app.is_running:
                raise OSError("the screen was left before it began") from None


def _step_aside(app: IncidentApp, work: Callable[[], T], answer: "Future[T]") -> None:
    try:
        with app.suspend():
            answer.set_result(work())
    except SuspendNotSupported:
        answer.set_exception(OSError("this screen cannot step aside"))
    except Exception as error:  # of the work: told to whoever asked for it, the screen goes on
        answer.set_exception(error)
    if isinstance(app.screen, IncidentScreen):
        app.screen.draw_now()
