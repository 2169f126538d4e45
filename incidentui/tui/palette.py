"""The palette: everything that can be done, by name. It opens plans and pages; it never acts."""

from collections.abc import Callable, Sequence
from dataclasses import field

from incidentui.core.value import dataclass
from incidentui.tui.line import Line, Seg, cells, fit, length, pad, spread
from incidentui.tui.present.parts import hints

ROWS = 8
_LEAST, _MOST = 28, 44
"""Cells of the labels, so that what is said of them stands under each other."""


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    run: Callable[[], None]
    note: str = ""
    key: str = ""
    refused: str = ""


@dataclass(slots=True)
class Palette:
    entries: Sequence[Entry]
    text: str = ""
    at: int = 0
    found: list[tuple[Entry, frozenset[int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._search()

    def key(self, key: str) -> bool:
        """False when the palette is to be closed."""
        match key:
            case "esc" | "ctrl+c" | "ctrl+p":
                return False
            case "up" | "ctrl+k":
                self.at = max(0, self.at - 1)
            case "down" | "ctrl+j" | "tab":
                self.at = min(max(0, len(self.found) - 1), self.at + 1)
            case "backspace":
                self.insert("", drop=1)
            case "ctrl+u":
                self.insert("", drop=len(self.text))
            case "space":
                self.insert(" ")
            case _ if len(key) == 1:
                self.insert(key)
            case _:
                pass
        return True

    def insert(self, text: str, drop: int = 0) -> None:
        kept = self.text[: len(self.text) - drop] if drop else self.text
        self.text, self.at = (kept + text)[:80], 0
        self._search()

    def chosen(self) -> Entry | None:
        return self.found[self.at][0] if self.at < len(self.found) else None

    def _search(self) -> None:
        scored = [(score(self.text, entry.label), entry) for entry in self.entries]
        best = sorted((s for s in scored if s[0][0] > 0), key=lambda s: -s[0][0])
        self.found = [(entry, at) for (_, at), entry in best]

    def lines(self, width: int) -> list[Line]:
        """The floating window: `width` cells, everything on the raised ground."""
        inner = width - 4
        first = max(0, min(self.at - ROWS + 1, len(self.found) - ROWS))
        seen = self.found[first : first + ROWS]
        column = min(_MOST, max((cells(entry.label) for entry, _ in seen), default=0))
        body = [self._row(entry, at, inner, column, first + n == self.at) for n, (entry, at) in enumerate(seen)]
        typed = (Seg("› ", "accent", bold=True), Seg(self.text, "strong"), Seg(" ", "mode"))
        count = f"{len(self.found)} of {len(self.entries)}"
        foot = spread(inner, (*hints(("enter", "opens a plan or a page, never acts")),), hints(("esc", "close")))
        nothing = [_raised((Seg("Nothing is called like that.", "muted"),), inner)] if not self.found else []
        blank = _raised((), inner)
        rows = [*body, *nothing]
        rows += [blank] * (ROWS - len(rows))
        head = spread(inner, typed, (Seg(count, "muted"),))
        return [blank, _raised(head.segs, inner), blank, *rows, blank, _raised(foot.segs, inner), blank]

    def _row(self, entry: Entry, at: frozenset[int], width: int, column: int, here: bool) -> Line:
        label = _lit(entry.label, at, bool(entry.refused))
        note = f"refused: {entry.refused}" if entry.refused else entry.note
        gap = pad("", max(2, max(_LEAST, column + 2) - length(label)))
        left = (*label, Seg(gap), Seg(note, "muted"))
        line = spread(width, left, (Seg(entry.key, "accent", bold=True),) if entry.key else ())
        return Line((Seg("  "), *line.segs), "select" if here else "raised")


def _raised(segs: Sequence[Seg], width: int) -> Line:
    return Line((Seg("  "), *fit(segs, width)), "raised")


def _lit(label: str, at: frozenset[int], dim: bool) -> tuple[Seg, ...]:
    """The letters that were found stand out."""
    return tuple(Seg(c, "strong" if n in at else "muted" if dim else "text", bold=n in at) for n, c in enumerate(label))


def score(typed: str, label: str) -> tuple[int, frozenset[int]]:
    """How well the label answers what was typed, and where: whole words first, then letters in order."""
    want, have = typed.lower().strip(), label.lower()
    if not want:
        return 1, frozenset()
    at = have.find(want)
    if at >= 0:
        start = at == 0 or not have[at - 1].isalnum()
        return (100 if start else 60) - min(at, 40), frozenset(range(at, at + len(want)))
    spots, here = [], 0
    for c in want.replace(" ", ""):
        here = have.find(c, here)
        if here < 0:
            return 0, frozenset()
        spots.append(here)
        here += 1
    return max(1, 20 - (spots[-1] - spots[0])), frozenset(spots)
