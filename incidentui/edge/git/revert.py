"""`git.revert`: chosen commits taken back as one commit, rehearsed in a scratch worktree outside the repository.

The rehearsal gives the tree or the conflict before anything is asked; the user's own work tree never sees a
sequencer. Only plans (and rehearses): `write.py` acts.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from incidentui.core.inputs import Refusal
from incidentui.core.model import Commit, Plan
from incidentui.core.state import State
from incidentui.edge.git import history, planning
from incidentui.edge.git.backup import identity
from incidentui.edge.git.leftovers import SCRATCH, named, tidy
from incidentui.edge.git.look import listed
from incidentui.edge.git.place import Layout, layout, resolve, stand, tree_of
from incidentui.edge.git.planning import Ground
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean_and_redact

_KNOWN = ("commits", "push", "within")
_CHECKOUT_S = 120.0


async def plan_revert(
    top: Path, branch: str | None, remote: str | None, args: Mapping[str, str], state: State, incident: str | None
) -> Plan | Refusal:
    wish = planning.wish(args, _KNOWN, state)
    if isinstance(wish, Refusal):
        return wish
    where = await layout(top)
    ground = await planning.ground(where, await stand(where, branch, remote), wish, state, incident)
    if isinstance(ground, Refusal):
        return ground
    names = [name for name in args.get("commits", "").split(",") if name.strip()]
    chosen = await _chosen(ground, names, state)
    if isinstance(chosen, Refusal):
        return chosen
    tree = await rehearse(where, ground.base, [commit.sha for commit in chosen])
    if isinstance(tree, Refusal):
        return tree
    if tree == await tree_of(where.top, ground.base):
        return Refusal(f"nothing to do: {ground.tip_name} has nothing left of them", "they were taken back before")
    return await _plan(ground, chosen, tree, state, args)


async def _chosen(ground: Ground, names: Sequence[str], state: State) -> list[Commit] | Refusal:
    """The commits as typed, newest first by history, each on the branch and no merge."""
    if not names:
        return Refusal("no commit named", "commits=SHA, or several: commits=SHA,SHA", usage=True)
    shas: list[str] = []
    for name in names:
        if name.strip() == "suspect" and state.suspect:
            shas.append(state.suspect.sha)
            continue
        found = await resolve(ground.where, name.strip())
        if isinstance(found, Refusal):
            return found
        shas.append(found)
    walked = await git(ground.where.top, "rev-list", "--topo-order", "--end-of-options", ground.base, "--")
    order = {sha: n for n, sha in enumerate(walked.line.split("\n"))}
    for sha in shas:
        if sha not in order:
            return Refusal(
                f"{sha[:7]} is not in {ground.tip_name}", "only what is on the branch can be taken back", usage=True
            )
    commits = [await history.one(ground.where, sha) for sha in sorted(set(shas), key=order.__getitem__)]
    for commit in commits:
        if len(commit.parents) > 1:
            hint = f"git.reset to={commit.parents[0][:7]} gives the tree before it"
            return Refusal(f"{commit.sha[:7]} is a merge: which side to keep is not clear", hint)
    return commits


async def _plan(ground: Ground, chosen: Sequence[Commit], tree: str, state: State, args: Mapping[str, str]) -> Plan:
    where, branch, base = ground.where, ground.branch, ground.base
    shorts = ", ".join(commit.sha[:7] for commit in chosen)
    undo, undo_argv = planning.undo(ground)
    rehearsal = [("git", "revert", "--no-commit", commit.sha) for commit in chosen]
    argv = ("git", "commit-tree", tree, "-p", base, "-m", message(chosen))
    what = f"one new commit on {branch} without {listed([c.sha[:7] for c in chosen])}, rehearsed in a scratch worktree"
    words = {"commits": ",".join(c.sha for c in chosen), "push": str(ground.wish.push).lower()}
    return Plan(
        action="git.revert",
        args=tuple({**words, **planning.within(args)}.items()),
        title=f"Revert {shorts}" + (", then push" if ground.wish.push else ""),
        target=branch,
        steps=planning.steps(ground, what, [*rehearsal, argv]),
        checked=(*ground.notes, *await planning.good_check(where, state)),
        takes_back=planning.roles(chosen, state, chosen=True),
        not_covered=planning.not_covered(chosen),
        undo=undo,
        undo_argv=undo_argv,
        expects_tree=tree,
        push=ground.wish.push,
        within_ms=ground.wish.within_ms,
        host=ground.host,
    )


def message(chosen: Sequence[Commit]) -> str:
    """Git's own words, which other tools look for."""
    more = f" and {len(chosen) - 1} more" if len(chosen) > 1 else ""
    body = "\n".join(f"This reverts commit {commit.sha}." for commit in chosen)
    return f'Revert "{chosen[0].subject}"{more}\n\n{body}'


# -- the rehearsal


async def rehearse(where: Layout, base: str, shas: Sequence[str]) -> str | Refusal:
    """The tree of `base` without these commits (given newest first), or why there is none."""
    tidy(where)
    who = await identity(where.top)
    async with _scratch(where, base) as scratch:
        for sha in shas:
            done = await git(
                scratch, "-c", "rerere.enabled=false", "revert", "--no-commit", "--no-edit", "--no-gpg-sign", sha,
                writes=True, ok=None, env=who, timeout_s=60,
            )  # fmt: skip
            if done.code:
                return await _conflict(scratch, sha, done.err)
        return (await git(scratch, "write-tree", writes=True)).line


async def _conflict(scratch: Path, sha: str, words: str) -> Refusal:
    unmerged = await git(scratch, "diff", "--name-only", "--diff-filter=U", "-z", ok=None)
    files = [clean_and_redact(os.fsencode(name), limit=120) for name in unmerged.names]
    where = listed(files) or clean_and_redact(words, limit=200)
    return Refusal(
        f"{sha[:7]} cannot be taken back alone: later commits changed the same lines ({where})",
        "nothing was changed; git.reset to known-good has no conflicts",
    )


@asynccontextmanager
async def _scratch(where: Layout, base: str) -> AsyncIterator[Path]:
    """A detached worktree in the temporary directory; gone afterwards, whatever happens but kill -9 (see tidy)."""
    folder = Path(tempfile.mkdtemp(prefix=named(SCRATCH)))
    try:
        await git(
            where.top, "worktree", "add", "--quiet", "--detach", "--force", "--", str(folder), base,
            writes=True, timeout_s=_CHECKOUT_S,
        )  # fmt: skip
        yield folder
    finally:
        with suppress(GitError):
            await git(where.top, "worktree", "remove", "--force", "--force", "--", str(folder), writes=True, ok=None)
        shutil.rmtree(folder, ignore_errors=True)
