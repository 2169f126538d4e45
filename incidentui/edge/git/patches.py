"""Patches without context, as git prints them for many commits at once, made into values. Pure parsing.

Counts in the hunk headers say which lines are content, so no line of a file can be taken for a header.
"""

import os
import re
from collections.abc import Iterator, Sequence

from incidentui.core.ledger import Patch
from incidentui.core.ledger.lines import Hunk

ARGS = (
    "-r", "-p", "--unified=0", "--inter-hunk-context=0", "--full-index", "--no-renames", "--no-ext-diff",
    "--no-textconv", "--no-relative", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short",
)  # fmt: skip
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_INDEX = re.compile(rb"index ([0-9a-f]+)\.\.([0-9a-f]+)(?: (\d+))?\Z")
_QUOTED = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_MODES = (
    (b"old mode ", "was"),
    (b"new mode ", "now"),
    (b"deleted file mode ", "was"),
    (b"new file mode ", "now"),
)


def of_commits(raw: bytes) -> Iterator[tuple[str, list[Patch]]]:
    """The output of `git diff-tree --stdin -p`: each commit that changed something, with its patches."""
    lines = raw.split(b"\n")
    at = 0
    while at < len(lines) and _COMMIT.match(lines[at]):
        sha = lines[at].decode()
        patches, at = _patches(lines, at + 1)
        yield sha, patches


def of_two(raw: bytes) -> list[Patch]:
    """The output of `git diff-tree -p` for two trees."""
    return _patches(raw.split(b"\n"), 0)[0]


def _patches(lines: Sequence[bytes], at: int) -> tuple[list[Patch], int]:
    out: list[Patch] = []
    while at < len(lines) and lines[at].startswith(b"diff --git "):
        patch, at = _patch(lines, at)
        out.append(_retyped(out.pop(), patch) if out and out[-1].path == patch.path else patch)
    return out, at


def _retyped(gone: Patch, came: Patch) -> Patch:
    """A file that became a link, or the other way: git says it twice, as a file that went and one that came."""
    removed = tuple(line for hunk in gone.hunks for line in hunk.removed)
    added = tuple(line for hunk in came.hunks for line in hunk.added)
    binary = gone.binary or came.binary
    hunks = (Hunk(0, 0, removed, added),) if removed or added else ()
    return Patch(gone.path, gone.was, came.now, gone.old, came.new, binary, hunks)


def _patch(lines: Sequence[bytes], at: int) -> tuple[Patch, int]:
    path = _path(lines[at].removeprefix(b"diff --git "))
    modes = {"was": "", "now": ""}
    old = new = ""
    binary = False
    at += 1
    while at < len(lines) and not lines[at].startswith((b"diff --git ", b"@@ ")) and not _COMMIT.match(lines[at]):
        line = lines[at]
        for start, which in _MODES:
            if line.startswith(start):
                modes[which] = line.removeprefix(start).decode("ascii", "replace")
        if found := _INDEX.match(line):
            old, new = found[1].decode(), found[2].decode()
            if found[3]:
                modes = {"was": found[3].decode(), "now": found[3].decode()}
        binary = binary or line.startswith(b"Binary files ")
        at += 1
    hunks: list[Hunk] = []
    while at < len(lines) and (header := _HUNK.match(lines[at])):
        hunk, at = _hunk(header, lines, at + 1)
        hunks.append(hunk)
    return Patch(path, modes["was"], modes["now"], old, new, binary, tuple(hunks)), at


def _hunk(header: re.Match[bytes], lines: Sequence[bytes], at: int) -> tuple[Hunk, int]:
    removed, at = _side(lines, at, int(header[2] or 1))
    added, at = _side(lines, at, int(header[4] or 1))
    # Of an empty side git names the line before, of another its first.
    old = int(header[1]) - (len(removed) > 0)
    new = int(header[3]) - (len(added) > 0)
    return Hunk(old, new, tuple(removed), tuple(added)), at


def _side(lines: Sequence[bytes], at: int, count: int) -> tuple[list[bytes], int]:
    out = [line[1:] for line in lines[at : at + count]]
    at += count
    if at < len(lines) and lines[at].startswith(b"\\"):
        out[-1:] = [line + b"\n" for line in out[-1:]]  # a last line without its end is another line
        at += 1
    return out, at


def _path(both: bytes) -> str:
    """`a/NAME b/NAME`: two halves of one length, since nothing here is renamed; quoted where a name is odd."""
    half = both[: len(both) // 2]
    if half.startswith(b'"'):
        half = _QUOTED.sub(_plain, half[1:-1])
    return os.fsdecode(half[2:])


def _plain(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8)]) if len(code) == 3 else _ESCAPES.get(code, code)
