"""Where this clone stands: HEAD, branch, remote, operation in progress; and names made into verified shas.

Looks only. Knows neither plans nor what a remote says (see remote.py).
"""

import re
from pathlib import Path

from incidentui.core.inputs import Refusal
from incidentui.core.value import dataclass
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean

_OPERATIONS = (
    ("rebase-merge", "rebase"),
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("sequencer", "revert or cherry-pick"),
    ("BISECT_LOG", "bisect"),
)
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


@dataclass(frozen=True, slots=True)
class Layout:
    """The directories of a work tree; a linked worktree has its own `gitdir` beside the `common` one."""

    top: Path
    gitdir: Path
    common: Path

    @property
    def shallow(self) -> bool:
        return (self.common / "shallow").exists()

    def operation(self) -> str | None:
        """A merge, rebase, revert or bisect in progress, by its git name."""
        return next((name for mark, name in _OPERATIONS if (self.gitdir / mark).exists()), None)


@dataclass(frozen=True, slots=True)
class Place:
    layout: Layout
    head: str | None
    """Sha of HEAD; None in an empty repository."""
    head_branch: str | None
    """None when HEAD is detached."""
    branch: str | None
    """The branch watched: the configured one, else HEAD's."""
    tip: str | None
    """Sha of that branch in this clone."""
    remote: str | None
    operation: str | None

    @property
    def on_branch(self) -> bool:
        return self.branch is not None and self.head_branch == self.branch

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.branch}"


async def layout(top: Path) -> Layout:
    """Raises GitError where there is no work tree."""
    words = ("--absolute-git-dir", "--git-common-dir", "--show-toplevel")
    answer = await git(top, "rev-parse", "--path-format=absolute", *words, ok=(0, 128))
    if answer.code and "work tree" in answer.err:
        raise GitError("a bare repository has no work tree", str(top), "start in a clone", kind="not a repository")
    if answer.code or answer.out.count(b"\n") != 3:
        # Asked once more, so that the failure carries git's own words (a path with a newline ends here too).
        answer = await git(top, "rev-parse", "--is-inside-work-tree")
        raise GitError("this work tree's paths cannot be read", str(top), "move it to a path without line breaks")
    gitdir, common, work = answer.line.split("\n")
    return Layout(Path(work), Path(gitdir), Path(common))


async def stand(where: Layout, branch: str | None, remote: str | None) -> Place:
    """`branch` and `remote` as configured; None: HEAD's branch and the remote it follows."""
    link = await git(where.top, "symbolic-ref", "--quiet", "HEAD", ok=(0, 1))
    head_branch = link.line.removeprefix("refs/heads/") if link.code == 0 else None
    head = await sha_of(where.top, "HEAD")
    watched = branch or head_branch
    tip = head if watched and watched == head_branch else await sha_of(where.top, f"refs/heads/{watched}")
    name = await _remote(where.top, watched, remote)
    return Place(where, head, head_branch, watched, tip, name, where.operation())


async def _remote(top: Path, branch: str | None, wanted: str | None) -> str | None:
    names = (await git(top, "remote")).line.split("\n")
    known = [name for name in names if name]
    if wanted:
        # Only a remote of this clone: an address from a project file is not ours to talk to.
        if wanted not in known:
            have = ", ".join(known) or "none"
            raise GitError(f'no remote is called "{wanted}"', f"{top} (has: {have})", f"git remote add {wanted} URL")
        return wanted
    if branch:
        follows = (await git(top, "config", "--get", f"branch.{branch}.remote", ok=None)).line
        if follows in known:
            return follows
    return "origin" if "origin" in known else known[0] if len(known) == 1 else None


async def sha_of(top: Path, name: str, kind: str = "commit") -> str | None:
    """The full sha of a ref or sha we made or read ourselves; None when it is not there."""
    answer = await git(
        top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{{kind}}}", ok=(0, 1, 128)
    )
    return answer.line if answer.code == 0 and _SHA.match(answer.line) else None


async def known_here(top: Path, said: str) -> str | None:
    """The full sha of a commit that this clone has. Where that proves nothing (no clone, a shallow one) a full sha is
    taken as it is."""
    try:
        found = await sha_of(top, said)
        if found is not None or len(said) < 40:
            return found
        return said if (await layout(top)).shallow else None
    except GitError:
        return said if len(said) == 40 else None


async def tree_of(top: Path, name: str) -> str | None:
    return await sha_of(top, name, "tree")


async def resolve(where: Layout, name: str) -> str | Refusal:
    """What a person typed, as a full sha. Never guesses: what can mean two things is refused."""
    if not name or name.startswith("-") or "\0" in name or "\n" in name:
        return Refusal(f"{name!r} is not a revision", "give a sha, a tag or a branch", usage=True)
    spelled, shown = f"{name}^{{commit}}", clean(name, 200)
    answer = await git(where.top, "rev-parse", "--verify", "--end-of-options", spelled, ok=(0, 1, 128))
    if "ambiguous" in answer.err:
        return Refusal(f'"{shown}" can mean more than one thing', await _meanings(where.top, name), usage=True)
    if answer.code == 0 and _SHA.match(answer.line):
        return answer.line
    if await sha_of(where.top, name, "object"):
        return Refusal(f'"{shown}" is not a commit', "give a commit, or a tag of one", usage=True)
    if where.shallow:
        return Refusal(
            f'"{shown}" is not in this clone, which is shallow', "git fetch --unshallow, then again", usage=True
        )
    return Refusal(
        f'no revision "{shown}" in this clone', "git fetch, or look at git log for the right one", usage=True
    )


async def _meanings(top: Path, name: str) -> str:
    found = await git(top, "for-each-ref", "--format=%(refname)", ok=None)
    refs = [ref for ref in found.line.split("\n") if ref.endswith(f"/{name}")]
    if len(refs) > 1:
        return "say which: " + ", ".join(refs[:4])
    return "give more digits of the sha" if not refs else f"say {refs[0]}, or the full sha"
