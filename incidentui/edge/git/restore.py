"""`git.restore-work`: brings saved work back bit for bit (files, what was staged, what was never added).

Only over what loses nothing: what HEAD has, what was committed then, or the saved bytes themselves. Anything else that
lies there is named, and then nothing is brought back at all.
"""

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from incidentui.core.inputs import ActionActed, ActionStepped, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Ms, Outcome, Plan, PlanStep, Precondition, Progress, StepState
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge.git.backup import flagged, free_name, save
from incidentui.edge.git.disk import LIMIT, Entry, index_line, indexed, on_disk
from incidentui.edge.git.look import listed
from incidentui.edge.git.place import Layout, Place, layout, sha_of, stand
from incidentui.edge.git.planning import Site, folder_of, wish
from incidentui.edge.git.run import GitError, git
from incidentui.edge.git.write import wants
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Clock, Report

ACTION = "git.restore-work"
_OURS = "refs/incidentui/"
_BATCH = 64 << 20
Tree = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Work:
    """What each path is to be again, in the files and in the index, and what may lie there now."""

    files: Mapping[str, Entry | None]
    staged: Mapping[str, Entry | None]
    free: Mapping[str, frozenset[Entry | None]]
    modules: tuple[str, ...] = ()
    """Submodules: their own files were never ours to save."""


@dataclass(frozen=True, slots=True)
class Saved:
    head: Tree
    index: Tree
    worktree: Tree

    def changed(self) -> list[str]:
        paths = dict.fromkeys([*self.head, *self.index, *self.worktree])
        return [p for p in paths if not self.head.get(p) == self.index.get(p) == self.worktree.get(p)]


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
    todo = await _todo(where, work)
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


# -- reading


async def read_work(where: Layout, source: str, over: str = "") -> Work:
    """`over`: the work that was brought back before, and is taken away again."""
    saved, now = await _saved(where, source), await _tree(where, "HEAD")
    other = await _saved(where, over) if over else None
    paths = (other or saved).changed()
    modules = tuple(
        p for p in paths if "160000" in {t[p][0] for t in (saved.head, saved.index, saved.worktree) if p in t}
    )
    plain = [p for p in paths if p not in modules]
    staged = [p for p in plain if (other or saved).index.get(p) != (other or saved).head.get(p)]

    def free(path: str) -> frozenset[Entry | None]:
        allowed = [None, now.get(path), saved.head.get(path), saved.index.get(path), saved.worktree.get(path)]
        return frozenset([*allowed, *((other.index.get(path), other.worktree.get(path)) if other else ())])

    return Work(
        {p: saved.worktree.get(p) for p in plain}, {p: saved.index.get(p) for p in staged},
        {p: free(p) for p in plain}, modules,
    )  # fmt: skip


async def _saved(where: Layout, base: str) -> Saved:
    head, index, worktree = [await _tree(where, f"{base}/{part}") for part in ("head", "index", "worktree")]
    return Saved(head, index, worktree)


async def _tree(where: Layout, name: str) -> Tree:
    listed_ = await git(where.top, "ls-tree", "-r", "-z", "--full-tree", name, limit=LIMIT)
    found: dict[str, Entry] = {}
    for entry in listed_.out.split(b"\0"):
        meta, _, path = entry.partition(b"\t")
        if path:
            mode, _, sha = meta.decode("ascii").split(" ")
            found[os.fsdecode(path)] = (mode, sha)
    return found


@dataclass(frozen=True, slots=True)
class Todo:
    files: tuple[str, ...]
    staged: tuple[str, ...]
    blocked: tuple[str, ...]


async def _todo(where: Layout, work: Work) -> Todo:
    """What is not there yet, and what may not be written over."""
    top = where.top
    disk, index = await on_disk(top, work.files, write=False), await indexed(top, {})
    listed_ = await git(top, "ls-files", "-z", "--modified", "--others", limit=LIMIT)
    # What git was told to look away from is not clean because git says nothing.
    clean = set(work.files) - set(listed_.names) - {name for _, name in await flagged(top, {})}
    files = [p for p, want in work.files.items() if disk[p] != want]
    staged = [p for p, want in work.staged.items() if index.get(p) != want]
    blocked = [p for p in files if not _free(top, p, disk[p], work, p in clean and index.get(p) in work.free[p])]
    blocked += [p for p in staged if index.get(p) not in work.free[p] and p not in blocked]
    return Todo(tuple(files), tuple(staged), tuple(blocked))


def _free(top: Path, path: str, lies: Entry | None, work: Work, clean: bool) -> bool:
    place = top / path
    if lies is None and os.path.lexists(place) and not _empty(place):
        return False
    if any(folder.is_symlink() or (os.path.lexists(folder) and not folder.is_dir()) for folder in _above(top, path)):
        return False
    return lies in work.free[path] or (lies is not None and clean)


def _above(top: Path, path: str) -> Iterator[Path]:
    for folder in (top / path).parents:
        if folder == top:
            return
        yield folder


def _empty(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink() and not any(place.iterdir())


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
            todo = await _todo(where, work)
            if todo.blocked:
                return self._over("refused", f"different now, and kept: {listed(todo.blocked)}; nothing changed")
            await self._save(place, work, have["backup"])
            await self._restore(where, work, todo)
            left = await _todo(where, work)
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
        gone = [p for p in todo.files if work.files[p] is None]
        for path in gone:
            _take_away(where.top, path)
        await _write(where.top, {p: e for p in todo.files if (e := work.files[p]) is not None})
        lines = b"".join(index_line(p, work.staged[p]) for p in todo.staged)
        if lines:
            await git(where.top, "update-index", "--replace", "-z", "--index-info", writes=True, stdin=lines)
        self._step(2, "restore", "done", listed([*todo.files, *(p for p in todo.staged if p not in todo.files)]), began)


async def _write(top: Path, entries: Mapping[str, Entry]) -> None:
    for batch in await _batches(top, entries):
        names = "".join(f"{entries[path][1]}\n" for path in batch)
        answer = await git(top, "cat-file", "--batch", stdin=names.encode(), limit=LIMIT * 2, timeout_s=120)
        at = 0
        for path in batch:
            end = answer.out.index(b"\n", at)
            size = int(answer.out[at:end].split(b" ")[2])
            _put(top / path, entries[path][0], answer.out[end + 1 : end + 1 + size])
            at = end + 1 + size + 1


async def _batches(top: Path, entries: Mapping[str, Entry]) -> Sequence[Sequence[str]]:
    """So many at a time as fit into memory."""
    names = "".join(f"{sha}\n" for _, sha in entries.values())
    sizes = (await git(top, "cat-file", "--batch-check=%(objectsize)", stdin=names.encode())).line.split("\n")
    batches: list[list[str]] = []
    room = 0
    for path, size in zip(entries, sizes, strict=bool(entries)):
        if not size.isdigit():
            raise GitError(f"the saved {clean_and_redact(path, limit=200)} is not in this clone", str(top), "git fsck")
        if room < int(size) or not batches:
            batches.append([])
            room = _BATCH
        batches[-1].append(path)
        room -= int(size)
    return batches


def _put(place: Path, mode: str, content: bytes) -> None:
    """Whole or not at all: a new file moved into place."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.is_dir() and not place.is_symlink():
        place.rmdir()
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".incidentui-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if mode == "120000":
            os.unlink(name)
            os.symlink(content, os.fsencode(name))
        else:
            os.chmod(name, _bits(mode))
        os.replace(name, place)
    except OSError:
        with suppress(OSError):
            os.unlink(name)
        raise


def _bits(mode: str) -> int:
    mask = os.umask(0)
    os.umask(mask)
    return (0o777 if mode == "100755" else 0o666) & ~mask


def _take_away(top: Path, path: str) -> None:
    with suppress(FileNotFoundError):
        info = (top / path).lstat()
        if stat.S_ISREG(info.st_mode) or stat.S_ISLNK(info.st_mode):
            (top / path).unlink()
    for folder in _above(top, path):
        with suppress(OSError):  # not empty
            folder.rmdir()


# -- looking


async def restore_light(top: Path, plan: Plan, now: Ms) -> Light:
    have = wants(plan)
    how = "files and index against what was saved"
    try:
        where = await layout(top)
        left = await _todo(where, await read_work(where, have["source"], have.get("over", "")))
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
