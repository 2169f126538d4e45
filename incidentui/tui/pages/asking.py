"""A detail that is asked for when its page opens: nothing yet, an answer, or a refusal with its reason."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from incidentui.core.format import duration
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms
from incidentui.tui.line import Line, Seg
from incidentui.tui.page import PageContext
from incidentui.tui.pages.layout import hanging

T = TypeVar("T")


class Asked(Generic[T]):
    """`whom` is asked; the last answer stays while a new one is under way."""

    def __init__(self, whom: str) -> None:
        self.whom = whom
        self.answer: T | None = None
        self.refusal: Refusal | None = None
        self.since: Ms | None = None
        self.answered: Ms | None = None
        self._future: Future[T | Refusal] | None = None

    @property
    def waiting(self) -> bool:
        return self.since is not None and not self._broken()

    def due(self, now: Ms, every: Ms) -> bool:
        """Whether it was answered, or fell over, that long ago; one question at a time."""
        last = self.answered if self.since is None else self.since
        return last is not None and now - last >= every and not self.waiting

    def ask(self, future: "Future[T | Refusal]", screen: PageContext) -> None:
        self.since, self._future = screen.session.now(), future
        screen.when(future, lambda answer: self._take(answer, screen))

    def _take(self, answer: T | Refusal, screen: PageContext) -> None:
        self.since, self.answered = None, screen.session.now()
        if isinstance(answer, Refusal):
            self.refusal = answer
        else:
            self.answer, self.refusal = answer, None
        screen.draw()

    def _broken(self) -> bool:
        """Whoever was asked fell over instead of answering: the status row says so once, the page keeps it."""
        future = self._future
        return future is not None and future.done() and (future.cancelled() or future.exception() is not None)

    def lines(self, now: Ms, width: int) -> list[Line]:
        """What stands in the place of the answer: being asked, or why there is none. Empty once it is there."""
        if self.refusal is not None:
            why = hanging((Seg("? ", "unknown"),), self.refusal.why, width)
            return [*why, *(hanging((Seg("  "),), self.refusal.hint, width, "muted") if self.refusal.hint else [])]
        if self._broken():
            return hanging((Seg("? ", "unknown"),), f"{self.whom} could not be asked.", width)
        if self.answer is None:
            waited = f", {duration(now - self.since)}" if self.since is not None else ""
            return [Line((Seg(f"○ asking {self.whom}{waited}", "muted"),))]
        return []


def nothing(text: str, answer: Sequence[object] | str | None) -> list[Line]:
    """A muted sentence for an answer that is there and empty."""
    return [Line((Seg(text, "muted"),))] if answer is not None and not answer else []
