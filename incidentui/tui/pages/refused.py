"""A plan that was refused and has other ways on: why, and numbered choices, each of which opens its own plan."""

from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg
from incidentui.tui.page import PageContext
from incidentui.tui.pages.act import Choice, choice_lines, choose, chosen
from incidentui.tui.pages.layout import hanging, heading, section, stack


class RefusedPage:
    """Nothing was changed; what can be done instead opens its plan."""

    title = "plan"
    pinned = (1, 0)
    typing = False

    def __init__(self, action: str, refusal: Refusal, step: int | None = None, undoes: bool = False) -> None:
        self.action, self.refusal, self.step, self.undoes = action, refusal, step, undoes
        self.choices = tuple(Choice(o.title, o.note, o.action, o.args) for o in refusal.choices)[:9]

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        last = f"1–{len(self.choices)}" if len(self.choices) > 1 else "1"
        return (last, "choose"), ("enter", "choose"), ("y", "copy")

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        head = (Seg("– REFUSED", "slow", bold=True), Seg("   "))
        return stack(
            [heading(width, "PLAN", (Seg(self.action),))],
            [*hanging(head, self.refusal.why, width, "strong", bold=True), *self._hint(width)],
            section(width, "WHAT CAN BE DONE", choice_lines(self.choices, width)),
        )

    def _hint(self, width: int) -> list[Line]:
        return hanging((), self.refusal.hint, width, "muted") if self.refusal.hint else []

    def handle(self, key: str, screen: PageContext) -> bool:
        if key == "y":
            screen.copy(f"{self.refusal.why}\n{self.refusal.hint}")
            screen.say("copied")
            return True
        n = chosen(key, screen)
        if n is not None:
            choose(n, self.choices, screen, self.step, self.undoes)
        return n is not None
