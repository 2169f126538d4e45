"""Looks that prove: which files differ from a tree, in the index and on disk, from a fresh index each time.

`git status` is not asked: it trusts stat data and hides what was flagged assume-unchanged or skip-worktree.
"""

import os
import tempfile
from collections.abc import Sequence

from incidentui.core.value import dataclass
from incidentui.edge.git.backup import flagged, present
from incidentui.edge.git.leftovers import INDEX, named
from incidentui.edge.git.place import Layout
from incidentui.edge.git.run import git
from incidentui.edge.text import clean_and_redact

LONG_S = 120.0


async def differs(where: Layout, one: str, other: str) -> tuple[str, ...]:
    """Paths in which two trees differ."""
    answer = await git(
        where.top, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv",
        "--end-of-options", one, other,
    )  # fmt: skip
    return tuple(answer.names)


@dataclass(frozen=True, slots=True)
class Compared:
    """A work tree against a wanted tree."""

    index: tuple[str, ...]
    files: tuple[str, ...]
    hidden: tuple[str, ...]
    """Tracked paths that git was told to look away from."""
    untracked: tuple[str, ...]


async def compare(where: Layout, tree: str) -> Compared:
    """Reads and hashes every file: nothing is taken from what git remembers about them."""
    top = where.top
    staged = await git(top, "diff-index", "--cached", "--name-only", "-z", "--no-renames", tree, "--")
    marks = await flagged(top, {})
    with tempfile.TemporaryDirectory(prefix=named(INDEX)) as folder:
        env = {"GIT_INDEX_FILE": f"{folder}/index"}
        await git(top, "read-tree", tree, writes=True, env=env)
        # The fresh index knows nothing about the files: refreshing it hashes every one.
        await git(top, "update-index", "-q", "--refresh", writes=True, env=env, ok=None, timeout_s=LONG_S)
        changed = await git(
            top, "diff-files", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv",
            "--ignore-submodules=dirty", env=env,
        )  # fmt: skip
    sparse = [name for mark, name in marks if mark in "Ss"]
    absent = set(sparse) - set(present(top, sparse))
    others = await git(top, "ls-files", "-z", "--others", "--exclude-standard", "--directory", "--no-empty-directory")
    return Compared(
        _shown(staged.names),
        _shown([name for name in dict.fromkeys(changed.names) if name not in absent]),
        _shown([name for _, name in marks if name not in absent]),
        _shown(others.names),
    )


def _shown(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(clean_and_redact(os.fsencode(name), limit=200) for name in names)


def listed(names: Sequence[str], most: int = 5) -> str:
    """At most five names, and how many more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
