"""What changed in a file, as lines to be read before it is allowed again. Pure, bounded, with nothing hidden in it."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Literal

from incidentui.core.format import count
from incidentui.core.value import dataclass
from incidentui.core.visible import look_alikes, marked

MOST = 400
LONGEST = 1_000
_AROUND = 2
_COMPARED = 1_000_000
"""Lines times lines that are matched with each other; beyond that all old ones go and all new ones come."""
_Ops = list[tuple[int, int, int, int]]


@dataclass(frozen=True, slots=True)
class DiffLine:
    kind: Literal["file", "hunk", "same", "add", "del"]
    old: int | None
    new: int | None
    text: str


def difference(before: bytes, after: bytes) -> tuple[DiffLine, ...]:
    """The changed lines with two around them; empty only when the bytes are the same."""
    if before == after:
        return ()
    old, new = _lines(before), _lines(after)
    rows = _near_changes(list(_rows(old, new)))
    if not rows:  # bytes that are no text, and text that spells them
        rows = [DiffLine("hunk", None, None, "bytes that are not UTF-8 changed")]
    left = sum(row.kind in ("add", "del") for row in rows[MOST:])
    more = (DiffLine("hunk", None, None, f"… and {count(left, 'more changed line')}"),) if left else ()
    return (*rows[:MOST], *more)


def sizes(lines: Iterable[DiffLine]) -> tuple[int, int]:
    """(added, removed)"""
    kinds = [line.kind for line in lines]
    return kinds.count("add"), kinds.count("del")


def _lines(content: bytes) -> list[str]:
    text = content.decode("utf-8", "backslashreplace")
    lines = text.split("\n")
    if lines[-1] == "":
        return lines[:-1]
    return [*lines[:-1], lines[-1] + "␄"]  # no newline at the end


def _rows(old: list[str], new: list[str]) -> Iterable[DiffLine]:
    at = 0
    for i1, i2, j1, j2 in _changes(old, new):
        for n in range(at, i1):
            yield DiffLine("same", n + 1, j1 - i1 + n + 1, _cut(marked_line(old[n])))
        for n in range(i1, i2):
            yield DiffLine("del", n + 1, None, _told(old[n]))
        for n in range(j1, j2):
            yield DiffLine("add", None, n + 1, _told(new[n]))
        at = i2
    for n in range(at, len(old)):
        yield DiffLine("same", n + 1, len(new) - len(old) + n + 1, _cut(marked_line(old[n])))


def _changes(old: list[str], new: list[str]) -> _Ops:
    """(from, to) of the old and of the new lines that are not the same."""
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    tail = next((n for n in range(shorter - head) if old[-1 - n] != new[-1 - n]), shorter - head)
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(a) * len(b) > _COMPARED:
        return [(head, head + len(a), head, head + len(b))]
    ops = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return [(head + i1, head + i2, head + j1, head + j2) for kind, i1, i2, j1, j2 in ops if kind != "equal"]


def _near_changes(rows: Sequence[DiffLine]) -> list[DiffLine]:
    keep = {
        near
        for n, row in enumerate(rows)
        if row.kind != "same"
        for near in range(n - _AROUND, n + _AROUND + 1)
        if 0 <= near < len(rows)
    }
    out: list[DiffLine] = []
    last = -2
    for n in sorted(keep):
        if n != last + 1:
            out.append(DiffLine("hunk", None, None, f"line {rows[n].old or rows[n].new}"))
        out.append(rows[n])
        last = n
    return out


def marked_line(text: str) -> str:
    """Blanks at the end and tabs count as much as letters: they are shown."""
    body = text.rstrip(" ")
    return marked(body) + "·" * (len(text) - len(body))


def _told(text: str) -> str:
    """A changed line; what only looks like ASCII is named."""
    odd = look_alikes(text.removesuffix("␄"))
    return _cut(marked_line(text)) + (f"   ⟨{odd}⟩" if odd else "")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
