"""How a step of a run is taken back: by what its author wrote, by the action's own way back, or by a person."""

from collections.abc import Mapping

from incidentui.core.model import Attempt, RunbookRun
from incidentui.core.state import State
from incidentui.core.undo import own_undo
from incidentui.core.value import dataclass
from incidentui.runbook.model import Runbook, Step
from incidentui.runbook.variables import fill


@dataclass(frozen=True, slots=True)
class Back:
    """An action that takes the step back. Without one: it only looked (`nothing`), or a person has to do it."""

    action: str = ""
    args: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    """Variables without a value."""
    nothing: bool = False


def way_back(book: Runbook, step: Step, state: State, values: Mapping[str, str]) -> Back:
    # A check alone takes nothing back: it shows that what stands beside it did.
    if any(dict(command.attrs).get("undo") != "check" for command in step.undo):
        return Back("shell", (("runbook", book.id), ("step", str(step.n)), ("undo", "true")))
    if step.undo_action is not None:
        found = fill(step.undo_action, values)
        return Back(step.undo_action.name, found.action.args if found.action else (), found.missing)
    if step.looks:
        return Back(nothing=True)
    attempt = done_by(step.n, state)
    own = own_undo(attempt) if attempt is not None else None
    return Back(own[0], tuple(own[1].items())) if own is not None else Back()


def done_by(n: int, state: State) -> Attempt | None:
    """The action that did the step in the run, the newest; not one that took it back."""
    run = state.runbook
    mine = [a for a in of_step(n, state, run) if not a.undoes] if run is not None else []
    return mine[-1] if mine else None


def of_step(n: int, state: State, run: RunbookRun | None) -> list[Attempt]:
    """All actions of a step in a run, oldest first."""
    if run is None:
        return []
    mine = [a for a in state.attempts.values() if a.step == n and a.asked >= run.started]
    return sorted(mine, key=lambda a: a.asked)
