"""How many commits are taken back, in force and partly, and how that is told."""

from collections.abc import Iterable

from incidentui.core.format import count
from incidentui.core.model import Ledger


def taken_back(ledger: Ledger, without: Iterable[str | None] = ()) -> tuple[str, ...]:
    out = set(without)
    return tuple(c.sha for c in ledger.commits if c.state == "taken back" and c.sha not in out)


def in_force(ledger: Ledger, without: Iterable[str | None] = ()) -> tuple[str, ...]:
    """All of which something stands, partly ones too."""
    out = set(without)
    return tuple(c.sha for c in ledger.commits if c.state != "taken back" and c.sha not in out)


def partly(ledger: Ledger, without: Iterable[str | None] = ()) -> tuple[str, ...]:
    out = set(without)
    return tuple(c.sha for c in ledger.commits if c.state == "partly" and c.sha not in out)


def told(back: int, force: int) -> str:
    """`3 of 6 commits taken back, 3 still in force`"""
    whole = back + force
    if not whole:
        return "no commit"
    if not force:
        return f"all {count(whole, 'commit')} taken back" if whole > 1 else "its commit is taken back"
    return f"{back} of {count(whole, 'commit')} taken back, {force} still in force"
