"""`evolve` folds one recorded event into the state. Exhaustive: an event that is forgotten here fails the type check.

It reads only what a decision already knows (sequence, time, subject, moment, incident, event), never the hash or
the clock of the writer: so the state published before the journal answered is the state of every later replay.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar, assert_never

from incidentui.core import events as e
from incidentui.core.board_fold import concluded, folded, remarked
from incidentui.core.checkpoint import OnGreen
from incidentui.core.errors import told
from incidentui.core.model import (
    Attempt,
    AwaitedDeploy,
    CheckStatus,
    Deploy,
    FixPlace,
    FixStatus,
    Incident,
    Ms,
    Progress,
    ProjectSpec,
    ServiceStatus,
    Source,
    Span,
    Stage,
    TakenBack,
    Workload,
)
from incidentui.core.redeploy import brings_back
from incidentui.core.restarts import another_engine, kept, ran, remembered
from incidentui.core.state import State
from incidentui.core.steps import fold_run
from incidentui.core.ticks import ticked, unticked
from incidentui.core.words import is_bad

SPANS = 64
ERRORS = 20
DEPLOYS = 20
ATTEMPTS = 50
LEDGERS = 3
"""How many of them keep the whole ledger: it can have 200 commits."""
CLOSED = 20
FIXES = 50
FIX_PLACES = 50
TAKEN_BACK = 200
T = TypeVar("T")


def fold(records: Iterable[e.Recorded], start: State | None = None) -> State:
    state = start or State()
    for recorded in records:
        state = evolve(state, recorded)
    return state


def evolve(state: State, recorded: e.Recorded) -> State:
    """The state after one more event."""
    state = replace(
        state,
        seq=recorded.seq,
        at=recorded.at,
        events=state.events + 1,
        moments=state.moments + (recorded.moment == "key"),
    )
    state = _apply(state, recorded)
    if recorded.incident and (incident := state.incidents.get(recorded.incident)):
        earliest = min(recorded.at, incident.earliest if incident.earliest is not None else recorded.at)
        return _incident(state, replace(incident, events=incident.events + 1, earliest=earliest))
    return state


def _apply(state: State, recorded: e.Recorded) -> State:
    event = recorded.event
    match event:
        case e.WatchStarted():
            return _watch_started(state, event, recorded)
        case (
            e.CheckChanged()
            | e.ServiceChanged()
            | e.RevisionSeen()
            | e.Deployed()
            | e.RepositorySeen()
            | e.WorkloadsSeen()
            | e.WorkloadChanged()
            | e.WorkloadRestarted()
            | e.DriftSeen()
            | e.SourceLost()
            | e.SourceRegained()
        ):
            return _world(state, event, recorded)
        case (
            e.Pushed()
            | e.DeployMissed()
            | e.DeployFollowed()
            | e.FixMarked()
            | e.FixSeen()
            | e.FixForgotten()
            | e.CommitBack()
            | e.CommitCleared()
        ):
            return _followed(state, event, recorded)
        case e.CheckpointDue() | e.CheckpointTaken() | e.CheckpointMissed():
            return replace(state, green=_green(state.green, event, recorded.at))
        case e.LedgerRead():
            return replace(state, ledger=event.ledger)
        case e.ErrorSeen():
            return replace(state, errors=told(state.errors, event.seen)[-ERRORS:])
        case e.SuspectNamed():
            return replace(state, suspect=event.suspect)
        case e.KnownGoodSet():
            other = state.good if state.good is not None and state.good.sha != event.good.sha else state.was_good
            return replace(state, good=event.good, was_good=other)
        case (
            e.IncidentOpened()
            | e.WindowMoved()
            | e.IncidentAcknowledged()
            | e.SeverityChanged()
            | e.StageChanged()
            | e.RecoveryTicked()
            | e.IncidentClosed()
            | e.NoteAdded()
        ):
            return _incident_event(state, event, recorded)
        case e.HypothesisAdded() | e.HypothesisChanged() | e.CauseChanged() | e.RemarkMade() | e.ConclusionDrawn():
            return _on_board(state, event, recorded)
        case e.ActionRequested() | e.ActionProgressed() | e.ActionEnded() | e.LightSeen() | e.VerdictGiven():
            return _action(state, event, recorded)
        case e.RunbookStarted() | e.StepChanged() | e.RunbookHandedOver() | e.RunbookEnded():
            return fold_run(state, event, recorded.at, recorded.incident)
        case e.WatchStopped() | e.MomentMarked() | e.ActionPlanned() | e.ErrorCompared():
            return state
        case e.ClockMoved() | e.DataErased() | e.JournalReplaced() | e.UnknownEvent():
            return state
        case _:
            assert_never(event)


# -- watching


def _watch_started(state: State, event: e.WatchStarted, recorded: e.Recorded) -> State:
    project: ProjectSpec = event.project
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


def _world(
    state: State,
    event: e.CheckChanged
    | e.ServiceChanged
    | e.RevisionSeen
    | e.Deployed
    | e.RepositorySeen
    | e.WorkloadsSeen
    | e.WorkloadChanged
    | e.WorkloadRestarted
    | e.DriftSeen
    | e.SourceLost
    | e.SourceRegained,
    recorded: e.Recorded,
) -> State:
    match event:
        case e.CheckChanged():
            state = replace(state, checks=_put(state.checks, event.check, _check(event, state.checks.get(event.check))))
            if event.layer == "user" and event.now == "failing":
                state = replace(state, incidents=unticked(state.incidents))
            return _recovered(state, f"check:{event.check}") if event.now in ("ok", "slow") else state
        case e.ServiceChanged():
            return _service_changed(state, event, recorded)
        case e.RevisionSeen():
            old = state.services.get(event.service, ServiceStatus(event.service))
            new = replace(
                old,
                running=event.now,
                running_since=recorded.at,
                running_why=event.why,
                ran=event.now or old.ran,
                odd=event.odd,
            )
            return replace(state, services=_put(state.services, event.service, new))
        case e.Deployed():
            services = dict(state.services)
            for name in event.services:
                old = services.get(name, ServiceStatus(name))
                services[name] = replace(
                    old, running=event.now, running_since=recorded.at, running_why="", ran=event.now, odd=""
                )
            deploy = Deploy(recorded.at, event.services, event.was, event.now, recorded.seq)
            return replace(state, services=services, deploys=(*state.deploys, deploy)[-DEPLOYS:])
        case e.RepositorySeen():
            return replace(state, repository=event.repository)
        case e.WorkloadsSeen():
            others = {n: w for n, w in state.workloads.items() if w.engine != event.engine}
            seen = {w.name: w for w in event.workloads}
            workloads: Mapping[str, Workload] = {**others, **seen}
            crashed = {n: at for n, at in state.crashed.items() if n in workloads}
            for gone in state.workloads.keys() - workloads.keys():
                state = _recovered(state, f"workload:{gone}")  # what comes under its name is another one
            engines = _with(state.engines, event.engine)
            moved = another_engine(state.engine_at.get(event.engine, ""), event.where)
            here = {n: r for n, r in state.ran.items() if not moved or r.engine != event.engine}
            known = kept(ran(here, event.workloads, recorded.at), workloads)
            at = {name: where for name, where in state.engine_at.items() if name != event.engine}
            at |= {event.engine: event.where} if event.where else {}
            return replace(state, workloads=workloads, engines=engines, engine_at=at, crashed=crashed, ran=known)
        case e.WorkloadChanged():
            workloads = _put(state.workloads, event.now.name, event.now)
            known = ran(state.ran, (event.now,), recorded.at)
            down = _crashed(state.crashed, event.now, recorded.at)
            state = replace(state, workloads=workloads, crashed=down, ran=known)
            well = event.now.state == "running" and not is_bad(event.now)
            return _recovered(state, f"workload:{event.now.name}") if well else state
        case e.WorkloadRestarted():
            return replace(state, ran=remembered(state.ran, event.restart, recorded.at))
        case e.DriftSeen():
            return replace(state, drift={drift.workload: drift for drift in event.drifts})
        case e.SourceLost():
            return _source_lost(state, event, recorded)
        case e.SourceRegained():
            return replace(state, sources={n: s for n, s in state.sources.items() if n != event.source})


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


def _green(was: OnGreen, event: e.CheckpointDue | e.CheckpointTaken | e.CheckpointMissed, at: Ms) -> OnGreen:
    match event:
        case e.CheckpointDue():
            return replace(was, due=event.trigger)
        case e.CheckpointTaken():
            return OnGreen(event.id, at, event.trigger)
        case e.CheckpointMissed():
            return replace(was, due=None, missed=at)


def _recovered(state: State, source: str) -> State:
    errors = tuple(seen for seen in state.errors if seen.source != source)
    return state if len(errors) == len(state.errors) else replace(state, errors=errors)


def _crashed(crashed: Mapping[str, Ms], now: Workload, at: Ms) -> Mapping[str, Ms]:
    if is_bad(now):
        return crashed if now.name in crashed else _put(crashed, now.name, at)
    return {n: since for n, since in crashed.items() if n != now.name} if now.state == "running" else crashed


def _check(event: e.CheckChanged, was: CheckStatus | None) -> CheckStatus:
    over = event.was == "failing" and event.now != "failing"
    return CheckStatus(
        name=event.check,
        service=event.service,
        layer=event.layer,
        state=event.now,
        since=event.since,
        why=event.why,
        status=event.status,
        latency_ms=event.latency_ms,
        looks=event.looks,
        evidence=event.evidence,
        failed_ms=event.was_ms if over else was.failed_ms if was is not None else None,
    )


def _service_changed(state: State, event: e.ServiceChanged, recorded: e.Recorded) -> State:
    old = state.services.get(event.service, ServiceStatus(event.service))
    since = event.since if event.since is not None else recorded.at
    spans = old.spans if old.state == event.now and old.spans else (*old.spans, Span(since, event.now))[-SPANS:]
    new = replace(old, state=event.now, since=since, why=event.why, layer=event.layer, check=event.check, spans=spans)
    state = replace(state, services=_put(state.services, event.service, new))
    if state.suspect and not state.current and not any(s.state == "failing" for s in state.services.values()):
        return replace(state, suspect=None)
    return state


def _source_lost(state: State, event: e.SourceLost, recorded: e.Recorded) -> State:
    """What a lost source would show is unknown, never down."""
    old = state.sources.get(event.source)
    since = old.lost_since if old and old.lost_since else recorded.at
    source = Source(event.source, since, event.why, event.retry_ms)
    workloads: Mapping[str, Workload] = {
        n: replace(w, state="unknown") if w.engine == event.source else w for n, w in state.workloads.items()
    }
    return replace(state, sources=_put(state.sources, event.source, source), workloads=workloads)


# -- fixes, and commits that were taken back


def _followed(
    state: State,
    event: e.Pushed
    | e.DeployMissed
    | e.DeployFollowed
    | e.FixMarked
    | e.FixSeen
    | e.FixForgotten
    | e.CommitBack
    | e.CommitCleared,
    recorded: e.Recorded,
) -> State:
    match event:
        case e.Pushed() | e.DeployMissed() | e.DeployFollowed():
            return replace(state, awaited=_awaited(state, event, recorded))
        case e.CommitBack() | e.CommitCleared():
            return _came_back(state, event)
        case _:
            return _fix(state, event, recorded)


def _fix(state: State, event: e.FixMarked | e.FixSeen | e.FixForgotten, recorded: e.Recorded) -> State:
    match event:
        case e.FixMarked():
            lost = old.lost if (old := state.fixes.get(event.fix.commit)) else 0
            others = {n: f for n, f in state.fixes.items() if n != event.fix.commit}
            fixes = dict([*others.items(), (event.fix.commit, FixStatus(event.fix, lost=lost))][-FIXES:])
            return replace(state, fixes=fixes)
        case e.FixForgotten():
            return replace(state, fixes={n: f for n, f in state.fixes.items() if n != event.commit})
        case e.FixSeen():
            return _fix_seen(state, event, recorded)


def _fix_seen(state: State, event: e.FixSeen, recorded: e.Recorded) -> State:
    status = state.fixes.get(event.commit)
    if status is None:
        return state
    was_there = event.now == "there" or any(p.was_there for p in status.places if p.place == event.place)
    place = FixPlace(event.place, event.now, recorded.at, event.revision, was_there)
    places = (*(p for p in status.places if p.place != event.place), place)[-FIX_PLACES:]
    return replace(state, fixes=_put(state.fixes, event.commit, replace(status, places=places, lost=event.lost)))


def _came_back(state: State, event: e.CommitBack | e.CommitCleared) -> State:
    taken = state.taken_back.get(event.sha)
    if taken is None:
        return state
    if isinstance(event, e.CommitBack):
        return replace(state, taken_back=_put(state.taken_back, event.sha, replace(taken, back=event.tip)))
    return replace(state, taken_back={n: t for n, t in state.taken_back.items() if n != event.sha})


def _took_back(state: State, attempt: Attempt, event: e.ActionEnded, at: Ms) -> Mapping[str, TakenBack]:
    """What an action that is done took back while checks failed; what it brought back is free again."""
    if event.outcome != "done" or event.revision is None or not attempt.plan.takes_back:
        return state.taken_back
    ours = {a.revision for a in state.attempts.values()}
    # A check that was judged failing only while the action ran failed with the commits too: nothing else ran by then.
    since = {name: c.since for name, c in state.checks.items() if c.state == "failing" and c.since is not None}
    red = dict.fromkeys([*(name for name, was in attempt.before if was == "failing"), *since])
    checks = tuple((name, since.get(name, attempt.asked)) for name in red)
    kept = {t.sha: t for t in state.taken_back.values() if t not in brings_back(state, attempt.plan)}
    # What was out already stays out by the commit that took it: to take this one away alone does not bring it back.
    out = {sha for sha, t in kept.items() if t.back is None}
    new = {
        c.sha: TakenBack(c.sha, c.subject, event.revision, at, checks)
        for c in reversed(attempt.plan.takes_back)
        if checks and c.sha not in ours | out
    }
    return dict([*((n, t) for n, t in kept.items() if n not in new), *new.items()][-TAKEN_BACK:])


# -- the incident


def _incident_event(
    state: State,
    event: e.IncidentOpened
    | e.WindowMoved
    | e.IncidentAcknowledged
    | e.SeverityChanged
    | e.StageChanged
    | e.RecoveryTicked
    | e.IncidentClosed
    | e.NoteAdded,
    recorded: e.Recorded,
) -> State:
    if isinstance(event, e.IncidentOpened):
        return _opened(state, event, recorded)
    incident = state.incidents.get(recorded.incident or "")
    if incident is None:
        return state
    match event:
        case e.WindowMoved():
            changed = replace(incident, first_red=event.first_red, window_from=event.window_from)
        case e.IncidentAcknowledged():
            stage: Stage = "acknowledged" if incident.stage == "open" else incident.stage
            changed = replace(
                incident,
                stage=stage,
                acknowledged=incident.acknowledged or recorded.at,
                acknowledged_by=incident.acknowledged_by or event.by,
                responders=_with(incident.responders, event.by),
            )
        case e.SeverityChanged():
            changed = replace(incident, severity=event.now)
        case e.StageChanged():
            changed = _staged(incident, event, recorded)
        case e.RecoveryTicked():
            changed = replace(
                incident,
                ticks=ticked(incident.ticks, event.item, event.by, recorded.at, good=event.good),
                responders=_with(incident.responders, event.by),
            )
        case e.IncidentClosed():
            changed = replace(
                incident,
                stage="closed",
                left=event.left,
                closed=recorded.at,
                closed_reason=event.reason,
                resolved=(incident.resolved or recorded.at) if event.resolved else None,
            )
        case e.NoteAdded():
            changed = replace(incident, responders=_with(incident.responders, event.by))
        case _:
            assert_never(event)
    state = _incident(state, changed)
    return _forget_closed(state) if isinstance(event, e.IncidentClosed) else state


def _opened(state: State, event: e.IncidentOpened, recorded: e.Recorded) -> State:
    incident = Incident(
        id=event.id,
        title=event.title,
        severity=event.severity,
        stage="open",
        opened=recorded.at,
        by=event.by,
        first_red=event.first_red,
        window_from=event.window_from,
        services=event.services,
        responders=(event.by,),
        events=event.adopted,
    )
    return replace(_incident(state, incident), incident_count=state.incident_count + 1)


def _staged(incident: Incident, event: e.StageChanged, recorded: e.Recorded) -> Incident:
    mitigated = incident.mitigated
    if event.now in ("monitoring", "resolved"):
        mitigated = mitigated or recorded.at
    elif event.now == "mitigating":
        mitigated = None
    resolved = recorded.at if event.now == "resolved" else None
    # Red again: what was seen in between says nothing of what comes after.
    ticks = () if event.now == "mitigating" else incident.ticks
    return replace(incident, stage=event.now, mitigated=mitigated, resolved=resolved, ticks=ticks)


def _incident(state: State, incident: Incident) -> State:
    return replace(state, incidents=_put(state.incidents, incident.id, incident))


def _on_board(
    state: State,
    event: e.HypothesisAdded | e.HypothesisChanged | e.CauseChanged | e.RemarkMade | e.ConclusionDrawn,
    recorded: e.Recorded,
) -> State:
    incident = state.incidents.get(recorded.incident or "")
    if incident is None:
        return state
    incident = replace(incident, responders=_with(incident.responders, event.by))
    if isinstance(event, e.ConclusionDrawn):
        drawn = concluded(incident.conclusions, event, recorded.at)
        return _incident(state, replace(incident, conclusions=drawn))
    if isinstance(event, e.RemarkMade):
        return _incident(state, replace(incident, remarks=remarked(incident.remarks, event, recorded.at)))
    return _incident(state, replace(incident, hypotheses=folded(incident.hypotheses, event, recorded.at)))


def _forget_closed(state: State) -> State:
    closed = [i.id for i in state.incidents.values() if i.closed is not None]
    gone = set(closed[:-CLOSED])
    kept = {n: i for n, i in state.incidents.items() if n not in gone}
    over = state.runbook if any(i.closed is None for i in kept.values()) else None
    red = any(s.state == "failing" for s in state.services.values())
    return replace(state, incidents=kept, runbook=over, suspect=state.suspect if red else None)


# -- acting


def _action(
    state: State,
    event: e.ActionRequested | e.ActionProgressed | e.ActionEnded | e.LightSeen | e.VerdictGiven,
    recorded: e.Recorded,
) -> State:
    if isinstance(event, e.ActionRequested):
        return _requested(state, event, recorded)
    attempt = state.attempts.get(event.run)
    if attempt is None:
        return state
    match event:
        case e.ActionProgressed():
            others = tuple(p for p in attempt.progress if p.n != event.progress.n)
            progress: tuple[Progress, ...] = tuple(sorted((*others, event.progress), key=lambda p: p.n))
            changed = replace(attempt, progress=progress)
        case e.ActionEnded():
            changed = replace(
                attempt,
                outcome=event.outcome,
                why=event.why,
                acted=recorded.at,
                revision=(event.revision if attempt.plan.changes else None) or attempt.revision,
                found=None if attempt.plan.changes else event.revision,
                in_force=event.in_force,
                differs=event.differs,
                partly=event.partly,
                taken_back=event.taken_back,
                ledger=event.ledger,
                known=event.known,
            )
            state = replace(state, taken_back=_took_back(state, attempt, event, recorded.at))
        case e.LightSeen():
            others_l = tuple(light for light in attempt.lights if light.name != event.light.name)
            changed = replace(attempt, lights=(*others_l, event.light))
        case e.VerdictGiven():
            changed = replace(
                attempt,
                outcome=event.outcome,
                verdict=event.verdict,
                lights=event.verdict.lights or attempt.lights,
                ended=recorded.at,
            )
        case _:
            assert_never(event)
    acting = None if changed.verdict is not None and state.acting == changed.run else state.acting
    return replace(state, attempts=_put(state.attempts, changed.run, changed), acting=acting)


def _requested(state: State, event: e.ActionRequested, recorded: e.Recorded) -> State:
    attempt = Attempt(
        run=event.run,
        number=event.number,
        plan=event.plan,
        owner=event.owner,
        by=event.by,
        asked=recorded.at,
        before=event.before,
        step=event.step,
        incident=recorded.incident,
        errors=event.errors,
        undoes=event.undoes,
    )
    older = [(run, replace(old, ledger=None)) for run, old in state.attempts.items()]
    attempts = dict([*older[:-LEDGERS], *[*state.attempts.items()][-LEDGERS:], (event.run, attempt)][-ATTEMPTS:])
    state = replace(state, attempts=attempts, acting=event.run)
    incident = state.incidents.get(recorded.incident or "")
    if incident is None:
        return state
    return _incident(
        state,
        replace(
            incident,
            attempts=(*incident.attempts, event.run)[-ATTEMPTS:],
            actions=max(incident.actions, event.number),
            responders=_with(incident.responders, event.by),
        ),
    )


# -- small things


def _put(mapping: Mapping[str, T], key: str, value: T) -> Mapping[str, T]:
    return {**mapping, key: value}


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)
