"""What lies in a work tree and in an index, path by path, as modes and shas; bytes as they are, without any filter."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean_and_redact

LIMIT = 500 << 20
"""Bytes of names that are read at most."""

Entry = tuple[str, str]
"""(mode, sha) of a path in a tree, an index or on disk."""


def index_line(path: str, entry: Entry | None, width: int) -> bytes:
    """For `update-index --index-info`; None takes the path out. `width`: digits of this repository's shas."""
    mode, sha = entry or ("0", "0" * width)
    return f"{mode} {sha}\t".encode() + os.fsencode(path) + b"\0"


async def indexed(top: Path, env: Mapping[str, str]) -> dict[str, Entry]:
    """The index; of a path with conflicts our side."""
    listed = await git(top, "ls-files", "-s", "-z", env=env, limit=LIMIT)
    found: dict[str, Entry] = {}
    for entry in listed.out.split(b"\0"):
        meta, _, path = entry.partition(b"\t")
        mode, sha, stage = (*meta.decode("ascii").split(" "), "", "")[:3]
        if path and (stage in ("0", "2") or os.fsdecode(path) not in found):
            found[os.fsdecode(path)] = (mode, sha)
    return found


def is_repository(entry: Entry | None) -> bool:
    return entry is not None and entry[0] == "160000"


def with_mode(entry: Entry | None, tracked: Entry | None, keeps_modes: bool) -> Entry | None:
    """On a disk without executable bits the index knows better."""
    if entry is None or keeps_modes or tracked is None or entry[0] == "120000":
        return entry
    return tracked[0], entry[1]


async def on_disk(top: Path, paths: Iterable[str], write: bool) -> dict[str, Entry | None]:
    """What lies there, byte for byte: no filter, no line ends changed. None: nothing, or a directory."""
    found: dict[str, Entry | None] = {}
    plain: dict[str, str] = {}
    for path in paths:
        try:
            info = (top / path).lstat()
        except (FileNotFoundError, NotADirectoryError):
            found[path] = None
            continue
        if stat.S_ISREG(info.st_mode) and "\n" not in path:
            plain[path] = _mode(info)
        elif stat.S_ISLNK(info.st_mode):
            found[path] = ("120000", await _hashed(top, os.fsencode(os.readlink(top / path)), write))
        elif stat.S_ISREG(info.st_mode):
            found[path] = (_mode(info), await _hashed(top, (top / path).read_bytes(), write))
        else:
            found[path] = None
    for path, sha in zip(plain, await _hashed_files(top, tuple(plain), write), strict=True):
        found[path] = (plain[path], sha) if sha else None
    return found


def _mode(info: os.stat_result) -> str:
    return "100755" if info.st_mode & 0o100 else "100644"


async def _hashed(top: Path, content: bytes, write: bool) -> str:
    words = ("-w",) if write else ()
    return (await git(top, "hash-object", *words, "--stdin", writes=write, stdin=content)).line


async def _hashed_files(top: Path, paths: Sequence[str], write: bool) -> list[str]:
    """The sha of each file, "" for one that vanished meanwhile: git ends at it, and is asked for the rest."""
    words, shas = ("-w",) if write else (), list[str]()
    while len(shas) < len(paths):
        names = b"".join(os.fsencode(top / path) + b"\n" for path in paths[len(shas) :])
        answer = await git(
            top, "hash-object", *words, "--no-filters", "--stdin-paths",
            writes=write, stdin=names, ok=None, timeout_s=120,
        )  # fmt: skip
        shas += answer.line.split("\n") if answer.line else []
        if answer.code and len(shas) < len(paths):
            if (top / paths[len(shas)]).exists():
                raise GitError(f"{clean_and_redact(paths[len(shas)], limit=200)} cannot be read", str(top), answer.err)
            shas.append("")
    return shas


def occupied(top: Path, paths: Iterable[str]) -> Iterator[str]:
    """Files that lie where these paths go: in their place, below it, or where a folder of theirs would be."""
    for path in paths:
        place = top / path
        if place.is_dir() and not place.is_symlink():
            yield from _below(top, place)
        elif os.path.lexists(place):
            yield path
        for folder in place.parents:
            if folder == top:
                break
            if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
                yield str(folder.relative_to(top))


def _below(top: Path, folder: Path) -> Iterator[str]:
    for where, folders, names in os.walk(folder):
        if ".git" in folders or ".git" in names:  # a repository of its own
            folders.clear()
            continue
        yield from (str((Path(where) / name).relative_to(top)) for name in names)
