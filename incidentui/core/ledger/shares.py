"""What stands of each commit: every line, mode and binary file that differs, followed from known-good."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from incidentui.core.ledger.lines import Hunk, Lines, Part
from incidentui.core.model import Commit
from incidentui.core.value import dataclass

NOBODY = -1
"""Stands for what no commit of the window did: it was there before the window, or only known-good has it."""


@dataclass(frozen=True, slots=True)
class Patch:
    """What one commit, or all of them, changed in a file. A mode is empty where the file is not there."""

    path: str
    was: str = ""
    now: str = ""
    old: str = ""
    new: str = ""
    """Object names before and after; empty when only the mode changed."""
    binary: bool = False
    hunks: tuple[Hunk, ...] = ()

    @property
    def added(self) -> int | None:
        return None if self.binary else sum(len(hunk.added) for hunk in self.hunks)

    @property
    def deleted(self) -> int | None:
        return None if self.binary else sum(len(hunk.removed) for hunk in self.hunks)


@dataclass(frozen=True, slots=True)
class Step:
    """One commit of the first-parent chain; `sides`: what a merge brought with it."""

    sha: str | None
    patches: Sequence[Patch] = ()
    sides: tuple[tuple[str, Sequence[Patch]], ...] = ()


@dataclass(slots=True)
class Share:
    """What became of a commit's doings."""

    stands: Counter[str] = field(default_factory=Counter)
    """Lines that differ from known-good because of it, by file."""
    lives: Counter[str] = field(default_factory=Counter)
    """Lines that later commits edited further."""
    undone: int = 0


class _File:
    """One differing file: its lines, its mode, its content as a whole."""

    def __init__(self, path: str, first: Patch) -> None:
        self.path = path
        self.lines = Lines()
        self.mode = Part(first.was.encode(), line=False)
        self.blob = Part(first.old.encode(), line=False)
        self.binary = first.binary

    def apply(self, patch: Patch, commit: int) -> None:
        self.binary = self.binary or patch.binary
        if patch.was != patch.now:
            self.mode.set(commit, patch.now.encode())
        if self.blob.first == b"":  # so far only its mode changed
            self.blob.first = self.blob.now = patch.old.encode()
        if patch.new != patch.old:
            self.blob.set(commit, patch.new.encode())
        self.lines.apply(patch.hunks, commit)

    def parts(self) -> Iterable[Part]:
        yield self.mode
        if self.binary:
            yield self.blob
        else:
            yield from (part for part, _ in self.lines.parts())

    def credit(self, patch: Patch, side: int, merge: int) -> int:
        """Lines of a side branch that its merge brought count for its commit too; how many did not come."""
        came: dict[tuple[bool, bytes], list[Part]] = defaultdict(list)
        for part in self.parts():
            if any(number == merge for number, _ in part.steps):
                came[_said(part)].append(part)
        mine = [(True, line) for hunk in patch.hunks for line in hunk.added]
        mine += [(False, line) for hunk in patch.hunks for line in hunk.removed]
        wanted = [] if self.binary else [(there, b"".join(line.split())) for there, line in mine]
        missed = 0
        for key in wanted:
            parts = came.get(key)
            if parts:
                parts.pop().steps.append((side, b"" if key[0] else None))
            else:
                missed += 1
        return missed + self._credit_whole(patch, side)

    def _credit_whole(self, patch: Patch, side: int) -> int:
        missed = 0
        for part, changed, left in (
            (self.mode, patch.was != patch.now, patch.now),
            (self.blob, self.binary and patch.old != patch.new, patch.new),
        ):
            if changed:
                part.steps.append((side, left.encode()))
                missed += not part.stands(left.encode())
        return missed


def _said(part: Part) -> tuple[bool, bytes]:
    """Whether a line came or went with the last step, and its words without blanks."""
    said = part.now
    if said is None:
        said = next((value for _, value in reversed(part.steps) if value is not None), part.first)
    return part.now is not None, b"".join((said or b"").split())


def shares(steps: Sequence[Step], direct: Mapping[str, Patch]) -> dict[str, Share]:
    """What stands of each commit. `steps`: oldest first; `direct`: from known-good to the tip, by path."""
    names: list[str] = []
    found: dict[str, Share] = defaultdict(Share)
    files: dict[str, _File] = {}
    for step in steps:
        number = _number(names, step.sha)
        for patch in step.patches:
            if patch.path in direct:
                files.setdefault(patch.path, _File(patch.path, patch)).apply(patch, number)
        for sha, patches in step.sides:
            side = _number(names, sha)
            for patch in patches:
                if patch.path in direct:
                    file = files.get(patch.path)
                    found[sha].undone += file.credit(patch, side, number) if file else 1
    for path, file in files.items():
        _share(file, direct[path], names, found)
    return found


def _number(names: list[str], sha: str | None) -> int:
    if sha is None:
        return NOBODY
    names.append(sha)
    return len(names) - 1


def _share(file: _File, direct: Patch, names: Sequence[str], found: dict[str, Share]) -> None:
    ours = None if file.binary else _decided(file.lines, direct)
    explained = False
    for part in file.parts():
        # A difference that the direct one has not: the line is there, as known-good has it, and was followed wrongly.
        there = part.differs and ours is not None and part.line and id(part) not in ours
        explained = explained or (part.differs and not there)
        for number, value in part.steps:
            if number == NOBODY:
                continue
            share = found[names[number]]
            if value is None if there else not part.stands(value):
                share.undone += 1
                share.lives[file.path] += part.first is None and part.lives_on()
            elif part.differs and not there:
                share.stands[file.path] += 1
    if not explained:  # lines of known-good changed their places: whoever touched the file is named
        for number in {number for part in file.parts() for number, _ in part.steps if number != NOBODY}:
            found[names[number]].stands[file.path] += 1


def _decided(lines: Lines, direct: Patch) -> set[int] | None:
    """The parts that make up the direct difference; None when they do not explain every line of it."""
    come = {hunk.new + n: line for hunk in direct.hunks for n, line in enumerate(hunk.added)}
    gone = {hunk.old + n: line for hunk in direct.hunks for n, line in enumerate(hunk.removed)}
    ours: set[int] = set()
    spare: dict[tuple[bool, bytes], list[Part]] = defaultdict(list)
    for part, new in lines.parts():
        if not part.differs:
            continue
        here = [part.now is not None and come.pop(new, None) is not None]
        here.append(part.first is not None and gone.pop(part.place, None) is not None)
        if any(here):
            ours.add(id(part))
        else:
            spare[(part.now is not None, part.now or part.first or b"")].append(part)
    for there, left in ((True, come), (False, gone)):
        for line in left.values():
            parts = spare.get((there, line))
            if not parts:
                return None
            ours.add(id(parts.pop()))
    return ours


def by_file(window: Sequence[Commit], direct: Iterable[str]) -> dict[str, Share]:
    """Where patches are too big to read: whoever touched a file that differs. It may name a commit too many."""
    left = set(direct)
    return {commit.sha: Share(Counter(f.path for f in commit.files if f.path in left)) for commit in window}
