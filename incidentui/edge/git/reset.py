"""`git.reset`: a plan for one new commit on the branch's tip whose tree is that of an older commit.

Equal by construction; no conflict, no force, nothing lost. Only plans: `write.py` acts.
"""

from collections.abc import Mapping

from incidentui.core.inputs import Refusal
from incidentui.core.model import Plan, Precondition, Rehearsal
from incidentui.core.state import State
from incidentui.edge.git import planning
from incidentui.edge.git.branch_mode import plan_branch
from incidentui.edge.git.commit_plan import commit_plan
from incidentui.edge.git.history import WINDOW, between, subject_of
from incidentui.edge.git.place import Layout, layout, resolve, stand, tree_of
from incidentui.edge.git.planning import Ground, Site
from incidentui.edge.git.rehearsal import rehearsed
from incidentui.edge.git.run import git

_KNOWN = ("to", "push", "mode", "skip_rehearsal", "within")
_MODES = ("tree", "branch")
_GOOD = ("good", "known-good")


async def plan_reset(site: Site, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
    wish = planning.wish(args, _KNOWN, state)
    if isinstance(wish, Refusal):
        return wish
    mode = args.get("mode", "tree")
    if mode not in _MODES:
        hint = "mode=tree: a new commit with the old tree, no force; mode=branch: the branch itself moves"
        return Refusal(f"there is no mode={mode}", hint, usage=True)
    where = await layout(site.top)
    ground = await planning.ground(where, await stand(where, site.branch, site.remote), wish, state, incident)
    if isinstance(ground, Refusal):
        return ground
    to = args.get("to", "good")
    target = await _target(where, to, state)
    if isinstance(target, Refusal):
        return target
    tree, now = await tree_of(where.top, target), await tree_of(where.top, ground.base)
    if tree is None or now is None:
        return Refusal(f"the files of {target[:7]} are not in this clone", "git fetch --unshallow, or fetch it")
    good = to in _GOOD or (state.good is not None and state.good.sha == target)
    if mode == "branch":
        return await plan_branch(ground, target, good, state, args, site)
    if tree == now and not (wish.push and _runs_another(state, tree)):
        return Refusal(
            f"nothing to do: {ground.tip_name} already has the tree of {target[:7]}",
            "if production still fails, look at what runs, or restart it",
        )
    tried = await rehearsed(where, target, tree, f"tree equal to {target[:7]}", site.rehearse, wish.skip)
    return await _plan(ground, target, tree, good, state, args, tried)


def _runs_another(state: State, tree: str) -> bool:
    """Whether production runs something else than what the branch has: a new commit can start the missing deploy."""
    trees = {c.sha: c.tree for c in state.repository.commits} if state.repository else {}
    return any(s.running is not None and trees.get(s.running) != tree for s in state.services.values())


async def _target(where: Layout, to: str, state: State) -> str | Refusal:
    if to not in _GOOD:
        return await resolve(where, to)
    if state.good is None:
        return Refusal("no known-good commit is known", "name one: to=SHA; or mark one as known-good")
    found = await resolve(where, state.good.sha)
    if isinstance(found, Refusal):
        return Refusal(f"known-good {state.good.sha[:7]} is not in this clone", found.hint)
    return found


async def _plan(
    ground: Ground, target: str, tree: str, good: bool, state: State, args: Mapping[str, str], tried: Rehearsal
) -> Plan:
    where, branch, base = ground.where, ground.branch, ground.base
    window = await between(where, target, base)
    name = f"known-good {target[:7]}" if good else target[:7]
    message = await _message(where, branch, target, len(window))
    argv = ("git", "commit-tree", tree, "-p", base, "-m", message)
    under = (await git(where.top, "merge-base", "--is-ancestor", target, base, ok=None)).code == 0
    checked = [*ground.notes, Precondition("target", f"{target[:7]} is in this clone", target)]
    if not under:
        checked.append(
            Precondition("ancestor", f"{target[:7]} is not in the history of {branch}", note="its files are taken")
        )
    return await commit_plan(
        ground,
        state,
        action="git.reset",
        args={"to": target, "mode": "tree", "push": str(ground.wish.push).lower(), **planning.within(args)},
        title=f"Reset {branch} to {name}",
        what=f"one new commit on {branch} with the tree of {target[:7]}",
        commands=[argv],
        checked=checked,
        taken=window,
        chosen=False,
        tree=tree,
        tried=tried,
    )


async def _message(where: Layout, branch: str, target: str, count: int) -> str:
    """Never begins with "Revert": pipelines were seen to skip such commits."""
    subject = (await subject_of(where, target))[:80]
    takes = f"takes back {count}{'+' if count == WINDOW else ''} commit{'' if count == 1 else 's'}"
    return f"Reset {branch} to {target[:7]}: {subject}\n\nThe tree of {target}; {takes}."
