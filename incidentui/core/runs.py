"""The runbook being worked through: which step, in which state."""

from incidentui.core import events as e
from incidentui.core.inputs import EndRunbook, SetStep, StartRunbook
from incidentui.core.model import Moment, RunStep, StepState
from incidentui.core.turn import Deciding, Decision, refuse


def start(d: Deciding, c: StartRunbook) -> Decision:
    incident = d.state.current
    if incident is None and not c.alone:
        return refuse("a runbook is worked through inside an incident", "o opens one")
    name = incident.id if incident else None
    running = d.state.runbook
    if running is not None and running.ended is None and current_step(running.steps) is not None:
        if running.runbook == c.runbook:
            return refuse(f"{running.title} is being worked through already", "x goes on with its step")
        d.say(e.RunbookEnded(running.id, c.by, f"{c.title} was started"), "runbook", "detail", incident=name)
    begun = e.RunbookStarted(c.run, c.runbook, c.title, c.digest, c.by, c.steps)
    d.say(begun, "runbook", "key", incident=name, source=f"responder:{c.by}")
    return d.done(name)


def set_step(d: Deciding, c: SetStep) -> Decision:
    run = d.state.runbook
    if run is None or run.ended is not None:
        return refuse("no runbook is being worked through", "r chooses one")
    step = next((s for s in run.steps if s.n == c.n), None)
    if step is None:
        return refuse(f"there is no step {c.n}", f"{run.title} has {len(run.steps)}")
    if c.state == "skipped" and not c.why.strip():
        return refuse("skipping needs a reason")
    attempt = d.state.attempt
    under_way = attempt is not None and attempt.step == c.n
    if step.state == "running" and (step.action or under_way) and c.state in ("done", "skipped"):
        return refuse("the step is running", "wait for its verdict")
    step_follows(d, c.n, c.state, c.by, c.why.strip(), d.keep(c.evidence))
    return d.done(d.state.current.id if d.state.current else None)


def end(d: Deciding, c: EndRunbook) -> Decision:
    run = d.state.runbook
    if run is None or run.ended is not None:
        return refuse("no runbook is being worked through", "r chooses one")
    incident = d.state.current
    d.say(e.RunbookEnded(run.id, c.by, c.why), "runbook", "detail", incident=incident.id if incident else None)
    return d.done()


def step_follows(d: Deciding, n: int, to: StepState, by: str, why: str, evidence: str | None = None) -> None:
    run = d.state.runbook
    step = next((s for s in run.steps if s.n == n), None) if run else None
    if run is None or step is None or step.state == to:
        return
    incident = d.state.current
    changed = e.StepChanged(run.id, n, step.title, step.state, to, by, why, evidence)
    moment: Moment = "key" if to in ("failed", "skipped", "unknown") else "detail"
    d.say(changed, f"step {n}", moment, incident=incident.id if incident else None)


def is_running(d: Deciding, n: int) -> bool:
    """Whether the step waits for the verdict of its action: no step of a runbook that was begun meanwhile does."""
    run = d.state.runbook
    return run is not None and any(step.n == n and step.state == "running" for step in run.steps)


def current_step(steps: tuple[RunStep, ...]) -> RunStep | None:
    """The first that is neither done nor skipped: a failed one is still the current one."""
    return next((s for s in steps if s.state not in ("done", "skipped")), None)
