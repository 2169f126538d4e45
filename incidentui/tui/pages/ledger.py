"""What is left after a way back: each commit since known-good, the files that differ, and the error that came again.

Commits stand in the order of history; what is in force is first for the eye by its colour. Rows open: a commit its
page, a file its differences.
"""

from incidentui.core.errors import since
from incidentui.core.format import count, short
from incidentui.core.kinds import parts
from incidentui.core.ledger import in_force, taken_back
from incidentui.core.model import Attempt, FileLeft, InForce, Ledger, LedgerCommit, Verdict
from incidentui.core.standing import ours
from incidentui.core.state import State
from incidentui.tui.line import Line, Seg, Token, cells, cut, cut_middle, spread
from incidentui.tui.pages.layout import beside, flow, hanging, section, split, stack, wall

MARKS: dict[InForce, tuple[str, Token]] = {
    "in force": ("✗", "fail"),
    "partly": ("!", "slow"),
    "taken back": ("✓", "ok"),
}


def ledger_lines(attempt: Attempt, verdict: Verdict, state: State, width: int, two: bool) -> list[Line]:
    """The part of the verdict page that refuses to call it rolled back."""
    ledger = attempt.ledger
    if ledger is None or not verdict.in_force:
        return []
    own = ours(state)
    left, right = split(width, 0.55) if two else (width, width)
    files = [*_files(ledger, left), *_occurs(ledger, left)]
    one = section(left, "FILES THAT STILL DIFFER", files, (Seg(f"from ★ {short(ledger.good)}", "muted"),))
    other = _error(verdict, state, right)
    return stack(
        section(
            width, f"COMMITS SINCE ★ {short(ledger.good)}", commit_rows(ledger, state, width), _counts(ledger, own)
        ),
        beside((left, one), (right, other)) if two else stack(one, other),
    )


def not_rolled_back(attempt: Attempt, verdict: Verdict) -> str:
    if attempt.ledger is None or verdict.word != "not complete" or not verdict.in_force:
        return ""
    return f'"Rolled back" is not written to the record until the tree equals ★ {short(attempt.ledger.good)}.'


def _counts(ledger: Ledger, own: frozenset[str]) -> tuple[Seg, ...]:
    force, back = len(in_force(ledger, own)), len(taken_back(ledger, own))
    older = (Seg(f" · {ledger.beyond} older not looked at", "slow"),) if ledger.beyond else ()
    return (Seg(f"{force} in force", "fail" if force else "muted"), Seg(f" · {back} taken back", "muted"), *older)


def commit_rows(ledger: Ledger, state: State, width: int) -> list[Line]:
    own, known = ours(state), {c.sha: c for c in state.repository.commits} if state.repository else {}
    out: list[Line] = []
    for commit in ledger.commits:
        if commit.sha not in own:
            files = known[commit.sha].files if commit.sha in known else ()
            out += _commit(commit, "infrastructure" in parts(file.path for file in files), width)
    return out


def _commit(commit: LedgerCommit, infrastructure: bool, width: int) -> list[Line]:
    glyph, token = MARKS[commit.state]
    ink: Token = "muted" if commit.state == "taken back" else "text"
    word: Token = "muted" if commit.state == "taken back" else token
    tail = "" if commit.state == "taken back" else _extent(commit) + ", infrastructure" * infrastructure
    head = (Seg(f"{glyph} ", token), Seg(f"{short(commit.sha)} {commit.state:<11} ", word))
    subject = cut(commit.subject, max(8, width - 22 - cells(tail) - 2))
    rows = [spread(width, (*head, Seg(subject, ink)), (Seg(tail, "muted"),), key=("commit", commit.sha))]
    return [*rows, *(hanging((Seg("  └ ", "muted"),), commit.claims, width) if commit.claims else [])]


def _extent(commit: LedgerCommit) -> str:
    if commit.files == commit.of:
        return count(commit.of, "file")
    return f"{commit.files} of {count(commit.of, 'file')}"


def _files(ledger: Ledger, width: int) -> list[Line]:
    rows = [_file(file, width) for file in ledger.files]
    hidden = ledger.file_count - len(ledger.files)
    return [*rows, *([Line((Seg(f"and {count(hidden, 'more file')}", "muted"),))] if hidden else [])]


def _file(file: FileLeft, width: int) -> Line:
    size = (Seg("binary        ", "muted"),)
    if file.added is not None and file.deleted is not None:
        size = (Seg(f"{'+' + str(file.added):>6} {'−' + str(file.deleted):>6} ", "text"),)
    by = Seg(f" {short(file.by[0]) if file.by else 'before it':<9}", "muted")
    path = cut_middle(file.path, max(12, width - 26 - (cells(file.mode) + 2 if file.mode else 0)))
    mode = (Seg(f"  {file.mode}", "slow"),) if file.mode else ()
    return spread(width, (Seg(path), *mode), (*size, by), key=("file", file.path))


def _occurs(ledger: Ledger, width: int) -> list[Line]:
    if not ledger.places:
        return []
    lead = (Seg(f"{ledger.symbol} occurs in  ", "muted"),)
    return [Line(), *flow([(Seg(f"{path}:{line}"),) for path, line in ledger.places[:8]], width, lead)]


def _error(verdict: Verdict, state: State, width: int) -> list[Line]:
    """The error quoted, with where it comes from; the same one as before, or another."""
    again = bool(verdict.same_error) and not verdict.other_error
    texts = verdict.same_error if again else verdict.other_error or verdict.same_error
    if not texts:
        return []
    quoted = [row for text in texts for row in hanging((Seg("│ ", "muted"),), text, width)]
    seen = next((s for s in state.errors if s.error.text in texts), None)
    when = [f"seen since {wall(seen.at)}", since(seen)] if seen else []
    tail = [Line(), *hanging((), ", ".join(part for part in when if part), width, "muted")] if when else []
    if again:
        note = (Seg("≡ ", "fail"), Seg("before = after", "muted"))
        return section(width, "SAME ERROR AGAIN", [*quoted, *tail], note)
    return section(width, "ANOTHER ERROR", [*quoted, *tail], (Seg("≠ ", "slow"), Seg("not the one before", "muted")))
