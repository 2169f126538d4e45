"""Containers and supervised programs, and what differs from what is declared."""

from typing import assert_never

from incidentui.core import events as e
from incidentui.core import restarts
from incidentui.core.drift_told import reference
from incidentui.core.format import count
from incidentui.core.model import is_bad
from incidentui.core.words.tone import Said


def told(event: e.WorkloadEvent, key: bool) -> Said:
    match event:
        case e.WorkloadChanged():
            return _changed(event, key)
        case e.WorkloadRestarted():
            return "·", restarts.words(event.restart), "text"
        case e.WorkloadsSeen():
            return "·", count(len(event.workloads), "workload"), "text"
        case e.DriftSeen():
            of = reference(next(iter(event.drifts), None))
            rows = [f"{name}: {row.what} {row.running}, {of} {row.declared}" for name, row in event.fresh]
            return ("✗", "; ".join(rows), "fail") if rows else ("·", "nothing differs that did not before", "text")
        case _:
            assert_never(event)


def _changed(event: e.WorkloadChanged, key: bool) -> Said:
    if event.now.state == "unknown":
        return "?", event.words, "unknown"
    if not key:
        return "·", event.words, "text"
    return ("✗", event.words, "fail") if is_bad(event.now) else ("✓", event.words, "ok")
