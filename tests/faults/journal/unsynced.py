"""A disk that loses its power: what files may hold afterwards, from the system calls that were made until then.

The model is as pessimistic as POSIX allows. What was written and not synced may be there, or not, or in part (sectors
of 512 bytes, in any order); a name that was given or taken counts as done only when its folder was synced.
"""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
Tree = dict[str, bytes | None]
"""Contents by path below the top; None is a folder."""


@dataclass(frozen=True)
class Write:
    at: int
    data: bytes


@dataclass(frozen=True)
class Cut:
    size: int


@dataclass(eq=False)
class File:
    safe: bytes = b""
    now: bytearray = field(default_factory=bytearray)
    late: list[Write | Cut] = field(default_factory=list)
    """What was done since the last sync."""

    def change(self, change: Write | Cut) -> None:
        apply(self.now, change)
        self.late.append(change)

    def sync(self) -> None:
        self.safe, self.late = bytes(self.now), []


@dataclass(eq=False)
class Folder:
    safe: dict[str, "File | Folder"] = field(default_factory=dict)
    now: dict[str, "File | Folder"] = field(default_factory=dict)
    late: list[dict[str, "File | Folder | None"]] = field(default_factory=list)
    """Names given and taken since the last sync; those of one call together."""

    def change(self, names: dict[str, "File | Folder | None"]) -> None:
        named(self.now, names)
        self.late.append(names)

    def sync(self) -> None:
        self.safe, self.late = dict(self.now), []


Node = File | Folder
Names = Callable[[Folder], dict[str, Node]]
Content = Callable[[File], bytes]


def apply(content: bytearray, change: Write | Cut) -> None:
    end = change.size if isinstance(change, Cut) else change.at
    if isinstance(change, Cut):
        del content[end:]
    content.extend(bytes(max(0, end - len(content))))
    if isinstance(change, Write):
        content[end : end + len(change.data)] = change.data


def named(names: dict[str, Node], change: dict[str, Node | None]) -> None:
    for name, node in change.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def taken(path: Path) -> Folder:
    """A folder as it stands, all of it on disk."""
    nodes: dict[str, Node] = {}
    for entry in os.scandir(path):
        if entry.is_dir(follow_symlinks=False):
            nodes[entry.name] = taken(Path(entry.path))
        else:
            data = Path(entry.path).read_bytes()
            nodes[entry.name] = File(data, bytearray(data))
    return Folder(dict(nodes), dict(nodes))


def as_it_is(folder: Folder) -> Tree:
    """What every process sees, as long as the power stays."""
    return _tree(folder, lambda f: f.now, lambda f: bytes(f.now))


def on_disk(path: Path) -> Tree:
    return as_it_is(taken(path))


# -- what is left


@dataclass(frozen=True)
class Luck:
    """What becomes of what was not synced: how likely a name, and a write, is kept, and whether it comes torn."""

    names: float
    writes: float
    torn: bool = False


LUCKS = {
    "nothing": Luck(0, 0),
    "everything": Luck(1, 1),
    "names": Luck(1, 0),
    "contents": Luck(0, 1),
    "reordered": Luck(0.5, 0.5),
    "torn": Luck(0.5, 0.7, True),
    "torn contents": Luck(1, 0.9, True),
}


def left(root: Folder, luck: Luck, chance: random.Random) -> Tree:
    def names(folder: Folder) -> dict[str, Node]:
        found = dict(folder.safe)
        for change in folder.late:
            if chance.random() < luck.names:
                named(found, change)
        return found

    contents: dict[File, bytes] = {}  # a file can have two names

    def content(file: File) -> bytes:
        if file not in contents:
            found = bytearray(file.safe)
            for change in file.late:
                if chance.random() < luck.writes:
                    for part in _torn(change, chance) if luck.torn else (change,):
                        apply(found, part)
            contents[file] = bytes(found)
        return contents[file]

    return _tree(root, names, content)


def _torn(change: Write | Cut, chance: random.Random) -> Iterator[Write | Cut]:
    """Some of its sectors. The length of the file is told elsewhere on a disk: it may have grown for nothing."""
    if isinstance(change, Cut):
        yield change
        return
    end = change.at + len(change.data)
    if chance.random() < 0.5:
        yield Write(end, b"")
    at = change.at
    while at < end:
        stop = min(end, at // SECTOR * SECTOR + SECTOR)
        if chance.random() < 0.5:
            yield Write(at, change.data[at - change.at : stop - change.at])
        at = stop


def _tree(root: Folder, names: Names, content: Content, above: str = "") -> Tree:
    tree: Tree = {}
    for name, node in sorted(names(root).items()):
        path = above + name
        if isinstance(node, File):
            tree[path] = content(node)
        else:
            tree |= {path: None, **_tree(node, names, content, path + "/")}
    return tree
