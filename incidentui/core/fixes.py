"""The ledger of fixes: whether each is where it should be, looked at again after all that could lose it.

A fix is gone where it was and is no more; where it never was, it is missing. One loss is counted once, however many
places show it.
"""

from incidentui.core import events as e
from incidentui.core.follow import same
from incidentui.core.format import short
from incidentui.core.inputs import FixDropped, FixesLooked, FixLook, FixTold, LookAtFixes
from incidentui.core.model import CheckState, FixPlace, FixState, FixStatus, TakenBack
from incidentui.core.state import State
from incidentui.core.turn import Deciding

GOOD: tuple[CheckState, ...] = ("ok", "slow")
ASKED = 20
"""Commits that were taken back and are looked for after a push: the last ones."""
_MOVES = (e.RepositorySeen, e.RevisionSeen, e.Deployed, e.WorkloadChanged, e.WorkloadsSeen, e.FixMarked)


def observed(d: Deciding, seen: FixTold | FixDropped | FixesLooked) -> None:
    match seen:
        case FixTold():
            told(d, seen)
        case FixDropped():
            dropped(d, seen)
        case FixesLooked():
            looked(d, seen)


def told(d: Deciding, look: FixTold) -> None:
    d.say(e.FixMarked(look.fix), "fix", "key", source=f"responder:{look.fix.by}")


def dropped(d: Deciding, look: FixDropped) -> None:
    status = d.state.fixes.get(look.commit)
    if status is not None:
        gone = e.FixForgotten(look.commit, status.fix.subject, look.by, look.why)
        d.say(gone, "fix", "key", source=f"responder:{look.by}")


def recheck(d: Deciding) -> None:
    """After what was just said: what has to be looked at again, and what the checks tell by themselves."""
    said = tuple(fact.event for fact in d.facts)
    if any(isinstance(event, e.CheckChanged | e.FixMarked) for event in said):
        _by_checks(d)
    _clear(d)
    taken = _taken(d.state) if any(isinstance(event, e.RepositorySeen) for event in said) else ()
    fixes = tuple(s.fix for s in d.state.fixes.values() if s.fix.file)
    if (fixes or taken) and any(isinstance(event, _MOVES) for event in said):
        tip = d.state.repository.upstream if d.state.repository else None
        d.effects.append(LookAtFixes(fixes, places(d.state), taken, tip))


def places(state: State) -> tuple[tuple[str, str], ...]:
    """Where fixes belong: HEAD, the remote's branch, and what each service runs."""
    repo = state.repository
    tips = (("HEAD", repo.head), ("remote", repo.upstream)) if repo else ()
    runs = tuple((f"runs:{s.name}", s.running) for s in state.services.values())
    return tuple((place, sha) for place, sha in (*tips, *runs) if sha)


def _taken(state: State) -> tuple[str, ...]:
    return tuple(t.sha for t in state.taken_back.values())[-ASKED:]


def looked(d: Deciding, look: FixesLooked) -> None:
    for one in look.looks:
        _seen(d, one)
    for sha, tip, there in look.back:
        taken = d.state.taken_back.get(sha)
        if taken is not None and there and taken.back is None:
            _back(d, taken, tip)


def _by_checks(d: Deciding) -> None:
    for status in tuple(d.state.fixes.values()):
        check = d.state.checks.get(status.fix.check)
        if check is not None and check.since is not None:
            there = None if check.state == "unknown" else check.state in GOOD
            _seen(d, FixLook(status.fix.commit, f"check:{check.name}", None, there, check.why))


def _seen(d: Deciding, look: FixLook) -> None:
    status = d.state.fixes.get(look.commit)
    if status is None:
        return
    old = next((p for p in status.places if p.place == look.place), None)
    now = _now(look.there, old)
    if now == (old.state if old else "unknown"):
        return
    loss = now == "gone" and not is_lost(status)
    lost = status.lost + loss
    fix, was = status.fix, old.state if old else "unknown"
    seen = e.FixSeen(fix.commit, fix.subject, look.place, was, now, look.revision, look.why, lost)
    found_again = was == "gone" and now == "there" and sum(p.state == "gone" for p in status.places) == 1
    first = old is None and now in ("there", "missing")
    d.say(seen, "fix", "key" if loss or found_again else "quiet" if first else "detail")


def _now(there: bool | None, old: FixPlace | None) -> FixState:
    if there is None:
        return "unknown"
    if there:
        return "there"
    return "gone" if old is not None and old.was_there else "missing"


def is_lost(status: FixStatus) -> bool:
    return any(p.state == "gone" for p in status.places)


# -- what was taken back


def _back(d: Deciding, taken: TakenBack, tip: str) -> None:
    """Somebody pushed it again. What an action of ours brings back was asked about, and is not in the list any more."""
    ours = any(a.revision == tip for a in d.state.attempts.values())
    commits = d.state.repository.commits if d.state.repository else ()
    by = next((c.author for c in commits if c.sha == tip), "")
    if not ours:
        checks = tuple(name for name, _ in taken.checks)
        d.say(e.CommitBack(taken.sha, taken.subject, tip, taken.at, checks, by), "push", "key", source="git")


def _clear(d: Deciding) -> None:
    """It runs again, and the checks that failed with it are good: nothing stands against it any more."""
    running = [s.running for s in d.state.services.values() if s.running]
    for taken in tuple(d.state.taken_back.values()):
        names = [name for name, _ in taken.checks]
        good = all(name in d.state.checks and d.state.checks[name].state in GOOD for name in names)
        if taken.back and good and running and all(same(d.state, sha, taken.back) for sha in running):
            moved = max((s.running_since or 0 for s in d.state.services.values()), default=0)
            if d.now - moved >= d.state.project.good_after_ms:
                d.say(e.CommitCleared(taken.sha, taken.subject, tuple(names)), short(taken.sha), "key")
