"""The three lights git can look at (tree, work tree, remote), and what became of a run nobody finished.

Each from a fresh look. `ok` is None only where there is nothing to look at; a remote that does not answer is not
"nothing".
"""

from collections.abc import Sequence
from pathlib import Path

from incidentui.core.inputs import ActionActed, Evidence
from incidentui.core.model import Attempt, Light, LightName, Ms
from incidentui.edge.git.ledger import read
from incidentui.edge.git.leftovers import locks, tidy
from incidentui.edge.git.look import Compared, compare, differs, listed
from incidentui.edge.git.place import Layout, Place, layout, sha_of, stand, tree_of
from incidentui.edge.git.remote import ask, contains, fetch, landed
from incidentui.edge.git.run import GitError
from incidentui.edge.git.write import wants


async def lights(top: Path, branch: str | None, remote: str | None, attempt: Attempt, now: Ms) -> tuple[Light, ...]:
    tree = attempt.plan.expects_tree
    if tree is None:
        return ()
    hows: tuple[tuple[LightName, str], ...] = (
        ("tree", "git rev-parse"),
        ("worktree", "a fresh index against index and files"),
        ("remote", "git ls-remote"),
    )
    try:
        place = await stand(await layout(top), branch or attempt.plan.target, remote)
    except GitError as error:
        return tuple(Light(name, False, str(error), how, now) for name, how in hows)
    looks = (_tree(place, attempt, tree), _worktree(place, tree), _remote(place, attempt, tree))
    seen = []
    for (name, how), look in zip(hows, looks, strict=True):
        try:
            ok, finding, detail = await look
        except GitError as error:
            ok, finding, detail = False, error.what, ""
        seen.append(Light(name, ok, finding, how, now, detail=detail))
    return tuple(seen)


Seen = tuple[bool | None, str, str]
"""Whether it holds, the finding in a few words, and at length."""


async def _tree(place: Place, attempt: Attempt, wanted: str) -> Seen:
    """With a push the commit that was written, without one the branch it should be on."""
    top = place.layout.top
    commit = attempt.revision if attempt.plan.push else place.tip
    if commit is None:
        return False, "no commit was written" if attempt.plan.push else f"no branch {place.branch} here", ""
    found = await tree_of(top, commit)
    if found == wanted:
        target = dict(attempt.plan.args).get("to", "")
        said = f"equal to {target[:7]}" if target else "as rehearsed"
        return True, said, f"tree {found[:7]} = {wanted[:7]} ({commit[:7]})"
    what = f"tree {found[:7] if found else 'not here'} ({commit[:7]}), wanted {wanted[:7]}"
    return False, f"{what}: {await _names(place.layout, found, wanted)}", ""


async def _names(where: Layout, found: str | None, wanted: str) -> str:
    if found is None or await sha_of(where.top, wanted, "tree") is None:
        return "not in this clone"
    names = await differs(where, found, wanted)
    return f"{listed(names)} differ{'s' if len(names) == 1 else ''}"


async def _worktree(place: Place, wanted: str) -> Seen:
    if not place.on_branch:
        return (
            None,
            f"this work tree is {'on ' + place.head_branch if place.head_branch else 'detached'}, not {place.branch}",
            "",
        )
    seen = await compare(place.layout, wanted)
    clean = not (seen.index or seen.files)
    said = "equal" if clean and not (seen.hidden or seen.untracked) else _found(seen)
    return clean, said, _found(seen)


def _found(seen: Compared) -> str:
    parts = []
    if seen.files:
        parts.append(f"files differ: {listed(seen.files)}")
    if seen.index:
        parts.append(f"index differs: {listed(seen.index)}")
    if not parts:
        parts.append("index and files equal")
    if seen.hidden:
        parts.append(f"hidden from git status: {listed(seen.hidden)}")
    if seen.untracked:
        parts.append(f"untracked, left there: {listed(seen.untracked)}")
    return "; ".join(parts)


async def _remote(place: Place, attempt: Attempt, wanted: str) -> Seen:
    if place.remote is None or place.branch is None:
        return None, "there is no remote", ""
    name = f"{place.remote}/{place.branch}"
    tip = await ask(place.layout, place.remote, place.branch)
    if tip is None:
        return False, f"{name} is not there", ""
    found = await _remote_tree(place, tip)
    if found == wanted:
        how = ", as pushed" if tip == attempt.revision else ", the same tree"
        return True, f"{name} {tip[:7]}", f"{name} is {tip[:7]}{how}"
    why = "" if attempt.plan.push else ": nothing was pushed"
    return False, f"{name} is {tip[:7]}, another tree{why}", ""


async def _remote_tree(place: Place, tip: str) -> str | None:
    await fetch(place.layout, place.remote or "", place.branch or "", tip)
    return await tree_of(place.layout.top, tip)


# -- settling


async def settle(top: Path, branch: str | None, remote: str | None, attempt: Attempt) -> ActionActed:
    """From the postcondition alone: does the branch (the remote's, when a push was asked for) have the tree?"""
    plan = attempt.plan
    try:
        place = await stand(await layout(top), branch or plan.target, remote)
        new = await sha_of(place.layout.top, f"{wants(plan).get('backup', '')}/new")
        acted = await (_settle_push if plan.push else _settle_move)(place, attempt, new)
    except GitError as error:
        return ActionActed(attempt.run, "unknown", f"it cannot be looked up: {error}")
    return acted


async def _settle_push(place: Place, attempt: Attempt, new: str | None) -> ActionActed:
    if place.remote is None or place.branch is None:
        return ActionActed(attempt.run, "unknown", "the remote is gone from this clone")
    plan, name, base = attempt.plan, f"{place.remote}/{place.branch}", wants(attempt.plan).get("remote")
    if plan.rewrites or new is None:
        tip = await ask(place.layout, place.remote, place.branch)
        there = plan.rewrites and await _moved_there(place, attempt, tip)
    else:
        tip, there = await contains(place.layout, place.remote, place.branch, new)
    left = _leftovers(place)
    if there and tip is not None:
        on_top = "" if tip == new else f"; since then it moved to {tip[:7]}"
        why = f"looked up: {name} has {new[:7] if new else ''}{on_top}"
        return await _done(place, attempt, new or tip, base, f"{why}{await _behind(place, new or tip)}{left}")
    if tip is not None and not plan.rewrites and await _remote_tree(place, tip) == plan.expects_tree:
        return await _done(place, attempt, tip, base, f"looked up: {name} is {tip[:7]} with the wanted tree{left}")
    now = f"{name} is {tip[:7]}" if tip else f"{name} is not there"
    why = f"looked up: it did not happen; {now}{', unchanged' if tip == base else ''}{left}"
    return ActionActed(attempt.run, "failed", why, was=base)


async def _moved_there(place: Place, attempt: Attempt, tip: str | None) -> bool:
    have = wants(attempt.plan)
    if tip is not None and tip not in (have["target"], have["remote"]):
        await fetch(place.layout, place.remote or "", place.branch or "", tip)
    return await landed(place.layout, have["target"], have["remote"], tip)


async def _settle_move(place: Place, attempt: Attempt, new: str | None) -> ActionActed:
    wanted, base = attempt.plan.expects_tree or "", wants(attempt.plan).get("head")
    left = _leftovers(place)
    target = wants(attempt.plan)["target"] if attempt.plan.rewrites else place.tip
    if place.tip is not None and place.tip == target and await tree_of(place.layout.top, place.tip) == wanted:
        return await _done(place, attempt, place.tip, base, f"looked up: {place.branch} is {place.tip[:7]}{left}")
    arrived = await _arrived(place, wanted)
    half = f"; partly: {listed(arrived)} already changed in the work tree, HEAD did not" if arrived else ""
    why = f"looked up: it did not happen; {place.branch} is {place.tip[:7] if place.tip else 'not there'}{half}{left}"
    return ActionActed(attempt.run, "failed", why, was=base)


async def _done(place: Place, attempt: Attempt, revision: str, was: str | None, why: str) -> ActionActed:
    have = wants(attempt.plan)
    good = have.get("target") or have.get("good")
    left = await read(place.layout, good, revision) if good else None
    evidence = Evidence("output", why)
    return ActionActed(attempt.run, "done", why, revision, was, evidence, left)


async def _behind(place: Place, sha: str) -> str:
    return "" if not place.on_branch or place.tip == sha else "; the checkout did not follow"


async def _arrived(place: Place, wanted: str) -> Sequence[str]:
    """Files that already have the wanted content although HEAD has another: a checkout was stopped half-way."""
    if place.head is None or await sha_of(place.layout.top, wanted, "tree") is None:
        return ()
    changed = await differs(place.layout, place.head, wanted)
    still = set((await compare(place.layout, wanted)).files)
    return [name for name in changed if name not in still]


def _leftovers(place: Place) -> str:
    """A lock is explained, never removed: another git may be running. Scratch folders of the dead are ours."""
    tidied = ", ".join(str(path) for path in tidy(place.layout))
    there = ", ".join(str(path) for path in locks(place.layout))
    said = f"; taken away: {tidied}" if tidied else ""
    return f"{said}; a lock file is left: {there} (remove it when no git runs)" if there else said
