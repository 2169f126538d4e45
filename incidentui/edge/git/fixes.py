"""Looks for the markers of fixes in trees, and for commits that were taken back in the remote's: by few processes.

A marker that is a text is read from the blobs of one `git cat-file --batch`; a pattern is left to `git grep`, which can
be stopped. Whether a commit stands again is asked of its patch: it can be taken out of the tree once more.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentui.core.inputs import FixesLooked, FixLook, LookAtFixes
from incidentui.core.model import Fix
from incidentui.edge.git.leftovers import INDEX, named
from incidentui.edge.git.place import Layout, layout
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean_and_redact

_PATCH = 4 << 20
_GREP_S = 10.0


async def look(top: Path, asked: LookAtFixes) -> FixesLooked:
    try:
        where = await layout(top)
        looks = await markers(where, asked.fixes, asked.places)
    except GitError as error:
        looks = _unknown(asked, error.what)
        return FixesLooked(looks)
    return FixesLooked(looks, await _standing(where, asked.taken_back, asked.tip))


def _unknown(asked: LookAtFixes, why: str) -> tuple[FixLook, ...]:
    return tuple(FixLook(fix.commit, place, sha, None, why) for fix in asked.fixes for place, sha in asked.places)


async def markers(where: Layout, fixes: Sequence[Fix], places: Sequence[tuple[str, str]]) -> tuple[FixLook, ...]:
    """Of each fix in each place; unknown where the commit is not in this clone."""
    shas = tuple(dict.fromkeys(sha for _, sha in places))
    blobs = await _read(where, shas, tuple(dict.fromkeys(fix.file for fix in fixes)))
    found: list[FixLook] = []
    for fix in fixes:
        matched = await _grep(where, fix, [sha for sha in shas if (sha, fix.file) in blobs]) if fix.pattern else None
        for place, sha in places:
            if (sha, "") not in blobs:
                found.append(FixLook(fix.commit, place, sha, None, "its commit is not in this clone"))
            elif matched is not None:
                found.append(FixLook(fix.commit, place, sha, sha in matched))
            else:
                there = fix.contains.encode("utf-8", "surrogateescape") in blobs.get((sha, fix.file), b"")
                found.append(FixLook(fix.commit, place, sha, there and (sha, fix.file) in blobs))
    return tuple(found)


async def _read(where: Layout, shas: Sequence[str], files: Sequence[str]) -> Mapping[tuple[str, str], bytes]:
    """The content of each file in each commit, of those that are there; of each commit itself under ""."""
    wanted = [(sha, file) for sha in shas for file in ("", *files)]
    lines = "".join(f"{sha}^{{commit}}\n" if not file else f"{sha}:{file}\n" for sha, file in wanted)
    answer = await git(where.top, "cat-file", "--batch", stdin=lines.encode("utf-8", "surrogateescape"))
    if answer.cut:
        raise GitError(
            "the files of the markers are too big to be read", str(where.top), "mark a text in a smaller one"
        )
    found: dict[tuple[str, str], bytes] = {}
    at, raw = 0, answer.out
    for key in wanted:
        end = raw.index(b"\n", at)
        header = raw[at:end].split(b" ")
        at = end + 1
        if len(header) == 3 and header[2].isdigit() and header[1] in (b"commit", b"blob", b"tree", b"tag"):
            size = int(header[2])
            if header[1] in (b"commit", b"blob"):
                found[key] = raw[at : at + size]
            at += size + 1
    return found


async def _grep(where: Layout, fix: Fix, shas: Sequence[str]) -> frozenset[str]:
    if not shas:
        return frozenset()
    answer = await git(
        where.top, "grep", "-l", "-E", "-e", fix.contains, *shas, "--", f":(literal){fix.file}",
        ok=(0, 1), timeout_s=_GREP_S,
    )  # fmt: skip
    return frozenset(line.partition(b":")[0].decode("ascii", "replace") for line in answer.out.splitlines())


async def _standing(where: Layout, shas: Sequence[str], tip: str | None) -> tuple[tuple[str, str, bool], ...]:
    """Of each commit, whether all of its change is in the tree of the tip."""
    if not shas or tip is None:
        return ()
    found: list[tuple[str, str, bool]] = []
    with tempfile.TemporaryDirectory(prefix=named(INDEX)) as folder:
        env = {"GIT_INDEX_FILE": f"{folder}/index"}
        try:
            await git(where.top, "read-tree", tip, writes=True, env=env)
            for sha in shas:
                found.append((sha, tip, await _stands(where, sha, env)))
        except GitError:
            return tuple(found)  # asked again at the next move
    return tuple(found)


async def _stands(where: Layout, sha: str, env: Mapping[str, str]) -> bool:
    patch = await git(
        where.top, "diff-tree", "-p", "--root", "-m", "--first-parent", "--no-commit-id", "--binary", "--full-index",
        "--no-renames", "--no-ext-diff", "--no-textconv", "--end-of-options", sha, ok=None, limit=_PATCH,
    )  # fmt: skip
    if patch.code != 0 or patch.cut or not patch.out.strip():
        return False
    out = await git(
        where.top, "apply", "--cached", "--check", "--reverse", "--whitespace=nowarn", "-",
        env=env, stdin=patch.out, ok=None,
    )  # fmt: skip
    return out.code == 0


async def suggested(where: Layout, sha: str) -> tuple[str, str] | None:
    """A line that this commit added and its parent has nowhere in that file: the longest one that can be shown."""
    from incidentui.edge.git.diff import diff

    lines = await diff(where.top, sha)
    if not isinstance(lines, Sequence):
        return None
    file, found = "", []
    for line in lines:
        if line.kind == "file":
            file = line.text
        elif line.kind == "add" and 8 <= len(line.text.strip()) <= 160:
            found.append((file, line.text.strip()))
    for candidate in sorted(found, key=lambda one: -len(one[1]))[:10]:
        if await proves(where, Fix(sha, "", "", 0, *candidate)) == "":
            return candidate
    return None


async def proves(where: Layout, fix: Fix) -> str:
    """Why the marker would not tell the fix from its absence; empty when it does."""
    parent = await git(where.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{fix.commit}^", ok=None)
    places = [("with", fix.commit), *([("before", parent.line)] if parent.code == 0 else [])]
    seen = {one.place: one.there for one in await markers(where, (fix,), places)}
    shown = clean_and_redact(fix.contains, limit=60)
    if not seen.get("with"):
        return f"{fix.commit[:7]} has no {shown!r} in {clean_and_redact(fix.file, limit=100)}"
    return f"the commit before {fix.commit[:7]} has it too, so it proves nothing" if seen.get("before") else ""
