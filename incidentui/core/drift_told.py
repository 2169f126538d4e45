"""What is said of drift: what was made anew since it was seen last, what differs only now, what was built from HEAD."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from incidentui.core.drift import MOST_ROWS, Drift, DriftRow, VolumeSeen, in_order
from incidentui.core.drift_alarm import judged
from incidentui.core.format import count, short
from incidentui.core.model import Attempt, Ms, Repository, Workload

REMEMBERED_MS: Ms = 24 * 3_600_000
MOST_GONE = 100
DECLARED, THEN = "declared", "then"


def reference(drift: Drift | None) -> str:
    """What the other side of a row is called: what was declared, or what was then, in a checkpoint."""
    return THEN if drift is not None and drift.checkpoint else DECLARED


def remembered(before: Drift | None, now: Drift, at: Ms, meant: Ms = 0) -> Drift:
    """With the volumes that were made anew since they were seen last: the name is the same, the content is not.
    `meant`: when somebody last took a checkpoint, by hand: what was made before that is what shall be."""
    known = {volume.name: volume for volume in before.volumes} if before else {}
    volumes = tuple(_again(known.get(volume.name), volume, meant) for volume in now.volumes)
    alarms = tuple(
        DriftRow(
            f"age of {volume.name}",
            "bad",
            "the volume that was here before",
            "made anew",
            "its content is another: stop what writes to it; if it is meant, take a checkpoint",
        )
        for volume in volumes
        if volume.was is not None and at - volume.created < REMEMBERED_MS
    )
    told = {row.what for row in alarms}
    rows = in_order((*alarms, *(judged(before, row) for row in now.rows if row.what not in told)))
    here = {volume.name for volume in volumes}
    unseen = (volume for name, volume in known.items() if name not in here)
    return replace(now, rows=rows[:MOST_ROWS], volumes=(*volumes, *unseen)[:MOST_ROWS])


def meant(attempts: Iterable[Attempt]) -> Ms:
    """When somebody last took a checkpoint by hand; 0: never."""
    return max(
        (a.ended or 0 for a in attempts if a.plan.action == "checkpoint.take" and a.outcome == "done"), default=0
    )


def on_engine(drift: Drift, where: str) -> Drift:
    """With where its volumes are: one of the same name on another engine is no successor."""
    address = where.partition(" (")[0]
    return replace(drift, volumes=tuple(replace(volume, where=address) for volume in drift.volumes))


def kept(before: Mapping[str, Drift], now: Sequence[Drift]) -> tuple[Drift, ...]:
    """The volumes of workloads that went: between `rm` and `up` there is none, and what comes back may be another."""
    there = {drift.workload for drift in now}
    gone = (Drift(name, volumes=drift.volumes) for name, drift in before.items() if name not in there and drift.volumes)
    return tuple(gone)[:MOST_GONE]


def _again(known: VolumeSeen | None, volume: VolumeSeen, meant: Ms) -> VolumeSeen:
    if known is None or known.where != volume.where or volume.created <= meant:
        return volume
    return replace(volume, was=known.was if known.created == volume.created else known.created)


def revision_row(workload: Workload, drift: Drift | None, repository: Repository | None) -> DriftRow | None:
    """What it was built from against HEAD; None where neither says anything."""
    head = repository.head if repository else None
    if head is None or (workload.revision is None and not (drift and drift.built)):
        return None
    declared, more = f"HEAD {short(head)}", " + uncommitted" if workload.dirty else ""
    if workload.revision is None:
        return DriftRow("revision", "unknown", declared, "it does not say what it was built from", "label the image")
    running = f"built from {short(workload.revision)}{more}"
    if not workload.dirty and repository is not None and _later(repository, workload.revision, head):
        return DriftRow("revision", "look", declared, f"{running}, which is later", "your checkout is behind it")
    if not _one(workload.revision, head):
        return DriftRow("revision", "bad", declared, running, "what you committed is not in it")
    if workload.dirty:
        return DriftRow("revision", "bad", declared, running, "no commit holds what runs")
    if repository is not None and (dirty := max(repository.dirty_count, len(repository.dirty))):
        files = f"{count(dirty, 'uncommitted file')} here"
        return DriftRow("revision", "look", f"{declared}, {files}", running, "what is not committed is not in it")
    return DriftRow("revision", "ok", declared, running)


def _later(repository: Repository, revision: str, head: str) -> bool:
    """Whether a revision was written on top of HEAD: pushed by others, and not here yet."""
    parents = {commit.sha: commit.parents for commit in repository.commits}
    todo = [sha for sha in parents if sha != head and _one(revision, sha)]
    seen: set[str] = set()
    while todo:
        here = todo.pop()
        if here == head:
            return True
        if here not in seen:
            seen.add(here)
            todo += parents.get(here, ())
    return False


def _one(revision: str, head: str) -> bool:
    return len(revision) >= 7 and (head.startswith(revision) or revision.startswith(head))


def rows_of(workload: Workload, drift: Drift | None, repository: Repository | None) -> tuple[DriftRow, ...]:
    revision = revision_row(workload, drift, repository)
    rows = (*((revision,) if revision else ()), *(drift.rows if drift else ()))
    return in_order(rows)


def told(rows: Sequence[DriftRow]) -> str:
    """`4 of 8 differ`; empty when nothing does."""
    bad = sum(row.level == "bad" for row in rows)
    return f"{bad} of {len(rows)} differ{'s' if bad == 1 else ''}" if bad else ""


def newly(before: Mapping[str, Drift], now: Sequence[Drift]) -> tuple[tuple[str, DriftRow], ...]:
    """What is bad now and was not before: (workload, row)."""
    was = {(name, row.what, row.running) for name, drift in before.items() for row in drift.rows if row.level == "bad"}
    return tuple(
        (drift.workload, row)
        for drift in now
        for row in drift.rows
        if row.level == "bad" and (drift.workload, row.what, row.running) not in was
    )
