"""Known-good and the ledger as they stand: when each is to be read or kept, and what is recorded of it."""

from incidentui.core import events as e
from incidentui.core.errors import telling
from incidentui.core.inputs import GoodFound, KeepGood, LedgerLooked, ReadLedger
from incidentui.core.model import Ledger, LedgerCommit
from incidentui.core.state import State
from incidentui.core.turn import Deciding


def tip(state: State) -> str | None:
    """The commit that counts: the remote's, from where it is deployed; without one what is checked out."""
    repo = state.repository
    return (repo.upstream or repo.head) if repo else None


def wanted(state: State) -> ReadLedger | None:
    now = tip(state)
    if state.good is None or now is None:
        return None
    error = telling(state)
    return ReadLedger(state.good.sha, now, error.error.symbol if error else "")


def ours(state: State) -> frozenset[str]:
    """The commits that attempts wrote: ways back, which are not counted among the commits since known-good."""
    return frozenset(a.revision for a in state.attempts.values() if a.revision)


def standing(state: State, sha: str) -> LedgerCommit | None:
    """What of a commit stands, while the ledger is that of known-good and of the tip."""
    ledger = state.ledger
    if ledger is None or state.good is None or (ledger.good, ledger.tip) != (state.good.sha, tip(state)):
        return None
    return next((commit for commit in ledger.commits if commit.sha == sha), None)


def ask(d: Deciding, before: State, begins: bool = False) -> None:
    """What an input moved is read and kept: the ledger when one of its ends did, known-good when it is another.

    `begins`: somebody begins to watch; a ledger that was never read, or of other ends, is read then.
    """
    good = d.state.good
    if good is not None and good != before.good:
        d.effects.append(KeepGood(good))
    want = wanted(d.state)
    if want is not None and (want != wanted(before) or (begins and not _is_of(d.state.ledger, want))):
        d.effects.append(want)


def _is_of(ledger: Ledger | None, want: ReadLedger) -> bool:
    return ledger is not None and (ledger.good, ledger.tip, ledger.symbol) == (want.good, want.tip, want.symbol)


def read(d: Deciding, look: LedgerLooked) -> None:
    """What was asked for and is no longer wanted (the branch moved meanwhile) is not recorded."""
    want = wanted(d.state)
    ledger = look.ledger
    if want is None or (want.good, want.tip) != (ledger.good, ledger.tip) or ledger == d.state.ledger:
        return
    d.say(e.LedgerRead(ledger), "ledger", "detail" if ledger.commits else "quiet", source="git")


def found(d: Deciding, look: GoodFound) -> None:
    """Only a journal that knows of none takes it: what was judged or marked here is newer knowledge."""
    if d.state.good is None:
        d.say(e.KnownGoodSet(look.good), "good", "detail", source="git")
