"""`mode=branch`: the branch itself moves to a commit, and what came after it is on the branch no more.

Offered last. The old tip stays under a ref of ours; the push goes through only from exactly the tip that the plan
showed; the checkout moves only where nothing of the responder's is in the way.
"""

from collections.abc import Mapping

from incidentui.core.inputs import Refusal
from incidentui.core.model import Commit, Plan, PlanStep, Precondition
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.git import planning, rehearsal
from incidentui.edge.git.follow import FOLLOW_S, blocked, in_the_way, locked
from incidentui.edge.git.history import WINDOW, between
from incidentui.edge.git.place import Place, sha_of, tree_of
from incidentui.edge.git.planning import Ground, Site
from incidentui.edge.git.rehearsal import rehearsed
from incidentui.edge.git.remote import ask, fetch, landed, push_argv, under
from incidentui.edge.git.run import git
from incidentui.edge.git.write import Act, StopError, wants

_CHECKOUT = ("checkout", "--quiet", "--no-overwrite-ignore", "--no-recurse-submodules", "--no-track")


async def plan_branch(
    ground: Ground, target: str, good: bool, state: State, args: Mapping[str, str], site: Site
) -> Plan | Refusal:
    """For `git.reset mode=branch`."""
    if target == ground.base:
        return Refusal(
            f"nothing to do: {ground.tip_name} is {target[:7]} already", "if production still fails, look at what runs"
        )
    name = f"known-good {target[:7]}" if good else target[:7]
    words = {"to": target, "mode": "branch", "push": str(ground.wish.push).lower(), **planning.within(args)}
    title = f"Move {ground.branch} itself to {name}" + (", then push with a lease" if ground.wish.push else "")
    return await moving(ground, target, state, site, Named("git.reset", words, title))


@dataclass(frozen=True, slots=True)
class Named:
    action: str
    args: Mapping[str, str]
    title: str


async def moving(ground: Ground, target: str, state: State, site: Site, named: Named) -> Plan | Refusal:
    """A plan that moves the branch to `target`: forwards it needs no lease."""
    where, base = ground.where, ground.base
    tree = await tree_of(where.top, target)
    if tree is None:
        return Refusal(f"the files of {target[:7]} are not in this clone", "git fetch --unshallow, or fetch it")
    gone, back = await between(where, target, base), await between(where, base, target)
    text = f"tree equal to {target[:7]}"
    tried = await rehearsed(where, target, tree, text, site.rehearse, ground.wish.skip)
    good = await planning.good_check(where, state)
    return Plan(
        action=named.action,
        args=tuple(named.args.items()),
        title=named.title,
        target=ground.branch,
        steps=_steps(ground, target, forwards=not gone),
        checked=(*ground.notes, *_checked(ground, target, gone, back), *good, rehearsal.check(tried)),
        takes_back=planning.roles(gone, state),
        not_covered=(*planning.not_covered(gone), *_others(gone)),
        undo=f"Move {ground.branch} back to {ground.backup}/tip, as long as nobody built on it meanwhile.",
        undo_argv=planning.undo_argv(ground),
        expects_tree=tree,
        push=ground.wish.push,
        within_ms=ground.wish.within_ms,
        host=ground.host,
        rewrites=True,
        rehearsal=tried,
    )


def _steps(ground: Ground, target: str, forwards: bool) -> tuple[PlanStep, ...]:
    branch, backup, base, remote = ground.branch, ground.backup, ground.base, ground.place.remote or ""
    keep = (
        ("git", "update-ref", f"{backup}/head", ground.place.head or ""),
        ("git", "update-ref", f"{backup}/tip", base),
    )
    save = PlanStep("save", f"HEAD, index, work tree, and the tip {base[:7]} → {backup}", keep)
    push: tuple[PlanStep, ...] = ()
    if ground.wish.push:
        argv = push_argv(remote, target, branch, None if forwards else base)
        how = "fast-forward, no force" if forwards else f"only if it still is {base[:7]} (force-with-lease)"
        push = (PlanStep("push", f"{remote} {branch} → {target[:7]}, {how}", (argv,)),)
    follow = ("git", *_CHECKOUT, "-B", branch, target)
    only = "if nothing is in the way" if ground.wish.push else "only if nothing is in the way"
    move = PlanStep("follow", f"{branch} here and its checkout → {target[:7]}, {only}", (follow,))
    return (save, *push, move, PlanStep("look", "five lights: tree, work tree, remote, running, users"))


def _checked(
    ground: Ground, target: str, gone: tuple[Commit, ...], back: tuple[Commit, ...]
) -> tuple[Precondition, ...]:
    checks = [Precondition("target", f"{target[:7]} is in this clone", target)]
    if gone:
        many = f"{len(gone)}{'+' if len(gone) == WINDOW else ''} commit{'' if len(gone) == 1 else 's'}"
        verb = "vanishes" if len(gone) == 1 else "vanish"
        note = f"kept under {ground.backup}/tip"
        checks.append(Precondition("vanish", f"{many} {verb} from {ground.tip_name}", note=note))
    if back:
        words = "; ".join(f"{c.author}: {c.subject[:60]} ({c.sha[:7]})" for c in back[:5])
        checks.append(Precondition("back", f"{len(back)} come back to {ground.tip_name}", note=words))
    return tuple(checks)


def _others(gone: tuple[Commit, ...]) -> tuple[tuple[str, str], ...]:
    return (("clones", "whoever has these commits can push them again"),) if gone else ()


class BranchWay:
    """The branch itself moves; no commit is written."""

    def __init__(self, plan: Plan) -> None:
        self._target = wants(plan)["target"]
        self._tree = plan.expects_tree

    def kept(self) -> Mapping[str, str]:
        return {"new": self._target}

    async def revision(self, act: Act, place: Place) -> str:
        if await tree_of(place.layout.top, self._target) != self._tree:
            raise StopError("refused", f"{self._target[:7]} has another tree than planned; nothing changed")
        return self._target

    async def there(self, place: Place, sha: str, base: str) -> tuple[str | None, bool]:
        remote, branch = place.remote or "", place.branch or ""
        tip = await ask(place.layout, remote, branch)
        if tip is not None and tip != sha:
            await fetch(place.layout, remote, branch, tip)
        return tip, await landed(place.layout, sha, base, tip)

    async def advance(self, place: Place, sha: str, base: str) -> str:
        if place.tip == sha:
            return ""
        return blocked(place) or await _own_commits(place, sha, base) or await backward(place, sha)


async def _own_commits(place: Place, sha: str, base: str) -> str:
    """Commits that are only here would fall off the branch: then it stays."""
    where = place.layout
    if place.tip is None or await under(where, place.tip, base) or await under(where, place.tip, sha):
        return ""
    return f"{place.branch} has commits of its own here"


async def backward(place: Place, sha: str) -> str:
    """Branch and checkout to `sha`, whichever way; empty when they are there, else what was in the way."""
    branch = place.branch or ""
    if branch.startswith("-"):
        return "git does not check out a branch whose name begins with a dash"
    if way := await locked(place, sha):
        return way
    answer = await git(
        place.layout.top, *_CHECKOUT, "-B", branch, sha, "--", writes=True, ok=None, timeout_s=FOLLOW_S
    )  # fmt: skip
    if answer.code:
        return in_the_way(place, answer)
    was = await sha_of(place.layout.top, f"{place.ref}@{{1}}")
    return (
        "" if was in (place.tip, None) else f"{place.branch} was {was[:7] if was else ''} for a moment; see its reflog"
    )
