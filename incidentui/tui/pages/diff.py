"""A diff as rows: its hunks, and the lines at which what is red now says it fails."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from incidentui.core.errors import in_file
from incidentui.core.format import count
from incidentui.core.state import State
from incidentui.session.ports import DiffLine
from incidentui.tui.line import Ground, Line, Seg, Token, length, spread
from incidentui.tui.pages.layout import broken, hanging, rule, wall

_NO_CRASH: Mapping[tuple[str, int], str] = MappingProxyType({})


def hunks(diff: Sequence[DiffLine]) -> list[int]:
    """Where hunks begin; a file that is named without one (renamed, binary) counts too."""
    starts = []
    for n, line in enumerate(diff):
        bare = line.kind == "file" and (n + 1 == len(diff) or diff[n + 1].kind == "file")
        if line.kind == "hunk" or bare:
            starts.append(n)
    return starts


def crashes(sha: str, state: State) -> dict[tuple[str, int], str]:
    """Lines of this commit's files at which what is red now says it fails: only while they have the same number.

    That is when this commit is what ran, or no commit since touched the file.
    """
    out = {}
    commits = state.repository.commits if state.repository else ()
    order = [commit.sha for commit in commits]
    for seen in state.errors:
        runs, line = seen.revision or sha, seen.error.line
        if line is None or sha not in order or runs not in order:
            continue
        after = commits[order.index(runs) : order.index(sha)]
        for change in commits[order.index(sha)].files:
            moved = any(f.path == change.path for commit in after for f in commit.files)
            if in_file(seen.error, change.path) and not moved:
                out[change.path, line] = f"{seen.error.text}, since {wall(seen.at)}"
    return out


def diff_lines(
    diff: Sequence[DiffLine], hunk: int, whole: bool, width: int, crash: Mapping[tuple[str, int], str] = _NO_CRASH
) -> list[Line]:
    """The diff from its n-th hunk on, the file of that hunk in the title; `whole`: from the beginning."""
    starts = hunks(diff)
    at = starts[hunk] if starts and not whole else 0
    path = next((line.text for line in reversed(diff[: at + 1]) if line.kind == "file"), "")
    note = count(len(starts), "hunk") if whole else f"hunk {hunk + 1} of {len(starts)} · {path}"
    body = diff[at + 1 :] if not whole and starts and diff[at].kind == "hunk" else diff[at:]
    out = [rule(width, "DIFF", (Seg(note, "muted"),))]
    for line in body:
        path = line.text.partition(" (")[0] if line.kind == "file" else path.partition(" (")[0]
        said = crash.get((path, line.new)) if line.new is not None and line.kind in ("same", "add") else None
        out += _crashing(line, said, width) if said else diff_line(line, width)
    return out


def first_crash(diff: Sequence[DiffLine], crash: Mapping[tuple[str, int], str]) -> int | None:
    """The hunk in which it fails."""
    path, hunk, starts = "", -1, set(hunks(diff))
    for n, line in enumerate(diff):
        hunk += n in starts
        path = line.text.partition(" (")[0] if line.kind == "file" else path
        if line.new is not None and line.kind in ("same", "add") and (path, line.new) in crash:
            return max(0, hunk)
    return None


_KIND: dict[str, tuple[str, Token, Token, Ground]] = {
    "same": (" ", "muted", "muted", "bg"),
    "add": ("+", "ok", "text", "addbg"),
    "del": ("-", "fail", "text", "delbg"),
}


def _crashing(line: DiffLine, said: str, width: int) -> list[Line]:
    """The line with its error at its end, or under it where there is no room."""
    rows = [replace(row, ground="failbg") for row in diff_line(line, width)]
    error = (Seg("  ◂ ", "fail"), Seg(said, "fail", bold=True))
    if length(rows[-1].segs) + length(error) <= width:
        return [*rows[:-1], replace(rows[-1], segs=(*rows[-1].segs, *error))]
    return [*rows, *(replace(row, ground="failbg") for row in hanging(error[:1], said, width, "fail", bold=True))]


def diff_line(line: DiffLine, width: int) -> list[Line]:
    text = line.text.expandtabs(4)
    if line.kind == "file":
        return [Line(), *hanging((), text, width, "strong", bold=True)]
    if line.kind == "hunk":
        return [spread(width, (Seg("     " + text, "muted"),))]
    sign, token, body, ground = _KIND[line.kind]
    number = "" if line.kind == "del" or line.new is None else str(line.new)
    rows = broken(text, width - 7)
    first = Line((Seg(f"{number:>4} ", "muted"), Seg(f"{sign} ", token), Seg(rows[0], body)), ground)
    return [first, *(Line((Seg(" " * 7), Seg(row, body)), ground) for row in rows[1:])]
