"""A conflict laid out for a responder: a scratch worktree that stays, and what is made of it afterwards.

What the worktree is for stands beside its index, so that `resolved=PATH` takes only what belongs to the same revert.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from incidentui.core.inputs import Refusal
from incidentui.core.value import dataclass
from incidentui.edge.git.backup import identity
from incidentui.edge.git.look import listed
from incidentui.edge.git.place import Layout
from incidentui.edge.git.rehearsal import Conflict, Pick, lay_out, take_back
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean_and_redact

_PREFIX = "incidentui-edit-"
_RECORD = "incidentui-edit.json"


@dataclass(frozen=True, slots=True)
class Edited:
    """What a responder made of a conflict."""

    tree: str
    rest: tuple[Pick, ...]
    """Still to be taken back."""


async def lay_conflict_out(where: Layout, base: str, start: str, picks: Sequence[Pick], done: int) -> Path:
    """A worktree with the conflict in it; `start`: where the picks from `done` on are taken back."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    await lay_out(where, folder, start)
    found = await take_back(folder, picks[done:])
    at = done + (found.at if isinstance(found, Conflict) else len(picks) - done)
    record = {"base": base, "picks": [[pick.sha, pick.mainline] for pick in picks], "at": at}
    (await _own_git(folder) / _RECORD).write_text(json.dumps(record))
    return folder


async def _own_git(folder: Path) -> Path:
    return Path((await git(folder, "rev-parse", "--absolute-git-dir")).line)


async def edited(where: Layout, path: str, base: str, picks: Sequence[Pick]) -> Edited | Refusal:
    """What lies in `path`, once nothing in it conflicts any more."""
    again = "edit=true lays the conflict out anew"
    folder = Path(path)
    record = await _record(where, folder)
    if record is None:
        return Refusal(f"{clean_and_redact(path, limit=200)} holds no conflict of this program", again, usage=True)
    was, laid_out, at = record
    if laid_out != [[pick.sha, pick.mainline] for pick in picks]:
        return Refusal(f"{path} belongs to a revert of other commits", again)
    if was != base:
        return Refusal(f"the branch moved since {path} was laid out", again)
    left = await _unsettled(folder)
    if left:
        return Refusal(f"there are still conflict marks in {listed(left)}", f"edit them in {path}")
    await git(folder, "add", "--all", "--", ".", writes=True)
    tree = (await git(folder, "write-tree", writes=True)).line
    return Edited(tree, tuple(picks[at + 1 :]))


async def _record(where: Layout, folder: Path) -> tuple[str, list[list[object]], int] | None:
    """(base, picks, at) of a worktree of ours; None for any other folder."""
    try:
        own = await _own_git(folder)
        if own.parent.resolve() != (where.common / "worktrees").resolve():
            return None
        found = json.loads((own / _RECORD).read_text())
        return str(found["base"]), list(found["picks"]), int(found["at"])
    except (GitError, OSError, ValueError, KeyError, TypeError):
        return None


async def _unsettled(folder: Path) -> list[str]:
    """Files that had a conflict and still carry its marks."""
    unmerged = await git(folder, "diff", "--name-only", "--diff-filter=U", "-z", ok=None)
    marked = []
    for name in unmerged.names:
        try:
            lines = (folder / name).read_bytes().split(b"\n")
        except OSError:
            continue
        if any(line.startswith((b"<<<<<<< ", b">>>>>>> ")) for line in lines):
            marked.append(clean_and_redact(os.fsencode(name), limit=120))
    return marked


async def commit_of(where: Layout, tree: str, base: str) -> str:
    """A commit to start a worktree from; no ref holds it."""
    who = await identity(where.top)
    answer = await git(
        where.top, "commit-tree", tree, "-p", base, "-m", "incidentui: a rehearsal", writes=True, env=who
    )
    return answer.line
