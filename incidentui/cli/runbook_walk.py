"""One way through the steps of a runbook without a screen: on to its end, one step alone, or back."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import uuid4

import click

from incidentui.cli.act import exit_code, judged
from incidentui.cli.live import Live
from incidentui.cli.options import CANNOT_RUN, REFUSED, CannotRun, Refused
from incidentui.cli.runbook_say import Said, StoppedError
from incidentui.core.inputs import Command, EndRunbook, HandOver, Refusal, SetStep, StartRunbook
from incidentui.core.model import Attempt, Plan, RunbookRun, RunStep, StepState
from incidentui.core.steps import current_step, passed, to_undo
from incidentui.core.value import dataclass
from incidentui.runbook.attributes import on
from incidentui.runbook.back import way_back
from incidentui.runbook.model import Runbook, Step
from incidentui.runbook.variables import resolve, values, with_given

_LEFT_OUT = "excludeFromRunAll: it is run alone, with --only"


@dataclass(frozen=True, slots=True)
class Given:
    """What whoever called said beforehand."""

    values: Mapping[str, str]
    words: frozenset[str]
    notes: Mapping[int, str]
    take_over: bool = False


class Walk:
    def __init__(self, acting: Live, book: Runbook, given: Given, said: Said, left: Attempt | None = None) -> None:
        """`left`: the action that was under way before this program looked at anything."""
        self._session, self._book, self._said = acting.session, book, said
        self._acting, self._given, self._left = acting, given, left

    # -- dry

    def shown(self) -> int:
        """Every step as it would be; a plan that is refused now may be possible once the steps before it are done."""
        for step in self._book.steps:
            if step.by_hand:
                self._said.step(step, "manual", output=step.prose)
                continue
            plan = self._plan(step)
            if isinstance(plan, Plan):
                self._said.planned(step, plan)
            else:
                text = [command.text for command in step.commands if command.runnable]
                why = plan.why + (f"; {plan.hint}" if plan.hint else "")
                self._said.step(step, "refused", output="\n".join([*text, f"! {why}"]))
        return 0

    # -- onwards

    def through(self, first: int | None) -> int:
        try:
            self._begin(first)
            while (todo := self._todo()) is not None:
                self._one(self._step(todo.n), todo, alone=False)
        except StoppedError as stopped:
            return stopped.code
        self._tell(EndRunbook(self._session.me, "every step is done"))
        return 0

    def only(self, n: int) -> int:
        """One step, whichever is to do; the others stay as they are."""
        step = self._step(n)
        fresh = self._open_run() is None
        try:
            self._begin(None)
            todo = next(s for s in self._steps() if s.n == n)
            self._one(step, todo, alone=True)
        except StoppedError as stopped:
            return stopped.code
        finally:
            if fresh and self._todo() is not None:
                self._tell(EndRunbook(self._session.me, f"only step {n} was asked for"))
        return 0

    def _begin(self, first: int | None) -> None:
        run = self._open_run()
        if run is not None and first is None:
            self._take(run)
            to_do = current_step(run.steps)
            self._said.going_on(run, to_do.n if to_do else 0)
            return
        if run is not None:
            self._take(run)
            self._tell(EndRunbook(self._session.me, f"begun anew at step {first}"))
        book, me, other = self._book, self._session.me, self._session.view.state.runbook
        if other is not None and other.ended is None:
            if other.runbook == book.id and other.digest != book.digest:
                self._take(other)
                self._said.changed(other)
            elif self._given.take_over and other.who != me:
                self._tell(HandOver(me, me))  # of another runbook, in whose place this one comes
        self._tell(StartRunbook(uuid4().hex, book.id, book.title, book.digest, book.run_steps(), me, alone=True))
        for step in book.steps[: (first or 1) - 1]:
            self._tell(SetStep(step.n, "skipped", self._session.me, f"begun at step {first}"))

    def _take(self, run: RunbookRun) -> None:
        if run.who == self._session.me:
            return
        if not self._given.take_over:
            at = current_step(run.steps)
            where = f", at step {at.n}" if at else ""
            raise Refused(f"{run.who} works through {run.title}{where}. --take-over goes on with it.")
        self._tell(HandOver(self._session.me, self._session.me))

    def _open_run(self) -> RunbookRun | None:
        run = self._session.view.state.runbook
        mine = run is not None and run.runbook == self._book.id and run.ended is None
        # A file that changed has other steps: its run is over.
        return run if mine and run is not None and run.digest == self._book.digest else None

    def _steps(self) -> tuple[RunStep, ...]:
        run = self._session.view.state.runbook
        return run.steps if run is not None else ()

    def _todo(self) -> RunStep | None:
        return current_step(self._steps()) if self._open_run() is not None else None

    def _step(self, n: int) -> Step:
        return next(s for s in self._book.steps if s.n == n)

    def _one(self, step: Step, todo: RunStep, *, alone: bool) -> None:
        if not alone and on(dict(step.attrs).get("excludeFromRunAll", "")):
            self._tell(SetStep(step.n, "skipped", self._session.me, _LEFT_OUT))
            self._said.step(step, "skipped", output=_LEFT_OUT)
            return
        if step.by_hand:
            self._tick(step)
            return
        if (going := self._going(todo)) is not None:
            self._end(step, going.run, self._by_state())
            return
        plan = self._plan(step)
        if isinstance(plan, Refusal):
            raise self._said.stopped(step, plan.why, plan.hint, CANNOT_RUN if plan.usage else REFUSED)
        marked = bool({"danger", "confirm"} & dict(step.attrs).keys())
        self._act(step, plan, self._word(step, plan, free=step.action is None and not marked), undoes=False)

    def _going(self, todo: RunStep) -> Attempt | None:
        """What a program that was left had begun of the step: how that ends is told before anything is done anew."""
        going = self._session.view.state.attempt
        if todo.state == "running" and going is not None and going.step == todo.n and going.verdict is None:
            return going
        left, self._left = self._left, None  # it may have been settled before the first look here
        return left if left is not None and left.step == todo.n and todo.state == "unknown" else None

    def _word(self, step: Step, plan: Plan, *, free: bool) -> str:
        """A typed action wants the word of its plan; a shell block was allowed by its hash, unless it is marked."""
        if not plan.changes or plan.target in self._given.words or free:
            return plan.target
        self._said.plan(plan)
        raise self._said.stopped(step, "confirmation missing", f"--yes {plan.target} runs it", REFUSED)

    def _plan(self, step: Step) -> Plan | Refusal:
        if step.action is None:
            return self._asked("shell", (("runbook", self._book.id), ("step", str(step.n))))
        resolved = resolve(step, self._values())
        if resolved.missing or resolved.action is None:
            return self._unset(resolved.missing[0])
        return self._asked(resolved.action.name, resolved.action.args)

    def _asked(self, action: str, args: Iterable[tuple[str, str]]) -> Plan | Refusal:
        given = with_given(dict(args), self._given.values) if action == "shell" else dict(args)
        return self._session.plan(action, given).result()

    def _values(self) -> dict[str, str]:
        return values(self._book, self._session.view.state, self._given.values)

    def _unset(self, name: str) -> Refusal:
        return Refusal(f"{self._book.prompt_of(name)}: nothing gives it a value", f"--set {name}=…", usage=True)

    def _act(self, step: Step, plan: Plan, word: str, *, undoes: bool) -> None:
        run, before = uuid4().hex, self._by_state()
        answer = self._session.run_plan(plan, word, step.n, run, undoes).result()
        if isinstance(answer, Refusal):
            raise self._said.stopped(step, answer.why, answer.hint, REFUSED)
        self._end(step, run, before)

    def _by_state(self) -> dict[int, StepState]:
        return {s.n: s.state for s in self._steps()}

    def _end(self, step: Step, run: str, before: Mapping[int, StepState]) -> None:
        """How it came out; what follows it may have been led past."""
        attempt = self._wait(run)
        assert attempt.verdict is not None
        now = next((s for s in self._steps() if s.n == step.n), RunStep(step.n, step.title))
        good, code = now.state in ("done", "undone"), exit_code(attempt)
        state = ("undone" if attempt.undoes else "done") if good else {4: "unknown"}.get(code, "failed")
        if attempt.verdict.word == "refused":
            state, code = "refused", REFUSED
        if now.state == "skipped":  # cut short: what was said then counts, not what the clock had come to
            self._said.step(step, "skipped", output=now.note)
            return
        self._said.step(
            step, state, exit=_process_exit(attempt), output=self._output(run) or attempt.verdict.why,
            took_ms=(attempt.ended or attempt.asked) - attempt.asked, delta=_delta(attempt), tries=now.tries,
            same_error=now.same if state == "failed" else 0, why="" if good else attempt.verdict.why,
        )  # fmt: skip
        for other in self._steps():
            if other.state == "skipped" and before.get(other.n) != "skipped":
                self._said.step(self._step(other.n), "skipped", output=other.note)
        if not good and not (now.state == "failed" and passed(now) and not attempt.undoes):
            raise StoppedError(code or 1)

    def _wait(self, run: str) -> Attempt:
        ask: Callable[[], Attempt | None] = lambda: judged(self._acting, run)  # noqa: E731
        while (attempt := ask()) is None:
            if self._session.stopped:
                raise CannotRun(f"{self._session.stopped}. The step is recorded; `incidentui watch` says how it ended.")
            going = self._session.view.state.attempts.get(run)
            if going is not None:
                self._said.going(going, self._session.now())
            time.sleep(0.05)
        return attempt

    def _output(self, run: str) -> str:
        """What the record kept of it, without secrets."""
        from incidentui.core.events import ActionEnded

        for recorded in self._session.rows(limit=200, key_only=False):
            event = recorded.event
            if isinstance(event, ActionEnded) and event.run == run and event.evidence:
                kept = self._session.evidence(event.evidence)
                return kept.body if kept else ""
        return ""

    def _tick(self, step: Step) -> None:
        note = self._person(step, "a person has to do it")
        self._tell(SetStep(step.n, "done", self._session.me, note))
        self._said.step(step, "done", output=note)

    def _person(self, step: Step, why: str) -> str:
        """What a person said of a step, beforehand or asked for now."""
        if step.n in self._given.notes:
            return self._given.notes[step.n]
        if sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI"):
            self._said.to_do(step)
            if not click.confirm("Done?", err=True):
                raise self._said.stopped(step, why, f"then --done {step.n}", REFUSED)
            return str(click.prompt("Note", default="", show_default=False, err=True))
        hint = f"then go on with --done {step.n}=NOTE"
        raise self._said.stopped(step, f"{why}: {step.title}", hint, REFUSED, step.prose)

    # -- back

    def back(self, to: int) -> int:
        """Undoes the steps that were gone through, the last one first, down to `to` and with it."""
        run = self._session.view.state.runbook
        if run is None or run.runbook != self._book.id or run.digest != self._book.digest:
            raise Refused(f"no run of {self._book.title} is known that could be undone.")
        if run.ended is None:
            self._take(run)
        try:
            while (last := to_undo(self._steps())) is not None and last.n >= to:
                self._back(self._step(last.n))
        except StoppedError as stopped:
            return stopped.code
        return 0

    def _back(self, step: Step) -> None:
        way = way_back(self._book, step, self._session.view.state, self._values())
        if way.action:
            answer = self._unset(way.missing[0]) if way.missing else None
            plan = answer or self._asked(way.action, way.args)
            if isinstance(plan, Refusal):
                raise self._said.stopped(step, f"undo: {plan.why}", plan.hint, CANNOT_RUN if plan.usage else REFUSED)
            marked = any({"danger", "confirm"} & dict(c.attrs).keys() for c in step.undo)
            self._act(step, plan, self._word(step, plan, free=way.action == "shell" and not marked), undoes=True)
            return
        by_hand = "nothing says how to undo it, a person has to"
        note = "it changed nothing" if way.nothing else self._person(step, by_hand)
        self._tell(SetStep(step.n, "undone", self._session.me, note))
        self._said.step(step, "undone", output=note)

    def _tell(self, command: Command) -> None:
        answer = self._session.submit(command).result()
        if isinstance(answer, Refusal):
            raise Refused(f"{answer.why}" + (f": {answer.hint}" if answer.hint else ""))


def _delta(attempt: Attempt) -> dict[str, Any]:
    return asdict(attempt.verdict.delta) if attempt.verdict else {}


def _process_exit(attempt: Attempt) -> int | None:
    """What the last command of a shell block ended with; None for an action, or when it was stopped."""
    found = re.search(r"\bexit (\d+)", attempt.progress[-1].text) if attempt.progress else None
    return int(found.group(1)) if attempt.plan.action == "shell" and found else None
