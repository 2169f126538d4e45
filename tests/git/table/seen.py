"""What is there, as plain git and the file system tell it: files, index, refs, operations, locks, the remote."""

import os
import stat
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.git.table.ground import Ground

OWN = "refs/incidentui/"
OPERATIONS = ("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "SQUASH_MSG", "CHERRY_PICK_HEAD", "REVERT_HEAD",
              "REBASE_HEAD", "BISECT_", "rebase-", "sequencer")  # fmt: skip
_FREE = ("HEAD", "AUTO_MERGE", "objects", "refs", "logs", "worktrees", "index", "packed-refs", "FETCH_HEAD",
         "ORIG_HEAD", "sharedindex.", "gc.log", "modules")  # fmt: skip
"""In a git directory: what is compared in its own way, or may change with any git command."""


def run(where: Path, *args: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None) -> bytes | None:
    """Git's output; None when it failed. Without replacements and without any program of the repository's own."""
    argv = ["git", "--no-replace-objects", "-C", str(where), "-c", "core.fsmonitor=false"]
    argv += ["-c", "core.hooksPath=/dev/null", "-c", "submodule.recurse=false", "-c", "protocol.file.allow=always"]
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME") or k.startswith("GIT_CONFIG")}
    settings = {**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C", **(env or {})}
    done = subprocess.run([*argv, *args], capture_output=True, env=settings, input=stdin, check=False)
    return done.stdout if done.returncode == 0 else None


def text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "surrogateescape").strip()


def words(raw: bytes | None) -> list[str]:
    return text(raw).split()


@dataclass(frozen=True)
class File:
    kind: str
    content: bytes
    runs: bool = False


def content(path: str, modes: bool = True) -> File:
    info = os.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        return File("link", os.fsencode(os.readlink(path)))
    if not stat.S_ISREG(info.st_mode):
        return File("special", b"")
    try:
        with open(path, "rb") as file:
            return File("file", file.read(), modes and bool(info.st_mode & 0o100))
    except OSError as error:
        return File("unreadable", str(error).encode())


def below(folder: Path, skip: frozenset[Path] = frozenset()) -> Iterator[str]:
    """Every file under `folder`, by its path from there."""
    for here, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(here, name))]
        folders[:] = [n for n in folders if n not in links and Path(here, n) not in skip]
        for name in (*names, *links):
            if Path(here, name) not in skip:
                yield os.path.relpath(os.path.join(here, name), folder)


@dataclass
class Tree:
    """One work tree: its files (nested repositories whole), index and HEAD."""

    top: Path
    gitdir: Path
    files: dict[str, File]
    index: frozenset[str]
    """`ls-files -s` and `-v`, entry by entry."""
    head: File | None
    tip: str
    modes: bool
    """Whether git looks at the executable bit here."""

    @classmethod
    def seen(cls, top: Path, skip: frozenset[Path]) -> "Tree":
        gitdir = Path(text(run(top, "rev-parse", "--absolute-git-dir")) or top / ".git")
        modes = text(run(top, "config", "--get", "core.fileMode")) != "false"
        files = {name: content(os.path.join(top, name), modes) for name in below(top, skip | {top / ".git"})}
        entries = (run(top, "ls-files", "-s", "-z") or b"") + (run(top, "ls-files", "-v", "-z") or b"")
        index = frozenset(os.fsdecode(entry) for entry in entries.split(b"\0") if entry)
        head = gitdir / "HEAD"
        return cls(
            top, gitdir, files, index, content(str(head)) if head.exists() else None,
            text(run(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")), modes,
        )  # fmt: skip


@dataclass
class Seen:
    """All of it, at one moment."""

    trees: list[Tree]
    common: Path
    refs: dict[str, str]
    commits: set[str]
    """Everything committed that anything names: refs, HEADs, stash entries; here and on the remotes."""
    stores: dict[Path, dict[str, File]]
    """Of each git directory (common, linked, remotes): settings, hooks, operations, locks."""
    logs: dict[str, bytes]
    remotes: dict[Path, dict[str, str]]
    outside: dict[str, File]
    linked: set[str] = field(default_factory=set)

    @classmethod
    def look(cls, ground: Ground, scratch: Path) -> "Seen":
        start = ground.folder
        common = Path(text(run(start, "rev-parse", "--path-format=absolute", "--git-common-dir")) or start / ".git")
        tops = _tops(start, ground)
        remotes = [path for path in _remotes(ground.root) if path != common]
        known = frozenset({*tops, common, *remotes, scratch, ground.root / "home"})
        trees = [Tree.seen(top, known - {top}) for top in tops]
        refs = _refs(common)
        gitdirs = {common, *(tree.gitdir for tree in trees), *remotes}
        own = frozenset({*known, ground.root / "kept"})
        return cls(
            trees, common, refs, _commits(common, trees, remotes), {d: _store(d) for d in gitdirs},
            {name: (common / "logs" / name).read_bytes() for name in below(common / "logs")},
            {remote: _refs(remote) for remote in remotes},
            {name: content(str(ground.root / name)) for name in below(ground.root, own)},
            {path.name for path in common.glob("worktrees/*")},
        )  # fmt: skip


def _tops(start: Path, ground: Ground) -> list[Path]:
    listed = text(run(start, "worktree", "list", "--porcelain")).split("\n")
    named = [Path(line.removeprefix("worktree ")) for line in listed if line.startswith("worktree ")]
    inside = text(run(start, "rev-parse", "--show-toplevel"))
    found = dict.fromkeys([*([Path(inside)] if inside else []), *named, ground.repo.resolve()])
    return [top for top in found if (top / ".git").exists()]


def _remotes(root: Path) -> list[Path]:
    bare = [path for path in root.glob("*.git") if (path / "HEAD").exists()]
    return sorted([*bare, *(path / ".git" for path in (root / "office",) if (path / ".git").exists())])


def _refs(common: Path) -> dict[str, str]:
    listed = run(common, "for-each-ref", "--format=%(refname)%00%(objectname)%00%(symref)%01") or b""
    rows = [row.strip(b"\n").split(b"\0") for row in listed.split(b"\1") if row.strip()]
    return {os.fsdecode(name): text(sha + b" " + symref) for name, sha, symref in rows}


def _commits(common: Path, trees: list[Tree], remotes: list[Path]) -> set[str]:
    heads = [tree.tip for tree in trees if tree.tip]
    found = set(words(run(common, "rev-list", "--all", *heads)))
    found |= set(words(run(common, "log", "-g", "--format=%H %P", "refs/stash", "--")))
    for remote in remotes:
        found |= set(words(run(remote, "rev-list", "--all")))
    return found


def _store(gitdir: Path) -> dict[str, File]:
    """Files that no action may leave, take or change; and every lock file, wherever it lies."""
    kept = {}
    for name in below(gitdir):
        first = name.split(os.sep)[0]
        if not first.startswith(_FREE) or (name.endswith(".lock") and not name.startswith("worktrees")):
            kept[name] = content(str(gitdir / name))
    return kept
