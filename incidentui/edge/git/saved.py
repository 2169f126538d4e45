"""Saved work as values: what each path was, what lies there now, what may be written over; and the writing itself.

Bytes are compared and written as they are, without any filter, each file whole or not at all.
"""

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from incidentui.core.value import dataclass
from incidentui.edge.git.backup import flagged
from incidentui.edge.git.disk import LIMIT, Entry, index_line, indexed, on_disk
from incidentui.edge.git.place import Layout
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean_and_redact

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


async def todo_of(where: Layout, work: Work) -> Todo:
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


# -- writing


async def bring_back(top: Path, work: Work, todo: Todo) -> None:
    """Files first, then what was staged: asked for again, it goes on where it stopped."""
    for path in todo.files:
        if work.files[path] is None:
            _take_away(top, path)
    await _write(top, {p: e for p in todo.files if (e := work.files[p]) is not None})
    lines = b"".join(index_line(p, work.staged[p]) for p in todo.staged)
    if lines:
        await git(top, "update-index", "--replace", "-z", "--index-info", writes=True, stdin=lines)


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
