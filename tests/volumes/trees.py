"""Random trees of files, and what lies in one as the file system itself says: neither knows the program."""

import hashlib
import os
import random
import stat
from pathlib import Path
from typing import Any

NAMES: tuple[bytes, ...] = (
    b"a", b"b.txt", b"..hidden", b"...", b"-rf", b"--help", b" leading", b"trailing ", b"new\nline", b"tab\there",
    b"\x1b[31mred", b"\xff\xfe", b"caf\xc3\xa9", b"\xe2\x80\xae.exe", b".wh.gone", b".wh..wh..opq", b"*", b"$(id)",
    b"`id`", b"back\\slash", b"quote'\"", b"{}", b"%2e%2e", b"con:aux", b"\xf0\x9f\x90\xb3", b"x" * 255,
    b"incidentui-volume", b"\x01\x7f", b"a b", b"PaxHeaders.0", b"a.tar", b"@LongLink", b"UPPER", b"upper",
)  # fmt: skip
MODES = (0o644, 0o600, 0o000, 0o777, 0o4755, 0o2755, 0o1777, 0o640)
OWNERS = (0, 7, 999, 1000, 65534, 2_097_152, 2_000_000_000)


def grow(top: Path, seed: int, names: int = 60) -> None:
    """A tree in a folder that is there, which gets a random owner and mode itself. Needs root."""
    chance = random.Random(seed)
    folders: list[bytes] = [os.fsencode(top)]
    files: list[bytes] = []
    for n in range(names):
        parent = chance.choice(folders)
        path = parent + b"/" + _name(chance, n)
        if os.path.lexists(path) or len(path) > 3000:
            continue
        kind = chance.choices(("file", "folder", "link", "hard", "pipe", "device"), (10, 5, 2, 2, 1, 1))[0]
        if kind == "folder":
            os.mkdir(path)
            folders.append(path)
        elif kind == "link":
            os.symlink(chance.choice((b"/etc/passwd", b"../..", b"nowhere", b".", b"\xff", b"x" * 200)), path)
        elif kind == "hard" and files:
            os.link(chance.choice(files), path)
            continue
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "device":
            os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
        else:
            _file(path, chance)
            files.append(path)
        os.chown(path, chance.choice(OWNERS), chance.choice(OWNERS), follow_symlinks=False)
        if kind != "link":
            os.chmod(path, chance.choice(MODES))
    for path in (os.fsencode(top), *folders, *files):
        os.utime(path, (1, chance.randrange(1, 2_000_000_000)))
    os.chown(top, chance.choice(OWNERS), chance.choice(OWNERS))
    os.chmod(top, chance.choice(MODES))


def _name(chance: random.Random, n: int) -> bytes:
    return chance.choice(NAMES) if chance.random() < 0.7 else b"f%d" % n


def _file(path: bytes, chance: random.Random) -> None:
    with open(path, "wb") as out:
        if chance.random() < 0.1:
            out.truncate(chance.randrange(1, 3_000_000))  # a hole
        else:
            out.write(chance.randbytes(chance.choice((0, 1, 511, 512, 513, 4096, 70_000))))


def look(top: Path) -> dict[bytes, Any]:
    """Every name with all that a restore has to bring back; hard links as the names that share a file."""
    found: dict[bytes, Any] = {}
    together: dict[int, list[bytes]] = {}
    whole = os.fsencode(top)
    for folder, below, files in os.walk(whole):
        for path in (
            folder,
            *(os.path.join(folder, name) for name in (*files, *(b for b in below if _is_link(folder, b)))),
        ):
            info = os.lstat(path)
            name = os.path.relpath(path, whole)
            found[name] = (oct(info.st_mode), info.st_uid, info.st_gid, info.st_rdev, _content(path, info))
            if stat.S_ISREG(info.st_mode):
                found[name] += (int(info.st_mtime),)
                together.setdefault(info.st_ino, []).append(name)
    return {**found, b"/hard links": sorted(sorted(names) for names in together.values() if len(names) > 1)}


def _is_link(folder: bytes, name: bytes) -> bool:
    return os.path.islink(os.path.join(folder, name))


def _content(path: bytes, info: os.stat_result) -> object:
    if stat.S_ISLNK(info.st_mode):
        return os.readlink(path)
    if stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return None
