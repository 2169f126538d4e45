"""Containers and supervised programs: what is there, what became of it, what differs from what is declared."""

from incidentui.core.drift import Drift, DriftRow
from incidentui.core.model import Workload
from incidentui.core.restarts import Restart
from incidentui.core.value import dataclass


@dataclass(frozen=True, slots=True)
class WorkloadsSeen:
    """The list of one engine changed (first look, or something came or went)."""

    engine: str
    workloads: tuple[Workload, ...]
    where: str = ""
    """Which engine that is; empty: the machine's own."""


@dataclass(frozen=True, slots=True)
class DriftSeen:
    """What is declared against what runs changed, on either side."""

    drifts: tuple[Drift, ...]
    fresh: tuple[tuple[str, DriftRow], ...] = ()
    """What differs since now: (workload, row)."""


@dataclass(frozen=True, slots=True)
class WorkloadChanged:
    was: Workload
    now: Workload
    words: str
    """"exits 1 at start", "restart 3", "up again"."""
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class WorkloadRestarted:
    """Another process, or another container, runs under its name than was seen up last."""

    restart: Restart


WorkloadEvent = WorkloadsSeen | DriftSeen | WorkloadChanged | WorkloadRestarted
NAMED: dict[str, type[WorkloadEvent]] = {
    "workloads.seen": WorkloadsSeen,
    "workload.changed": WorkloadChanged,
    "workload.restarted": WorkloadRestarted,
    "drift.seen": DriftSeen,
}
