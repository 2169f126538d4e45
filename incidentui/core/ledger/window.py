"""The window as a whole: its commits in their order, and its ledger."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from incidentui.core.ledger.claims import claimed
from incidentui.core.ledger.shares import Patch, Share
from incidentui.core.model import Commit, FileLeft, InForce, Ledger, LedgerCommit

FILES = 100
LEFT_BY = 3


def chain(window: Sequence[Commit], tip: str) -> tuple[list[tuple[Commit, tuple[str, ...]]], str | None]:
    """The first-parent commits, oldest first, each with the commits it merged; and what came before the first."""
    known = {commit.sha: commit for commit in window}
    line: list[Commit] = []
    sha: str | None = tip
    while sha is not None and sha in known:
        line.append(known[sha])
        sha = known[sha].parents[0] if known[sha].parents else None
    line.reverse()
    taken = {commit.sha for commit in line}
    out = []
    for commit in line:
        side = _reached(known, commit.parents[1:], taken)
        taken |= side
        out.append((commit, tuple(c.sha for c in reversed(window) if c.sha in side)))
    return out, sha


def _reached(known: Mapping[str, Commit], tips: Iterable[str], without: set[str]) -> set[str]:
    seen: set[str] = set()
    todo = list(tips)
    while todo:
        sha = todo.pop()
        if sha in known and sha not in seen and sha not in without:
            seen.add(sha)
            todo += known[sha].parents
    return seen


def made(
    good: str,
    tip: str,
    window: Sequence[Commit],
    direct: Mapping[str, Patch],
    found: Mapping[str, Share],
    *,
    good_tree: str = "",
    beyond: int = 0,
    by_file: bool = False,
) -> Ledger:
    """The ledger of a window, newest first. `beyond`: commits older than the window."""
    judged = [_judged(commit, found.get(commit.sha, Share())) for commit in window]
    states = {one.sha: one.state for one in judged}
    commits = tuple(
        claimed(one, commit, window, states, good, good_tree) for one, commit in zip(judged, window, strict=True)
    )
    owners = _owners(window, found)
    left = [FileLeft(p.path, p.added, p.deleted, owners.get(p.path, ()), _mode(p)) for p in direct.values()]
    return Ledger(good, tip, commits, tuple(left[:FILES]), len(left), beyond, by_file=by_file)


def _mode(patch: Patch) -> str:
    if patch.was == patch.now:
        return ""
    return "new" if not patch.was else "gone" if not patch.now else f"mode {patch.was} → {patch.now}"


def _judged(commit: Commit, share: Share) -> LedgerCommit:
    files = set(share.stands + share.lives)
    of = max(commit.file_count, len(files))
    state: InForce = "taken back"
    if files:
        whole = not share.undone and len(files) == of
        state = "in force" if whole else "partly"
    return LedgerCommit(commit.sha, state, commit.author, commit.subject[:100], len(files), of)


def _owners(window: Sequence[Commit], found: Mapping[str, Share]) -> dict[str, tuple[str, ...]]:
    """Which commits left a file different: most lines first, of equals the newest, a merge last."""
    by: dict[str, list[tuple[int, bool, str]]] = defaultdict(list)
    for commit in window:
        share = found.get(commit.sha)
        for path, n in (share.stands + share.lives).items() if share else ():
            by[path].append((n, len(commit.parents) < 2, commit.sha))
    ranked = {path: sorted(some, key=lambda one: (one[1], one[0]), reverse=True) for path, some in by.items()}
    return {path: tuple(sha for _, _, sha in some[:LEFT_BY]) for path, some in ranked.items()}
