"""What changed in a runbook since it was allowed, and what to do to allow it again. Looks only."""

from incidentui.core.model import Ms
from incidentui.runbook.model import Runbook
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg
from incidentui.tui.page import PageContext
from incidentui.tui.pages.diff import diff_line
from incidentui.tui.pages.layout import hanging, heading


def not_allowed(runbook: Runbook) -> tuple[str, str]:
    """Why its commands do not run, and what to do."""
    allow = f"incidentui trust {runbook.path}"
    if runbook.asked_again:
        return f"the file {runbook.asked_again}", f"{'d shows it; ' if runbook.changes else ''}{allow}"
    return "the commands of this file are not allowed yet", allow


class ChangesPage:
    """What differs in a runbook from the text that was allowed last. Looks only: `incidentui trust` allows."""

    title = "what changed"
    pinned = (1, 0)
    typing = False
    keys: tuple[tuple[str, str], ...] = ()

    def __init__(self, runbook: Runbook) -> None:
        self.runbook = runbook

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        why, what_to_do = not_allowed(self.runbook)
        top = heading(width, "WHAT CHANGED", (Seg(self.runbook.title),))
        said = hanging((Seg("! ", "slow"),), f"{why}. To allow it again: {what_to_do.rpartition('; ')[2]}", width)
        return [top, *said, *(row for line in self.runbook.changes for row in diff_line(line, width))]

    def handle(self, key: str, screen: PageContext) -> bool:
        return False
