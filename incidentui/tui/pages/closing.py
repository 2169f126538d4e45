"""The checklist after recovery, before an incident is closed: what is ticked, by whom, and what is still open."""

from collections.abc import Callable, Iterator

from incidentui.core.incidents import unproven
from incidentui.core.inputs import TickRecovery
from incidentui.core.model import Incident, Ms, Tick
from incidentui.core.recovery import open_lines, open_steps, unticked
from incidentui.core.state import State
from incidentui.core.ticks import left
from incidentui.session.ports import View
from incidentui.tui.line import Line, Seg, Token, cells, spread
from incidentui.tui.page import PageContext
from incidentui.tui.pages.layout import hanging, headings, section, stack, wall
from incidentui.tui.telling import tell

_HOW = "Look at each as a user would, then x ticks it. c closes as resolved once all are ticked; before, with a reason."


class ClosingPage:
    """The rows of the checklist: `x` ticks one, or takes its tick back; `c` closes."""

    title = "close"
    pinned = (1, 0)
    typing = False

    def __init__(self, incident: str, close: Callable[[], None], runbook: Callable[[str], None]) -> None:
        """`close`: asks for the last yes, or for the reason; `runbook`: shows the one of that id, for its steps."""
        self.incident = incident
        self._close, self._runbook = close, runbook
        self._whole = self._over = False

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        if self._over:
            return (("p", "draft"), ("n", "note"))
        closes = "close as resolved" if self._whole else "close, with a reason"
        return (("x", "tick, take back"), ("c", closes), ("n", "note"))

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        incident, state = view.state.incidents.get(self.incident), view.state
        self._over = incident is None or incident.closed is not None
        if incident is None or incident.closed is not None:
            return [*headings(width, "CLOSE", (Seg(self.incident),)), Line(), Line((Seg("It is closed.", "muted"),))]
        missing = unproven(state, view.recent, now, incident)
        self._whole = not missing
        open_ones = open_lines(state, incident)
        of = len(state.project.recovery) + len(open_steps(state, incident))
        note = (Seg(f"{of - len(open_ones)} of {of} ticked", "slow" if open_ones else "muted"),)
        return stack(
            headings(width, "CLOSE", (Seg(f"{incident.id}  {incident.title}"),)),
            _verdict("not all below is ticked" if missing and missing == unticked(state, incident) else missing, width),
            section(width, "AFTER RECOVERY", _rows(incident, state, width), note),
            hanging((), _HOW, width, "muted"),
        )

    def handle(self, key: str, screen: PageContext) -> bool:
        row = screen.cursor
        kind, item = (str(row[0]), str(row[1])) if isinstance(row, tuple) and len(row) == 2 else ("", "")
        match key:
            case "c" | "x" | "enter" if self._over:
                screen.refuse(key, f"{self.incident} is closed", "p shows its draft")
            case "c":
                self._close()
            case "x" | "enter" if kind == "step":
                self._runbook(item.partition(" ")[2])
            case "x" if kind == "line":
                self._tick(item, screen)
            case "x":
                screen.refuse("x", "no line is chosen", "the arrows choose one")
            case _:
                return False
        return True

    def _tick(self, item: str, screen: PageContext) -> None:
        incident = screen.session.view.state.incidents.get(self.incident)
        good = incident is None or item not in {t.item for t in incident.ticks}
        said = f"ticked: {item}" if good else f"not ticked any more: {item}"
        tell(screen, "x", TickRecovery(item, screen.session.me, good, self.incident), said)


def _verdict(missing: str, width: int) -> list[Line]:
    if missing:
        return hanging((Seg("○ ", "slow"), Seg("not resolved: ", "strong", bold=True)), missing, width)
    return hanging((Seg("✓ ", "ok"),), "Users are served, and every line is ticked: c closes it as resolved.", width)


def _rows(incident: Incident, state: State, width: int) -> Iterator[Line]:
    open_ones = left(state.project.recovery, incident.ticks)
    ticks = {t.item: t for t in incident.ticks}
    for item in state.project.recovery:
        yield from _row(("line", item), item, None if item in open_ones else ticks[item], width)
    for run, step in open_steps(state, incident):
        yield from _row(("step", f"{step.n} {run.runbook}"), f"{run.title}, step {step.n}: {step.title}", None, width)


def _row(key: tuple[str, str], text: str, tick: Tick | None, width: int) -> list[Line]:
    """Never cut: what is to be looked at must be read whole."""
    mark = Seg("✓ ", "ok") if tick else Seg("○ ", "slow")
    tail = f"{wall(tick.at)} · {tick.by}" if tick else ""
    ink: Token = "muted" if tick else "text"
    rows = hanging((mark,), text, width - cells(tail) - 3, ink)
    first = spread(width, rows[0].segs, (Seg(tail, "muted"),)) if tail else rows[0]
    return [Line(first.segs, key=key), *rows[1:]]
