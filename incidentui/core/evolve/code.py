"""What runs, what git says of it, and what is judged from both."""

from dataclasses import replace
from typing import assert_never

from incidentui.core import events as e
from incidentui.core.evolve.put import put
from incidentui.core.model import AwaitedDeploy, Deploy, KnownGood, ServiceStatus
from incidentui.core.state import State

DEPLOYS = 20


def fold(state: State, event: e.CodeEvent, recorded: e.Recorded) -> State:
    match event:
        case e.RevisionSeen():
            return _revision(state, event, recorded)
        case e.Deployed():
            return _deployed(state, event, recorded)
        case e.RepositorySeen():
            return replace(state, repository=event.repository)
        case e.LedgerRead():
            return replace(state, ledger=event.ledger)
        case e.Pushed() | e.DeployMissed() | e.DeployFollowed():
            return replace(state, awaited=_awaited(state, event, recorded))
        case e.SuspectNamed():
            return replace(state, suspect=event.suspect)
        case e.KnownGoodSet():
            return replace(state, good=event.good, was_good=_good_before(state, event.good))
        case _:
            assert_never(event)


def _revision(state: State, event: e.RevisionSeen, recorded: e.Recorded) -> State:
    old = state.services.get(event.service, ServiceStatus(event.service))
    new = replace(
        old,
        running=event.now,
        running_since=recorded.at,
        running_why=event.why,
        ran=event.now or old.ran,
        odd=event.odd,
    )
    return replace(state, services=put(state.services, event.service, new))


def _deployed(state: State, event: e.Deployed, recorded: e.Recorded) -> State:
    services = dict(state.services)
    for name in event.services:
        old = services.get(name, ServiceStatus(name))
        services[name] = replace(
            old, running=event.now, running_since=recorded.at, running_why="", ran=event.now, odd=""
        )
    deploy = Deploy(recorded.at, event.services, event.was, event.now, recorded.seq)
    return replace(state, services=services, deploys=(*state.deploys, deploy)[-DEPLOYS:])


def _awaited(
    state: State, event: e.Pushed | e.DeployMissed | e.DeployFollowed, recorded: e.Recorded
) -> AwaitedDeploy | None:
    """Of the newest push alone: one that came after another takes its place."""
    match event:
        case e.Pushed():
            made = AwaitedDeploy(event.now, event.was, recorded.at, event.remote, event.branch, event.expects)
            return made if event.expects else None
        case e.DeployMissed():
            return replace(state.awaited, alarm=recorded.at) if state.awaited else None
        case e.DeployFollowed():
            return None


def _good_before(state: State, good: KnownGood) -> KnownGood | None:
    """Marked again, the same commit has the same one before it."""
    return state.good if state.good is not None and state.good.sha != good.sha else state.was_good
