"""Commits with sizes and files, from one `git log --numstat -z`. Pure parsing plus the one command.

Fields are parted by NUL, which no name, path or subject can hold, so any other byte in them is harmless.
"""

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from incidentui.core.model import Commit, FileChange
from incidentui.edge.git.place import Layout
from incidentui.edge.git.run import git
from incidentui.edge.text import clean_and_redact

COMMITS = 50
FILES = 20
SUBJECT = 300
WINDOW = 200
ALL = 1_000_000
# A header starts with ">", a count with a digit or "-": tokens cannot be taken for one another.
_FORMAT = "--format=>%H%x00%T%x00%P%x00%an%x00%ct%x00%s"
_COUNT = re.compile(rb"\n?(\d+|-)\t(\d+|-)\t(.*)\Z", re.DOTALL)


async def log(where: Layout, tips: Sequence[str], limit: int = COMMITS) -> tuple[Commit, ...]:
    """The newest commits of these tips; a merge comes without its size (see `sizes`)."""
    if not tips:
        return ()
    answer = await git(
        where.top, "log", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv", "--diff-merges=off",
        "--first-parent", "--no-decorate", "--no-mailmap", "--encoding=UTF-8", _FORMAT, "-n", str(limit),
        "--end-of-options", *tips, "--",
    )  # fmt: skip
    listed = children_first(parse(answer.out, edges(where)))
    return tuple(replace(commit, sized=False) if len(commit.parents) > 1 else commit for commit in listed)


def children_first(commits: Sequence[Commit]) -> tuple[Commit, ...]:
    """By time as git gave them, but never a parent before its child.

    Two tips with the same second come in any order; git's own --date-order would walk the whole history first.
    """
    place = {commit.sha: n for n, commit in enumerate(commits)}
    children = Counter(parent for commit in commits for parent in commit.parents if parent in place)
    ready = [n for n, commit in enumerate(commits) if not children[commit.sha]]
    ordered: list[Commit] = []
    while ready:
        ordered.append(commit := commits[heapq.heappop(ready)])
        for parent in commit.parents:
            children[parent] -= 1
            if parent in place and not children[parent]:
                heapq.heappush(ready, place[parent])
    return tuple(ordered)


async def between(where: Layout, good: str, tip: str, limit: int = WINDOW) -> tuple[Commit, ...]:
    """Every commit that `tip` has and `good` has not, newest first, side branches too; with files, without a cap."""
    answer = await git(
        where.top, "log", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv",
        "--diff-merges=first-parent", "--topo-order", "--no-decorate", "--no-mailmap", "--encoding=UTF-8", _FORMAT,
        "-n", str(limit), "--end-of-options", tip, f"^{good}", "--",
    )  # fmt: skip
    return parse(answer.out, edges(where), files=ALL)


async def one(where: Layout, sha: str) -> Commit:
    """One commit with all its files; `sha` was verified."""
    return (await several(where, [sha]))[0]


async def several(where: Layout, shas: Sequence[str], *, capped: bool = False) -> tuple[Commit, ...]:
    """These commits in this order, by one process; a merge counts as what it brought to its first parent."""
    if not shas:
        return ()
    answer = await git(
        where.top, "log", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv",
        "--diff-merges=first-parent", "--no-decorate", "--no-mailmap", "--encoding=UTF-8", _FORMAT,
        "--no-walk=unsorted", "--end-of-options", *shas, "--",
    )  # fmt: skip
    return parse(answer.out, edges(where), files=FILES if capped else ALL)


async def subject_of(where: Layout, sha: str) -> str:
    answer = await git(where.top, "log", "-1", "--no-walk", "--format=%s", "--end-of-options", sha, "--")
    return clean_and_redact(answer.out.rstrip(b"\n"), limit=SUBJECT)


def edges(where: Layout) -> frozenset[str]:
    """Where a shallow clone was cut: such a commit looks like a root that added every file."""
    try:
        return frozenset((where.common / "shallow").read_text("ascii").split())
    except (OSError, UnicodeDecodeError):
        return frozenset()


def parse(raw: bytes, edges: frozenset[str] = frozenset(), files: int = FILES) -> tuple[Commit, ...]:
    return tuple(_commit(header, counts, edges, files) for header, counts in _records(raw.split(b"\0")))


def _records(tokens: list[bytes]) -> Iterator[tuple[list[bytes], list[bytes]]]:
    i = 0
    while i + 5 < len(tokens):
        header, i = tokens[i : i + 6], i + 6
        start = i
        while i < len(tokens) and _COUNT.match(tokens[i]):
            i += 1
        yield header, tokens[start:i]
        while i < len(tokens) and not tokens[i].startswith(b">"):
            i += 1


def _commit(header: list[bytes], counts: list[bytes], edges: frozenset[str], files: int) -> Commit:
    sha, tree, parents, author, at, subject = header
    name = sha.lstrip(b"\n>").decode("ascii", "replace")
    found = [] if name in edges else [match.groups() for count in counts if (match := _COUNT.match(count))]
    return Commit(
        sha=name,
        parents=tuple(parents.decode("ascii", "replace").split()),
        author=clean_and_redact(author, limit=100),
        at=int(at) * 1000 if at.lstrip(b"-").isdigit() else 0,
        subject=clean_and_redact(subject, limit=SUBJECT),
        added=sum(_lines(added) or 0 for added, _, _ in found),
        deleted=sum(_lines(deleted) or 0 for _, deleted, _ in found),
        # Cleaning a name costs more than reading it: only those that are kept.
        files=tuple(_change(*groups) for groups in found[:files]),
        file_count=len(found),
        tree=tree.decode("ascii", "replace"),
    )


def _change(added: bytes, deleted: bytes, path: bytes) -> FileChange:
    return FileChange(clean_and_redact(path, limit=400), _lines(added), _lines(deleted))


def _lines(count: bytes) -> int | None:
    """None for a binary file."""
    return int(count) if count != b"-" else None
