"""Two ways off the straight path of a runbook: the last step is taken back, or another person goes on with it."""

from functools import partial

from incidentui.core.inputs import HandOver, Refusal, SetStep
from incidentui.core.steps import to_undo
from incidentui.runbook.back import Back, way_back
from incidentui.runbook.fields import RUNS
from incidentui.runbook.model import Runbook, Step
from incidentui.runbook.variables import values, with_given
from incidentui.tui.page import PageContext
from incidentui.tui.pages.handed import HandedPage
from incidentui.tui.pages.needs import ask
from incidentui.tui.pages.plan import open_plan
from incidentui.tui.pages.runbook import run_of
from incidentui.tui.telling import tell


def undo_last(book: Runbook, given: dict[str, str], screen: PageContext) -> None:
    """The last step that was gone through: by its plan, or by hand with a word of what was done."""
    state = screen.session.view.state
    run = run_of(book, state)
    last = to_undo(run.steps) if run is not None else None
    step = book.step(last.n) if last is not None else None
    if step is None:
        hint = "x starts the runbook." if run is None else ""
        screen.refuse("u", "no step was gone through that could be undone", hint)
        return
    if run is not None and book.moved(run, step.n):
        screen.refuse("u", f"the file changed: step {step.n} is another one now", "x begins it anew.")
        return
    if state.attempt is not None and state.attempt.verdict is None:
        screen.refuse("u", "an action is running", "Its verdict comes; ctrl+c stops it.")
        return
    way = way_back(book, step, state, values(book, state, given))
    if way.action in RUNS and not book.trusted:
        screen.refuse("u", f"{way.action} of this file is not allowed yet", f"incidentui trust {book.path}")
        return
    again = partial(undo_last, book, given, screen)
    if way.missing:
        ask(book, way.missing[0], given, again, screen, key="u")
    else:
        _undo(book, step, way, given, screen)


def _undo(book: Runbook, step: Step, way: Back, given: dict[str, str], screen: PageContext) -> None:
    n, me = step.n, screen.session.me

    def unset(refused: Refusal) -> None:
        why = refused.why if refused.unset in given else ""
        ask(book, refused.unset, given, partial(undo_last, book, given, screen), screen, why, key="u")

    if way.action:
        args = with_given(dict(way.args), given) if way.action == "shell" else dict(way.args)
        open_plan(screen, "u", way.action, args, n, undoes=True, unset=unset)
    elif way.nothing:
        said = "it changed nothing"
        tell(screen, "u", SetStep(n, "undone", me, said), f"step {n} is undone: {said}")
    else:

        def undone(note: str) -> None:
            if note.strip():
                tell(screen, "u", SetStep(n, "undone", me, note.strip()), f"step {n} is undone")
            else:
                screen.refuse("u", "what took it back is not said", f"Step {n} stays as it is.")

        screen.prompt(f"nothing says how to undo step {n}: take it back, then say what you did", undone)


def hand_over(book: Runbook, screen: PageContext) -> None:
    """Who works through it gives it away; everybody else takes it."""
    run, me = run_of(book, screen.session.view.state), screen.session.me
    if run is None:
        screen.refuse("T", "it is not being worked through", "x starts it.")
    elif run.who != me:
        said = f"you work through it now, in the place of {run.who}"
        tell(screen, "T", HandOver(me, me), said, lambda: screen.push(HandedPage()))
    else:

        def given(text: str) -> None:
            to, _, note = text.partition(":")
            if to.strip():
                command = HandOver(me, to.strip(), note.strip())
                tell(screen, "T", command, f"handed over to {to.strip()}", typed=(what, text))
            else:
                screen.refuse("T", "to whom is not said", "You go on with it.")

        what = f"hand over {run.id}"
        label = "hand over to whom, and what must they know  (bo: the valve is open)"
        screen.prompt(label, given, screen.unsent.get(what, ""))
