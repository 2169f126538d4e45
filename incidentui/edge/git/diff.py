"""One commit as lines for the commit page: `git show` parsed by its hunk counts, bounded, cleaned."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from incidentui.core.inputs import Refusal
from incidentui.edge.git.place import layout, resolve
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import Lines, clean_and_redact
from incidentui.session.ports import DiffLine

LINES = 5_000
PATCH = 16_000
_BYTES = 8 << 20
_WIDTH = 1000
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NOTES = (
    ("new file mode", "new file"),
    ("deleted file mode", "deleted"),
    ("Binary files", "binary"),
    ("old mode", "mode changed"),
)


async def diff(top: Path, sha: str) -> Sequence[DiffLine] | Refusal:
    """What a commit changed against its first parent, or with `A..B` two trees; the last line says if there is more.

    No name of a ref has two dots.
    """
    try:
        where = await layout(top)
        found = [await resolve(where, name) for name in sha.split("..", 1)]
        refused = next((one for one in found if isinstance(one, Refusal)), None)
        if refused is not None:
            return refused
        of = ("show", "-m", "--first-parent", "--format=") if len(found) == 1 else ("diff-tree", "-r")
        answer = await git(
            where.top, *of, "--patch", "--no-renames", "--no-ext-diff",
            "--no-textconv", "--unified=3", "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short",
            "--end-of-options", *map(str, found), "--", limit=_BYTES,
        )  # fmt: skip
    except GitError as error:
        return Refusal(error.what, error.todo)
    # Cleaning thousands of lines takes half a second: not on the loop that also watches and acts.
    lines = await asyncio.to_thread(lambda: list(islice(parse(answer.out.split(b"\n")), LINES + 1)))
    return [*lines[:LINES], _more()] if answer.cut or len(lines) > LINES else lines


async def patch(top: Path, one: str, other: str, most: int = PATCH) -> str:
    """What lies between two commits, as text to be kept; cut where it is long, and said so."""
    answer = await git(
        top, "diff-tree", "-r", "--stat", "--patch", "--no-renames", "--no-ext-diff", "--no-textconv", "--unified=3",
        "--src-prefix=a/", "--dst-prefix=b/", "--end-of-options", one, other, "--", limit=4 * most,
    )  # fmt: skip
    return await asyncio.to_thread(clean_and_redact, answer.out, most, True)


def _more() -> DiffLine:
    return DiffLine("hunk", None, None, f"… more than {LINES} lines: git show has the rest")


def parse(raw: Sequence[bytes]) -> Iterator[DiffLine]:
    old = new = left = right = 0
    header: list[bytes] = []
    added, deleted = Lines(_WIDTH), Lines(_WIDTH)
    for line in raw:
        if left > 0 or right > 0:
            kind = line[:1]
            if kind == b"+":
                yield DiffLine("add", None, new, added(line[1:]))
                new, right = new + 1, right - 1
            elif kind == b"-":
                yield DiffLine("del", old, None, deleted(line[1:]))
                old, left = old + 1, left - 1
            elif kind != b"\\":
                deleted(line[1:])  # a line that stays is in both
                yield DiffLine("same", old, new, added(line[1:]))
                old, new, left, right = old + 1, new + 1, left - 1, right - 1
        elif line.startswith(b"diff --git "):
            if header:
                yield _file(header)
            header = [line]
        elif found := _HUNK.match(line.decode("utf-8", "replace")):
            if header:
                yield _file(header)
                header = []
            added, deleted = Lines(_WIDTH), Lines(_WIDTH)
            old, new = int(found[1]), int(found[3])
            left, right = int(found[2] or 1), int(found[4] or 1)
            yield DiffLine("hunk", old, new, _text(line))
        elif header:
            header.append(line)
    if header:
        yield _file(header)


def _file(header: list[bytes]) -> DiffLine:
    lines = [line.decode("utf-8", "replace") for line in header]
    names = [_name(line[4:]) for line in lines if line.startswith(("--- ", "+++ "))]
    real = [name for name in names if name != "/dev/null"]
    # Without content (binary, empty, mode only) there is only "diff --git a/NAME b/NAME": two halves of one length.
    both = lines[0].removeprefix("diff --git ")
    name = real[-1][2:] if real else _name(both[(len(both) + 1) // 2 :])[2:]
    notes = [note for start, note in _NOTES if any(line.startswith(start) for line in lines[1:])]
    return DiffLine("file", None, None, _text(f"{name} ({', '.join(notes)})" if notes else name))


def _name(text: str) -> str:
    return text.rstrip("\t").strip('"')


def _text(raw: bytes | str) -> str:
    return clean_and_redact(raw, limit=_WIDTH)
