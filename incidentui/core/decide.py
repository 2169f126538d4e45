"""`decide`: what an input means in a state. Pure: no clock, no I/O, so the same input decides the same again."""

from typing import assert_never

from incidentui.core import acts, fixes, follow, green, hypotheses, incidents, judge, runs, standing, watching
from incidentui.core import events as e
from incidentui.core import inputs as i
from incidentui.core.model import Ms
from incidentui.core.recent import Recent
from incidentui.core.state import State
from incidentui.core.suspects import name_suspect
from incidentui.core.turn import Deciding, Decision

__all__ = ["Decision", "decide"]


def decide(state: State, recent: Recent, given: i.Input, now: Ms) -> Decision:
    """`recent` counts the look already when `given` is one."""
    d = Deciding(state, recent, now)
    if isinstance(given, i.OfWorld):
        _observe(d, given)
        standing.ask(d, state)
        return d.done()
    if isinstance(given, i.OfAction):
        _act(d, given)
        return d.done()
    decision = _command(d, given)
    if decision.refusal is not None:
        return decision
    standing.ask(d, state, begins=isinstance(given, i.StartWatch))
    return d.done(decision.incident)


def _observe(d: Deciding, seen: i.OfWorld) -> None:
    match seen:
        case i.Sampled():
            judge.sampled(d, seen)
            if d.facts:
                name_suspect(d)
                incidents.follow_health(d)
        case i.RepositoryLooked():
            watching.repository(d, seen)
        case i.LedgerLooked():
            standing.read(d, seen)
            if d.facts:
                name_suspect(d)
        case i.GoodFound():
            standing.found(d, seen)
        case i.RevisionLooked():
            watching.revision(d, seen)
        case i.WorkloadsLooked():
            watching.workloads(d, seen)
            if any(isinstance(fact.event, e.ErrorSeen) for fact in d.facts):
                name_suspect(d)
        case i.DriftLooked():
            watching.drift(d, seen)
        case i.SourceFailed() | i.SourceAnswered():
            watching.source(d, seen)
        case i.FixTold() | i.FixDropped() | i.FixesLooked():
            fixes.observed(d, seen)
        case i.Ticked() | i.CheckpointKept() | i.CheckpointLost():
            green.observed(d, seen)
        case i.ClockShifted():
            d.say(e.ClockMoved(seen.by_ms), "clock", "key")
        case _:
            assert_never(seen)
    follow.judge(d)
    fixes.recheck(d)
    acts.judge(d)


def _act(d: Deciding, seen: i.OfAction) -> None:
    match seen:
        case i.ActionStepped():
            acts.stepped(d, seen)
        case i.ActionActed():
            acts.acted(d, seen)
        case i.LightLooked():
            acts.lit(d, seen)
        case i.OwnerGone():
            acts.owner_gone(d, seen)
        case _:
            assert_never(seen)


def _command(d: Deciding, c: i.Command) -> Decision:
    if isinstance(c, i.OnIncident):
        return _on_incident(d, c)
    if isinstance(c, i.OnBoard):
        return _on_board(d, c)
    if isinstance(c, i.OnRunbook):
        return _on_runbook(d, c)
    match c:
        case i.StartWatch():
            d.say(e.WatchStarted(c.project, c.by, c.read_only, c.host), "watch")
            return d.done()
        case i.StopWatch():
            d.say(e.WatchStopped(c.by, c.why), "watch")
            return d.done()
        case i.AddNote():
            return incidents.add_note(d, c)
        case i.MarkMoment():
            return incidents.mark_moment(d, c)
        case i.MarkGood():
            return incidents.mark_good(d, c)
        case i.ShowPlan():
            return acts.show_plan(d, c)
        case i.RunPlan():
            return acts.run_plan(d, c)
        case i.StopAction():
            return acts.stop(d, c)
        case _:
            assert_never(c)


def _on_incident(d: Deciding, c: i.OnIncident) -> Decision:
    match c:
        case i.OpenIncident():
            return incidents.open_incident(d, c)
        case i.Acknowledge():
            return incidents.acknowledge(d, c)
        case i.SetSeverity():
            return incidents.set_severity(d, c)
        case i.TickRecovery():
            return incidents.tick(d, c)
        case i.CloseIncident():
            return incidents.close(d, c)


def _on_board(d: Deciding, c: i.OnBoard) -> Decision:
    match c:
        case i.AddHypothesis():
            return hypotheses.add(d, c)
        case i.ChangeHypothesis():
            return hypotheses.change(d, c)
        case i.MakeRemark():
            return hypotheses.remark(d, c)
        case i.Conclude():
            return hypotheses.conclude(d, c)
        case i.ChangeCause():
            return hypotheses.change_cause(d, c)


def _on_runbook(d: Deciding, c: i.OnRunbook) -> Decision:
    match c:
        case i.StartRunbook():
            return runs.start(d, c)
        case i.SetStep():
            return runs.set_step(d, c)
        case i.HandOver():
            return runs.hand_over(d, c)
        case i.EndRunbook():
            return runs.end(d, c)
