"""What an incident comes down to, on the board: the symptom, its root cause, and the real problem behind it."""

from collections.abc import Sequence

from incidentui.core.board import CONCLUSIONS, Concluded, Conclusion
from incidentui.core.inputs import Conclude
from incidentui.tui.line import Line
from incidentui.tui.page import PageContext
from incidentui.tui.pages.layout import cell, hanging, section
from incidentui.tui.telling import tell

KEY = "0"
_ASKS: dict[Conclusion, str] = {
    "symptom": "symptom, what users met",
    "root cause": "root cause, what brought it about",
    "real problem": "real problem, what let that happen, and would again",
}


def conclusion_lines(said: Sequence[Concluded], width: int) -> list[Line]:
    """All three as soon as one is said: what is missing stands out."""
    known = {one.what: one.text for one in said}
    rows = [
        line
        for what in CONCLUSIONS
        for line in hanging(
            (cell(what, 13, "muted"),),
            known.get(what, "nobody said it yet"),
            width,
            "text" if what in known else "unknown",
        )
    ]
    return section(width, "WHAT IT COMES DOWN TO", rows) if said else []


def conclude(said: Sequence[Concluded], incident: str, screen: PageContext) -> None:
    """One after the other, each with what was said before; what is left as it is, or empty, is not said anew."""
    known = {one.what: one.text for one in said}

    def ask(left: Sequence[Conclusion]) -> None:
        what = left[0]

        def told(text: str) -> None:
            words = " ".join(text.split())
            if words and words != known.get(what):
                tell(screen, KEY, Conclude(what, words, screen.session.me, incident), f"{what} recorded")
            if len(left) > 1:
                ask(left[1:])

        screen.prompt(_ASKS[what], told, known.get(what, ""))

    ask(CONCLUSIONS)
