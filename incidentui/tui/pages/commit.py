"""One commit: who, when, how big, why it is the suspect, and its diff."""

from collections.abc import Sequence

from incidentui.core.format import change_size, count, short
from incidentui.core.kinds import kind_of, parts
from incidentui.core.model import Commit, FileChange, Ms, Repository
from incidentui.core.standing import standing
from incidentui.core.state import State
from incidentui.session.ports import DiffLine, View
from incidentui.tui.line import Line, Seg, cells, cut_middle, spread
from incidentui.tui.page import PageContext
from incidentui.tui.pages.act import commit_menu
from incidentui.tui.pages.asking import Asked, nothing
from incidentui.tui.pages.diff import crashes, diff_lines, first_crash, hunks
from incidentui.tui.pages.layout import beside, day_and_time, hanging, heading, section, size_of, split, stack, wall
from incidentui.tui.pages.ledger import MARKS
from incidentui.tui.present.follow import findings

_BAR = 10
_METER = 20


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
        meter = _meter(commit.added + commit.deleted, state.project.size_limit, left)
        files = section(left, "FILES", [*meter, *_files(commit, left)], (Seg(_sizes(commit), "muted"),))
    why = _why(sha, state, right)
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
    stands = standing(state, sha)
    if stands is not None:
        glyph, token = MARKS[stands.state]
        segs.append(Seg(f"{' · ' if segs else ''}{glyph} {stands.state}", token))
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
    touched = parts(file.path for file in commit.files)
    facts.append(f"touches {', '.join(touched)}" if touched else "")
    return [
        *(line for mark, told in findings(state, commit.sha) for line in hanging((mark,), told, width)),
        *hanging((), commit.subject, width, "strong", bold=True),
        *hanging((), " · ".join(fact for fact in facts if fact), width, "muted"),
    ]


def _sizes(commit: Commit) -> str:
    files = f"{count(commit.file_count or len(commit.files), 'file')}  " if commit.sized else ""
    return f"{files}{change_size(commit)}"


def _meter(lines: int, limit: int, width: int) -> list[Line]:
    """The size of the change against the limit; what is above it has the other colour."""
    if lines <= 0 or limit <= 0:
        return []
    whole = min(_METER, max(1, round(_METER * lines / limit)))
    within = whole if lines <= limit else max(1, round(_METER * limit / lines))
    bar = (Seg("█" * within, "okfill"), Seg("█" * (whole - within), "failfill"), Seg("·" * (_METER - whole), "rule"))
    over = lines > limit
    said = Seg(f"  {count(lines, 'line')}, the limit is {limit}", "fail" if over else "muted")
    return [spread(width, (Seg("size      ", "muted"), *bar, said))]


def _files(commit: Commit, width: int) -> list[Line]:
    biggest = max(((f.added or 0) + (f.deleted or 0) for f in commit.files), default=0)
    rows = [_file(change, biggest, width) for change in commit.files]
    if not commit.sized:
        return [Line((Seg("What this merge brought is being counted.", "muted"),))]
    hidden = commit.file_count - len(commit.files)
    return [*rows, *([Line((Seg(f"and {count(hidden, 'more file')}", "muted"),))] if hidden > 0 else [])]


def _file(change: FileChange, biggest: int, width: int) -> Line:
    kind = kind_of(change.path)
    flag = f"  {kind}" if kind else ""
    path = Seg(cut_middle(change.path, max(8, width - 26 - cells(flag)))), Seg(flag, "slow")
    if change.added is None or change.deleted is None:
        return spread(width, path, (Seg("binary", "muted"), Seg(" " * (_BAR + 1))))
    added, deleted = _bar(change.added, change.deleted, biggest)
    bar = (Seg("█" * added, "okfill"), Seg("█" * deleted, "failfill"), Seg(" " * (_BAR - added - deleted)))
    sizes = (Seg(f"{'+' + str(change.added):>6} ", "ok"), Seg(f"{'−' + str(change.deleted):>5} ", "fail"))
    return spread(width, path, (*sizes, *bar))


def _bar(added: int, deleted: int, biggest: int) -> tuple[int, int]:
    """Cells for what came and what went; whatever changed has at least one."""
    whole = max(1, round(_BAR * (added + deleted) / biggest)) if biggest and added + deleted else 0
    plus = round(whole * added / (added + deleted)) if whole else 0
    if whole > 1 and added and deleted:
        plus = min(max(plus, 1), whole - 1)
    return plus, whole - plus


def _why(sha: str, state: State, width: int) -> list[Line]:
    """What speaks for it and what does not, as a list; of a commit that is not the suspect too."""
    suspect = state.suspect
    if suspect is None:
        return []
    said = next((one for one in suspect.ranked if one.sha == sha), None)
    chosen = suspect.sha == sha
    if said is None and not chosen:
        return []
    reasons = suspect.reasons if chosen else said.reasons if said else ()
    cleared = said.cleared if said else ()
    lines = [line for reason in reasons for line in hanging((Seg("✗ ", "fail"),), reason, width)]
    lines += [line for fact in cleared for line in hanging((Seg("· ", "muted"),), fact, width, "muted")]
    place = f" · no. {suspect.ranked.index(said) + 1} of {suspect.count or len(suspect.ranked)}" if said else ""
    note = (Seg(f"{len(reasons)} of {len(reasons) + len(cleared)}", "fail"), Seg(place, "muted"))
    return section(width, "WHY IT IS THE SUSPECT" if chosen else "WHAT SPEAKS FOR IT", lines, note)


class CommitPage:
    """One commit, its diff asked for when it opens."""

    title = "commit"
    pinned = (1, 0)
    typing = False

    def __init__(self, sha: str) -> None:
        self.sha = sha
        self.hunk = -1
        """Until the diff is there: the first, or the one with the line that crashes."""
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
            crash = crashes(self.sha, view.state)
            if self.hunk < 0:
                self.hunk = first_crash(answer, crash) or 0
            body = diff_lines(answer, self.hunk, self.whole, width, crash)
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
        self.hunk = max(0, self.hunk)
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
            screen.push(commit_menu(self.sha, screen.session.me, view.state))

    def neighbour(self, step: int, view: View) -> "CommitPage | None":
        shas = [commit.sha for commit in view.state.repository.commits] if view.state.repository else []
        at = shas.index(self.sha) + step if self.sha in shas else -1
        return CommitPage(shas[at]) if 0 <= at < len(shas) else None
