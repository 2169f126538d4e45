"""A run that was taken over: where it stands and what is next, in plain words, before the first key is pressed."""

from incidentui.core.handover import handed_over
from incidentui.core.model import Ms
from incidentui.runbook.stands import stands
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, Token
from incidentui.tui.page import PageContext
from incidentui.tui.pages.layout import hanging, heading, section, stack


class HandedPage:
    """Follows what happens: it says how it stands now, not how it stood."""

    title = "hand-over"
    pinned = (1, 0)
    typing = False
    keys: tuple[tuple[str, str], ...] = ()

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        run, incident = view.state.runbook, view.state.current
        top = heading(width, "HAND-OVER", (Seg(incident.title),) if incident is not None else ())
        if incident is None:
            return [top, Line(), *hanging((), "No incident is open.", width, "muted")]
        it = handed_over(view.state, incident, now)
        nexts = [row for n, text in enumerate(it.next, 1) for row in _row(f"{n} ", text, width)]
        said = [row for text in stands(run, now) for row in _row("", text, width, "text")] if run is not None else []
        return [
            top,
            Line(),
            *stack(
                section(width, "NEXT", nexts),
                section(width, "NOW", [row for text in it.now for row in _row("· ", text, width)]),
                section(width, "THE RUNBOOK", said),
            ),
        ]

    def handle(self, key: str, screen: PageContext) -> bool:
        return False


def _row(mark: str, text: str, width: int, token: Token = "text") -> list[Line]:
    return hanging((Seg(mark, "accent" if mark.strip().isdecimal() else "muted"),), text, width, token)
