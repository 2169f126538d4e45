"""The runbooks to choose from: those that fit what is seen first, each with its reason; and how each went last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from incidentui.core.format import count
from incidentui.core.model import Ms
from incidentui.runbook.model import Runbook
from incidentui.runbook.stands import last_run
from incidentui.runbook.suggest import offers
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, Token, cells, spread
from incidentui.tui.page import Page, PageContext
from incidentui.tui.pages.layout import GAP, beside, hanging, heading, section
from incidentui.tui.pages.runbook import run_of
from incidentui.tui.pages.starting import start

_TITLE = 40
_WIDE = 98
"""From this width on what a runbook is for stands beside its title."""


def list_lines(runbooks: Sequence[Runbook], view: View, now: Ms, width: int) -> list[Line]:
    reasons = _reasons(runbooks, view)
    column = min(_TITLE, max((cells(book.title) for book in runbooks), default=0)) + 2
    rows = [row for book in runbooks for row in _entry(book, view, now, reasons, width, column)]
    none = hanging((), "No runbooks found: Markdown files in runbooks/ of the project are read.", width, "muted")
    shipped = sum(book.origin == "shipped" for book in runbooks)
    note = (Seg(f"{shipped} of {len(runbooks)} came with the program", "muted"),) if shipped else ()
    return [heading(width, "RUNBOOKS"), Line(), *section(width, "CHOOSE", rows or none, note)]


def _reasons(runbooks: Sequence[Runbook], view: View) -> Mapping[str, str]:
    return {offer.id: offer.reason for offer in offers(runbooks, view.state)}


def _best_first(runbooks: tuple[Runbook, ...], view: View) -> tuple[Runbook, ...]:
    """The one being worked through, then those that are offered, then the others as they were."""
    order = {id: n for n, id in enumerate(_reasons(runbooks, view))}
    return tuple(sorted(runbooks, key=lambda b: -1 if run_of(b, view.state) else order.get(b.id, len(order))))


def _entry(book: Runbook, view: View, now: Ms, reasons: Mapping[str, str], width: int, column: int) -> list[Line]:
    running, reason = run_of(book, view.state) is not None, reasons.get(book.id, "")
    mark = Seg("▸ ", "accent") if running or reason else Seg("  ")
    said = _said(book, view, now, running, reason)
    key = ("runbook", book.id)
    if width >= _WIDE:
        title = hanging((mark,), book.title, column, bold=bool(reason))
        middle = width - column - 2 * GAP - _STEPS
        rows = [row for text, token in said for row in hanging((), text, middle, token)]
        across = beside((column, title), (middle, rows), (_STEPS, [spread(_STEPS, (), (_steps(book),))]))
        return [replace(across[0], key=key), *across[1:]]
    first = spread(width, (mark, Seg(book.title, bold=bool(reason))), (_steps(book),), key=key)
    return [first, *(row for text, token in said for row in hanging((Seg("    "),), text, width, token))]


_STEPS = 9


def _steps(book: Runbook) -> Seg:
    errors = sum(problem.level == "error" for problem in book.problems)
    return Seg(count(errors, "error"), "fail") if errors else Seg(count(len(book.steps), "step"), "muted")


def _said(book: Runbook, view: View, now: Ms, running: bool, reason: str) -> list[tuple[str, Token]]:
    """Why it is offered, what it is for and how it went last, and where it is written if it is the project's own."""
    why = " · ".join(filter(None, ("being worked through" * running, f"because {reason}" if reason else "")))
    last = view.state.last_runs.get(book.id)
    before = last_run(last, now) if last is not None and not running else ""
    about = " · ".join(filter(None, (before, book.summary, book.path if book.origin != "shipped" else "")))
    rows: list[tuple[str, Token]] = [(why, "text"), (about, "muted")]
    return [(text, token) for text, token in rows if text]


class RunbooksPage:
    """The runbooks to choose from: `enter` reads one, `x` starts it."""

    title = "runbooks"
    pinned = (1, 0)
    typing = False

    def __init__(self, shelf: Callable[[], Sequence[Runbook] | None], page: Callable[[Runbook], Page]) -> None:
        """`shelf` gives None while the runbooks are still being read: they come after the first frame. `page`: of one,
        with the text that its run was begun with."""
        self.runbooks: tuple[Runbook, ...] = ()
        self._shelf, self._page = shelf, page
        self._ordered = False
        self._may_act = True

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return (("enter", "read it"), *((("x", "start it"),) if self._may_act else ()))

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        self._may_act = not view.read_only and view.playhead is None
        if not self._ordered:  # once: a list must not move under the responder's hand
            found = self._shelf()
            if found is None:
                return [heading(width, "RUNBOOKS"), Line(), *hanging((Seg("○ "),), "reading them", width, "muted")]
            self.runbooks, self._ordered = _best_first(tuple(found), view), True
        return list_lines(self.runbooks, view, now, width)

    def follow(self, books: Sequence[Runbook], screen: PageContext) -> None:
        """Where each stood it stands; what is new comes last."""
        now = {book.id: book for book in books}
        kept = [now.pop(book.id) for book in self.runbooks if book.id in now]
        self.runbooks = (*kept, *now.values())

    def handle(self, key: str, screen: PageContext) -> bool:
        if key not in ("enter", "x"):
            return False
        book = next((book for book in self.runbooks if ("runbook", book.id) == screen.cursor), None)
        if book is None:
            screen.refuse(key, "no runbook is chosen")
            return True
        if key == "enter" or run_of(book, screen.session.view.state) or start(book, screen):
            screen.push(self._page(book))
        return True
