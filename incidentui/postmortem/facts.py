"""What the journal knows of one incident, gathered: the only thing the draft is written from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from incidentui.core import events as e
from incidentui.core.functions import function_outages
from incidentui.core.inputs import Evidence
from incidentui.core.metrics import (
    Detection,
    Metric,
    Outage,
    Stretch,
    detection,
    last_deploy,
    metrics,
    outages,
    recovered,
    unwatched,
)
from incidentui.core.model import Attempt, Commit, Deploy, Incident, KnownGood, Ms, RunbookRun, Suspect
from incidentui.core.state import State
from incidentui.core.steps import run_after
from incidentui.core.suspects import since_good
from incidentui.core.value import dataclass
from incidentui.core.words import evidence_of
from incidentui.postmortem.suggested import Suggested, suggested
from incidentui.postmortem.uncovered import Uncovered, uncovered

ROWS = 5_000
"""A timeline longer than this keeps its key moments only."""
EVIDENCE = 12
"""Pieces of evidence that are quoted: those of the first key moments."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A source that did not answer. `until` None: not by the end."""

    source: str
    why: str
    since: Ms
    until: Ms | None


@dataclass(frozen=True, slots=True)
class Move:
    """The remote's branch, or what runs, went from one commit to another."""

    at: Ms
    where: str
    was: str | None
    now: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    incident: Incident
    state: State
    """As it was when the incident was closed; now, while it is open."""
    as_of: Ms
    timeline: tuple[e.Recorded, ...]
    """Everything that is a row, by the time it happened."""
    cut: int
    """How many details are left out of it."""
    marked: frozenset[int]
    """Sequences of the events that a responder marked as key moments."""
    detected: Detection
    metrics: tuple[Metric, ...]
    outages: tuple[Outage, ...]
    functions: tuple[Outage, ...]
    """Of what users do, by the names that the project gives it."""
    recovered: Ms | None
    deploy: Deploy | None
    """The last before the first red."""
    suspect: Suspect | None
    good: KnownGood | None
    """Known-good when it began; what was judged good since stands in the state."""
    attempts: tuple[Attempt, ...]
    was: Mapping[str, str]
    """The tip before an attempt, by its run."""
    moves: tuple[Move, ...]
    commits: tuple[Commit, ...]
    """Those the incident is about: known-good, deployed, suspected, pushed, written by actions; newest first."""
    unseen: tuple[str, ...]
    """Commits it is about that git never showed."""
    runbooks: tuple[RunbookRun, ...]
    lost: tuple[Lost, ...]
    unwatched: tuple[Stretch, ...]
    suggested: tuple[Suggested, ...]
    """Causes that the record itself suggests."""
    uncovered: tuple[Uncovered, ...]
    """Inner checks that turned red one behind another."""
    notes: int
    evidence: tuple[tuple[e.Recorded, Evidence], ...]

    @property
    def open(self) -> bool:
        return self.incident.closed is None

    def is_key(self, recorded: e.Recorded) -> bool:
        return recorded.moment == "key" or recorded.seq in self.marked


def gather(
    state: State,
    incident: Incident,
    records: Sequence[e.Recorded],
    now: Ms,
    *,
    before: State | None = None,
    evidence: Callable[[str], Evidence | None] = lambda _: None,
) -> Facts:
    """`records`: every event of the incident; `before`: the state in front of the first of them."""
    records = sorted(records, key=lambda r: (r.at, r.seq))
    until = incident.closed if incident.closed is not None else now
    services = before.services if before is not None else None
    attempts = tuple(state.attempts[run] for run in incident.attempts if run in state.attempts)
    suspect = next((r.event.suspect for r in reversed(records) if isinstance(r.event, e.SuspectNamed)), state.suspect)
    deploy = _deploy(incident, records)
    good = before.good if before is not None and before.good is not None else state.good
    commits, unseen = _commits(state, records, attempts, suspect, good)
    marked = frozenset(r.event.marked for r in records if isinstance(r.event, e.MomentMarked))
    timeline, cut = _timeline(records, marked)
    return Facts(
        incident=incident,
        state=state,
        as_of=until,
        timeline=timeline,
        cut=cut,
        marked=marked,
        detected=detection(incident, records),
        metrics=metrics(incident, records, services),
        outages=outages(records, until, incident.window_from, services),
        functions=function_outages(
            state.project, records, until, incident.window_from, before.checks if before is not None else None
        ),
        recovered=recovered(records, services),
        deploy=deploy,
        suspect=suspect,
        good=good,
        attempts=attempts,
        was={r.event.run: r.event.was for r in records if isinstance(r.event, e.ActionEnded) and r.event.was},
        moves=tuple(_moves(records)),
        commits=commits,
        unseen=unseen,
        runbooks=_runbooks(records),
        lost=_lost(records),
        unwatched=unwatched(records, until),
        suggested=suggested(state, records),
        uncovered=uncovered(records, attempts),
        notes=sum(isinstance(r.event, e.NoteAdded) for r in records),
        evidence=_evidence(timeline, evidence),
    )


def _timeline(records: Sequence[e.Recorded], marked: frozenset[int]) -> tuple[tuple[e.Recorded, ...], int]:
    rows = [r for r in records if r.moment != "quiet"]
    if len(rows) <= ROWS:
        return tuple(rows), 0
    kept = [r for r in rows if r.moment == "key" or r.seq in marked]
    return tuple(kept), len(rows) - len(kept)


def _deploy(incident: Incident, records: Sequence[e.Recorded]) -> Deploy | None:
    last = last_deploy(records, incident.first_red if incident.first_red is not None else incident.opened)
    if last is None or not isinstance(last.event, e.Deployed):
        return None
    return Deploy(last.at, last.event.services, last.event.was, last.event.now, last.seq)


def _commits(
    state: State,
    records: Sequence[e.Recorded],
    attempts: Sequence[Attempt],
    suspect: Suspect | None,
    good: KnownGood | None,
) -> tuple[tuple[Commit, ...], tuple[str, ...]]:
    known = {c.sha: c for c in state.repository.commits} if state.repository else {}
    wanted = {known_good.sha for known_good in (good, state.good) if known_good is not None}
    for recorded in records:
        event = recorded.event
        if isinstance(event, e.Deployed):
            wanted.add(event.now)
            if event.commit is not None:
                known.setdefault(event.now, event.commit)
        elif isinstance(event, e.RepositorySeen):
            known.update((c.sha, c) for c in event.repository.commits if c.sha not in known or not known[c.sha].sized)
        elif isinstance(event, e.Pushed):
            wanted.add(event.now)
    wanted |= {a.revision for a in attempts if a.revision}
    wanted |= {c.sha for a in attempts for c in a.plan.takes_back}
    if suspect is not None:
        wanted |= {suspect.sha, *suspect.window, *(c.sha for c in since_good(state, suspect.sha))}
    found = sorted((known[sha] for sha in wanted if sha in known), key=lambda c: (-c.at, c.sha))
    return tuple(found), tuple(sorted(sha for sha in wanted if sha not in known))


def _moves(records: Sequence[e.Recorded]) -> list[Move]:
    out = []
    for recorded in records:
        event = recorded.event
        if isinstance(event, e.Pushed):
            where = f"{event.remote}/{event.branch}"
            out.append(Move(recorded.at, where, event.was, event.now, event.author))
        elif isinstance(event, e.Deployed):
            out.append(Move(recorded.at, "running: " + ", ".join(event.services), event.was, event.now))
    return out


def _runbooks(records: Sequence[e.Recorded]) -> tuple[RunbookRun, ...]:
    """Every runbook that was worked through, its steps as they ended."""
    runs: dict[str, RunbookRun] = {}
    for r in records:
        if isinstance(r.event, e.RunbookStarted | e.StepChanged | e.RunbookHandedOver | e.RunbookEnded):
            after = run_after(runs.get(r.event.run), r.event, r.at, r.incident)
            if after is not None:
                runs[after.id] = after
    return tuple(runs.values())


def _lost(records: Sequence[e.Recorded]) -> tuple[Lost, ...]:
    open_ones: dict[str, Lost] = {}
    out: list[Lost] = []
    for recorded in records:
        event = recorded.event
        if isinstance(event, e.SourceLost):
            open_ones.setdefault(event.source, Lost(event.source, event.why, recorded.at, None))
        elif isinstance(event, e.SourceRegained) and event.source in open_ones:
            out.append(replace(open_ones.pop(event.source), until=recorded.at))
    return tuple(sorted([*out, *open_ones.values()], key=lambda lost: lost.since))


def _evidence(
    timeline: Sequence[e.Recorded], find: Callable[[str], Evidence | None]
) -> tuple[tuple[e.Recorded, Evidence], ...]:
    """Each piece once, where it was first needed: the rows that name a service or a workload, and the actions."""
    out: dict[str, tuple[e.Recorded, Evidence]] = {}
    for recorded in timeline:
        sha = evidence_of(recorded.event)
        if sha is None or sha in out or recorded.moment != "key" or len(out) == EVIDENCE:
            continue
        if (found := find(sha)) is not None:
            out[sha] = (recorded, found)
    return tuple(out.values())
