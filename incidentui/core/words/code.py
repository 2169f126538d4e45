"""What runs, what git says, and what is judged from both."""

from collections.abc import Iterable
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.format import change_size, count, duration, short
from incidentui.core.ledger import in_force, taken_back
from incidentui.core.ledger import told as counted
from incidentui.core.words.tone import Said

NOWHERE = "a commit nobody pushed, it is in no history known here"


def told(event: e.CodeEvent) -> Said:
    match event:
        case e.Deployed():
            if event.commit is None:
                return "▲", f"{short(event.now)}, not in this clone yet", "text"
            commit = event.commit
            return "▲", f"{short(event.now)}  {change_size(commit)}  {commit.subject}", "text"
        case e.RevisionSeen():
            return _running(event)
        case e.Pushed():
            by = f", by {event.author}" if event.author else ""
            return "·", f"{event.remote}/{event.branch} {short(event.was)} → {short(event.now)}{by}", "text"
        case e.DeployMissed():
            return (
                "✗",
                missed(event.sha, event.runs, event.expected) + f", {duration(event.within_ms)} after its push",
                "fail",
            )
        case e.DeployFollowed():
            said = f"{short(event.sha)} runs, {duration(event.took_ms)} after its push"
            return "✓", said, "ok" if event.late else "text"
        case e.SuspectNamed():
            n = len(event.suspect.window) or 1
            return "·", f"{count(n, 'commit')} in the window: {short(event.suspect.sha)}", "text"
        case e.KnownGoodSet():
            by = f", by {event.good.by}" if event.good.by else ""
            return "★", f"{short(event.good.sha)}: {event.good.why}{by}", "text"
        case e.RepositorySeen():
            return "·", f"HEAD {short(event.repository.head)}", "text"
        case e.LedgerRead():
            ledger = event.ledger
            back, force = len(taken_back(ledger)), len(in_force(ledger))
            return "·", f"since ★ {short(ledger.good)}: {counted(back, force)}", "text"
        case _:
            assert_never(event)


def _running(event: e.RevisionSeen) -> Said:
    if event.odd == "dirty":
        return "!", f"runs no commit: {event.why}", "slow"
    if event.now is None:
        return "?", f"running revision unknown: {event.why}", "unknown"
    if event.odd == "nowhere":
        return "!", f"runs {short(event.now)}: {NOWHERE}", "slow"
    return "·", f"runs {short(event.now)}", "text"


def missed(sha: str, runs: Iterable[tuple[str, str | None]], expected: int) -> str:
    """ "298a730 was pushed, but nothing was deployed: api runs a942e4f"."""
    left = tuple(runs)
    still = "runs" if len(left) >= expected else "still runs"
    said = ", ".join(f"{name} {still} {short(now) if now else 'what is unknown'}" for name, now in left)
    return f"{short(sha)} was pushed, but " + (f"nothing was deployed: {said}" if still == "runs" else said)
