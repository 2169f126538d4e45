"""Who watches what, and which sources answer."""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.evolve.put import put
from incidentui.core.model import CheckStatus, ServiceStatus, Source, Workload
from incidentui.core.state import State


def fold(state: State, event: e.WatchEvent, recorded: e.Recorded) -> State:
    match event:
        case e.WatchStarted():
            return _started(state, event, recorded)
        case e.WatchStopped():
            return state
        case e.SourceLost():
            return _lost(state, event, recorded)
        case e.SourceRegained():
            return replace(state, sources={n: s for n, s in state.sources.items() if n != event.source})
        case _:
            assert_never(event)


def _started(state: State, event: e.WatchStarted, recorded: e.Recorded) -> State:
    project = event.project
    services = {s.name: state.services.get(s.name, ServiceStatus(s.name)) for s in project.services}
    checks = {
        c.name: replace(old, service=c.service, layer=c.layer)
        if (old := state.checks.get(c.name))
        else CheckStatus(c.name, c.service, c.layer)
        for c in project.checks
    }
    return replace(
        state,
        project=project,
        watching_since=recorded.at,
        services=services,
        checks=checks,
        sources={},
        green=replace(state.green, due=None),
    )


def _lost(state: State, event: e.SourceLost, recorded: e.Recorded) -> State:
    """What a lost source would show is unknown, never down."""
    old = state.sources.get(event.source)
    since = old.lost_since if old and old.lost_since else recorded.at
    source = Source(event.source, since, event.why, event.retry_ms)
    workloads: Mapping[str, Workload] = {
        n: replace(w, state="unknown") if w.engine == event.source else w for n, w in state.workloads.items()
    }
    return replace(state, sources=put(state.sources, event.source, source), workloads=workloads)
