"""Causes that the record suggests by itself: a file that was not found where a mount was gone."""

from collections.abc import Sequence

from incidentui.core import events as e
from incidentui.core.drift import DriftRow
from incidentui.core.not_found import Tied, broken_mount, needed_workloads, tie
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.postmortem.markdown import stamp, text


@dataclass(frozen=True, slots=True)
class Suggested:
    at: int
    service: str
    tied: Tied


def suggested(state: State, records: Sequence[e.Recorded]) -> tuple[Suggested, ...]:
    """Errors and mounts of one window, whichever of the two was seen first."""
    mounts: dict[tuple[str, str], DriftRow] = {}
    for r in records:
        if isinstance(r.event, e.DriftSeen):
            mounts |= {(d.workload, row.what): row for d in r.event.drifts for row in d.rows if broken_mount(row)}
    rows = [(workload, row) for (workload, _), row in mounts.items()]
    found: dict[tuple[str, str], Suggested] = {}
    for r in records if rows else ():
        if not isinstance(r.event, e.ErrorSeen):
            continue
        seen = r.event.seen
        near = needed_workloads(state, seen.service) if seen.service else [seen.source.removeprefix("workload:")]
        if (tied := tie(seen.error.text, [row for row in rows if row[0] in near])) is not None:
            found.setdefault((tied.workload, tied.row.what), Suggested(r.at, seen.service or tied.workload, tied))
    return tuple(found.values())


def lines(found: Sequence[Suggested]) -> list[str]:
    told = [f"- {text(s.service)} said at {stamp(s.at)}: {text(s.tied.says)}; {text(s.tied.text)}." for s in found]
    return ["Suggested by the record, confirmed by nobody:", "", *told] if told else []
