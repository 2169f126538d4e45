"""Checks and services, and the errors of what is red."""

from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.errors import told
from incidentui.core.evolve.put import put
from incidentui.core.model import CheckStatus, ServiceStatus, Span
from incidentui.core.state import State
from incidentui.core.ticks import unticked

SPANS = 64
ERRORS = 20


def fold(state: State, event: e.HealthEvent, recorded: e.Recorded) -> State:
    match event:
        case e.CheckChanged():
            return _check_changed(state, event)
        case e.ServiceChanged():
            return _service_changed(state, event, recorded)
        case e.ErrorSeen():
            return replace(state, errors=told(state.errors, event.seen)[-ERRORS:])
        case _:
            assert_never(event)


def recovered(state: State, source: str) -> State:
    """Without the errors of `source`: "check:api-health", "workload:backend"."""
    errors = tuple(seen for seen in state.errors if seen.source != source)
    return state if len(errors) == len(state.errors) else replace(state, errors=errors)


def _check_changed(state: State, event: e.CheckChanged) -> State:
    state = replace(state, checks=put(state.checks, event.check, _check(event, state.checks.get(event.check))))
    if event.layer == "user" and event.now == "failing":
        state = replace(state, incidents=unticked(state.incidents))
    return recovered(state, f"check:{event.check}") if event.now in ("ok", "slow") else state


def _check(event: e.CheckChanged, was: CheckStatus | None) -> CheckStatus:
    over = event.was == "failing" and event.now != "failing"
    return CheckStatus(
        name=event.check,
        service=event.service,
        layer=event.layer,
        state=event.now,
        since=event.since,
        why=event.why,
        status=event.status,
        latency_ms=event.latency_ms,
        looks=event.looks,
        evidence=event.evidence,
        failed_ms=event.was_ms if over else was.failed_ms if was is not None else None,
    )


def _service_changed(state: State, event: e.ServiceChanged, recorded: e.Recorded) -> State:
    old = state.services.get(event.service, ServiceStatus(event.service))
    since = event.since if event.since is not None else recorded.at
    spans = old.spans if old.state == event.now and old.spans else (*old.spans, Span(since, event.now))[-SPANS:]
    new = replace(old, state=event.now, since=since, why=event.why, layer=event.layer, check=event.check, spans=spans)
    state = replace(state, services=put(state.services, event.service, new))
    if state.suspect and not state.current and not any(s.state == "failing" for s in state.services.values()):
        return replace(state, suspect=None)
    return state
