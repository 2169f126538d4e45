"""Fixes, and commits that were taken back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.evolve.put import put
from incidentui.core.model import Attempt, FixPlace, FixStatus, Ms, TakenBack
from incidentui.core.redeploy import brings_back
from incidentui.core.state import State

FIXES = 50
FIX_PLACES = 50
TAKEN_BACK = 200


def fold(state: State, event: e.FixEvent, recorded: e.Recorded) -> State:
    match event:
        case e.FixMarked():
            return _marked(state, event)
        case e.FixForgotten():
            return replace(state, fixes={n: f for n, f in state.fixes.items() if n != event.commit})
        case e.FixSeen():
            return _seen(state, event, recorded)
        case e.CommitBack() | e.CommitCleared():
            return _came_back(state, event)
        case _:
            assert_never(event)


def _marked(state: State, event: e.FixMarked) -> State:
    lost = old.lost if (old := state.fixes.get(event.fix.commit)) else 0
    others = {n: f for n, f in state.fixes.items() if n != event.fix.commit}
    fixes = dict([*others.items(), (event.fix.commit, FixStatus(event.fix, lost=lost))][-FIXES:])
    return replace(state, fixes=fixes)


def _seen(state: State, event: e.FixSeen, recorded: e.Recorded) -> State:
    status = state.fixes.get(event.commit)
    if status is None:
        return state
    was_there = event.now == "there" or any(p.was_there for p in status.places if p.place == event.place)
    place = FixPlace(event.place, event.now, recorded.at, event.revision, was_there)
    places = (*(p for p in status.places if p.place != event.place), place)[-FIX_PLACES:]
    return replace(state, fixes=put(state.fixes, event.commit, replace(status, places=places, lost=event.lost)))


def _came_back(state: State, event: e.CommitBack | e.CommitCleared) -> State:
    taken = state.taken_back.get(event.sha)
    if taken is None:
        return state
    if isinstance(event, e.CommitBack):
        return replace(state, taken_back=put(state.taken_back, event.sha, replace(taken, back=event.tip)))
    return replace(state, taken_back={n: t for n, t in state.taken_back.items() if n != event.sha})


def took_back(state: State, attempt: Attempt, event: e.ActionEnded, at: Ms) -> Mapping[str, TakenBack]:
    """What an action that is done took back while checks failed; what it brought back is free again."""
    if event.outcome != "done" or event.revision is None or not attempt.plan.takes_back:
        return state.taken_back
    ours = {a.revision for a in state.attempts.values()}
    # A check that was judged failing only while the action ran failed with the commits too: nothing else ran by then.
    since = {name: c.since for name, c in state.checks.items() if c.state == "failing" and c.since is not None}
    red = dict.fromkeys([*(name for name, was in attempt.before if was == "failing"), *since])
    checks = tuple((name, since.get(name, attempt.asked)) for name in red)
    kept = {t.sha: t for t in state.taken_back.values() if t not in brings_back(state, attempt.plan)}
    # What was out already stays out by the commit that took it: to take this one away alone does not bring it back.
    out = {sha for sha, t in kept.items() if t.back is None}
    new = {
        c.sha: TakenBack(c.sha, c.subject, event.revision, at, checks)
        for c in reversed(attempt.plan.takes_back)
        if checks and c.sha not in ours | out
    }
    return dict([*((n, t) for n, t in kept.items() if n not in new), *new.items()][-TAKEN_BACK:])
