"""The runbook being worked through: which step, in which state, by whom."""

from incidentui.core import events as e
from incidentui.core.inputs import EndRunbook, HandOver, Refusal, SetStep, StartRunbook
from incidentui.core.model import Attempt, Moment, RunbookRun, RunStep, StepState, Verdict
from incidentui.core.steps import between, current_step, to_undo, went_on
from incidentui.core.turn import Deciding, Decision, refuse


def start(d: Deciding, c: StartRunbook) -> Decision:
    incident = d.state.current
    if incident is None and not c.alone:
        return refuse("a runbook is worked through inside an incident", "o opens one")
    name = incident.id if incident else None
    running = d.state.runbook
    if running is not None and running.ended is None and current_step(running.steps) is not None:
        same = running.runbook == c.runbook
        if same and (no := _not_anew(d, running, c)) is not None:
            return Decision(refusal=no)
        if running.who != c.by:
            return Decision(refusal=others(running))
        why = "its file changed, it is begun anew" if same else f"{c.title} was started"
        d.say(e.RunbookEnded(running.id, c.by, why), "runbook", "detail", incident=name)
    begun = e.RunbookStarted(c.run, c.runbook, c.title, c.digest, c.by, c.steps)
    d.say(begun, "runbook", "key", incident=name, source=f"responder:{c.by}")
    return d.done(name)


def _not_anew(d: Deciding, run: RunbookRun, c: StartRunbook) -> Refusal | None:
    """Why a runbook that is being worked through cannot begin anew: only when its file changed it has other steps."""
    if run.digest == c.digest:
        return Refusal(f"{run.title} is being worked through already", "x goes on with its step")
    if run.who != c.by:
        return others(run)
    attempt = d.state.attempt
    if attempt is not None and attempt.verdict is None and attempt.step is not None and is_running(d, attempt.step):
        return Refusal(f"its file changed, and step {attempt.step} of before still runs", "wait for its verdict")
    return None


def set_step(d: Deciding, c: SetStep) -> Decision:
    found = _its_step(d, c.n, c.by, over=c.state == "undone")
    if isinstance(found, Refusal):
        return Decision(refusal=found)
    _, step = found
    if c.state == "skipped" and not c.why.strip():
        return refuse("skipping needs a reason")
    attempt = d.state.attempt
    under_way = attempt is not None and attempt.step == c.n
    if step.state == "running" and (step.action or under_way) and c.state in ("done", "skipped"):
        return refuse("the step is running", "wait for its verdict")
    if c.state == "undone":
        if (not_yet := not_last(d, c.n)) is not None:
            return Decision(refusal=not_yet)
        if not c.why.strip() and not step.looks:
            return refuse("what was done to take it back is not said", "one sentence is enough")
    step_follows(d, c.n, c.state, c.by, c.why.strip(), d.keep(c.evidence))
    return d.done(d.state.current.id if d.state.current else None)


def _its_step(d: Deciding, n: int, by: str, *, over: bool = False) -> tuple[RunbookRun, RunStep] | Refusal:
    """The step of the run that goes on (or, `over`, of the last one), if `by` is who works through it."""
    run = d.state.runbook
    if run is None or (run.ended is not None and not over):
        return Refusal("no runbook is being worked through", "r chooses one")
    if run.who != by and run.ended is None:
        return others(run)
    step = next((s for s in run.steps if s.n == n), None)
    return (run, step) if step else Refusal(f"there is no step {n}", f"{run.title} has {len(run.steps)}")


def others(run: RunbookRun) -> Refusal:
    return Refusal(f"{run.who} works through {run.title}", "T takes it over; without a screen, --take-over")


def not_last(d: Deciding, n: int) -> Refusal | None:
    """Why a step cannot be taken back now: what came after it goes first."""
    run = d.state.runbook
    last = to_undo(run.steps) if run is not None else None
    if last is None:
        return Refusal("no step was gone through that could be undone")
    return Refusal(f"step {last.n} is undone first", "the last one goes first") if last.n != n else None


def asked(d: Deciding, n: int, by: str, *, undoes: bool) -> Refusal | None:
    """Why an action of a step cannot be asked for."""
    run = d.state.runbook
    if run is None or (run.ended is not None and not undoes):
        return None  # an action on its own, whatever step it names
    if not any(step.n == n for step in run.steps):
        return None
    if run.who != by and run.ended is None:
        return others(run)
    return not_last(d, n) if undoes else None


def hand_over(d: Deciding, c: HandOver) -> Decision:
    run = d.state.runbook
    if run is None or run.ended is not None:
        return refuse("no runbook is being worked through", "r chooses one")
    to = c.to.strip()
    if not to:
        return refuse("to whom is not said")
    if to == run.who:
        return refuse(f"{to} works through it already")
    if c.by not in (run.who, to):
        return Decision(refusal=others(run))
    incident = d.state.current
    at = current_step(run.steps)
    given = e.RunbookHandedOver(run.id, run.who, to, c.by, c.note.strip(), at.n if at else None)
    name = incident.id if incident else None
    d.say(given, "runbook", "key", incident=name, source=f"responder:{c.by}")
    return d.done(name)


def end(d: Deciding, c: EndRunbook) -> Decision:
    run = d.state.runbook
    if run is None or run.ended is not None:
        return refuse("no runbook is being worked through", "r chooses one")
    incident = d.state.current
    d.say(e.RunbookEnded(run.id, c.by, c.why), "runbook", "detail", incident=incident.id if incident else None)
    return d.done()


def step_follows(
    d: Deciding,
    n: int,
    to: StepState,
    by: str,
    why: str,
    evidence: str | None = None,
    *,
    undo: bool = False,
    fault: str = "",
) -> None:
    """The step changes, and with it those that it leads past, or led past before."""
    run = d.state.runbook
    step = next((s for s in run.steps if s.n == n), None) if run else None
    if run is None or step is None or step.state == to:
        return
    incident = d.state.current
    changed = e.StepChanged(run.id, n, step.title, step.state, to, by, why, evidence, undo, fault)
    moment: Moment = "key" if to in ("failed", "skipped", "unknown", "undone") else "detail"
    d.say(changed, f"step {n}", moment, incident=incident.id if incident else None)
    if to in ("running", "undone", "todo"):
        _open_again(d, step, by)
    elif not undo and (goal := {"done": step.then, "failed": step.otherwise}.get(to)) is not None:
        for passed_by in between(run.steps, n, goal):
            if passed_by.state in ("todo", "undone"):
                step_follows(d, passed_by.n, "skipped", by, went_on(n, goal))


def _open_again(d: Deciding, step: RunStep, by: str) -> None:
    """What it led past is to do again: this time it may lead elsewhere."""
    run = d.state.runbook
    goals = [goal for goal in (step.then, step.otherwise) if goal is not None]
    for goal in goals if run is not None else ():
        for one in between(run.steps if run is not None else (), step.n, goal):
            if one.state == "skipped" and one.note == went_on(step.n, goal):
                step_follows(d, one.n, "todo", by, "")


def step_after(d: Deciding, attempt: Attempt, n: int, verdict: Verdict, fault: str) -> None:
    """What the end of its action makes of the step. A shell block is done by its exit code, whatever is still red: the
    proof is a step of its own."""
    good, why = verdict.word == "complete", f"{verdict.word}: {verdict.why}"
    worse = attempt.undoes and verdict.delta.newly_red
    if attempt.plan.action == "shell" and attempt.outcome == "done" and not worse:
        good, why = True, attempt.why + ("" if good else f"; {verdict.why}")
    to: StepState = "done" if good else "unknown" if verdict.word == "outcome unknown" else "failed"
    if attempt.undoes:
        # A step that could not be taken back is neither done nor undone: it stays the one to look at.
        to = "undone" if good else to
        why = f"taken back: {why}" if good else f"undo failed: {verdict.why}"
    step_follows(d, n, to, attempt.by, why, undo=attempt.undoes, fault=fault)


def is_running(d: Deciding, n: int) -> bool:
    """Whether the step waits for the verdict of its action: no step of a runbook that was begun meanwhile does."""
    run = d.state.runbook
    return run is not None and any(step.n == n and step.state == "running" for step in run.steps)
