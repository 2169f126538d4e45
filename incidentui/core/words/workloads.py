"""Containers and supervised programs, and what differs from what is declared."""

from collections.abc import Iterator
from typing import assert_never

from incidentui.core import events as e
from incidentui.core import restarts
from incidentui.core.drift_alarm import brief_sentence
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
            rows = [f"{about}{said}" for about, said in _differences(event)]
            return ("✗", "; ".join(rows), "fail") if rows else ("·", "nothing differs that did not before", "text")
        case _:
            assert_never(event)


def subject(event: e.DriftSeen) -> str:
    """The workload that differs since now; empty where it is none, or more than one."""
    names = {name for name, _ in event.fresh}
    return names.pop() if len(names) == 1 else ""


def _differences(event: e.DriftSeen) -> Iterator[tuple[str, str]]:
    of, one = reference(next(iter(event.drifts), None)), subject(event)
    for name, row in event.fresh:
        said = brief_sentence(row) or f"{row.what}: {row.running}, {of} {row.declared}"
        yield "" if one else f"{name}: ", said


def _changed(event: e.WorkloadChanged, key: bool) -> Said:
    if event.now.state == "unknown":
        return "?", event.words, "unknown"
    if not key:
        return "·", event.words, "text"
    return ("✗", event.words, "fail") if is_bad(event.now) else ("✓", event.words, "ok")
