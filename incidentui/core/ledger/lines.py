"""Every line of one file through a window of commits: who wrote it, who took it away, who brought it back.

Starts from the file as it was at known-good, which is not needed itself: lines that no commit touched are only
counted. A line that went keeps its place, so that it is the same line when a later commit brings it back there.
Lines are the same when they differ in nothing but blanks. Pure; built from hunks without context, oldest commit first.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial
from itertools import islice

from incidentui.core.value import dataclass

ENDLESS = 1 << 60
_PRODUCT = 250_000
_ALIKE = 0.6
_LONG = 200
_PAIRS = 200
_NEAR = 400


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines taken out and put in at one place; `old` and `new` count lines before it, in either file."""

    old: int
    new: int
    removed: tuple[bytes, ...]
    added: tuple[bytes, ...]


class Part:
    """One thing that commits change: a line, a file's mode, or a binary file as a whole."""

    __slots__ = ("first", "heirs", "line", "now", "place", "steps")

    def __init__(self, first: bytes | None, line: bool = True, place: int = 0) -> None:
        self.first = first
        """At known-good; None: not there."""
        self.now = first
        self.line = line
        self.place = place
        """How many lines stood before it at known-good."""
        self.steps: list[tuple[int, bytes | None]] = []
        """Which commit left it how, oldest first."""
        self.heirs: list[Part] = []
        """Lines that came in its place and are like it: the edit was moved on by a later commit."""

    def set(self, commit: int, value: bytes | None) -> None:
        if self.steps and self.steps[-1][0] == commit:
            self.steps.pop()
        self.steps.append((commit, value))
        self.now = value

    @property
    def differs(self) -> bool:
        return self.first != self.now

    def stands(self, value: bytes | None) -> bool:
        """Whether what a commit left here is still so. A line that came or went is judged without its blanks."""
        if self.line and (self.first is None or self.now is None):
            return (value is None) == (self.now is None)
        return value == self.now

    def lives_on(self) -> bool:
        """Whether a line that took its place, or one that took that one's, is still there."""
        todo, seen = list(self.heirs), 0
        while todo and seen < _PAIRS:
            heir, seen = todo.pop(), seen + 1
            if heir.now is not None:
                return True
            todo += heir.heirs
        return False


Run = tuple[int, int]
"""Lines that no commit touched: how many stood before them at known-good, and how many they are."""
Items = list[Run | Part]
_Afloat = dict[bytes, list[tuple[Items, Part]]]


class Lines:
    """The lines of a file. Runs of lines that no commit touched are counted; what was touched is a Part each."""

    def __init__(self) -> None:
        self.items: Items = [(0, ENDLESS)]

    def apply(self, hunks: Sequence[Hunk], commit: int) -> None:
        todo = self.items[::-1]
        out: Items = []
        at = 0
        for hunk in hunks:
            _pass(todo, out, hunk.old - at)
            out += _woven(_taken(todo, hunk.removed), hunk.added, commit, partial(_afloat, out, todo))
            at = hunk.old + len(hunk.removed)
        out += todo[::-1]
        self.items = out

    def parts(self) -> Iterator[tuple[Part, int]]:
        """Each touched line, and how many lines stand before it now."""
        before = 0
        for item in self.items:
            if isinstance(item, Part):
                yield item, before
                before += item.now is not None
            else:
                before += item[1]


def _pass(todo: Items, out: Items, count: int) -> None:
    """Move `count` lines that stand; what went behind the last of them stays in `todo`."""
    while count > 0:
        item = todo.pop()
        if isinstance(item, Part):
            out.append(item)
            count -= item.now is not None
            continue
        start, size = item
        if size > count:
            todo.append((start + count, size - count))
        out.append((start, min(size, count)))
        count -= min(size, count)


def _taken(todo: Items, removed: Sequence[bytes]) -> list[Part]:
    """The lines a hunk takes out, and all that went at this place before."""
    gap: list[Part] = []
    left = list(reversed(removed))
    while todo:
        item = todo[-1]
        if isinstance(item, Part):
            if not left and item.now is not None:
                break
            gap.append(item)
            todo.pop()
            if item.now is not None:
                left.pop()
        elif left:
            todo.pop()
            start, size = item
            if size > 1:
                todo.append((start + 1, size - 1))
            gap.append(Part(left.pop(), place=start))
        else:
            break
    return gap


def _afloat(*sides: Items) -> _Afloat:
    """Lines that went and could as well have stood here: no line of known-good surely stood between when they went."""
    out: _Afloat = {}
    for side in sides:
        since = ENDLESS
        for item in islice(reversed(side), _NEAR):
            if not isinstance(item, Part):
                break
            if item.now is not None:
                since = min(since, item.steps[-1][0]) if item.first is not None else since
            elif item.steps[-1][0] <= since:
                out.setdefault(_bare(item), []).append((side, item))
    return {key: found[::-1] for key, found in out.items()}


def _woven(gap: list[Part], added: Sequence[bytes], commit: int, afloat: Callable[[], _Afloat]) -> Items:
    """The lines of a place after a hunk: what it brought back or re-indented keeps its identity."""
    out: Items = []
    gone: list[Part] = []
    fresh: list[Part] = []
    others: _Afloat | None = None
    i = j = 0
    for a, b in (*_matches([_bare(p) for p in gap], [_key(t) for t in added]), (len(gap), len(added))):
        for part in gap[i:a]:
            if part.now is not None:
                if part.first is None:
                    gone.append(part)
                part.set(commit, None)
            out.append(part)
        for text in added[j:b]:
            others = afloat() if others is None else others
            if found := others.get(_key(text)):
                side, new = found.pop()
                side.remove(new)
            else:
                new = Part(None)
                fresh.append(new)
            new.set(commit, text)
            out.append(new)
        if a < len(gap):
            if gap[a].now != added[b]:
                gap[a].set(commit, added[b])
            out.append(gap[a])
        i, j = a + 1, b + 1
    _inherit(gone, fresh)
    return out


def _bare(part: Part) -> bytes:
    """What a line says without its blanks; of one that went, what it said last."""
    said = part.now
    if said is None:
        said = next((value for _, value in reversed(part.steps) if value is not None), part.first)
    return _key(said or b"")


def _key(text: bytes) -> bytes:
    return b"".join(text.split())


def _matches(one: list[bytes], other: list[bytes]) -> list[tuple[int, int]]:
    """Pairs of equal entries in rising order."""
    if not one or not other or set(one).isdisjoint(other):
        return []
    if one == other:
        return [(n, n) for n in range(len(one))]
    if len(one) * len(other) > _PRODUCT:
        return _next_matches(one, other)
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return [(a + n, b + n) for a, b, size in blocks for n in range(size)]


def _next_matches(one: list[bytes], other: list[bytes]) -> list[tuple[int, int]]:
    """For very long places: each entry's next occurrence, without going back."""
    places: dict[bytes, list[int]] = {}
    for n, entry in enumerate(one):
        places.setdefault(entry, []).append(n)
    out: list[tuple[int, int]] = []
    at = 0
    for n, entry in enumerate(other):
        found = places.get(entry, [])
        k = bisect_left(found, at)
        if k < len(found):
            out.append((found[k], n))
            at = found[k] + 1
    return out


def _inherit(gone: list[Part], fresh: list[Part]) -> None:
    """A line that went while one like it came in the same hunk was edited, not taken back."""
    tries = _PAIRS
    start = 0
    for part in gone:
        for n in range(start, len(fresh)):
            tries -= 1
            if tries < 0:
                return
            if _alike(_bare(part), fresh[n].now or b""):
                part.heirs.append(fresh[n])
                start = n + 1
                break


def _alike(one: bytes, other: bytes) -> bool:
    if not one or not other:
        return False
    a, b = one[:_LONG].decode("latin-1"), _key(other)[:_LONG].decode("latin-1")
    match = SequenceMatcher(None, a, b, autojunk=False)
    return match.real_quick_ratio() >= _ALIKE and match.quick_ratio() >= _ALIKE and match.ratio() >= _ALIKE
