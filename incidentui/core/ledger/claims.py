"""What a commit's message claims, where the tree says otherwise."""

from collections.abc import Mapping, Sequence

from incidentui.core.format import short
from incidentui.core.model import Commit, LedgerCommit

_WHOLE = (
    "back to working state", "back to working", "complete rollback", "full rollback", "complete revert", "full revert",
    "revert all", "revert everything", "rolled back", "roll back", "rollback", "back to known-good", "back to good",
)  # fmt: skip


def claimed(
    one: LedgerCommit, commit: Commit, window: Sequence[Commit], states: Mapping[str, str], good: str, tree: str
) -> LedgerCommit:
    """With what its message says, where the tree says otherwise."""
    if one.state == "taken back" or (tree and commit.tree == tree):
        return one
    said = commit.subject.lower()
    if commit.subject.startswith('Revert "'):
        name = commit.subject.removeprefix('Revert "').partition('"')[0]
        meant = next((c for c in window if c.subject == name and c.sha != commit.sha), None)
        if meant is not None and states[meant.sha] != "taken back":
            return _saying(one, f"its message says it reverts {short(meant.sha)}; that is {states[meant.sha]}")
    phrase = next((words for words in _WHOLE if words in said), "")
    if not phrase:
        return one
    at = said.index(phrase)
    quoted = commit.subject[at : at + len(phrase)]
    return _saying(one, f'its message says "{quoted}"; its tree is not the tree of ★ {short(good)}')


def _saying(one: LedgerCommit, claim: str) -> LedgerCommit:
    return LedgerCommit(one.sha, one.state, one.author, one.subject, one.files, one.of, claim)
