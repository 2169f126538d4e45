"""The causes on the hypothesis board: in the order they were found, with state, time lost, how often again, and origin.

They head the board as soon as one is confirmed: until then there is nothing but theories. What stands here stands
nowhere else on the board.
"""

from collections.abc import Sequence
from dataclasses import replace

from incidentui.core.board import CauseWord, Hypothesis, Origin, cause_word, causes
from incidentui.core.board_words import CAUSE_MARK, fix, gate, lost, origin, total
from incidentui.core.format import short
from incidentui.core.hypotheses import to_decide
from incidentui.core.inputs import ChangeCause
from incidentui.core.model import Ms
from incidentui.core.state import State
from incidentui.tui.line import Line, Seg, Token, cells, spread
from incidentui.tui.page import PageContext
from incidentui.tui.pages.layout import hanging, rule, stack, wall
from incidentui.tui.telling import tell

ASKS = {"5": "fixed", "6": "again", "7": "origin"}
_INK: dict[CauseWord, Token] = {"suspected": "muted", "confirmed": "fail", "fixed": "ok", "ruled out": "muted"}
_ORIGINS: tuple[Origin, ...] = ("introduced", "pre-existing", "unknown")


_WIDE = 98
STRIDE = 10
"""The cursor stops at each so many rows of a long one, so that none is passed unread."""


def known_causes(board: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Empty while there are only theories."""
    found = causes(board)
    known = any(cause_word(h) in ("confirmed", "fixed") or h.again or h.origin != "unknown" for h in found)
    return found if known else []


def cause_lines(board: Sequence[Hypothesis], state: State, until: Ms, width: int) -> list[Line]:
    rows = stack(*(_cause(h, state, until, width) for h in known_causes(board)), space=width >= _WIDE)
    return [rule(width, "CAUSES", (Seg(total(board, until), "muted"),)), *rows] if rows else []


def _cause(h: Hypothesis, state: State, until: Ms, width: int) -> list[Line]:
    word = cause_word(h)
    head = (Seg(f"{CAUSE_MARK[word]} ", _INK[word]), Seg(f"{h.n} ", "muted"))
    took = Seg(f"{lost(h, until):>8}", "text", bold=word == "confirmed")
    tail = (
        Seg(f"   again {h.again}×" if h.again else "", "fail" if h.again else "muted"),
        Seg(f"   {origin(h) if width >= _WIDE else h.origin}", "muted"),
        Seg(f"   {word:<9} ", _INK[word]),
        took,
        Seg(f"   {wall(h.at)} · {h.by}", "muted"),
    )
    lead = sum(cells(seg.text) for seg in head)
    room = width - lead - sum(cells(seg.text) for seg in tail) - 2
    if cells(h.thought) <= room:
        rows = [spread(width, (*head, Seg(h.thought, bold=word == "confirmed")), tail)]
    else:
        rows = [*hanging(head, h.thought, width, bold=word == "confirmed"), spread(width, (), tail)]
    rows += tested(h, state, lead, width)
    rows += _said("fix", fix(h, lambda at: wall(at)[:5]), lead, width)
    if often := gate(h):
        rows += hanging((Seg(" " * lead), Seg("!    ", "slow")), often, width)
    return keyed(h, rows)


def tested(h: Hypothesis, state: State, lead: int, width: int) -> list[Line]:
    """What was done to test it, seen, and why the verdict is this one."""
    rows = [row for part in (("did", h.did), ("saw", h.saw), ("why", h.why)) for row in _said(*part, lead, width)]
    return [*rows, *_said("", _commits(h, state), lead, width)]


def _said(name: str, said: str, lead: int, width: int) -> list[Line]:
    return hanging((Seg(" " * lead), Seg(f"{name:<5}", "muted")), said, width, "muted") if said else []


def _commits(h: Hypothesis, state: State) -> str:
    """What stands of them now, where the ledger tells; what did not help has to be decided on."""
    now = {c.sha: c.state for c in state.ledger.commits} if state.ledger is not None else {}
    said = " · ".join(f"{short(sha)} {now.get(sha, '')}".rstrip() for sha in h.commits)
    return said + (": keep or take back?" if said and to_decide(h, state) else "")


def keyed(h: Hypothesis, rows: Sequence[Line]) -> list[Line]:
    return [replace(row, key=("hypothesis", h.n, n)) if n % STRIDE == 0 else row for n, row in enumerate(rows)]


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
                said = next((o for o in _ORIGINS if text and o.startswith(text.lower())), None)
                if said is None:
                    screen.refuse("7", f"“{text}” is none of them", "introduced, pre-existing or unknown; i, p or u")
                    return
                made = ChangeCause(h.n, screen.session.me, "origin", origin=said, incident=incident)
                done = f"cause {h.n}: {said}"
        tell(screen, key, made, done)

    labels = {
        "5": f"cause {h.n} fixed, how",
        "6": f"cause {h.n}, the same again, seen (may stay empty)",
        "7": f"cause {h.n} is introduced by the change, pre-existing, or unknown (i, p, u)",
    }
    screen.prompt(labels[key], change)
