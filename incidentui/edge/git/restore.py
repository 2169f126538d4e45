"""`git.restore-work`: brings saved work back bit for bit (files, what was staged, what was never added).

Only over what loses nothing: what HEAD has, what was committed then, or the saved bytes themselves. Anything else that
lies there is named, and then nothing is brought back at all.
"""

from collections.abc import Mapping
from pathlib import Path

from incidentui.core.inputs import ActionActed, ActionStepped, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Ms, Outcome, Plan, PlanStep, Precondition, Progress, StepState
from incidentui.core.state import State
from incidentui.edge.git.backup import free_name, save
from incidentui.edge.git.look import listed
from incidentui.edge.git.place import Layout, Place, layout, sha_of, stand
from incidentui.edge.git.planning import Site, folder_of, wish
from incidentui.edge.git.run import GitError, git
from incidentui.edge.git.saved import Todo, Work, bring_back, read_work, todo_of
from incidentui.edge.git.write import wants
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Clock, Report

ACTION = "git.restore-work"
_OURS = "refs/incidentui/"


# -- planning


async def plan_restore(site: Site, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
    asked = wish(args, ("from",), state)
    if isinstance(asked, Refusal):
        return asked
    where = await layout(site.top)
    source = await _source(where, args.get("from", ""))
    if isinstance(source, Refusal):
        return source
    return await _plan(await stand(where, site.branch, site.remote), ACTION, source, "", state, incident)


async def plan_unrestore(where: Layout, attempt: Attempt, state: State, incident: str | None) -> Plan | Refusal:
    """Undo: what lay there before the restore, over what it brought."""
    have = wants(attempt.plan)
    place = await stand(where, None, None)
    return await _plan(place, "git.undo", have["backup"], have["source"], state, incident)


async def _plan(
    place: Place, action: str, source: str, over: str, state: State, incident: str | None
) -> Plan | Refusal:
    where = place.layout
    if place.head is None:
        return Refusal("the repository has no commit yet", "there is nothing that could have been saved")
    work = await read_work(where, source, over)
    todo = await todo_of(where, work)
    if todo.blocked:
        hint = f"save it elsewhere first; what was saved: git show {source}/worktree:PATH"
        return Refusal(f"different now, and kept: {listed(todo.blocked)}; nothing was brought back", hint)
    if not todo.files and not todo.staged:
        return Refusal(f"nothing to do: the work of {source} is here, file by file", "git status shows it")
    backup = await free_name(where.top, folder_of(incident), state.seq + 1)
    target = place.head_branch or "HEAD"
    what = f"{_many(len(todo.files), 'file')} in the work tree, {_many(len(todo.staged), 'path')} staged, from {source}"
    save_argv = ("git", "update-ref", f"{backup}/head", place.head)
    show = ("git", "diff", "--stat", f"{source}/head", f"{source}/worktree")
    words = {"of": source} if over else {"from": source}
    return Plan(
        action=action,
        args=tuple(words.items()),
        title=f"Undo a restore: back to the work of {source}" if over else f"Bring back the work saved under {source}",
        target=target,
        steps=(
            PlanStep("save", f"HEAD, index, work tree → {backup}", (save_argv,)),
            PlanStep("restore", what, (show,)),
            PlanStep("look", "every file and the index, byte by byte"),
        ),
        checked=(
            Precondition("head", f"HEAD is {place.head[:7]} ({place.head_branch or 'detached'})", place.head),
            Precondition("source", f"{source} is here", source),
            *((Precondition("over", f"over what {over} brought", over),) if over else ()),
            Precondition("free", "nothing of yours is in the way", note=listed(todo.files)),
            Precondition("backup", f"{backup} is free", backup),
        ),
        not_covered=tuple(("submodule", f"{name} keeps its own files") for name in work.modules[:5]),
        undo=f"Bring back the work of {over} once more." if over else f"Back to {backup}: the files as they are now.",
        undo_argv=("incidentui", "act", *(_again(over) if over else ("git.undo", f"of={backup}")), "--yes", target),
        local=True,
        warnings=await _elsewhere(place, source),
    )


def _again(source: str) -> tuple[str, str]:
    return ACTION, f"from={source}"


def is_restore(plan: Plan) -> bool:
    return any(step.verb == "restore" for step in plan.steps)


def _many(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


async def _elsewhere(place: Place, source: str) -> tuple[str, ...]:
    was = await sha_of(place.layout.top, f"{source}/head")
    if was in (None, place.head):
        return ()
    return (f"It was saved on {was[:7] if was else ''}; HEAD is {place.head[:7] if place.head else ''} now.",)


async def _source(where: Layout, name: str) -> str | Refusal:
    """The base of a saved state: as named, else the newest that holds unsaved work."""
    refs = await git(where.top, "for-each-ref", "--sort=-creatordate", "--format=%(refname)", _OURS)
    bases = [ref.removesuffix("/worktree") for ref in refs.line.split("\n") if ref.endswith("/worktree")]
    if name:
        base = name.removesuffix("/").removesuffix("/worktree").removesuffix("/index")
        if base in bases:
            return base
        known = ", ".join(bases[:4]) or "none"
        return Refusal(f'nothing was saved under "{clean_and_redact(name, limit=80)}"', f"known: {known}", usage=True)
    for base in bases:
        trees = [await sha_of(where.top, f"{base}/{part}", "tree") for part in ("head", "index", "worktree")]
        if len(set(trees)) > 1:
            return base
    return Refusal("no unsaved work was ever saved here", "git for-each-ref refs/incidentui lists what there is")


# -- acting


class Restore:
    """One run of one plan that brings work back."""

    def __init__(self, run: str, plan: Plan, report: Report, clock: Clock) -> None:
        self.run, self.plan, self._report, self._clock = run, plan, report, clock
        self._said: list[str] = []

    async def do(self, top: Path) -> ActionActed:
        have = wants(self.plan)
        try:
            where = await layout(top)
            place = await stand(where, None, None)
            if place.head != have["head"]:
                return self._over("refused", f"HEAD moved: {have['head'][:7]} was planned; nothing changed")
            work = await read_work(where, have["source"], have.get("over", ""))
            todo = await todo_of(where, work)
            if todo.blocked:
                return self._over("refused", f"different now, and kept: {listed(todo.blocked)}; nothing changed")
            await self._save(place, work, have["backup"])
            await self._restore(where, work, todo)
            left = await todo_of(where, work)
        except (GitError, OSError) as error:
            return self._over("failed", f"{error}; ask for it again: what is back stays back")
        if left.files or left.staged:
            return self._over("failed", f"not as it was saved: {listed([*left.files, *left.staged])}")
        return self._over(
            "done", f"{_many(len(todo.files), 'file')} back, {_many(len(todo.staged), 'path')} staged again"
        )

    def _over(self, outcome: Outcome, why: str) -> ActionActed:
        evidence = Evidence("output", "\n".join([*self._said, why]))
        return ActionActed(self.run, outcome, why, evidence=evidence)

    def _step(self, n: int, verb: str, state: StepState, text: str, began: Ms) -> None:
        self._said.append(f"{verb}: {state}: {text}")
        self._report(ActionStepped(self.run, Progress(n, verb, state, text, self._clock.mono() - began)))

    async def _save(self, place: Place, work: Work, backup: str) -> None:
        began = self._clock.mono()
        saved = await save(place, backup, {"tip": place.head or ""}, tuple(work.files))
        self._step(1, "save", "done", "; ".join((saved.base, *saved.left_out)), began)

    async def _restore(self, where: Layout, work: Work, todo: Todo) -> None:
        began = self._clock.mono()
        await bring_back(where.top, work, todo)
        self._step(2, "restore", "done", listed([*todo.files, *(p for p in todo.staged if p not in todo.files)]), began)


# -- looking


async def restore_light(top: Path, plan: Plan, now: Ms) -> Light:
    have = wants(plan)
    how = "files and index against what was saved"
    try:
        where = await layout(top)
        left = await todo_of(where, await read_work(where, have["source"], have.get("over", "")))
    except GitError as error:
        return Light("worktree", False, error.what, how, now)
    missing = [*left.files, *left.staged]
    said = f"not as saved: {listed(missing)}" if missing else f"as saved under {have['source']}"
    return Light("worktree", not missing, said, how, now)


async def settle_restore(top: Path, attempt: Attempt, now: Ms) -> ActionActed:
    light = await restore_light(top, attempt.plan, now)
    if light.ok:
        return ActionActed(attempt.run, "done", f"looked up: {light.finding}")
    return ActionActed(attempt.run, "failed", f"looked up: {light.finding}; ask for it again: what is back stays back")
