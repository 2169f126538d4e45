"""The checklist after recovery: who may tick what, and what is still open when an incident is to be closed.

Its lines come from the configuration, and from a runbook that is worked through: its steps by hand under "After
recovery". What a person saw while users were not served, or before it was red again, shows nothing.
"""

from incidentui.core import events as e
from incidentui.core.format import count
from incidentui.core.inputs import TickRecovery
from incidentui.core.model import Incident, RunbookRun, RunStep
from incidentui.core.state import State
from incidentui.core.steps import held
from incidentui.core.ticks import left
from incidentui.core.turn import Deciding, Decision, refuse


def open_steps(state: State, incident: Incident) -> tuple[tuple[RunbookRun, RunStep], ...]:
    """The steps of its runbooks that closing waits for, also after a run was ended, or another one begun: to leave it
    proves nothing."""
    now = () if state.runbook is None else (state.runbook,)
    runs = (run for run in (*now, *state.left_runs) if _its(state, run, incident))
    return tuple((run, step) for run in runs for step in held(run))


def _its(state: State, run: RunbookRun, incident: Incident) -> bool:
    if run.incident is not None:
        return run.incident == incident.id
    alone = [i.id for i in state.incidents.values() if i.closed is None] == [incident.id]
    return alone and run.started >= incident.opened


def has_checklist(state: State, incident: Incident) -> bool:
    return bool(state.project.recovery or open_steps(state, incident))


def open_lines(state: State, incident: Incident) -> tuple[str, ...]:
    """Everything that is not ticked, in words."""
    steps = (step_line(state, run, step) for run, step in open_steps(state, incident))
    return (*left(state.project.recovery, incident.ticks), *steps)


def step_line(state: State, run: RunbookRun, step: RunStep) -> str:
    """A step that is waited for; its runbook is named where it is not the one at work."""
    of = "" if state.runbook is not None and run.id == state.runbook.id else f" of {run.title}"
    return f"step {step.n} {step.title}{of}"


def unticked(state: State, incident: Incident) -> str:
    """Why the checklist does not let it be closed as resolved; empty when it does."""
    lines = open_lines(state, incident)
    if not lines:
        return ""
    return f"{count(len(lines), 'line')} of the checklist after recovery {_is(lines)} open: {'; '.join(lines)}"


def _is(lines: tuple[str, ...]) -> str:
    return "is" if len(lines) == 1 else "are"


def tick(d: Deciding, c: TickRecovery, incident: Incident) -> Decision:
    """`incident` is the one that is meant: open, as its caller has seen."""
    if c.item not in d.state.project.recovery:
        return refuse(f"the checklist after recovery has no line “{c.item}”", "c shows it")
    if (c.item in {t.item for t in incident.ticks}) == c.good:
        return refuse(f"“{c.item}” is {'ticked already' if c.good else 'not ticked'}")
    bad = next((s for s in d.state.checks.values() if s.layer == "user" and s.state not in ("ok", "slow")), None)
    if c.good and bad is not None:
        return refuse(f"{bad.service} is {bad.state} on the user path", "what is seen now says nothing of after")
    said = e.RecoveryTicked(c.item, c.by, c.good)
    d.say(said, c.by, "key", incident=incident.id, source=f"responder:{c.by}")
    return d.done(incident.id)
