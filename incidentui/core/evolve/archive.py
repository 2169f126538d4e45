"""What came in from documents, and which incidents of the past are like one."""

from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.board import Hypothesis, cause_word
from incidentui.core.evolve.put import put_incident
from incidentui.core.imported import Past
from incidentui.core.model import Incident
from incidentui.core.recurrence import words
from incidentui.core.state import State

PAST = 200


def fold(state: State, event: e.ArchiveEvent, recorded: e.Recorded) -> State:
    incident = state.incidents.get(recorded.incident or "")
    if incident is None:
        return state
    match event:
        case e.DocumentImported():
            return put_incident(state, replace(incident, imported=event.document))
        case e.CauseImported():
            board = (*incident.hypotheses, _cause(event, recorded.at))
            return put_incident(state, replace(incident, hypotheses=board))
        case e.RecurrenceFound():
            return put_incident(state, replace(incident, recurs=event.like))
        case e.EntryImported():
            return state
        case _:
            assert_never(event)


def _cause(event: e.CauseImported, at: int) -> Hypothesis:
    return Hypothesis(
        event.n,
        event.thought,
        event.by,
        at,
        verdict="refuted" if event.refuted else "confirmed",
        did=event.did,
        saw=event.saw,
        why=event.why,
        origin=event.origin,
        again=int(event.again),
        fixed=at if event.fix else None,
        fix=event.fix,
        said=True,
        said_ms=event.lost_ms,
    )


def remembered(state: State, incident: Incident) -> State:
    """A closed incident goes into the archive, where the next one is held against it."""
    causes = [h.thought for h in incident.hypotheses if cause_word(h) != "ruled out"]
    said = [incident.title, *(c.text for c in incident.conclusions), *causes]
    came = incident.imported
    timed = came is None or came.held != ""
    past = Past(
        incident.id,
        incident.title,
        incident.opened,
        incident.services,
        words(said),
        timed,
        came.nth if came is not None else None,
    )
    return replace(state, archive=(*(p for p in state.archive if p.id != incident.id), past)[-PAST:])
