"""How a run begins, and how a step of it is passed without being done."""

from collections.abc import Callable
from uuid import uuid4

from incidentui.core.acts import can_be_cut
from incidentui.core.inputs import SetStep, StartRunbook
from incidentui.core.steps import current_step
from incidentui.runbook.model import Runbook
from incidentui.tui.page import PageContext
from incidentui.tui.pages.runbook import run_of
from incidentui.tui.pages.running import cut_short
from incidentui.tui.telling import tell

QUIET = frozenset({"rehearsal", "checklist"})
"""Tags of runbooks that are for a quiet hour: no incident has to be opened for them."""


def skip(runbook: Runbook, screen: PageContext, follow: Callable[[], None]) -> None:
    """The step to do, with a reason; one that runs and can be ended is ended by it. `follow`: the next one is shown."""
    run = run_of(runbook, screen.session.view.state)
    step = current_step(run.steps) if run else None
    if step is None:
        screen.refuse("s", "there is no step to skip", "x starts the runbook." if run is None else "")
        return
    n = step.n
    attempt = screen.session.view.state.attempt
    if attempt is not None and attempt.step == n and attempt.verdict is None:
        if can_be_cut(attempt):
            cut_short(attempt, screen)
        else:
            screen.refuse("s", "the step is running, and cannot be cut off half-way", "Its verdict comes.")
        return

    def skipped(why: str) -> None:
        if not why.strip():
            screen.refuse("s", "skipping needs a reason", f"Step {n} is still to do.")
        else:
            follow()
            tell(
                screen,
                "s",
                SetStep(n, "skipped", screen.session.me, why.strip()),
                f"step {n} skipped: {why.strip()}",
            )

    screen.prompt(f"skip step {n}, why", skipped)


def start(runbook: Runbook, screen: PageContext) -> bool:
    """Starts it inside the open incident, or in a quiet hour where it is for one; says why when it cannot."""
    view = screen.session.view
    alone = view.state.current is None and not QUIET.isdisjoint(runbook.tags)
    if view.read_only:
        screen.refuse("x", view.read_only, "Start without it to act.")
    elif view.state.current is None and not alone:
        screen.refuse("x", "a runbook is worked through inside an incident", "o opens one.")
    elif not runbook.steps:
        screen.refuse("x", "it holds no step", "It is only to be read.")
    else:
        command = StartRunbook(
            uuid4().hex, runbook.id, runbook.title, runbook.digest, runbook.run_steps(), screen.session.me, alone=alone
        )
        screen.typed_for(runbook.id).clear()  # another run may mean another pod
        tell(screen, "x", command, f"{runbook.title}: started")
        return True
    return False
