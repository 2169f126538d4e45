"""What stands behind a row: a check's look, or the text of a log or an output."""

from collections.abc import Sequence

from incidentui.core import words
from incidentui.core.events import Recorded
from incidentui.core.format import count
from incidentui.core.inputs import Evidence
from incidentui.core.lights_told import LIGHT_NAMES
from incidentui.core.model import Light, Ms
from incidentui.session.ports import Session, View
from incidentui.tui.line import Line, Seg, cut
from incidentui.tui.page import PageContext
from incidentui.tui.pages.event import TONE, EventPage, event_facts, neighbour_row
from incidentui.tui.pages.known import known_lines
from incidentui.tui.pages.layout import hanging, heading, numbered, section, stack, wall
from incidentui.tui.pages.look import as_curl, body_lines, finding_lines, hop_lines, look_lines, look_of


def text_lines(about: Sequence[Line], evidence: Evidence, width: int) -> list[Line]:
    """A log or an output with its line numbers, under what it belongs to."""
    lines = evidence.body.splitlines()
    name = {"log": "LOG", "output": "OUTPUT"}.get(evidence.kind, "TEXT")
    body = numbered(lines, width) or [Line((Seg("It is empty.", "muted"),))]
    return stack(about, section(width, name, body, (Seg(count(len(lines), "line"), "muted"),)))


def _said(recorded: Recorded, width: int) -> list[Line]:
    row = words.row(recorded)
    tone = TONE[row.tone]
    return hanging((Seg(f"{row.mark} ", tone, bold=True),), f"{row.subject}: {row.text}", width, "strong", bold=True)


def selected_lines(recorded: Recorded, evidence: Evidence | None, width: int, height: int) -> list[Line]:
    """The row under the cursor, in a pane: what fits of it, the rest one `enter` away."""
    look = look_of(evidence) if evidence else None
    if look is not None:
        lines = stack(
            _said(recorded, width),
            known_lines(look.known, width, compact=True),
            finding_lines(look.findings, width),
            hop_lines(look.hops, width, look.timing),
            body_lines(look, width, False),
        )
    elif evidence is not None:
        lines = text_lines(_said(recorded, width), evidence, width)
    else:
        lines = stack(_said(recorded, width), event_facts(recorded, width))
    if len(lines) <= height:
        return lines
    return [*lines[: max(0, height - 1)], Line((Seg(cut("↵ the rest", width), "muted"),))]


class EvidencePage:
    """The evidence of one row, or of one light when there is no row."""

    title = "evidence"
    pinned = (1, 0)
    typing = False

    def __init__(self, evidence: Evidence, recorded: Recorded | None = None, about: str = "") -> None:
        self.evidence = evidence
        self.recorded = recorded
        self.about = about
        self.look = look_of(evidence)
        self.whole = False
        self._session: Session | None = None

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        if self.look is None:
            return ("y", "copy"), ("J K", "row")
        return ("v", "look again"), ("y", "copy as curl"), ("b", "whole body"), ("J K", "look")

    def opened(self, screen: PageContext) -> None:
        self._session = screen.session

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        if self.look is not None:
            return look_lines(self.look, view.state, width, height, self.whole)
        about = self.recorded.subject if self.recorded else self.about
        right = (Seg(wall(self.recorded.at), "muted"),) if self.recorded else ()
        top = [heading(width, "EVIDENCE", (Seg(about),), right)]
        return text_lines([*top, *(_said(self.recorded, width) if self.recorded else [])], self.evidence, width)

    def handle(self, key: str, screen: PageContext) -> bool:
        match key:
            case "y":
                screen.copy(as_curl(self.look) if self.look else self.evidence.body)
                screen.say("copied as curl" if self.look else "copied")
            case "b" if self.look is not None:
                self.whole = not self.whole
                screen.draw()
            case "v" if screen.session.view.playhead is not None:
                screen.refuse("v", "a replay shows what was seen then", "It cannot look again.")
            case "v":
                screen.session.look_now()
                screen.say("looking again, now")
            case _:
                return False
        return True

    def neighbour(self, step: int, view: View) -> "EvidencePage | EventPage | None":
        if self.recorded is None or self._session is None:
            return None
        found = neighbour_row(self.recorded, step, self._session)
        return row_page(found, self._session) if found else None


def row_page(recorded: Recorded, session: Session) -> EvidencePage | EventPage:
    """The evidence behind a row; its facts where there is none, or where it was not kept."""
    sha = words.evidence_of(recorded.event)
    evidence = session.evidence(sha) if sha else None
    return EvidencePage(evidence, recorded) if evidence else EventPage(recorded)


def light_page(light: Light, session: Session) -> EvidencePage | None:
    evidence = session.evidence(light.evidence) if light.evidence else None
    return EvidencePage(evidence, about=f"{LIGHT_NAMES[light.name]}: {light.finding}") if evidence else None
