"""`git.revert`: commits taken back as one commit: one, many, a range, merges; rehearsed before anything moves.

At a conflict nothing is left half-done: the commit and its files are named, and the responder chooses to edit, to drop
that commit, or to reset instead. Only plans: `write.py` acts.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentui.core.inputs import Offer, Refusal
from incidentui.core.model import Commit, Plan, Rehearsal
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.git import history, planning, rehearsal
from incidentui.edge.git.commit_plan import commit_plan
from incidentui.edge.git.editing import Edited, commit_of, edited, lay_conflict_out
from incidentui.edge.git.look import listed
from incidentui.edge.git.place import layout, resolve, stand, tree_of
from incidentui.edge.git.planning import Ground, Site
from incidentui.edge.git.rehearsal import Conflict, Pick
from incidentui.edge.git.run import git

_KNOWN = ("commits", "push", "mainline", "drop", "edit", "resolved", "skip_rehearsal", "within")
_SHOWN = 20
"""Commits of a range that a title or a message names one by one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be taken back, newest first."""

    commits: tuple[Commit, ...]
    picks: tuple[Pick, ...]
    dropped: tuple[str, ...]
    args: Mapping[str, str]
    """As they go into the plan and into every offer: with full shas."""


async def plan_revert(site: Site, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
    wish = planning.wish(args, _KNOWN, state)
    if isinstance(wish, Refusal):
        return wish
    where = await layout(site.top)
    ground = await planning.ground(where, await stand(where, site.branch, site.remote), wish, state, incident)
    if isinstance(ground, Refusal):
        return ground
    asked = await _asked(ground, args, state)
    if isinstance(asked, Refusal):
        return asked
    return await _rehearse(ground, asked, state, site)


# -- what is meant


async def _asked(ground: Ground, args: Mapping[str, str], state: State) -> Asked | Refusal:
    shas = await _named(ground, args.get("commits", ""), state)
    if isinstance(shas, Refusal):
        return shas
    dropped = await _named(ground, args["drop"], state) if args.get("drop") else []
    if isinstance(dropped, Refusal):
        return dropped
    kept = [sha for sha in shas if sha not in dropped]
    if not kept:
        return Refusal("every commit named is dropped", "nothing would be taken back", usage=True)
    ordered = await _ordered(ground, kept)
    if isinstance(ordered, Refusal):
        return ordered
    commits = await history.several(ground.where, ordered)
    words = {
        "commits": ",".join(shas), "push": str(ground.wish.push).lower(), **planning.within(args),
        **{key: args[key] for key in ("mainline", "resolved", "skip_rehearsal") if args.get(key)},
        **({"drop": ",".join(dropped)} if dropped else {}),
    }  # fmt: skip
    picks = await _picks(ground, commits, words)
    if isinstance(picks, Refusal):
        return picks
    edit = {"edit": args["edit"]} if args.get("edit", "false").lower() not in ("false", "no", "0", "") else {}
    return Asked(commits, picks, tuple(dropped), {**words, **edit})


async def _named(ground: Ground, text: str, state: State) -> list[str] | Refusal:
    """Shas of a list like `A,B..C,suspect`; a range by its first parents, so that a merge counts once."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        return Refusal("no commit named", "commits=SHA, several: commits=SHA,SHA, a range: commits=A..B", usage=True)
    shas: list[str] = []
    for name in names:
        if name == "suspect" and state.suspect:
            shas.append(state.suspect.sha)
            continue
        found = await (_range(ground, name) if ".." in name else resolve(ground.where, name))
        if isinstance(found, Refusal):
            return found
        shas += [found] if isinstance(found, str) else found
    return list(dict.fromkeys(shas))


async def _range(ground: Ground, name: str) -> list[str] | Refusal:
    ends = name.split("..")
    if len(ends) != 2 or not ends[0] or ends[1].startswith("."):
        return Refusal(f'"{name[:80]}" is no range', "A..B: what came after A, up to B", usage=True)
    old, new = await resolve(ground.where, ends[0]), await resolve(ground.where, ends[1] or "HEAD")
    if isinstance(old, Refusal):
        return old
    if isinstance(new, Refusal):
        return new
    listed_ = await git(ground.where.top, "rev-list", "--first-parent", "--end-of-options", new, f"^{old}", "--")
    shas = [sha for sha in listed_.line.split("\n") if sha]
    return shas or Refusal(f"{ends[0][:40]}..{ends[1][:40]} holds no commit", "A is the older end", usage=True)


async def _ordered(ground: Ground, shas: Sequence[str]) -> list[str] | Refusal:
    """Newest first by history; each must be on the branch."""
    walked = await git(ground.where.top, "rev-list", "--topo-order", "--end-of-options", ground.base, "--")
    order = {sha: n for n, sha in enumerate(walked.line.split("\n"))}
    stray = next((sha for sha in shas if sha not in order), None)
    if stray is not None:
        what = f"{stray[:7]} is not in {ground.tip_name}"
        return Refusal(what, "only what is on the branch can be taken back", usage=True)
    return sorted(shas, key=order.__getitem__)


async def _picks(ground: Ground, commits: Sequence[Commit], words: Mapping[str, str]) -> tuple[Pick, ...] | Refusal:
    """Of a merge the side that stays must be named."""
    side = words.get("mainline", "")
    if side and not side.isdigit():
        return Refusal(f"mainline={side} is no number", "mainline=1 keeps the first parent's side", usage=True)
    picks = []
    for commit in commits:
        if len(commit.parents) < 2:
            picks.append(Pick(commit.sha))
        elif not side or not 1 <= int(side) <= len(commit.parents):
            return await _which_side(ground, commit, words)
        else:
            picks.append(Pick(commit.sha, int(side)))
    return tuple(picks)


async def _which_side(ground: Ground, merge: Commit, words: Mapping[str, str]) -> Refusal:
    parents = await history.several(ground.where, merge.parents)
    choices = tuple(
        Offer(
            f"Keep side {n}: {parent.sha[:7]} {parent.subject[:60]}", f"by {parent.author}",
            "git.revert", tuple({**words, "mainline": str(n)}.items()),
        )
        for n, parent in enumerate(parents, 1)
    )  # fmt: skip
    sides = ", or ".join(f"mainline={n} keeps {p.sha[:7]} {p.subject[:60]}" for n, p in enumerate(parents, 1))
    what = f'{merge.sha[:7]} "{merge.subject[:60]}" is a merge: which side stays?'
    return Refusal(what, sides, choices=choices)


# -- the rehearsal


async def _rehearse(ground: Ground, asked: Asked, state: State, site: Site) -> Plan | Refusal:
    where, start, done = ground.where, ground.base, 0
    if "resolved" in asked.args:
        found = await edited(where, asked.args["resolved"], ground.base, asked.picks)
        if isinstance(found, Refusal):
            return found
        start, done = await _after(ground, found), len(asked.picks) - len(found.rest)
    async with rehearsal.scratch(where, start) as folder:
        stopped = await rehearsal.take_back(folder, asked.picks[done:])
        if stopped is not None:
            return await _conflict(ground, asked, state, start, done, stopped)
        tree = await rehearsal.tree_in(folder)
        if tree == await tree_of(where.top, ground.base):
            return Refusal(f"nothing to do: {ground.tip_name} has nothing left of them", "they were taken back before")
        text = "no conflict" if "resolved" not in asked.args else "conflict settled by hand"
        tried = await rehearsal.rehearsed_in(folder, where, tree, text, site.rehearse, ground.wish.skip)
    return await _plan(ground, asked, tree, tried, state)


async def _after(ground: Ground, found: Edited) -> str:
    return await commit_of(ground.where, found.tree, ground.base)


async def _conflict(ground: Ground, asked: Asked, state: State, start: str, done: int, stopped: Conflict) -> Refusal:
    commit = asked.commits[done + stopped.at]
    files = listed(stopped.files) or stopped.words
    if "edit" in asked.args:
        return await _laid_out(ground, asked, start, done, commit, files)
    plain = {key: value for key, value in asked.args.items() if key != "resolved" or done}
    more = [*asked.dropped, commit.sha]
    drop = Offer(
        f"Drop {commit.sha[:7]}", "it stays in force, the others are taken back",
        "git.revert", tuple({**plain, "drop": ",".join(more)}.items()),
    )  # fmt: skip
    edit = Offer(
        "Edit", "the conflict in a scratch worktree of yours", "git.revert", tuple({**plain, "edit": "true"}.items())
    )
    choices = (edit, *((drop,) if len(asked.commits) > 1 else ()), _reset(ground, asked, state))
    back = dict(choices[-1].args)["to"][:12]
    dropping = f"; drop={commit.sha[:12]} goes on without it" if len(asked.commits) > 1 else ""
    return Refusal(
        f'{commit.sha[:7]} "{commit.subject[:60]}" cannot be taken back alone: later commits changed the same lines '
        f"({files})",
        f"nothing was changed; edit=true lays the conflict out{dropping}; git.reset to={back} has no conflicts",
        choices=choices,
    )


def _reset(ground: Ground, asked: Asked, state: State) -> Offer:
    oldest = asked.commits[-1]
    good = state.good.sha if state.good else next(iter(oldest.parents), oldest.sha)
    name = f"known-good {good[:7]}" if state.good else f"{good[:7]}, before all of them"
    push = ("push", str(ground.wish.push).lower())
    return Offer(f"Reset to {name} instead", "no conflict is possible", "git.reset", (("to", good), push))


async def _laid_out(ground: Ground, asked: Asked, start: str, done: int, commit: Commit, files: str) -> Refusal:
    folder = await lay_conflict_out(ground.where, ground.base, start, asked.picks, done)
    words = {key: value for key, value in asked.args.items() if key != "edit"} | {"resolved": str(folder)}
    line = " ".join(f"{key}={value}" for key, value in words.items())
    return Refusal(
        f"{commit.sha[:7]} conflicts; it is laid out in {folder}: {files}",
        f"edit the files there, then: incidentui act git.revert {line} --yes {ground.branch}",
        choices=(Offer("Go on with what is there now", str(folder), "git.revert", tuple(words.items())),),
    )


# -- the plan


async def _plan(ground: Ground, asked: Asked, tree: str, tried: Rehearsal, state: State) -> Plan:
    branch, base, chosen = ground.branch, ground.base, asked.commits
    shorts = listed([commit.sha[:7] for commit in chosen])
    argv = ("git", "commit-tree", tree, "-p", base, "-m", message(chosen, asked.picks))
    what = f"one new commit on {branch} without {shorts}, rehearsed in a scratch worktree"
    return await commit_plan(
        ground,
        state,
        action="git.revert",
        args={key: value for key, value in asked.args.items() if key != "edit"},
        title=f"Revert {shorts}",
        what=what,
        commands=[*(pick.argv for pick in asked.picks), argv],
        checked=ground.notes,
        taken=chosen,
        chosen=True,
        tree=tree,
        tried=tried,
    )


def message(chosen: Sequence[Commit], picks: Sequence[Pick]) -> str:
    """Git's own words, which other tools look for."""
    more = f" and {len(chosen) - 1} more" if len(chosen) > 1 else ""
    body = "\n".join(_reverts(commit, pick) for commit, pick in zip(chosen, picks, strict=True))
    return f'Revert "{chosen[0].subject}"{more}\n\n{body}'


def _reverts(commit: Commit, pick: Pick) -> str:
    if pick.mainline is None:
        return f"This reverts commit {commit.sha}."
    return f"This reverts commit {commit.sha}, reversing\nchanges made to {commit.parents[pick.mainline - 1]}."


def picks_of(plan: Plan) -> tuple[Pick, ...]:
    """What a plan takes back, read off its own commands."""
    argvs = [argv for step in plan.steps for argv in step.argv if argv[:3] == ("git", "revert", "--no-commit")]
    return tuple(Pick(argv[-1], int(argv[4]) if argv[3] == "-m" else None) for argv in argvs)


def resolved_in(plan: Plan) -> Path | None:
    """The worktree a responder settled a conflict in."""
    path = dict(plan.args).get("resolved", "") if plan.action == "git.revert" else ""
    return Path(path) if path else None
