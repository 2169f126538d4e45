"""Two commits against each other: all files, or one of them. Opened from what is left after a way back."""

from collections.abc import Sequence

from incidentui.core.format import short
from incidentui.core.model import Ms
from incidentui.session.ports import DiffLine, View
from incidentui.tui.line import Line, Seg
from incidentui.tui.page import PageContext
from incidentui.tui.pages.asking import Asked, nothing
from incidentui.tui.pages.diff import diff_lines, hunks
from incidentui.tui.pages.layout import headings, section, size_of, stack


def of_file(diff: Sequence[DiffLine], path: str) -> list[DiffLine]:
    """The lines of one file. Its name stands in front of notes like "(new file)"."""
    out: list[DiffLine] = []
    inside = False
    for line in diff:
        if line.kind == "file":
            inside = line.text == path or line.text.startswith(f"{path} (")
        if inside:
            out.append(line)
    return out


class DifferencePage:
    """What a tree has that known-good has not, and the other way."""

    title = "differences"
    pinned = (1, 0)
    typing = False
    keys = (("[ ]", "hunk"), ("d", "all files"), ("y", "copy git's command"))

    def __init__(self, good: str, tip: str, path: str = "") -> None:
        self.good, self.tip, self.path = good, tip, path
        self.hunk = 0
        self.diff: Asked[Sequence[DiffLine]] = Asked("git")

    def opened(self, screen: PageContext) -> None:
        self.diff.ask(screen.session.diff(f"{self.good}..{self.tip}"), screen)

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        about = (Seg(f"★ {short(self.good)} → {short(self.tip)}"), Seg(f"  {self.path}" if self.path else "", "text"))
        head = headings(width, "DIFFERENCES", about)
        shown = self._shown()
        if shown:
            body = diff_lines(shown, self.hunk, self.hunk == 0, width)
        else:
            missing = self.diff.lines(now, width) or nothing("The two are equal here.", self.diff.answer)
            body = section(width, "DIFF", missing)
        return stack(head, body, space=size_of(width, height) != "compact")

    def _shown(self) -> Sequence[DiffLine]:
        answer = self.diff.answer or ()
        return of_file(answer, self.path) if self.path else answer

    def handle(self, key: str, screen: PageContext) -> bool:
        if key in ("[", "]"):
            to = self.hunk + (1 if key == "]" else -1)
            if not 0 <= to < len(hunks(self._shown())):
                screen.refuse(key, "no hunk further on" if key == "]" else "this is the first hunk")
            else:
                self.hunk = to
        elif key == "d":
            self.path, self.hunk = "", 0
        elif key == "y":
            screen.copy(f"git diff {self.good} {self.tip}" + (f" -- {self.path}" if self.path else ""))
            screen.say("copied")
        else:
            return False
        screen.draw()
        return True
