"""What people think is the cause, and what it comes down to."""

from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.board import CONCLUSIONS, FIXED, STRETCHES, Concluded, Hypothesis, Remark, cause_word
from incidentui.core.evolve.put import put_incident, put_name
from incidentui.core.model import Incident, Ms
from incidentui.core.state import State


def fold(state: State, event: e.BoardEvent, recorded: e.Recorded) -> State:
    incident = state.incidents.get(recorded.incident or "")
    if incident is None:
        return state
    incident = replace(incident, responders=put_name(incident.responders, event.by))
    return put_incident(state, _after(incident, event, recorded.at))


def _after(incident: Incident, event: e.BoardEvent, at: Ms) -> Incident:
    match event:
        case e.ConclusionDrawn():
            return replace(incident, conclusions=_concluded(incident.conclusions, event, at))
        case e.RemarkMade():
            return replace(incident, remarks=_remarked(incident.remarks, event, at))
        case e.HypothesisAdded() | e.HypothesisChanged() | e.CauseChanged():
            return replace(incident, hypotheses=folded(incident.hypotheses, event, at))
        case _:
            assert_never(event)


def folded(
    board: tuple[Hypothesis, ...], event: e.HypothesisAdded | e.HypothesisChanged | e.CauseChanged, at: Ms
) -> tuple[Hypothesis, ...]:
    match event:
        case e.HypothesisAdded():
            return (*(h for h in board if h.n != event.n), _added(event, at))
        case e.HypothesisChanged():
            return tuple(_changed(h, event, at) if h.n == event.n else h for h in board)
        case e.CauseChanged():
            return tuple(_cause(h, event, at) if h.n == event.n else h for h in board)


def _remarked(remarks: tuple[Remark, ...], event: e.RemarkMade, at: Ms) -> tuple[Remark, ...]:
    """What is said again stands once, with its newest reason."""
    others = (r for r in remarks if (r.kind, r.what) != (event.kind, event.what))
    return (*others, Remark(event.kind, event.what, event.why, event.by, at))


def _concluded(said: tuple[Concluded, ...], event: e.ConclusionDrawn, at: Ms) -> tuple[Concluded, ...]:
    """Always in the order of the three, whichever was said first."""
    kept = {one.what: one for one in said} | {event.what: Concluded(event.what, event.text, event.by, at)}
    return tuple(kept[what] for what in CONCLUSIONS if what in kept)


def _added(event: e.HypothesisAdded, at: Ms) -> Hypothesis:
    return Hypothesis(
        event.n,
        event.thought,
        event.by,
        at,
        did=event.did,
        saw=event.saw,
        commits=event.commits,
        origin=event.origin,
    )


def _changed(old: Hypothesis, event: e.HypothesisChanged, at: Ms) -> Hypothesis:
    new = replace(
        old, verdict=event.now, why=event.why, did=event.did, saw=event.saw, commits=event.commits or old.commits
    )
    if not event.judged:
        return new
    new = replace(new, judged=at, judged_by=event.by)
    out, was_out = cause_word(new) == "ruled out", cause_word(old) == "ruled out"
    if out and not was_out:
        return replace(_ended(new, at), fixed=None)
    # Taken up again: it costs time from now on, not for the while it was out of the way.
    if (was_out and not out) or (new.verdict == "to test" and old.fixed is not None):
        return replace(new, since=at, fixed=None)
    return new


def _cause(old: Hypothesis, event: e.CauseChanged, at: Ms) -> Hypothesis:
    match event.what:
        case "fixed":
            return replace(_ended(old, at), fixed=at, fix=event.said)
        case "again":
            back = replace(old, again=event.again)
            if old.fixed is None:
                return back
            # That it was fixed does not show any more that it is the cause: `fix` and `since` say what became of it.
            return replace(back, since=at, fixed=None, why="" if old.why.startswith(FIXED) else old.why)
        case "origin":
            return replace(old, origin=event.origin)


def _ended(h: Hypothesis, at: Ms) -> Hypothesis:
    if h.fixed is not None:
        return h
    start = h.since if h.since is not None else h.at
    return replace(h, spent=(*h.spent, (start, max(start, at)))[-STRETCHES:])
