"""An action from request to verdict."""

from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.evolve.fixes import took_back
from incidentui.core.evolve.put import put, put_incident, put_name
from incidentui.core.model import Attempt
from incidentui.core.state import State

ATTEMPTS = 50
LEDGERS = 3
"""How many of them keep the whole ledger: it can have 200 commits."""


def fold(state: State, event: e.ActionEvent, recorded: e.Recorded) -> State:
    match event:
        case e.ActionPlanned() | e.ErrorCompared():
            return state
        case e.ActionRequested():
            return _requested(state, event, recorded)
        case e.ActionProgressed() | e.ActionEnded() | e.LightSeen() | e.VerdictGiven():
            attempt = state.attempts.get(event.run)
            return state if attempt is None else _went_on(state, attempt, event, recorded)
        case _:
            assert_never(event)


def _requested(state: State, event: e.ActionRequested, recorded: e.Recorded) -> State:
    attempt = Attempt(
        run=event.run,
        number=event.number,
        plan=event.plan,
        owner=event.owner,
        by=event.by,
        asked=recorded.at,
        before=event.before,
        step=event.step,
        incident=recorded.incident,
        errors=event.errors,
        undoes=event.undoes,
    )
    older = [(run, replace(old, ledger=None)) for run, old in state.attempts.items()]
    attempts = dict([*older[:-LEDGERS], *[*state.attempts.items()][-LEDGERS:], (event.run, attempt)][-ATTEMPTS:])
    state = replace(state, attempts=attempts, acting=event.run)
    incident = state.incidents.get(recorded.incident or "")
    if incident is None:
        return state
    return put_incident(
        state,
        replace(
            incident,
            attempts=(*incident.attempts, event.run)[-ATTEMPTS:],
            actions=max(incident.actions, event.number),
            responders=put_name(incident.responders, event.by),
        ),
    )


def _went_on(
    state: State,
    attempt: Attempt,
    event: e.ActionProgressed | e.ActionEnded | e.LightSeen | e.VerdictGiven,
    recorded: e.Recorded,
) -> State:
    if isinstance(event, e.ActionEnded):
        state = replace(state, taken_back=took_back(state, attempt, event, recorded.at))
    changed = _after(attempt, event, recorded)
    acting = None if changed.verdict is not None and state.acting == changed.run else state.acting
    return replace(state, attempts=put(state.attempts, changed.run, changed), acting=acting)


def _after(
    attempt: Attempt, event: e.ActionProgressed | e.ActionEnded | e.LightSeen | e.VerdictGiven, recorded: e.Recorded
) -> Attempt:
    match event:
        case e.ActionProgressed():
            others = tuple(p for p in attempt.progress if p.n != event.progress.n)
            return replace(attempt, progress=tuple(sorted((*others, event.progress), key=lambda p: p.n)))
        case e.ActionEnded():
            return _ended(attempt, event, recorded)
        case e.LightSeen():
            unlit = tuple(light for light in attempt.lights if light.name != event.light.name)
            return replace(attempt, lights=(*unlit, event.light))
        case e.VerdictGiven():
            return replace(
                attempt,
                outcome=event.outcome,
                verdict=event.verdict,
                lights=event.verdict.lights or attempt.lights,
                ended=recorded.at,
            )
        case _:
            assert_never(event)


def _ended(attempt: Attempt, event: e.ActionEnded, recorded: e.Recorded) -> Attempt:
    return replace(
        attempt,
        outcome=event.outcome,
        why=event.why,
        acted=recorded.at,
        revision=(event.revision if attempt.plan.changes else None) or attempt.revision,
        found=None if attempt.plan.changes else event.revision,
        in_force=event.in_force,
        differs=event.differs,
        partly=event.partly,
        taken_back=event.taken_back,
        ledger=event.ledger,
        known=event.known,
    )
