"""`git.undo`: takes one earlier action of this program back, by the refs it left (`…/tip` before, `…/new` after).

The undo of a commit is a commit with the tree before it; the undo of a moved branch moves it back. Where others built
on it, nothing is taken back: their commits are named, and what else can be done is offered. Only plans.
"""

from collections.abc import Mapping, Sequence

from incidentui.core.inputs import Offer, Refusal
from incidentui.core.model import Attempt, Plan, Precondition
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.git import history, planning
from incidentui.edge.git.branch_mode import Named, moving
from incidentui.edge.git.commit_plan import commit_plan
from incidentui.edge.git.place import Layout, layout, sha_of, stand, tree_of
from incidentui.edge.git.planning import Ground, Site
from incidentui.edge.git.rehearsal import rehearsed
from incidentui.edge.git.remote import under
from incidentui.edge.git.restore import is_restore, plan_unrestore
from incidentui.edge.git.write import wants

_KNOWN = ("of", "push", "skip_rehearsal", "within")
_OURS = "refs/incidentui/"
_UNDOABLE = ("git.reset", "git.revert", "git.undo", "git.restore-work")


@dataclass(frozen=True, slots=True)
class Before:
    """An action that was done: the branch was `old` and became `new`."""

    backup: str
    old: str
    new: str
    attempt: Attempt | None
    """None: only its refs are here, its record is not."""
    rewrites: bool


async def plan_undo(site: Site, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
    where = await layout(site.top)
    attempt = _attempt(args.get("of", "last"), state)
    if isinstance(attempt, Attempt) and is_restore(attempt.plan):
        return await plan_unrestore(where, attempt, state, incident)
    before = await _before(where, args.get("of", "last"), attempt)
    if isinstance(before, Refusal):
        return before
    wish = planning.wish({"push": _pushed(before), **args}, _KNOWN, state)
    if isinstance(wish, Refusal):
        return wish
    target = before.attempt.plan.target if before.attempt else site.branch
    ground = await planning.ground(where, await stand(where, target, site.remote), wish, state, incident)
    if isinstance(ground, Refusal):
        return ground
    refused = await _not_on_top(ground, before)
    if refused is not None:
        return refused
    words = {"of": before.backup, "push": str(wish.push).lower(), **planning.within(args)}
    if before.rewrites:
        title = f"Undo {_name(before)}: move {ground.branch} itself back to {before.old[:7]}"
        return await moving(ground, before.old, state, site, Named("git.undo", words, title))
    return await _commit(ground, before, state, words, site)


def _pushed(before: Before) -> str:
    return "true" if before.attempt is not None and before.attempt.plan.push else "false"


async def _before(where: Layout, of: str, attempt: Attempt | Refusal | None) -> Before | Refusal:
    if isinstance(attempt, Refusal):
        return attempt
    backup = wants(attempt.plan)["backup"] if attempt else _base(of)
    old, new = await sha_of(where.top, f"{backup}/tip"), await sha_of(where.top, f"{backup}/new")
    if old is None or new is None:
        what = f"{backup} is not in this clone" if old is None else f"{backup} was saved, and then nothing was written"
        return Refusal(what, "git for-each-ref refs/incidentui lists those that are", usage=attempt is None)
    first = (await history.one(where, new)).parents[:1]
    return Before(backup, old, new, attempt, attempt.plan.rewrites if attempt else first != (old,))


def _attempt(of: str, state: State) -> Attempt | Refusal | None:
    """None: `of` names a backup of which there is no record here."""
    done = [a for a in state.attempts.values() if a.plan.action in _UNDOABLE and a.outcome == "done" and _whole(a)]
    if of == "last":
        if done:
            return max(done, key=lambda a: a.asked)
        return Refusal("there is no action in the record that could be undone", f"of={_OURS}… names one by its backup")
    if of.startswith(_OURS):
        return next((a for a in done if wants(a.plan).get("backup") == _base(of)), None)
    found = [a for a in done if a.run.startswith(of)] if len(of) >= 4 else []
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{a.run[:8]} ({a.plan.title})" for a in done[-3:]) or "none"
    return Refusal(f'no action of this program that was done is called "{of[:60]}"', f"known: {known}", usage=True)


def _whole(attempt: Attempt) -> bool:
    """The undo of a restore is undone by the restore: asked for as such."""
    return "over" not in wants(attempt.plan)


def _base(of: str) -> str:
    head, _, last = of.rpartition("/")
    return head if last in ("tip", "new", "head", "index", "worktree") else of


def _name(before: Before) -> str:
    return f'"{before.attempt.plan.title}"' if before.attempt else before.new[:7]


async def _not_on_top(ground: Ground, before: Before) -> Refusal | None:
    """Only what is still the tip is undone: everything later would go with it."""
    tip, new = ground.base, before.new
    if tip == new:
        return None
    if not await under(ground.where, new, tip):
        done = tip == before.old
        why = "that is where it was before" if done else f"{new[:7]} is not in its history"
        return Refusal(f"nothing to undo: {ground.tip_name} is {tip[:7]}, {why}", "git log shows how it got there")
    later = await history.between(ground.where, new, tip)
    names = "; ".join(f"{c.author}: {c.subject[:60]} ({c.sha[:7]})" for c in later[:5])
    many = f"{len(later)} commit{'' if len(later) == 1 else 's'}"
    hint = "undo takes nothing of others back; what else can be done: " + ", or ".join(
        f"{o.action} {' '.join('='.join(pair) for pair in o.args)}" for o in _instead(ground, before)
    )
    return Refusal(f"{many} came on top of {new[:7]}: {names}", hint, choices=_instead(ground, before))


def _instead(ground: Ground, before: Before) -> tuple[Offer, ...]:
    push = (("push", str(ground.wish.push).lower()),)
    reset = Offer(
        f"Reset {ground.branch} to {before.old[:7]}",
        "takes the later commits back too",
        "git.reset",
        (("to", before.old), *push),
    )
    if before.rewrites:
        return (reset,)
    revert = Offer(
        f"Revert {before.new[:7]} alone", "keeps the later commits", "git.revert", (("commits", before.new), *push)
    )
    return (revert, reset)


async def _commit(ground: Ground, before: Before, state: State, words: Mapping[str, str], site: Site) -> Plan | Refusal:
    where, old = ground.where, before.old
    tree = await tree_of(where.top, old)
    if tree is None:
        return Refusal(f"the files of {old[:7]} are not in this clone", "git fetch --unshallow, or fetch it")
    if tree == await tree_of(where.top, ground.base):
        return Refusal(f"nothing to undo: {ground.tip_name} has the tree of {old[:7]}", "look at what runs instead")
    taken = await history.one(where, before.new)
    message = f"Undo {before.new[:7]}: {taken.subject[:80]}\n\nThe tree of {old}, as before {before.new}."
    argv = ("git", "commit-tree", tree, "-p", ground.base, "-m", message)
    tried = await rehearsed(where, old, tree, f"tree equal to {old[:7]}", site.rehearse, ground.wish.skip)
    return await commit_plan(
        ground,
        state,
        action="git.undo",
        args=dict(words),
        title=f"Undo {_name(before)}",
        what=f"one new commit on {ground.branch} with the tree of {old[:7]}",
        commands=[argv],
        checked=(*ground.notes, *_checked(before)),
        taken=[taken],
        chosen=True,
        tree=tree,
        tried=tried,
    )


def _checked(before: Before) -> Sequence[Precondition]:
    checks = [Precondition("before", f"{before.old[:7]} is what it was before", before.old)]
    back = before.attempt.plan.takes_back if before.attempt else ()
    if back:
        names = "; ".join(f"{c.author}: {c.subject[:60]} ({c.sha[:7]})" for c in back[:5])
        many = f"{len(back)} commit{'' if len(back) == 1 else 's'}"
        checks.append(Precondition("back", f"{many} in force again", note=names))
    return checks
