"""The keys of a runbook: start it, run or tick a step, skip one with a reason, take one back, give it to another.

A typed action and shell text both open their plan; nothing is run from here.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from incidentui.core.acts import can_be_cut
from incidentui.core.inputs import Refusal, SetStep
from incidentui.core.model import Ms, RunbookRun, RunStep
from incidentui.core.steps import current_step, to_undo
from incidentui.runbook.fields import RUNS
from incidentui.runbook.model import Runbook, Step
from incidentui.runbook.siblings import siblings
from incidentui.runbook.variables import resolve, values, with_given
from incidentui.session.ports import View
from incidentui.tui.line import Line
from incidentui.tui.page import PageContext
from incidentui.tui.pages.changes import ChangesPage
from incidentui.tui.pages.handing import hand_over, undo_last
from incidentui.tui.pages.needs import ask, asked_anew
from incidentui.tui.pages.plan import open_plan
from incidentui.tui.pages.runbook import run_of, runbook_lines, shown_step
from incidentui.tui.pages.running import ActionPage
from incidentui.tui.pages.shown_step import attempt_of
from incidentui.tui.pages.starting import skip, start
from incidentui.tui.telling import tell


class RunbookPage:
    """One runbook: read, or worked through when the state has a run of it."""

    title = "runbook"
    typing = False

    def __init__(self, runbook: Runbook, books: Sequence[Runbook] = (), newer: Runbook | None = None) -> None:
        """`books`: the others, for links that lead to them; `newer`: what the file says by now, where a run goes on
        with the text that it began with."""
        self.runbook = runbook
        self._books = books
        self.newer = newer
        self._linked: tuple[Runbook, ...] = ()
        self.at: int | None = None
        """The step that was chosen to be shown; None follows the one to do."""
        self.given: dict[str, str] = {}
        self._sure: set[int] = set()
        """Steps whose places were gone through."""
        self._begun = self._by_hand = self._cut = False
        self._may_act = self._mine = True
        self._me = ""
        self._to_do: RunStep | None = None
        self._back = 0
        """The step that `u` takes back; 0: none was gone through."""
        self.pinned = (1, 0)

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        changed = (("d", "what changed"),) if (self.newer or self.runbook).changes else ()
        changed = (("N", "go by the new text"), *changed) if self.newer is not None and self._mine else changed
        last = f"1–{len(self._linked)}" if len(self._linked) > 1 else "1"
        linked = ((last, "the runbook it links to"),) if self._linked else ()
        read = (*changed, *linked, ("[ ]", "step"), ("y", "copy the command"))
        if not self._may_act:
            return read
        if not self._begun:
            return ("x", "start it"), *read
        if not self._mine:
            return ("T", "take it over"), ("enter", "output"), *read
        return (
            *self._steps_keys(),
            *changed,
            *linked,
            ("n", "note"),
            ("enter", "output"),
            ("[ ]", "step"),
            ("T", "hand over"),
        )

    def _steps_keys(self) -> Iterator[tuple[str, str]]:
        to_do = self._to_do
        if to_do is not None and to_do.state == "running":
            yield from ((("s", "cut short, with a reason"),) if self._cut else ())
        elif to_do is not None:
            again = "run again" if to_do.state in ("failed", "unknown", "undone") else "run"
            yield "x", "done" if self._by_hand else again
            yield "s", "skip, with a reason"
        if self._back and (to_do is None or to_do.state != "running"):
            yield "u", f"undo step {self._back}"
        if self.at is not None and (to_do is None or self.at != to_do.n):
            yield "X", "run only this step"

    def opened(self, screen: PageContext) -> None:
        self._me = screen.session.me
        self.given = screen.typed_for(self.runbook.id)

    def follow(self, books: Sequence[Runbook], screen: PageContext) -> None:
        """The file says something else, or is allowed by now. A run goes on with the text that it began with."""
        self._books = books
        now, run = next((b for b in books if b.id == self.runbook.id), None), self._run(screen)
        if now is None:
            screen.say(f"{self.runbook.path} is not there any more: this is what it said", ok=False)
        elif now.digest == self.runbook.digest:
            self.runbook, self.newer = now, None
        elif run is not None and run.digest == self.runbook.digest:
            self.newer = now
            screen.say("the file changed; this run goes on with the text that it began with", ok=False)
        else:
            self.runbook = now
            screen.say("the file changed; this is what it says now")

    def _run(self, screen: PageContext) -> RunbookRun | None:
        return run_of(self.runbook, screen.session.view.state)

    def _by_the_new_text(self, screen: PageContext) -> None:
        """Where its steps are the same ones it goes on; else it begins anew."""
        run = self._run(screen)
        if self.newer is None:
            screen.refuse("N", "the file says what is shown")
            return
        anew = run is not None and any(self.newer.moved(run, step.n) for step in run.steps)
        self.runbook, self.newer = self.newer, None
        if not anew:
            screen.say("this is what the file says now")
        elif not start(self.runbook, screen):
            screen.draw()

    def lines(self, view: View, now: Ms, width: int, height: int) -> list[Line]:
        run = run_of(self.runbook, view.state)
        if self.newer is not None and (run is None or run.digest != self.runbook.digest):
            self.runbook, self.newer = self.newer, None  # that run is over
        self._begun = run is not None
        self._mine = run is None or self._me in ("", run.who)
        self._to_do = to_do = current_step(run.steps) if run is not None else None
        step = self.runbook.step(to_do.n) if to_do is not None else None
        self._by_hand = step is not None and step.by_hand
        last = to_undo(run.steps) if run is not None else None
        self._back = last.n if last is not None else 0
        self._may_act = not view.read_only and view.playhead is None
        attempt = view.state.attempt
        self._cut = attempt is not None and to_do is not None and attempt.step == to_do.n and can_be_cut(attempt)
        here = shown_step(self.runbook, run, self.at)
        self._linked = siblings(self.runbook, self.runbook.step(here) if here is not None else None, self._books)
        return runbook_lines(self.runbook, view, now, width, height, self.at, self.given, self._linked, self.newer)

    def handle(self, key: str, screen: PageContext) -> bool:
        match key:
            case "x" | "s" | "u" | "X" | "T" | "N" if screen.session.view.read_only:
                screen.refuse(key, screen.session.view.read_only, "Start without it to act.")
            case "x" | "s" | "u" | "X" | "N" if (holder := self._others(screen)) is not None:
                screen.refuse(key, f"{holder} works through it", "T takes it over.")
            case "x":
                self._go_on(screen)
            case "X":
                self._only(screen)
            case "s":
                skip(self.runbook, screen, self._follow_the_run)
            case "u":
                undo_last(self.runbook, self.given, screen)
            case "N":
                self._by_the_new_text(screen)
            case "T":
                hand_over(self.runbook, screen)
            case "[" | "]":
                self._show(1 if key == "]" else -1, screen)
            case "y":
                self._copy(screen)
            case "d":
                self._what_changed(screen)
            case _ if key.isdecimal() and 0 < int(key) <= len(self._linked):
                screen.push(RunbookPage(self._linked[int(key) - 1], self._books))
            case "enter":
                return self._output(screen)
            case _:
                return False
        return True

    # -- what is shown

    def _step(self, screen: PageContext) -> Step | None:
        run = run_of(self.runbook, screen.session.view.state)
        n = shown_step(self.runbook, run, self.at)
        return next((step for step in self.runbook.steps if step.n == n), None)

    def _show(self, by: int, screen: PageContext) -> None:
        numbers = [step.n for step in self.runbook.steps]
        step = self._step(screen)
        if step is None:
            return
        there = numbers.index(step.n) + by
        if 0 <= there < len(numbers):
            self.at = numbers[there]
            screen.draw()
        else:
            screen.refuse("]" if by > 0 else "[", "no step further on" if by > 0 else "this is the first step")

    def _copy(self, screen: PageContext) -> None:
        step = self._step(screen)
        text = "\n".join(command.text for command in step.commands) if step else ""
        if text:
            screen.copy(text)
            screen.say("command copied")
        else:
            screen.refuse("y", "this step has no command text")

    def _what_changed(self, screen: PageContext) -> None:
        book = self.newer or self.runbook
        if book.changes:
            screen.push(ChangesPage(book))
        else:
            screen.refuse("d", book.asked_again or "it did not change since it was allowed")

    def _output(self, screen: PageContext) -> bool:
        step, state = self._step(screen), screen.session.view.state
        attempt = attempt_of(step.n, state, run_of(self.runbook, state)) if step else None
        if attempt is None:
            screen.refuse("enter", "this step has no output yet")
        else:
            screen.push(ActionPage(attempt.run))
        return True

    # -- going on

    def _follow_the_run(self) -> None:
        """What was chosen to be shown is let go: the step to do is shown."""
        self.at = None

    def _others(self, screen: PageContext) -> str | None:
        """Who else works through it."""
        run = run_of(self.runbook, screen.session.view.state)
        return run.who if run is not None and run.who != screen.session.me else None

    def _only(self, screen: PageContext) -> None:
        """The step that is shown, whichever is to do; the others stay as they are."""
        run, step = run_of(self.runbook, screen.session.view.state), self._step(screen)
        there = next((s for s in run.steps if step is not None and s.n == step.n), None) if run else None
        if run is None or step is None or there is None:
            screen.refuse("X", "it is not started", "x starts it.")
        elif self.runbook.moved(run, there.n):
            screen.refuse("X", f"the file changed: step {there.n} is another one now", "x begins it anew.")
        elif there.state == "running":
            screen.refuse("X", "the step is running", "enter shows it.")
        else:
            self._do(step, there, screen)

    def _go_on(self, screen: PageContext) -> None:
        run = run_of(self.runbook, screen.session.view.state)
        if run is None:
            start(self.runbook, screen)
            return
        step, to_do = self._step(screen), current_step(run.steps)
        if to_do is not None and self.runbook.moved(run, to_do.n):
            start(self.runbook, screen)  # its steps are others now
        elif step is None or to_do is None:
            screen.refuse("x", "every step is done", "esc goes back; there c closes the incident.")
        elif step.n != to_do.n:
            screen.refuse("x", f"step {to_do.n} is the one to do", "[ and ] go there, X runs only this one.")
        elif to_do.state == "running" and not step.by_hand:
            screen.refuse("x", "the step is running", "enter shows it.")
        else:
            self._do(step, to_do, screen)

    def _do(self, step: Step, there: RunStep, screen: PageContext) -> None:
        if step.action is not None:
            self._plan(step, screen)
        elif step.by_hand:
            self._tick(there, screen)
        else:
            self._shell(step, screen)

    def _plan(self, step: Step, screen: PageContext) -> None:
        found = resolve(step, values(self.runbook, screen.session.view.state, self.given))
        if found.action is not None and not found.missing:
            if found.action.name in RUNS and not self.runbook.trusted:
                where = self.runbook.path
                screen.refuse("x", f"{found.action.name} of this file is not allowed yet", f"incidentui trust {where}")
                return
            open_plan(screen, "x", found.action.name, dict(found.action.args), step.n)
        elif found.missing:
            ask(self.runbook, found.missing[0], self.given, lambda: self._plan(step, screen), screen)

    def _tick(self, step: RunStep, screen: PageContext) -> None:
        def done(note: str) -> None:
            command = SetStep(step.n, "done", screen.session.me, note.strip())
            tell(screen, "x", command, f"step {step.n} is done")

        self.at = None
        screen.prompt(f"step {step.n} done, note (may stay empty)", done)

    def _shell(self, step: Step, screen: PageContext) -> None:
        """Opens the plan that shows the exact text; only a typed yes runs it."""
        if step.held:
            screen.refuse("x", step.held, "s skips it, with a reason.")
        elif (another := self._not_in_the_file(step)) is not None:
            screen.refuse("x", *another)
        elif not asked_anew(step, self.given, self._sure, lambda: self._shell(step, screen), screen):
            # Whether it is allowed is asked of the file as it lies there now, when the plan is made.
            args = with_given({"runbook": self.runbook.id, "step": str(step.n)}, self.given)
            open_plan(screen, "x", "shell", args, step.n, unset=partial(self._ask_again, step, screen))

    def _ask_again(self, step: Step, screen: PageContext, refused: Refusal) -> None:
        why = refused.why if refused.unset in self.given else ""
        ask(self.runbook, refused.unset, self.given, lambda: self._shell(step, screen), screen, why)

    def _not_in_the_file(self, step: Step) -> tuple[str, str] | None:
        """Shell text is read from the file when it runs: it must not be another one than what is shown."""
        now = self.newer.step(step.n) if self.newer is not None else step
        if now is not None and _texts(now) == _texts(step):
            return None
        return f"step {step.n} says something else now", "N goes by the new text."


def _texts(step: Step) -> list[tuple[object, ...]]:
    return [(command.lang, command.text, command.attrs) for command in step.texts]
