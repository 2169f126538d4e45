"""What every git plan shares: the arguments, where it stands, what it checks, saves, pushes and how it is undone.

A plan is data: everything `write.py` needs is in its preconditions and in the argv it shows.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import field
from pathlib import Path
from typing import Literal

from incidentui.config.model import RehearseConfig
from incidentui.core.inputs import Refusal
from incidentui.core.kinds import kind_of
from incidentui.core.model import Commit, Ms, PlanCommit, PlanStep, Precondition
from incidentui.core.plan import deadline
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.git.backup import free_name
from incidentui.edge.git.commit import signs
from incidentui.edge.git.leftovers import tidy
from incidentui.edge.git.look import listed
from incidentui.edge.git.place import Layout, Place, sha_of
from incidentui.edge.git.remote import address, ask, fetch, push_argv
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean_and_redact

_YES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
Role = Literal["suspect", "yours", "innocent", "target", "taken back"]
NEW = "<new commit>"
"""Stands in a plan's argv for the sha that only the act can know."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where git actions of a project happen, as configured."""

    top: Path
    branch: str | None = None
    remote: str | None = None
    rehearse: RehearseConfig = field(default_factory=RehearseConfig)


@dataclass(frozen=True, slots=True)
class Wish:
    """The arguments all git actions have."""

    push: bool
    within_ms: Ms
    skip: str = ""
    """Why the rehearsal's commands are not to run."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the plan stands on."""

    place: Place
    base: str
    """The tip that the new commit goes on: the remote's with a push, else the branch's own."""
    wish: Wish
    backup: str
    host: str
    notes: tuple[Precondition, ...]

    @property
    def where(self) -> Layout:
        return self.place.layout

    @property
    def branch(self) -> str:
        return self.place.branch or ""

    @property
    def tip_name(self) -> str:
        return f"{self.place.remote}/{self.branch}" if self.wish.push else self.branch


def wish(args: Mapping[str, str], known: Sequence[str], state: State) -> Wish | Refusal:
    """`push` and `within`; any key that is not known is a refusal, never ignored."""
    for key in args:
        if key not in known:
            return Refusal(f'unknown argument "{key}"', f"known: {', '.join(known)}", usage=True)
    push = _YES.get(args.get("push", "false").lower())
    if push is None:
        return Refusal(f"push={args['push']}: neither true nor false", "push=true or push=false", usage=True)
    if "skip_rehearsal" in args and not args["skip_rehearsal"].strip():
        return Refusal("skipping the rehearsal needs a reason", 'skip_rehearsal="why"', usage=True)
    within = deadline(args, state.project.deploy_within_ms)
    skip = clean_and_redact(args.get("skip_rehearsal", "").strip(), limit=300)
    return within if isinstance(within, Refusal) else Wish(push, within, skip)


async def ground(where: Layout, place: Place, wish: Wish, state: State, incident: str | None) -> Ground | Refusal:
    tidy(where)
    if place.branch is None:
        hint = "git switch BRANCH, or name it in incidentui.toml: [project] branch"
        return Refusal("HEAD is detached, so no branch is meant", hint)
    if place.head is None:
        return Refusal("the repository has no commit yet", "there is nothing to go back to")
    base = await _remote_base(where, place) if wish.push else _own_base(place)
    if isinstance(base, Refusal):
        return base
    backup = await free_name(where.top, folder_of(incident), state.seq + 1)
    host = await address(where, place.remote) if wish.push and place.remote else ""
    return Ground(place, base, wish, backup, host, await _checked(place, base, wish.push, backup))


def folder_of(incident: str | None) -> str:
    """Of the backups, below refs/incidentui/."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", incident or "act").strip("-") or "act"


async def _remote_base(where: Layout, place: Place) -> str | Refusal:
    if place.remote is None or place.branch is None:
        return Refusal("there is no remote to push to", "without push=true only the branch here is changed")
    try:
        tip = await ask(where, place.remote, place.branch)
        if tip is None:
            return Refusal(f"{place.remote} has no branch {place.branch}", f"git push {place.remote} first")
        await fetch(where, place.remote, place.branch, tip)
    except GitError as error:
        return Refusal(error.what, "nothing can be pushed now; without push=true only the branch here is changed")
    return tip


def _own_base(place: Place) -> str | Refusal:
    if not place.on_branch or place.tip is None:
        now = f"on {place.head_branch}" if place.head_branch else "detached"
        hint = f"git switch {place.branch}, or push=true: that leaves this work tree alone"
        return Refusal(f"HEAD is {now}, not on {place.branch}: without a push its checkout could not follow", hint)
    if place.operation:
        hint = "finish or abort it; push=true leaves this work tree alone"
        return Refusal(f"a {place.operation} is in progress: without a push the checkout could not follow", hint)
    return place.tip


async def _checked(place: Place, base: str, push: bool, backup: str) -> tuple[Precondition, ...]:
    head = place.head or ""
    on = place.head_branch or "detached"
    checks = [Precondition("head", f"HEAD is {head[:7]} ({on})", head)]
    if push:
        checks.append(Precondition("remote", f"{place.remote}/{place.branch} is {base[:7]}", base, note="asked now"))
    checks += [await _worktree(place), _operation(place)]
    checks.append(Precondition("backup", f"{backup} is free", backup))
    if push and (place.layout.common / "hooks" / "pre-push").exists():
        checks.append(Precondition("hook", "a pre-push hook runs before the push", note="this clone's own"))
    return tuple(checks)


async def _worktree(place: Place) -> Precondition:
    paths = await dirty(place.layout)
    if not paths:
        return Precondition("worktree", "work tree clean")
    text = f"work tree has {len(paths)} uncommitted path{'s' if len(paths) > 1 else ''}"
    return Precondition("worktree", text, note=f"stays as it is: {listed(paths)}")


def _operation(place: Place) -> Precondition:
    if place.operation is None:
        return Precondition("operation", "no merge, rebase or bisect in progress")
    return Precondition(
        "operation", f"a {place.operation} is in progress", place.operation, note="stays as it is; checkout waits"
    )


# Of a submodule only its commit is looked at: a look inside would obey that repository's own settings.
async def dirty(where: Layout, most: int | None = None) -> tuple[str, ...]:
    """Paths with uncommitted or untracked changes."""
    answer = await git(
        where.top, "status", "--porcelain=v2", "-z", "--untracked-files=normal", "--no-renames",
        "--ignore-submodules=dirty", "--no-ahead-behind", timeout_s=60,
    )  # fmt: skip
    paths = [clean_and_redact(_path(entry), limit=200) for entry in answer.out.split(b"\0") if entry]
    return tuple(paths[:most])


def _path(entry: bytes) -> bytes:
    """The path of a porcelain v2 entry: field 9 of an ordinary, 11 of an unmerged one."""
    fields = {b"1": 8, b"u": 10, b"?": 1, b"!": 1}.get(entry[:1], 1)
    return entry.split(b" ", fields)[-1]


# -- parts of the plan


def steps(ground: Ground, what: str, argv: Sequence[tuple[str, ...]]) -> tuple[PlanStep, ...]:
    branch, backup = ground.branch, ground.backup
    save = PlanStep(
        "save",
        f"HEAD, index, work tree → {backup}",
        (("git", "update-ref", f"{backup}/head", ground.place.head or ""),),
    )
    write = PlanStep("write", what, tuple(argv))
    follow = ("git", "merge", "--ff-only", "--no-overwrite-ignore", NEW)
    push: tuple[PlanStep, ...] = ()
    if ground.wish.push:
        remote = ground.place.remote or ""
        push = (PlanStep("push", f"{remote} {branch}, fast-forward, no force", (push_argv(remote, NEW, branch),)),)
        text = f"the checkout, if it is {branch} and nothing is in the way"
    else:
        text = f"{branch} and its checkout, only if nothing is in the way"
    look = PlanStep("look", "five lights: tree, work tree, remote, running, users")
    return (save, write, *push, PlanStep("follow", text, (follow,)), look)


def undo(ground: Ground) -> tuple[str, tuple[str, ...]]:
    ref = f"{ground.backup}/tip"
    text = f"Back to {ref}: again one fast-forward commit. Nothing is deleted; both states stay in the history."
    return text, undo_argv(ground)


def undo_argv(ground: Ground) -> tuple[str, ...]:
    """By the backup, which no other run has."""
    push = ("push=true",) if ground.wish.push else ("push=false",)
    return ("incidentui", "act", "git.undo", f"of={ground.backup}", *push, "--yes", ground.branch)


def roles(commits: Sequence[Commit], state: State, chosen: bool = False) -> tuple[PlanCommit, ...]:
    ours = {attempt.revision for attempt in state.attempts.values() if attempt.revision}
    suspect = state.suspect.sha if state.suspect else None
    gone = taken_back(state, {commit.sha for commit in commits})

    def role_of(commit: Commit) -> Role:
        if commit.sha in gone and not chosen:
            return "taken back"
        if commit.sha == suspect:
            return "suspect"
        if chosen:
            return "target"
        mine = commit.sha in ours or commit.subject.startswith(('Revert "', "Reset ", "Undo "))
        return "yours" if mine else "innocent"

    return tuple(PlanCommit(c.sha, c.author, c.subject, role_of(c)) for c in commits)


def taken_back(state: State, window: Set[str]) -> frozenset[str]:
    """Commits of the window that an action in it took back, and that no later one brought back."""
    done = [a for a in state.attempts.values() if a.outcome == "done" and a.revision in window and not a.plan.rewrites]
    gone: set[str] = set()
    # Newest first: an undo takes the commit of its action back, and then that action counts for nothing.
    for attempt in sorted(done, key=lambda a: a.asked, reverse=True):
        if attempt.revision not in gone:
            gone |= {commit.sha for commit in attempt.plan.takes_back}
    return frozenset(gone)


def not_covered(window: Sequence[Commit]) -> tuple[tuple[str, str], ...]:
    found = [(f.path, c.sha) for c in window for f in c.files if kind_of(f.path) == "migration"]
    schema = (
        f"{found[0][0]} ({found[0][1][:7]}) is in the window: its change to the schema stays"
        if found
        else "rows written since stay; no migration file in the window"
    )
    return (
        ("database", schema),
        ("volumes", "keep their files"),
        ("settings", "changed outside git stay as they are"),
    )


def within(args: Mapping[str, str]) -> dict[str, str]:
    """What goes into a plan as it was asked for."""
    return {key: args[key] for key in ("within", "skip_rehearsal") if key in args}


def merged(commits: Sequence[Commit]) -> tuple[str, ...]:
    """What taking a merge back means for the next merge of the same branch."""
    merges = [commit.sha[:7] for commit in commits if len(commit.parents) > 1]
    if not merges:
        return ()
    again = "that branch" if len(merges) == 1 else "those branches"
    return (f"{listed(merges)}: merging {again} again later brings nothing back; take this commit back first.",)


async def commit_checks(where: Layout, state: State) -> tuple[Precondition, ...]:
    """For plans that write a commit."""
    good = await good_check(where, state)
    if not await signs(where.top):
        return good
    note = "signed if that needs no prompt; else it is written unsigned, and said"
    return (*good, Precondition("signing", "this clone signs its commits", note=note))


async def good_check(where: Layout, state: State) -> tuple[Precondition, ...]:
    """Known-good, so that the act can say afterwards what still separates the branch from it."""
    if state.good is None or await sha_of(where.top, state.good.sha) is None:
        return ()
    return (Precondition("good", f"known-good is {state.good.sha[:7]}", state.good.sha),)
