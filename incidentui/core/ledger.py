"""What of each commit since known-good stands in the tree now: taken back, in force, or partly. By patch, no message.

The rule. Only files that differ between known-good and the tip are looked at; in every other file all is taken back.
Each line, mode and binary file is followed from known-good through the commits of the window (`core.lines`). It
differs when it is not now as it was at known-good. A commit is

- *in force* when something it left so differs and still is as it left it, and nothing it did was undone,
- *partly* when some of that was undone since, or only lives on in lines that later commits made of its own,
- *taken back* when nothing of it differs from known-good any more.

So a commit that only brings known-good back is itself taken back; a revert that was reverted is, and what it had
taken away is in force again. A merge counts as what it brought to its first parent, and the commits of its side
branch as what of theirs came with it. Where a file can be compared in two ways (moved blocks, lines that are twice
there) the direct difference to known-good decides, as long as every line of it has its commit.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from incidentui.core.format import count, short
from incidentui.core.lines import Hunk, Lines, Part
from incidentui.core.model import Commit, FileLeft, InForce, Ledger, LedgerCommit
from incidentui.core.value import dataclass

NOBODY = -1
"""Stands for what no commit of the window did: it was there before the window, or only known-good has it."""
FILES = 100
LEFT_BY = 3


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


# -- the window as a whole


def chain(window: Sequence[Commit], tip: str) -> tuple[list[tuple[Commit, tuple[str, ...]]], str | None]:
    """The first-parent commits, oldest first, each with the commits it merged; and what came before the first."""
    known = {commit.sha: commit for commit in window}
    line: list[Commit] = []
    sha: str | None = tip
    while sha is not None and sha in known:
        line.append(known[sha])
        sha = known[sha].parents[0] if known[sha].parents else None
    line.reverse()
    taken = {commit.sha for commit in line}
    out = []
    for commit in line:
        side = _reached(known, commit.parents[1:], taken)
        taken |= side
        out.append((commit, tuple(c.sha for c in reversed(window) if c.sha in side)))
    return out, sha


def _reached(known: Mapping[str, Commit], tips: Iterable[str], without: set[str]) -> set[str]:
    seen: set[str] = set()
    todo = list(tips)
    while todo:
        sha = todo.pop()
        if sha in known and sha not in seen and sha not in without:
            seen.add(sha)
            todo += known[sha].parents
    return seen


def made(
    good: str,
    tip: str,
    window: Sequence[Commit],
    direct: Mapping[str, Patch],
    found: Mapping[str, Share],
    *,
    good_tree: str = "",
    beyond: int = 0,
    by_file: bool = False,
) -> Ledger:
    """The ledger of a window, newest first. `beyond`: commits older than the window."""
    judged = [_judged(commit, found.get(commit.sha, Share())) for commit in window]
    states = {one.sha: one.state for one in judged}
    commits = tuple(
        _claimed(one, commit, window, states, good, good_tree) for one, commit in zip(judged, window, strict=True)
    )
    owners = _owners(window, found)
    left = [FileLeft(p.path, p.added, p.deleted, owners.get(p.path, ()), _mode(p)) for p in direct.values()]
    return Ledger(good, tip, commits, tuple(left[:FILES]), len(left), beyond, by_file=by_file)


def _mode(patch: Patch) -> str:
    if patch.was == patch.now:
        return ""
    return "new" if not patch.was else "gone" if not patch.now else f"mode {patch.was} → {patch.now}"


def _judged(commit: Commit, share: Share) -> LedgerCommit:
    files = set(share.stands + share.lives)
    of = max(commit.file_count, len(files))
    state: InForce = "taken back"
    if files:
        whole = not share.undone and len(files) == of
        state = "in force" if whole else "partly"
    return LedgerCommit(commit.sha, state, commit.author, commit.subject[:100], len(files), of)


def _owners(window: Sequence[Commit], found: Mapping[str, Share]) -> dict[str, tuple[str, ...]]:
    """Which commits left a file different: most lines first, of equals the newest, a merge last."""
    by: dict[str, list[tuple[int, bool, str]]] = defaultdict(list)
    for commit in window:
        share = found.get(commit.sha)
        for path, n in (share.stands + share.lives).items() if share else ():
            by[path].append((n, len(commit.parents) < 2, commit.sha))
    ranked = {path: sorted(some, key=lambda one: (one[1], one[0]), reverse=True) for path, some in by.items()}
    return {path: tuple(sha for _, _, sha in some[:LEFT_BY]) for path, some in ranked.items()}


def by_file(window: Sequence[Commit], direct: Iterable[str]) -> dict[str, Share]:
    """Where patches are too big to read: whoever touched a file that differs. It may name a commit too many."""
    left = set(direct)
    return {commit.sha: Share(Counter(f.path for f in commit.files if f.path in left)) for commit in window}


# -- what a message claims


_WHOLE = (
    "back to working state", "back to working", "complete rollback", "full rollback", "complete revert", "full revert",
    "revert all", "revert everything", "rolled back", "roll back", "rollback", "back to known-good", "back to good",
)  # fmt: skip


def _claimed(
    one: LedgerCommit, commit: Commit, window: Sequence[Commit], states: Mapping[str, str], good: str, tree: str
) -> LedgerCommit:
    """With what its message says, where the tree says otherwise."""
    if one.state == "taken back" or (tree and commit.tree == tree):
        return one
    said = commit.subject.lower()
    if commit.subject.startswith('Revert "'):
        name = commit.subject.removeprefix('Revert "').partition('"')[0]
        meant = next((c for c in window if c.subject == name and c.sha != commit.sha), None)
        if meant is not None and states[meant.sha] != "taken back":
            return _saying(one, f"its message says it reverts {short(meant.sha)}; that is {states[meant.sha]}")
    phrase = next((words for words in _WHOLE if words in said), "")
    if not phrase:
        return one
    at = said.index(phrase)
    quoted = commit.subject[at : at + len(phrase)]
    return _saying(one, f'its message says "{quoted}"; its tree is not the tree of ★ {short(good)}')


def _saying(one: LedgerCommit, claim: str) -> LedgerCommit:
    return LedgerCommit(one.sha, one.state, one.author, one.subject, one.files, one.of, claim)


def taken_back(ledger: Ledger, without: Iterable[str | None] = ()) -> tuple[str, ...]:
    out = set(without)
    return tuple(c.sha for c in ledger.commits if c.state == "taken back" and c.sha not in out)


def in_force(ledger: Ledger, without: Iterable[str | None] = ()) -> tuple[str, ...]:
    """All of which something stands, partly ones too."""
    out = set(without)
    return tuple(c.sha for c in ledger.commits if c.state != "taken back" and c.sha not in out)


def partly(ledger: Ledger, without: Iterable[str | None] = ()) -> tuple[str, ...]:
    out = set(without)
    return tuple(c.sha for c in ledger.commits if c.state == "partly" and c.sha not in out)


def told(back: int, force: int) -> str:
    """`3 of 6 commits taken back, 3 still in force`"""
    whole = back + force
    if not whole:
        return "no commit"
    if not force:
        return f"all {count(whole, 'commit')} taken back" if whole > 1 else "its commit is taken back"
    return f"{back} of {count(whole, 'commit')} taken back, {force} still in force"
