"""The ledger of the commits since known-good, read by three git processes however many commits there are.

One lists the window, one compares its two ends, one gives the patches of those commits that touched a file which
differs. Judging them is `core.ledger`. Looks only.
"""

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from incidentui.core import ledger as rule
from incidentui.core.ledger import Patch, Step
from incidentui.core.model import Commit, Ledger
from incidentui.edge.git.history import WINDOW, between, edges
from incidentui.edge.git.patches import ARGS, of_commits, of_two
from incidentui.edge.git.place import Layout, tree_of
from incidentui.edge.git.run import Answer, git
from incidentui.edge.text import clean_and_redact

PATHS = 500
"""With more files that differ the patches are read whole: a command line has an end."""
PATH = 400
"""As long as `history` makes the names of a commit's files."""
LONG_S = 60.0
GREP_S = 10.0
PLACES = 20
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,99}\Z")
_LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}


async def read(where: Layout, good: str, tip: str, limit: int = WINDOW, symbol: str = "") -> Ledger:
    """Both are verified shas. `symbol`: a name to look for, in the tree and in what the commits changed."""
    window, compared, tree = await asyncio.gather(
        between(where, good, tip, limit), _compared(where, good, tip), tree_of(where.top, good)
    )
    beyond = await _older(where, good, tip, limit) if len(window) == limit else 0
    direct = {patch.path: patch for patch in of_two(compared.out)}
    steps = None if compared.cut else await _steps(where, good, tip, window, list(direct))
    if steps is None:
        direct = {_shown(path): replace(patch, path=_shown(path)) for path, patch in direct.items()}
    found = rule.by_file(window, direct) if steps is None else rule.shares(steps, direct)
    ledger = rule.made(good, tip, window, direct, found, good_tree=tree or "", beyond=beyond, by_file=steps is None)
    if symbol and _NAME.match(symbol):
        named = _naming(symbol, steps or ())
        commits = tuple(replace(commit, names=commit.sha in named) for commit in ledger.commits)
        ledger = replace(ledger, commits=commits, symbol=symbol, places=await _places(where, tip, symbol))
    return replace(ledger, files=tuple(replace(file, path=_shown(file.path, 200)) for file in ledger.files))


def _naming(symbol: str, steps: Sequence[Step]) -> frozenset[str]:
    """The commits whose lines have the name."""
    name = re.compile(rb"(?<![A-Za-z0-9_])" + re.escape(symbol.encode()) + rb"(?![A-Za-z0-9_])")

    def has(patches: Sequence[Patch]) -> bool:
        return any(name.search(line) for p in patches for hunk in p.hunks for line in (*hunk.added, *hunk.removed))

    each = [(sha, patches) for step in steps for sha, patches in ((step.sha, step.patches), *step.sides)]
    return frozenset(sha for sha, patches in each if sha and has(patches))


async def _places(where: Layout, tip: str, symbol: str) -> tuple[tuple[str, int], ...]:
    """Where the name occurs in the tree, at most three lines a file."""
    found = await git(
        where.top, "grep", "-I", "-n", "-z", "-F", "-w", "--no-color", "--full-name",
        "-e", symbol, tip, "--", ok=None, timeout_s=GREP_S, limit=1 << 20,
    )  # fmt: skip
    lines = [line.split(b"\0") for line in found.out.split(b"\n")]
    seen = [(name.partition(b":")[2], number) for name, number, *_ in (line for line in lines if len(line) >= 3)]
    return tuple((clean_and_redact(name, limit=200), int(n)) for name, n in seen if n.isdigit())[:PLACES]


def _shown(path: str, limit: int = PATH) -> str:
    return clean_and_redact(os.fsencode(path), limit=limit)


async def _compared(where: Layout, one: str, other: str, paths: Sequence[str] = ()) -> Answer:
    return await git(
        where.top, "diff-tree", *ARGS, "--end-of-options", one, other, "--", *paths, env=_LITERAL, timeout_s=LONG_S
    )


async def _older(where: Layout, good: str, tip: str, limit: int) -> int:
    counted = await git(where.top, "rev-list", "--count", "--end-of-options", tip, f"^{good}", "--", ok=None)
    return max(0, int(counted.line) - limit) if counted.line.isdigit() else 0


async def _steps(
    where: Layout, good: str, tip: str, window: Sequence[Commit], paths: Sequence[str]
) -> list[Step] | None:
    """The patches of the window's commits in the files that differ, oldest first; None when they are too many."""
    line, before = rule.chain(window, tip)
    if not paths or not line:
        return []
    pathspec = paths if len(paths) <= PATHS else ()
    cut = edges(where)
    last = max((n for n, (commit, _) in enumerate(line) if commit.sha in cut), default=None)
    if last is not None:  # git has not the parent that this commit is to be compared with
        before, line = None, line[last:]
    touching = _touching(window, paths)
    patches = await _patches(where, [sha for sha in touching if sha not in cut], pathspec)
    if patches is None:
        return None
    steps = [
        Step(commit.sha, patches.get(commit.sha, ()), tuple((sha, patches.get(sha, ())) for sha in sides))
        for commit, sides in line
    ]
    return await _begun(where, good, before, steps, pathspec)


def _touching(window: Sequence[Commit], paths: Sequence[str]) -> list[str]:
    shown = {_shown(path) for path in paths}
    return [commit.sha for commit in window if any(file.path in shown for file in commit.files)]


async def _patches(where: Layout, shas: Sequence[str], paths: Sequence[str]) -> Mapping[str, list[Patch]] | None:
    if not shas:
        return {}
    answer = await git(
        where.top, "diff-tree", "--stdin", *ARGS, "--root", "--diff-merges=first-parent", "--end-of-options", "--",
        *paths, env=_LITERAL, stdin="".join(f"{sha}\n" for sha in shas).encode(), timeout_s=LONG_S,
    )  # fmt: skip
    return None if answer.cut else dict(of_commits(answer.out))


async def _begun(
    where: Layout, good: str, before: str | None, steps: list[Step], paths: Sequence[str]
) -> list[Step] | None:
    """The window begins at known-good: where history does not, the difference comes first and is nobody's.

    A commit without a parent here (a root, the edge of a shallow clone) is compared with known-good itself.
    """
    if before == good:
        return steps
    compared = await _compared(where, good, before or steps[0].sha or good, paths)
    if compared.cut:
        return None
    patches = of_two(compared.out)
    return [Step(None, patches), *steps] if before else [replace(steps[0], patches=patches), *steps[1:]]
