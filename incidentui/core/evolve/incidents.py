"""An incident from its opening to its end."""

from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.evolve.archive import remembered
from incidentui.core.evolve.put import put_incident, put_name
from incidentui.core.imported import DOCUMENT, Imported
from incidentui.core.model import Incident
from incidentui.core.state import State
from incidentui.core.ticks import red_again, ticked

CLOSED = 20


def fold(state: State, event: e.IncidentEvent, recorded: e.Recorded) -> State:
    if isinstance(event, e.IncidentOpened):
        return _opened(state, event, recorded)
    incident = state.incidents.get(recorded.incident or "")
    if incident is None:
        return state
    after = _after(incident, event, recorded)
    state = put_incident(state, after)
    if not isinstance(event, e.IncidentClosed):
        return state
    # One of the past that comes in ends nothing of today.
    return remembered(_forget_closed(state) if after.imported is None else _bounded(state), after)


def _opened(state: State, event: e.IncidentOpened, recorded: e.Recorded) -> State:
    incident = Incident(
        id=event.id,
        title=event.title,
        severity=event.severity,
        stage="open",
        opened=recorded.at,
        by=event.by,
        first_red=event.first_red,
        window_from=event.window_from,
        services=event.services,
        responders=(event.by,),
        events=event.adopted,
        # From its first event on, and also when the one that tells more was erased: a claim is never taken for a look.
        imported=Imported(event.by, "", "") if recorded.source.startswith(DOCUMENT) else None,
    )
    return replace(put_incident(state, incident), incident_count=state.incident_count + 1)


def _after(
    incident: Incident,
    event: e.WindowMoved
    | e.IncidentAcknowledged
    | e.SeverityChanged
    | e.StageChanged
    | e.RecoveryTicked
    | e.IncidentClosed
    | e.NoteAdded
    | e.MomentMarked,
    recorded: e.Recorded,
) -> Incident:
    match event:
        case e.WindowMoved():
            return replace(incident, first_red=event.first_red, window_from=event.window_from)
        case e.IncidentAcknowledged():
            return _acknowledged(incident, event, recorded)
        case e.SeverityChanged():
            return replace(incident, severity=event.now)
        case e.StageChanged():
            return _staged(incident, event, recorded)
        case e.RecoveryTicked():
            return replace(
                incident,
                ticks=ticked(incident.ticks, event.item, event.by, recorded.at, good=event.good),
                responders=put_name(incident.responders, event.by),
            )
        case e.IncidentClosed():
            return _closed(incident, event, recorded)
        case e.NoteAdded():
            return replace(incident, responders=put_name(incident.responders, event.by))
        case e.MomentMarked():
            return incident
        case _:
            assert_never(event)


def _acknowledged(incident: Incident, event: e.IncidentAcknowledged, recorded: e.Recorded) -> Incident:
    return replace(
        incident,
        stage="acknowledged" if incident.stage == "open" else incident.stage,
        acknowledged=incident.acknowledged or recorded.at,
        acknowledged_by=incident.acknowledged_by or event.by,
        responders=put_name(incident.responders, event.by),
    )


def _staged(incident: Incident, event: e.StageChanged, recorded: e.Recorded) -> Incident:
    mitigated = incident.mitigated
    if event.now in ("monitoring", "resolved"):
        mitigated = mitigated or recorded.at
    elif event.now == "mitigating":
        mitigated = None
    resolved = recorded.at if event.now == "resolved" else None
    changed = replace(incident, stage=event.now, mitigated=mitigated, resolved=resolved)
    return red_again(changed) if event.now == "mitigating" else changed


def _closed(incident: Incident, event: e.IncidentClosed, recorded: e.Recorded) -> Incident:
    return replace(
        incident,
        stage="closed",
        left=event.left,
        closed=recorded.at,
        closed_reason=event.reason,
        resolved=(incident.resolved or recorded.at) if event.resolved else None,
    )


def _forget_closed(state: State) -> State:
    state = _bounded(state)
    over = state.runbook if any(i.closed is None for i in state.incidents.values()) else None
    red = any(s.state == "failing" for s in state.services.values())
    return replace(state, runbook=over, suspect=state.suspect if red else None)


def _bounded(state: State) -> State:
    closed = [i.id for i in state.incidents.values() if i.closed is not None]
    gone = set(closed[:-CLOSED])
    return replace(state, incidents={n: i for n, i in state.incidents.items() if n not in gone})
