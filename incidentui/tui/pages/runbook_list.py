"""The runbooks to choose from: those that fit what is seen first, each with its reason; and how each went last."""

from collections.abc import Callable, Mapping, Sequence

from incidentui.core.format import count
from incidentui.core.model import Ms
from incidentui.runbook.model import Runbook
from incidentui.runbook.stands import last_run
from incidentui.runbook.suggest import offers
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, Token, cut_middle, spread
from incidentui.tui.page import PageContext
from incidentui.tui.pages.layout import hanging, heading, section
from incidentui.tui.pages.runbook import run_of
from incidentui.tui.pages.runbook_page import RunbookPage
from incidentui.tui.pages.starting import start


def list_lines(runbooks: Sequence[Runbook], view: View, now: Ms, width: int) -> list[Line]:
    reasons = _reasons(runbooks, view)
    rows = [row for book in runbooks for row in _entry(book, view, now, reasons, width)]
    none = hanging((), "No runbooks found: Markdown files in runbooks/ of the project are read.", width, "muted")
    return [heading(width, "RUNBOOKS"), Line(), *section(width, "CHOOSE", rows or none)]


def _reasons(runbooks: Sequence[Runbook], view: View) -> Mapping[str, str]:
    return {offer.id: offer.reason for offer in offers(runbooks, view.state)}


def _best_first(runbooks: tuple[Runbook, ...], view: View) -> tuple[Runbook, ...]:
    """The one being worked through, then those that are offered, then the others as they were."""
    order = {id: n for n, id in enumerate(_reasons(runbooks, view))}
    return tuple(sorted(runbooks, key=lambda b: -1 if run_of(b, view.state) else order.get(b.id, len(order))))


def _entry(book: Runbook, view: View, now: Ms, reasons: Mapping[str, str], width: int) -> list[Line]:
    running, reason = run_of(book, view.state) is not None, reasons.get(book.id, "")
    mark = Seg("▸ ", "accent") if running or reason else Seg("  ")
    errors = sum(problem.level == "error" for problem in book.problems)
    note: Token = "fail" if errors else "muted"
    said = count(errors, "error") if errors else f"{count(len(book.steps), 'step')} · {_where(book)}"
    title = (mark, Seg(book.title, bold=bool(reason)))
    first = spread(width, title, (Seg(cut_middle(said, width // 2), note),), key=("runbook", book.id))
    why = " · ".join(filter(None, ("being worked through" * running, f"because {reason}" if reason else "")))
    rows = [first]
    rows += hanging((Seg("    "),), why, width) if why else []
    last = view.state.last_runs.get(book.id)
    before = last_run(last, now) if last is not None and not running else ""
    text = " · ".join(part for part in (before, book.summary) if part)
    rows += hanging((Seg("    "),), text, width, "muted") if text else []
    return rows


def _where(book: Runbook) -> str:
    return "came with the program" if book.origin == "shipped" else book.path


class RunbooksPage:
    """The runbooks to choose from: `enter` reads one, `x` starts it."""

    title = "runbooks"
    pinned = (1, 0)
    typing = False

    def __init__(self, shelf: Callable[[], Sequence[Runbook] | None]) -> None:
        """`shelf` gives None while the runbooks are still being read: they come after the first frame."""
        self.runbooks: tuple[Runbook, ...] = ()
        self._shelf = shelf
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
            screen.push(RunbookPage(book, self.runbooks))
        return True
