"""The typed word, the guards, and the stop: what a responder asks of an action."""

from incidentui.core import events as e
from incidentui.core.acts.judging import judge
from incidentui.core.acts.traits import STOPPABLE, WATCHES, subject
from incidentui.core.format import duration, short
from incidentui.core.incidents import stage
from incidentui.core.inputs import CancelAction, RunPlan, ShowPlan, StartAction, StopAction
from incidentui.core.model import Attempt, Plan
from incidentui.core.redeploy import not_asked, overridden
from incidentui.core.rehearsal import no_more_quiet
from incidentui.core.runs import asked as step_asked
from incidentui.core.runs import others, step_follows
from incidentui.core.turn import Deciding, Decision, refuse


def show_plan(d: Deciding, c: ShowPlan) -> Decision:
    incident = d.state.current
    d.say(e.ActionPlanned(c.plan, c.by), "plan", incident=incident.id if incident else None)
    return d.done(incident.id if incident else None)


def run_plan(d: Deciding, c: RunPlan) -> Decision:
    """The only door to an effect: intent first, then the effect."""
    if (no := _refused(d, c)) is not None:
        return no
    incident = d.state.current
    name, source = incident.id if incident else None, f"responder:{c.by}"
    for taken in overridden(c.plan):
        d.say(e.NoteAdded(f"{taken.text}; {taken.note}", c.by), c.by, "key", incident=name, source=source)
    d.say(asked := _asked(d, c), subject(c.plan.action, asked.number), "key", incident=name, source=source)
    if incident is not None and c.plan.changes and not c.plan.local and incident.stage in ("open", "acknowledged"):
        stage(d, incident, "mitigating", f"{c.plan.action} asked")
    if c.step is not None:
        step_follows(d, c.step, "running", c.by, "", undo=c.undoes)
    if c.plan.action in WATCHES:
        d.say(e.ActionEnded(c.run, "done", f"looking at {_watched(c.plan)}"), c.plan.action, "quiet", incident=name)
    d.effects.append(StartAction(c.run, c.plan))
    return d.done(name)


def _refused(d: Deciding, c: RunPlan) -> Decision | None:
    """The guards, each with what to do instead."""
    running = d.state.attempt
    if running is not None and running.verdict is None:
        return refuse(f"an action is running: {running.plan.title}, since {running.by} asked", "wait for its verdict")
    if c.plan.changes and c.word != c.plan.target:
        return refuse(f"the word is {c.plan.target!r}", f"type the {c.plan.target_kind} to run it")
    failed = [p for p in c.plan.checked if not p.ok]
    if c.plan.changes and failed:
        return refuse(f"{failed[0].text}: {failed[0].note or 'does not hold'}", "open the plan again")
    if why := no_more_quiet(d.state, c.plan):
        return refuse(f"by now {why}", 'open the plan again; now="why" goes on all the same')
    if c.step is not None and (no := step_asked(d, c.step, c.by, undoes=c.undoes)) is not None:
        return Decision(refusal=no)
    if (taken := not_asked(d.state, c.plan)) is not None:
        again = f"{short(taken.sha)} would be in force again, and the plan does not say so"
        return refuse(again, "open the plan again")
    return None


def _asked(d: Deciding, c: RunPlan) -> e.ActionRequested:
    """With how all was before it: the verdict is told against that."""
    before = tuple((check.name, check.state) for check in d.state.checks.values())
    errors = tuple(dict.fromkeys(seen.error.signature for seen in d.state.errors))
    number = _number(d, c.plan.changes)
    return e.ActionRequested(c.run, number, c.plan, c.owner, c.by, before, c.step, errors, c.undoes)


def _watched(plan: Plan) -> str:
    return ", ".join(plan.checks) or ("the clock" if plan.action == "wait" else "every check on the user path")


def _number(d: Deciding, changes: bool) -> int:
    """Attempts of the incident that change something count from 1; looking has no number."""
    if not changes:
        return 0
    incident = d.state.current
    if incident is not None:
        return incident.actions + 1
    return 1 + max((a.number for a in d.state.attempts.values() if a.incident is None), default=0)


def stop(d: Deciding, c: StopAction) -> Decision:
    """While the looking goes on: the verdict, now. While the effect does: its executor is asked to end it."""
    attempt = d.state.attempt
    if attempt is None or attempt.verdict is not None:
        return refuse("nothing is running that could be stopped")
    run = d.state.runbook
    if c.why and attempt.step is not None and run is not None and run.who != c.by:
        return Decision(refusal=others(run))
    if c.owner is not None and attempt.outcome is None and c.owner != attempt.owner:
        where = f"pid {attempt.owner.pid} on {attempt.owner.host}"
        return refuse(f"it runs in {attempt.by}'s program, {where}", "only there it can be stopped")
    if c.why and (attempt.outcome is not None or attempt.plan.action in STOPPABLE):
        _cut_short(d, attempt, c)
    if attempt.outcome is None:
        if attempt.plan.action not in STOPPABLE:
            return refuse(f"{attempt.plan.title} cannot be cut off half-way", "it ends by itself, within seconds")
        d.effects.append(CancelAction(attempt.run, c.by))
    else:
        judge(d, stopped_by=c.by)
    return d.done(attempt.incident)


def _cut_short(d: Deciding, attempt: Attempt, c: StopAction) -> None:
    """What becomes of the step it belongs to."""
    if attempt.step is None:
        return
    words = f"cut short after {duration(d.now - (attempt.acted or attempt.asked))}: {c.why}"
    if attempt.undoes:  # half taken back is neither skipped nor undone: it stays the one to take back
        step_follows(d, attempt.step, "unknown", c.by, f"undo {words}", undo=True)
    else:
        step_follows(d, attempt.step, "skipped", c.by, words)
