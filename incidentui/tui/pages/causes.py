"""The causes on the hypothesis board: in the order they were found, with state, time lost, how often again, and origin.

They head the board as soon as one is confirmed: until then there is nothing but theories.
"""

from collections.abc import Sequence
from dataclasses import replace

from incidentui.core.board import CauseWord, Hypothesis, Ms, Origin, cause_word, causes, lost_ms
from incidentui.core.board_words import CAUSE_MARK, gate, total
from incidentui.core.format import duration
from incidentui.core.inputs import ChangeCause
from incidentui.tui.line import Line, Seg, Token, cells, spread
from incidentui.tui.page import PageContext
from incidentui.tui.pages.act import tell
from incidentui.tui.pages.layout import hanging, rule, wall

ASKS = {"5": "fixed", "6": "again", "7": "origin"}
_INK: dict[CauseWord, Token] = {"suspected": "muted", "confirmed": "fail", "fixed": "ok", "ruled out": "muted"}
_ORIGINS: tuple[Origin, ...] = ("introduced", "pre-existing", "unknown")


def cause_lines(board: Sequence[Hypothesis], until: Ms, width: int) -> list[Line]:
    found = causes(board)
    if not any(cause_word(h) in ("confirmed", "fixed") or h.again or h.origin != "unknown" for h in found):
        return []
    rows = [line for h in found for line in _cause(h, until, width)]
    return [rule(width, "CAUSES", (Seg(total(board, until), "muted"),)), *rows]


def _cause(h: Hypothesis, until: Ms, width: int) -> list[Line]:
    word = cause_word(h)
    head = (Seg(f"{CAUSE_MARK[word]} ", _INK[word]), Seg(f"{h.n} ", "muted"))
    took = Seg(f"{duration(lost_ms(h, until)):>8}", "text", bold=word == "confirmed")
    tail = (
        Seg(f"   again {h.again}×" if h.again else "", "fail" if h.again else "muted"),
        Seg(f"   {h.origin}" if h.origin != "unknown" else "", "muted"),
        Seg(f"   {word:<9} ", _INK[word]),
        took,
        Seg(f"   {wall(h.at)}", "muted"),
    )
    lead = sum(cells(seg.text) for seg in head)
    room = width - lead - sum(cells(seg.text) for seg in tail) - 2
    if cells(h.thought) <= room:
        rows = [spread(width, (*head, Seg(h.thought, bold=word == "confirmed")), tail)]
    else:
        rows = [*hanging(head, h.thought, width, bold=word == "confirmed"), spread(width, (), tail)]
    indent = Seg(" " * lead)
    for name, said in (("fix", h.fix), ("!", gate(h))):
        rows += hanging((indent, Seg(f"{name:<5}", "muted")), said, width, "muted") if said else []
    return [replace(rows[0], key=("cause", h.n)), *rows[1:]]


def ask(key: str, h: Hypothesis, incident: str, screen: PageContext) -> None:
    """One line of input, then it is recorded."""

    def change(text: str) -> None:
        text = text.strip()
        match key:
            case "5":
                made = ChangeCause(h.n, screen.session.me, "fixed", text, incident=incident)
                done = f"cause {h.n}: fixed"
            case "6":
                made = ChangeCause(h.n, screen.session.me, "again", text, incident=incident)
                done = f"cause {h.n}: again"
            case _:
                origin = next((o for o in _ORIGINS if text and o.startswith(text.lower())), None)
                if origin is None:
                    screen.refuse("7", f"“{text}” is none of them", "introduced, pre-existing or unknown; i, p or u")
                    return
                made = ChangeCause(h.n, screen.session.me, "origin", origin=origin, incident=incident)
                done = f"cause {h.n}: {origin}"
        tell(screen, key, made, done)

    labels = {
        "5": f"cause {h.n} fixed, how",
        "6": f"cause {h.n}, the same again, seen (may stay empty)",
        "7": f"cause {h.n} is introduced by the change, pre-existing, or unknown (i, p, u)",
    }
    screen.prompt(labels[key], change)
