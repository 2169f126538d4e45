"""Containers and supervised programs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.evolve.health import recovered
from incidentui.core.evolve.put import put, put_name
from incidentui.core.model import Ms, Workload, is_bad
from incidentui.core.restarts import another_engine, kept, ran, remembered
from incidentui.core.state import State


def fold(state: State, event: e.WorkloadEvent, recorded: e.Recorded) -> State:
    match event:
        case e.WorkloadsSeen():
            return _listed(state, event, recorded)
        case e.WorkloadChanged():
            return _changed(state, event, recorded)
        case e.WorkloadRestarted():
            return replace(state, ran=remembered(state.ran, event.restart, recorded.at))
        case e.DriftSeen():
            return replace(state, drift={drift.workload: drift for drift in event.drifts})
        case _:
            assert_never(event)


def _listed(state: State, event: e.WorkloadsSeen, recorded: e.Recorded) -> State:
    others = {n: w for n, w in state.workloads.items() if w.engine != event.engine}
    seen = {w.name: w for w in event.workloads}
    workloads: Mapping[str, Workload] = {**others, **seen}
    crashed = {n: at for n, at in state.crashed.items() if n in workloads}
    for gone in state.workloads.keys() - workloads.keys():
        state = recovered(state, f"workload:{gone}")  # what comes under its name is another one
    moved = another_engine(state.engine_at.get(event.engine, ""), event.where)
    here = {n: r for n, r in state.ran.items() if not moved or r.engine != event.engine}
    at = {name: where for name, where in state.engine_at.items() if name != event.engine}
    return replace(
        state,
        workloads=workloads,
        engines=put_name(state.engines, event.engine),
        engine_at=at | ({event.engine: event.where} if event.where else {}),
        crashed=crashed,
        ran=kept(ran(here, event.workloads, recorded.at), workloads),
    )


def _changed(state: State, event: e.WorkloadChanged, recorded: e.Recorded) -> State:
    state = replace(
        state,
        workloads=put(state.workloads, event.now.name, event.now),
        crashed=_crashed(state.crashed, event.now, recorded.at),
        ran=ran(state.ran, (event.now,), recorded.at),
    )
    well = event.now.state == "running" and not is_bad(event.now)
    return recovered(state, f"workload:{event.now.name}") if well else state


def _crashed(crashed: Mapping[str, Ms], now: Workload, at: Ms) -> Mapping[str, Ms]:
    if is_bad(now):
        return crashed if now.name in crashed else put(crashed, now.name, at)
    return {n: since for n, since in crashed.items() if n != now.name} if now.state == "running" else crashed
