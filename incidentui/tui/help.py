"""The help page: keys by what they are for, and what the marks mean."""

from collections.abc import Sequence

from incidentui.core.model import Ms
from incidentui.session.ports import View
from incidentui.tui.keys import REPLAY, TABLE, Binding, Group
from incidentui.tui.line import Line, Seg, Token, fit, length, pad
from incidentui.tui.page import PageContext
from incidentui.tui.present.parts import title

_MARKS: tuple[tuple[str, Token, str], ...] = (
    ("✓", "ok", "ok"),
    ("!", "slow", "slow, or look here"),
    ("✗", "fail", "failing"),
    ("?", "unknown", "unknown, nobody sees it"),
    ("~", "muted", "echo of another red"),
    ("≈", "text", "red before; not the cause"),
    ("≡", "fail", "same error again"),
    ("≠", "slow", "differs, contradicts"),
    ("▲", "text", "deployed; red: suspect"),
    ("★", "ok", "known-good"),
    ("◇ ◆", "text", "action asked, done"),
    ("▸", "accent", "to do now, running"),
    ("○", "text", "to do, not looked yet"),
    ("–", "muted", "skipped"),
    ("“", "text", "somebody said"),
    ("┆", "muted", "time without events"),
    ("·", "muted", "detail; running, unproven"),
    ("↵", "accent", "evidence behind the row"),
)
_TITLES: tuple[tuple[Group, str, str, Token], ...] = (
    ("move", "MOVE", "", "muted"),
    ("look", "LOOK", "reads only", "muted"),
    ("record", "RECORD", "never changes production", "muted"),
    ("runbook", "RUNBOOK", "", "muted"),
    ("act", "ACT", "each opens its plan first", "fail"),
)
_ACT = ("a dangerous plan runs", "once its word is typed;", "enter alone runs nothing")


class HelpPage:
    title = "help"
    pinned = (1, 0)
    typing = False
    keys: tuple[tuple[str, str], ...] = ()

    def lines(self, view: View, now: Ms, width: int, height: int) -> Sequence[Line]:
        head = Line((Seg("‹ ", "accent", bold=True), Seg("HELP", "strong", bold=True), Seg("  incident screen")))
        count = 3 if width >= 105 else 2 if width >= 70 else 1
        column = (width - 3 * (count - 1)) // count
        blocks = [_keys(*t, column) for t in _TITLES] + [_marks(column)]
        if view.playhead is not None:
            blocks.insert(0, _block("REPLAY", "", "muted", REPLAY, column))
        return [head, Line(), *_columns(blocks, count, column)]

    def handle(self, key: str, screen: PageContext) -> bool:
        return False


def _keys(group: Group, name: str, note: str, token: Token, width: int) -> list[Line]:
    lines = _block(name, note, token, [b for b in TABLE if b.group == group], width)
    if group == "act":
        lines += [Line((Seg(" " * 11), Seg(text, "muted"))) for text in _ACT]
    return lines


def _block(name: str, note: str, token: Token, bindings: Sequence[Binding], width: int) -> list[Line]:
    rows = [
        Line(fit((Seg(pad(b.shown or " ".join(b.keys), 11), "accent", bold=True), Seg(b.label)), width))
        for b in bindings
        if b.shown != "-"
    ]
    return [title(None, name, width, (Seg(note, token),) if note else ()), *rows]


def _marks(width: int) -> list[Line]:
    rows = [Line((Seg(pad(mark, 11), token), Seg(words))) for mark, token, words in _MARKS]
    return [title(None, "MARKS", width), *rows]


def _columns(blocks: list[list[Line]], count: int, width: int) -> list[Line]:
    """Blocks in order, each column filled until it is as long as the others would be."""
    total = sum(len(b) + 1 for b in blocks)
    columns: list[list[Line]] = [[]]
    for block in blocks:
        full = len(columns[-1]) + len(block) / 2 > total / count
        if columns[-1] and full and len(columns) < count:
            columns.append([])
        columns[-1] += [*([Line()] if columns[-1] else []), *block]
    rows = max(len(c) for c in columns)
    return [Line(tuple(seg for c in columns for seg in _cell(c, n, width))) for n in range(rows)]


def _cell(column: list[Line], n: int, width: int) -> tuple[Seg, ...]:
    segs = fit(column[n].segs, width) if n < len(column) else ()
    return (*segs, Seg(" " * (width - length(segs) + 3)))
