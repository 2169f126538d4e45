"""One commit: who, when, how big, why it is the suspect, and its diff."""

from collections.abc import Sequence

from incidentui.core.format import count, short, size
from incidentui.core.model import Commit, FileChange, Ms, Repository
from incidentui.core.state import State
from incidentui.session.ports import DiffLine, View
from incidentui.tui.line import Ground, Line, Seg, Token, cut_middle, spread
from incidentui.tui.page import PageContext
from incidentui.tui.pages.act import ActPage, about_commit
from incidentui.tui.pages.asking import Asked, nothing
from incidentui.tui.pages.layout import (
    beside,
    broken,
    day_and_time,
    hanging,
    heading,
    rule,
    section,
    size_of,
    split,
    stack,
    wall,
)
from incidentui.tui.present.standing import findings

_BAR = 10


def find(repository: Repository | None, sha: str) -> Commit | None:
    commits = repository.commits if repository else ()
    return next((commit for commit in commits if commit.sha.startswith(sha)), None)


def commit_lines(sha: str, view: View, width: int, height: int) -> list[Line]:
    """All but the diff."""
    state = view.state
    commit = find(state.repository, sha)
    top = [_heading(sha, state, width)]
    two = size_of(width, height) != "compact"
    left, right = split(width, 0.56) if two else (width, width)
    if commit is None:
        about = hanging((), "Not among the newest commits that git listed here.", left, "muted")
        files: list[Line] = []
    else:
        about = _about(commit, state, left)
        files = section(left, "FILES", _files(commit, left), (Seg(_sizes(commit), "muted"),))
    why = section(right, "WHY IT IS THE SUSPECT", _reasons(sha, state, right))
    body = beside((left, stack(about, files)), (right, why)) if two else stack(about, why, files, space=False)
    return stack(top, body, space=two)


def _heading(sha: str, state: State, width: int) -> Line:
    suspect = state.suspect is not None and state.suspect.sha == sha
    good = state.good is not None and state.good.sha == sha
    mark = (Seg("▲ ", "fail"),) if suspect else (Seg("★ ", "ok"),) if good else ()
    name = (Seg(" suspect", "fail"),) if suspect else (Seg(" known-good", "muted"),) if good else ()
    return heading(width, "COMMIT", (*mark, Seg(short(sha)), *name), _place(sha, state))


def _place(sha: str, state: State) -> tuple[Seg, ...]:
    runs = any(service.running == sha for service in state.services.values())
    segs: list[Seg] = (
        [Seg("running now", "fail" if state.suspect and state.suspect.sha == sha else "text")] if runs else []
    )
    since = _since_good(state)
    if sha in since and state.good is not None:
        n = len(since) - since.index(sha)
        segs.append(Seg(f"{' · ' if segs else ''}{n} of {len(since)} since ★ {short(state.good.sha)}", "muted"))
    return tuple(segs)


def _since_good(state: State) -> list[str]:
    """Newest first; empty when known-good is not in the list."""
    shas = [commit.sha for commit in state.repository.commits] if state.repository else []
    return shas[: shas.index(state.good.sha)] if state.good and state.good.sha in shas else []


def _about(commit: Commit, state: State, width: int) -> list[Line]:
    branch = state.repository.branch if state.repository else None
    facts = [commit.author, day_and_time(commit.at), branch or ""]
    deploy = next((d for d in reversed(state.deploys) if d.now == commit.sha), None)
    if deploy is not None:
        same = day_and_time(deploy.at)[:10] == day_and_time(commit.at)[:10]
        facts.append(f"deployed {wall(deploy.at) if same else day_and_time(deploy.at)}")
    return [
        *(line for mark, told in findings(state, commit.sha) for line in hanging((mark,), told, width)),
        *hanging((), commit.subject, width, "strong", bold=True),
        *hanging((), " · ".join(fact for fact in facts if fact), width, "muted"),
    ]


def _sizes(commit: Commit) -> str:
    return f"{count(commit.file_count or len(commit.files), 'file')}  {size(commit.added, commit.deleted)}"


def _files(commit: Commit, width: int) -> list[Line]:
    biggest = max(((f.added or 0) + (f.deleted or 0) for f in commit.files), default=0)
    rows = [_file(change, biggest, width) for change in commit.files]
    hidden = commit.file_count - len(commit.files)
    return [*rows, *([Line((Seg(f"and {count(hidden, 'more file')}", "muted"),))] if hidden > 0 else [])]


def _file(change: FileChange, biggest: int, width: int) -> Line:
    path = Seg(cut_middle(change.path, width - 26))
    if change.added is None or change.deleted is None:
        return spread(width, (path,), (Seg("binary", "muted"), Seg(" " * (_BAR + 1))))
    added, deleted = _bar(change.added, change.deleted, biggest)
    bar = (Seg("█" * added, "okfill"), Seg("█" * deleted, "failfill"), Seg(" " * (_BAR - added - deleted)))
    sizes = (Seg(f"{'+' + str(change.added):>6} ", "ok"), Seg(f"{'−' + str(change.deleted):>5} ", "fail"))
    return spread(width, (path,), (*sizes, *bar))


def _bar(added: int, deleted: int, biggest: int) -> tuple[int, int]:
    """Cells for what came and what went; whatever changed has at least one."""
    whole = max(1, round(_BAR * (added + deleted) / biggest)) if biggest and added + deleted else 0
    plus = round(whole * added / (added + deleted)) if whole else 0
    if whole > 1 and added and deleted:
        plus = min(max(plus, 1), whole - 1)
    return plus, whole - plus


def _reasons(sha: str, state: State, width: int) -> list[Line]:
    if state.suspect is None or state.suspect.sha != sha:
        return []
    return [line for reason in state.suspect.reasons for line in hanging((Seg("✗ ", "fail"),), reason, width)]


# -- the diff


def hunks(diff: Sequence[DiffLine]) -> list[int]:
    """Where hunks begin; a file that is named without one (renamed, binary) counts too."""
    starts = []
    for n, line in enumerate(diff):
        bare = line.kind == "file" and (n + 1 == len(diff) or diff[n + 1].kind == "file")
        if line.kind == "hunk" or bare:
            starts.append(n)
    return starts


def diff_lines(diff: Sequence[DiffLine], hunk: int, whole: bool, width: int) -> list[Line]:
    """The diff from its n-th hunk on, the file of that hunk in the title; `whole`: from the beginning."""
    starts = hunks(diff)
    at = starts[hunk] if starts and not whole else 0
    path = next((line.text for line in reversed(diff[: at + 1]) if line.kind == "file"), "")
    note = count(len(starts), "hunk") if whole else f"hunk {hunk + 1} of {len(starts)} · {path}"
    body = diff[at + 1 :] if not whole and starts and diff[at].kind == "hunk" else diff[at:]
    return [rule(width, "DIFF", (Seg(note, "muted"),)), *(row for line in body for row in diff_line(line, width))]


_KIND: dict[str, tuple[str, Token, Token, Ground]] = {
    "same": (" ", "muted", "muted", "bg"),
    "add": ("+", "ok", "text", "addbg"),
    "del": ("-", "fail", "text", "delbg"),
}


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


class CommitPage:
    """One commit, its diff asked for when it opens."""

    title = "commit"
    pinned = (1, 0)
    typing = False

    def __init__(self, sha: str) -> None:
        self.sha = sha
        self.hunk = 0
        self.whole = False
        self._may_act = True
        self.diff: Asked[Sequence[DiffLine]] = Asked("git")

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        act = (("a", "act on it"),) if self._may_act else ()
        return *act, ("[ ]", "hunk"), ("J K", "commit"), ("d", "whole diff"), ("y", "copy sha")

    def opened(self, screen: PageContext) -> None:
        self.diff.ask(screen.session.diff(self.sha), screen)

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        self._may_act = not view.read_only
        head = commit_lines(self.sha, view, width, height)
        answer = self.diff.answer
        if answer:
            body = diff_lines(answer, self.hunk, self.whole, width)
        else:
            missing = self.diff.lines(now, width) or nothing("It changes no text.", answer)
            body = section(width, "DIFF", missing)
        return stack(head, body, space=size_of(width, height) != "compact")

    def handle(self, key: str, screen: PageContext) -> bool:
        match key:
            case "[" | "]":
                self._go(1 if key == "]" else -1, key, screen)
            case "d":
                self.whole = not self.whole
                screen.draw()
            case "y":
                screen.copy(self.sha)
                screen.say(f"copied {short(self.sha)}, whole")
            case "a":
                self._act(screen)
            case _:
                return False
        return True

    def _go(self, by: int, key: str, screen: PageContext) -> None:
        last = len(hunks(self.diff.answer or ())) - 1
        if not 0 <= self.hunk + by <= last:
            screen.refuse(key, "no hunk further on" if by > 0 else "this is the first hunk")
            return
        self.hunk, self.whole = self.hunk + by, False
        screen.draw()

    def _act(self, screen: PageContext) -> None:
        view = screen.session.view
        if view.read_only:
            screen.refuse("a", view.read_only, "Start without it to act.")
        else:
            screen.push(ActPage(f"commit {short(self.sha)}", about_commit(self.sha, screen.session.me, view.state)))

    def neighbour(self, step: int, view: View) -> "CommitPage | None":
        shas = [commit.sha for commit in view.state.repository.commits] if view.state.repository else []
        at = shas.index(self.sha) + step if self.sha in shas else -1
        return CommitPage(shas[at]) if 0 <= at < len(shas) else None
