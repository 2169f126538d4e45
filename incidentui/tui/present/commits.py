"""The commits pane: what changed, what runs, what was good."""

from functools import lru_cache

from incidentui.core.format import age, count, short
from incidentui.core.ledger import in_force, taken_back
from incidentui.core.model import Commit, InForce
from incidentui.core.standing import ours, standing
from incidentui.tui.line import Line, Seg, Token, cut, fit, pad
from incidentui.tui.present.follow import beside, different
from incidentui.tui.present.parts import empty, hints, joined, title
from incidentui.tui.present.scene import Scene, in_state, running, without_git

_AUTHOR = 6
_UNSIZED = "   ·"


def lines(scene: Scene, width: int, *, focused: bool = False) -> list[Line]:
    out = [title(3, "COMMITS", width, summary(scene), focused=focused)]
    repo = scene.state.repository
    if repo is None or not repo.commits:
        return [*out, _nothing(scene)]
    return out + beside(scene, width - 1) + [_row(scene, commit, width - 1) for commit in repo.commits]


def _nothing(scene: Scene) -> Line:
    git = scene.state.sources.get("git")
    if git is not None and git.lost_since is not None:
        why = "not a git repository" if without_git(git) else git.why
        return empty(f"No commits: {why}.")
    if scene.state.repository is not None:
        return empty("No commits yet on this branch.")
    return Line((Seg("○ asking git", "muted"),))


def summary(scene: Scene) -> tuple[Seg, ...]:
    repo = scene.state.repository
    if repo is None:
        return ()
    runs, branch = running(scene), repo.branch or "HEAD"
    remote = next((s for s in scene.state.sources.values() if s.name.startswith("remote:") and s.lost_since), None)
    if repo.operation:
        return (Seg(f"{repo.operation} in progress", "slow"),)
    if remote is not None:
        return (Seg(f"{repo.remote or 'remote'}/{branch} unknown", "unknown"),)
    if several := different(scene):
        return several
    if runs and repo.head and runs != repo.head:
        suspect = scene.state.suspect
        bad = suspect is not None and suspect.sha == runs
        return joined((Seg(f"runs {short(runs)}", "fail" if bad else "slow"), Seg(f"HEAD {short(repo.head)}", "muted")))
    if told_apart(scene) and scene.state.ledger is not None:
        own, ledger = ours(scene.state), scene.state.ledger
        force, back = len(in_force(ledger, own)), len(taken_back(ledger, own))
        return (Seg(f"{force} in force", "fail" if force else "muted"), Seg(f" · {back} taken back", "muted"))
    if in_state(scene, "failing") and scene.state.good is None:
        return (Seg("no known-good is known, ", "slow"), *hints(("m", "marks one")))
    if scene.state.suspect is not None and in_state(scene, "failing"):
        n = scene.state.suspect.count or len(scene.state.suspect.window) or 1
        return (Seg(f"{count(n, 'commit')} since good", "muted"),)
    if repo.upstream and repo.head and repo.upstream != repo.head:
        return (Seg(f"{branch} ≠ {repo.remote or 'remote'}/{branch} {short(repo.upstream)}", "slow"),)
    parts = [branch]
    if repo.upstream:
        parts.append(f"{repo.remote or 'origin'}/{branch}")
    if runs:
        parts.append("running")
    return (Seg(" = ".join(parts), "muted"),)


def mark(scene: Scene, commit: Commit) -> tuple[str, Token, str, Token]:
    """Mark with its tone, and the word after the sha with its tone."""
    state = scene.state
    repo = state.repository
    stands = standing(state, commit.sha) if told_apart(scene) else None
    deployed = any(d.now == commit.sha for d in state.deploys)
    if state.suspect is not None and state.suspect.sha == commit.sha:
        if stands is not None and stands.state != "in force":
            return "▲", "fail", stands.state, _STANDS[stands.state][1]
        return "▲", "fail", "suspect", "fail"
    good = state.good is not None and state.good.sha == commit.sha
    if any(a.revision == commit.sha for a in state.attempts.values()):
        if good:
            return "◆", "text", "★ good", "ok"
        return "◆", "text", "HEAD" if repo and repo.head == commit.sha else "", "muted"
    if good:
        return "★", "ok", "good", "ok"
    if stands is not None:
        sign, token = _STANDS[stands.state]
        return sign, token, stands.state, "muted" if stands.state == "taken back" else token
    head = "HEAD" if repo is not None and repo.head == commit.sha else ""
    return ("▲" if deployed else " "), "text", head, "muted"


_STANDS: dict[InForce, tuple[str, Token]] = {
    "in force": ("✗", "fail"),
    "partly": ("!", "slow"),
    "taken back": ("✓", "ok"),
}


def told_apart(scene: Scene) -> bool:
    """Whether the commits since known-good say what stands of them: in trouble, and once some were taken back."""
    ledger = scene.state.ledger
    if ledger is None or not (scene.incident or in_state(scene, "failing")):
        return False
    return any(commit.state != "in force" for commit in ledger.commits)


def _row(scene: Scene, commit: Commit, width: int) -> Line:
    signs, told = mark(scene, commit), age(scene.now - commit.at)
    column = 11 if told_apart(scene) else 8
    author = commit.author.partition(" ")[0]
    sizes = (_number("+", commit.added), _number("−", commit.deleted)) if commit.sized else (_UNSIZED, _UNSIZED)
    return _line(signs, commit.sha, sizes, author, commit.subject, told, width, column)


@lru_cache(maxsize=512)
def _line(
    signs: tuple[str, Token, str, Token],
    sha: str,
    sizes: tuple[str, str],
    author: str,
    subject: str,
    told: str,
    width: int,
    column: int,
) -> Line:
    sign, sign_token, word, word_token = signs
    marked = sign_token != "text" or bool(word) or sign == "◆"
    ink: Token = "text" if marked else "muted"
    author = f"{pad(author, _AUTHOR)} " if width >= 54 else ""
    fixed = 2 + 8 + column + 4 + 1 + 4 + 1 + len(author) + 1 + 4
    segs = (
        Seg(f"{sign} ", sign_token),
        Seg(f"{short(sha)} ", ink),
        Seg(pad(word, column), word_token),
        Seg(sizes[0], ink),
        Seg(" "),
        Seg(sizes[1], ink),
        Seg(" "),
        Seg(author, "muted"),
        Seg(pad(subject, max(4, width - fixed)), ink),
        Seg(" "),
        Seg(pad(told, 4, right=True), "muted"),
    )
    return Line(fit(segs, width), key=("commit", sha))


def _number(sign: str, n: int) -> str:
    """Four cells, thousands as `+12k`."""
    text = f"{sign}{n}" if n < 1000 else f"{sign}{n // 1000}k"
    return cut(text, 5).rjust(4)
