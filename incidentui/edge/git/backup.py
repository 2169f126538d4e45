"""Before an action: HEAD, index and work tree saved under refs of our own, without touching any of the three.

Works on a copy of the index. What is too big or cannot be read is not saved, and is named. Knows no plan.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from incidentui.core.value import dataclass
from incidentui.edge.git.disk import index_line, indexed, is_repository, occupied, on_disk, with_mode
from incidentui.edge.git.leftovers import INDEX, named
from incidentui.edge.git.place import Place
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean_and_redact

FILE_BYTES = 50 << 20
ALL_BYTES = 500 << 20
FILES = 20_000
_NOBODY = ("incidentui", "incidentui@localhost")


@dataclass(frozen=True, slots=True)
class Saved:
    base: str
    left_out: tuple[str, ...] = ()
    """What was not saved, and why: one sentence each."""


async def identity(top: Path) -> Mapping[str, str]:
    """Empty when git knows who the user is, else neutral: no rollback ends at "Please tell me who you are"."""
    env: dict[str, str] = {}
    for role in ("AUTHOR", "COMMITTER"):
        known = await git(top, "-c", "user.useConfigOnly=true", "var", f"GIT_{role}_IDENT", ok=None)
        if known.code:
            for part, fallback in zip(("name", "email"), _NOBODY, strict=True):
                configured = (await git(top, "config", "--get", f"user.{part}", ok=None)).line.strip()
                env[f"GIT_{role}_{part.upper()}"] = configured or fallback
    return env


async def free_name(top: Path, folder: str, first: int) -> str:
    """The first `refs/incidentui/<folder>/<n>` from `first` on that nobody used."""
    prefix = f"refs/incidentui/{folder}/"
    listed = await git(top, "for-each-ref", "--format=%(refname)", prefix)
    used = {line.removeprefix(prefix).partition("/")[0] for line in listed.line.split("\n")}
    number = first
    while str(number) in used:
        number += 1
    return f"{prefix}{number}"


async def save(place: Place, base: str, more: Mapping[str, str], touched: Sequence[str] = ()) -> Saved:
    """Create `base`/head, /index, /worktree and the refs in `more`, all or none (of those that could be made).

    `touched`: paths the action may write; what lies there is saved too, ignored or not.
    """
    refs = {**more}
    left_out: list[str] = []
    who = await identity(place.layout.top)
    if place.head:
        refs["head"] = place.head
        async with copied_index(place) as index:
            for name in ("index", "worktree"):
                try:
                    tree = await (
                        _index_tree(place, index, left_out)
                        if name == "index"
                        else _worktree_tree(place, index, left_out, touched)
                    )
                    refs[name] = await _commit(place, name, tree, refs, who)
                except (GitError, OSError) as error:
                    left_out.append(f"the {name} was not saved: {clean_and_redact(str(error), limit=200)}")
    lines = "".join(f"create {base}/{name}\0{sha}\0" for name, sha in refs.items())
    await git(place.layout.top, "update-ref", "--no-deref", "-z", "--stdin", writes=True, stdin=lines.encode())
    return Saved(base, tuple(left_out))


async def _commit(place: Place, name: str, tree: str, refs: Mapping[str, str], who: Mapping[str, str]) -> str:
    parents = [word for parent in ("head", "index") if parent in refs for word in ("-p", refs[parent])]
    message = f"incidentui: the {name} before an action"
    answer = await git(place.layout.top, "commit-tree", tree, *parents, "-m", message, writes=True, env=who)
    return answer.line


@asynccontextmanager
async def copied_index(place: Place) -> AsyncIterator[Path]:
    """The user's index as a scratch copy. With its time: git takes a younger index's word that nothing changed."""
    folder = Path(tempfile.mkdtemp(prefix=named(INDEX)))
    try:
        copy, real = folder / "index", place.layout.gitdir / "index"
        if real.exists():
            shutil.copy2(real, copy)
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _index_tree(place: Place, index: Path, left_out: list[str]) -> str:
    top, env = place.layout.top, {"GIT_INDEX_FILE": str(index)}
    unmerged = await git(top, "ls-files", "--unmerged", "-z", "--full-name", env=env)
    if unmerged.out:
        # A tree cannot hold a conflict: it gets our side of each path. The user's own index keeps all three.
        await _settle_conflicts(top, env, unmerged.out)
        left_out.append("the index has conflicts: saved with our side of each")
    return (await git(top, "write-tree", "--missing-ok", writes=True, env=env)).line


async def _settle_conflicts(top: Path, env: Mapping[str, str], entries: bytes) -> None:
    best: dict[bytes, tuple[int, bytes]] = {}
    for entry in entries.split(b"\0"):
        meta, _, path = entry.partition(b"\t")
        if path:
            mode, sha, stage = meta.split(b" ")
            rank = {b"2": 0, b"3": 1, b"1": 2}[stage]
            best[path] = min(best.get(path, (9, b"")), (rank, mode + b" " + sha))
    lines = b""
    for path, (_, entry) in best.items():
        lines += b"0 " + b"0" * 40 + b"\t" + path + b"\0" + entry + b"\t" + path + b"\0"
    await git(top, "update-index", "-z", "--index-info", writes=True, env=env, stdin=lines)


async def _worktree_tree(place: Place, index: Path, left_out: list[str], touched: Sequence[str]) -> str:
    """Tracked files as they are on disk (hidden ones too), untracked ones, and what lies where the action writes."""
    top, env = place.layout.top, {"GIT_INDEX_FILE": str(index)}
    await _unhide(top, env)
    listed = await git(
        top, "ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard", env=env, limit=ALL_BYTES
    )
    tracked = await indexed(top, env)
    paths = _fitting(top, dict.fromkeys([*listed.names, *occupied(top, touched)]), left_out)
    keeps_modes = (await git(top, "config", "--bool", "core.fileMode", ok=None)).line != "false"
    stored = await on_disk(top, [p for p in paths if not is_repository(tracked.get(p))], write=True)
    lines = b"".join(
        index_line(path, with_mode(entry, tracked.get(path), keeps_modes)) for path, entry in stored.items()
    )
    await git(top, "update-index", "--replace", "-z", "--index-info", writes=True, env=env, stdin=lines)
    modules = b"".join(os.fsencode(p) + b"\0" for p in listed.names if is_repository(tracked.get(p)))
    if modules:
        await git(top, "update-index", "-z", "--stdin", writes=True, env=env, stdin=modules, ok=None)
    return (await git(top, "write-tree", "--missing-ok", writes=True, env=env)).line


async def _unhide(top: Path, env: Mapping[str, str]) -> None:
    """Take assume-unchanged, and skip-worktree of files that are there, off the copy: their edits are work too."""
    for flag, option in (("h", "--no-assume-unchanged"), ("S", "--no-skip-worktree"), ("s", "--no-skip-worktree")):
        hidden = [name for mark, name in await flagged(top, env) if mark == flag]
        there = present(top, hidden)
        if there:
            names = b"".join(os.fsencode(name) + b"\0" for name in there)
            await git(top, "update-index", option, "-z", "--stdin", writes=True, env=env, stdin=names)


def present(top: Path, names: Iterable[str]) -> list[str]:
    return [name for name in names if os.path.lexists(top / name)]


async def flagged(top: Path, env: Mapping[str, str]) -> list[tuple[str, str]]:
    """(mark, path) of what hides from git status: "h" assume-unchanged, "S" skip-worktree, "s" both."""
    listed = await git(top, "ls-files", "-v", "-z", env=env)
    return [(entry[0], entry[2:]) for entry in listed.names if entry[0].islower() or entry[0] == "S"]


def _fitting(top: Path, paths: Iterable[str], left_out: list[str]) -> list[str]:
    fit: list[str] = []
    skipped: list[str] = []
    total = 0
    for path in paths:
        size = _size(top / path)
        # A directory is a repository of its own: git keeps it by reference, we leave it alone.
        if size is None or size > FILE_BYTES or total + size > ALL_BYTES or len(fit) >= FILES:
            skipped.append(path)
            continue
        fit.append(path)
        total += size
    if skipped:
        names = ", ".join(clean_and_redact(path, limit=80) for path in skipped[:5])
        left_out.append(f"{len(skipped)} not saved (too big, unreadable or a repository of its own): {names}")
    return fit


def _size(path: Path) -> int | None:
    """Bytes to store, 0 for what is gone; None for what cannot be stored."""
    try:
        info = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError:
        return None
    if stat.S_ISLNK(info.st_mode):
        return 0
    return info.st_size if stat.S_ISREG(info.st_mode) and os.access(path, os.R_OK) else None
