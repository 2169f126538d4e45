"""What the journal knows of one incident, gathered: the only thing the draft is written from."""

from collections.abc import Sequence
from dataclasses import dataclass

from incidentui.core import events as e
from incidentui.core.metrics import Metric, Outage, metrics, outages, recovered
from incidentui.core.model import Attempt, Commit, Incident, Ms
from incidentui.core.state import State
from incidentui.core.suspects import since_good


@dataclass(frozen=True, slots=True)
class Facts:
    incident: Incident
    state: State
    records: tuple[e.Recorded, ...]
    """The timeline of the window, details too, oldest first."""
    cut: bool
    """Whether rows are missing."""
    as_of: Ms
    metrics: tuple[Metric, ...]
    outages: tuple[Outage, ...]
    attempts: tuple[Attempt, ...]
    commits: tuple[Commit, ...]
    """Those the incident is about: deployed, suspected, written by actions; newest first."""
    recovered: Ms | None

    @property
    def open(self) -> bool:
        return self.incident.closed is None


def gather(state: State, incident: Incident, records: tuple[e.Recorded, ...], cut: bool, now: Ms) -> Facts:
    until = incident.closed if incident.closed is not None else now
    attempts = tuple(state.attempts[run] for run in incident.attempts if run in state.attempts)
    return Facts(
        incident=incident,
        state=state,
        records=records,
        cut=cut,
        as_of=until,
        metrics=metrics(incident, records),
        outages=outages(records, until),
        attempts=attempts,
        commits=_commits(state, records, attempts),
        recovered=recovered(records),
    )


def _commits(state: State, records: Sequence[e.Recorded], attempts: Sequence[Attempt]) -> tuple[Commit, ...]:
    known = {c.sha: c for c in state.repository.commits} if state.repository else {}
    wanted: set[str] = set()
    for recorded in records:
        event = recorded.event
        if isinstance(event, e.Deployed):
            wanted.add(event.now)
            if event.commit is not None:
                known.setdefault(event.now, event.commit)
        elif isinstance(event, e.SuspectNamed):
            wanted |= {event.suspect.sha, *event.suspect.window}
        elif isinstance(event, e.Pushed):
            wanted.add(event.now)
    wanted |= {a.revision for a in attempts if a.revision}
    if state.suspect is not None:
        wanted |= {c.sha for c in since_good(state, state.suspect.sha)}
    return tuple(sorted((known[sha] for sha in wanted if sha in known), key=lambda c: -c.at))
