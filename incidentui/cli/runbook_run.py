"""`runbook run`: a runbook worked through without a screen, by the same plans, guards and records as on it.

It stops at the first step that is not done and says what it needs; called again it goes on there.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import uuid4

import click

from incidentui.cli.act import Interrupts, exit_code, judged, wait_for_first_looks
from incidentui.cli.books import Found, found
from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.live import Live, live
from incidentui.cli.options import CANNOT_RUN, REFUSED, CannotRun, Options, Refused
from incidentui.cli.runbook_say import Said, StoppedError
from incidentui.config.trust import ONE_RUN
from incidentui.core.acts import STOPPABLE
from incidentui.core.inputs import Command, EndRunbook, Refusal, SetStep, StartRunbook, StopAction
from incidentui.core.model import Attempt, Plan, RunbookRun, RunStep
from incidentui.core.runs import current_step
from incidentui.runbook.fields import env_name
from incidentui.runbook.model import Runbook, Step
from incidentui.runbook.variables import resolve, values


@click.command("run")
@click.argument("which", metavar="WHICH")
@click.option("--dry-run", is_flag=True, help="Print every command and plan as it would be; run nothing.")
@click.option("--set", "pairs", multiple=True, metavar="NAME=VALUE", help="A variable of the runbook.")
@click.option(
    "--yes", "words", multiple=True, metavar="WORD", help="The typed word of a change: the branch, the workload."
)
@click.option("--done", "ticks", multiple=True, metavar="N[=NOTE]", help="Step N, which a person does, is done.")
@click.option("--from", "first", type=int, metavar="N", help="Begin anew, at this step; those before it are skipped.")
@click.option("--json", "as_json", is_flag=True, help="Print a line per step.")
@click.pass_obj
def command(
    options: Options, which: str, dry_run: bool, pairs: tuple[str, ...], words: tuple[str, ...],
    ticks: tuple[str, ...], first: int | None, as_json: bool,
) -> int:  # fmt: skip
    """Work through a runbook; exit 0 when every step is done, else what the step that stopped it says."""
    one = found(options, which)
    given = _pairs(pairs)
    notes = _ticks(ticks, one.book)
    if first is not None and first not in [s.n for s in one.book.steps]:
        raise CannotRun(f"--from {first}: {one.book.title} has {len(one.book.steps)} steps.")
    if not one.book.steps:
        raise CannotRun(f"{which} holds no step: it is only to be read.")
    if not dry_run:
        _may_run(options, one)
    os.environ.update({env_name(name): value for name, value in given.items()})
    said = Said(as_json)
    acting = live(project_root(options), responder(), read_only="read-only" if options.read_only else "")
    with Interrupts() as interrupts:
        try:
            acting.session.start()
            wait_for_first_looks(acting)
            run = _Run(acting, one.book, given, frozenset(words), notes, said)
            return run.shown() if dry_run else run.through(first)
        finally:
            interrupts.later = True
            _stop_what_runs(acting)
            acting.close(f"runbook run {one.book.id} ended")


def _stop_what_runs(acting: Live) -> None:
    """Left in the middle of a shell block: it is ended with all that it started, and the record says by whom."""
    attempt = acting.session.view.state.attempt
    if (
        attempt is not None
        and attempt.outcome is None
        and attempt.plan.action in STOPPABLE
        and not acting.session.stopped
    ):
        acting.session.submit(StopAction(acting.session.me))


def _may_run(options: Options, one: Found) -> None:
    if options.read_only:
        raise Refused("a runbook acts, and --read-only was given. Leave it out, or add --dry-run.")
    if not one.book.trusted:
        why = f"the file {one.book.asked_again}" if one.book.asked_again else "its commands are not allowed yet"
        raise Refused(
            f"{why}: read it, then `incidentui trust {one.book.path}`  (one run: {ONE_RUN}={one.book.digest})"
        )


def _pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    for name, equals, _ in split:
        if not equals or not re.fullmatch(r"[A-Za-z_][\w.-]*", name):
            raise CannotRun(f"--set {name!r} is not NAME=VALUE.")
    return {name: value for name, _, value in split}


def _ticks(ticks: tuple[str, ...], book: Runbook) -> dict[int, str]:
    notes: dict[int, str] = {}
    for tick in ticks:
        number, _, note = tick.partition("=")
        step = next((s for s in book.steps if str(s.n) == number), None)
        if step is None or not step.by_hand:
            raise CannotRun(f"--done {tick}: there is no step {number} that a person does.")
        notes[step.n] = note.strip()
    return notes


class _Run:
    """One way through the steps of a runbook."""

    def __init__(
        self, acting: Live, book: Runbook, given: Mapping[str, str], words: frozenset[str], notes: Mapping[int, str],
        said: Said,
    ) -> None:  # fmt: skip
        self._session, self._book, self._said = acting.session, book, said
        self._acting, self._given, self._words, self._notes = acting, given, words, notes

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

    # -- wet

    def through(self, first: int | None) -> int:
        try:
            self._begin(first)
            while (todo := self._todo()) is not None:
                step = next(s for s in self._book.steps if s.n == todo.n)
                self._one(step)
        except StoppedError as stopped:
            return stopped.code
        self._tell(EndRunbook(self._session.me, "every step is done"))
        return 0

    def _begin(self, first: int | None) -> None:
        run = self._open_run()
        if run is not None and first is None:
            to_do = current_step(run.steps)
            self._said.going_on(run, to_do.n if to_do else 0)
            return
        if run is not None:
            self._tell(EndRunbook(self._session.me, f"begun anew at step {first}"))
        book, me = self._book, self._session.me
        self._tell(StartRunbook(uuid4().hex, book.id, book.title, book.digest, book.run_steps(), me, alone=True))
        for step in book.steps[: (first or 1) - 1]:
            self._tell(SetStep(step.n, "skipped", self._session.me, f"begun at step {first}"))

    def _open_run(self) -> RunbookRun | None:
        run = self._session.view.state.runbook
        mine = run is not None and run.runbook == self._book.id and run.ended is None
        # A file that changed has other steps: its run is over.
        return run if mine and run is not None and run.digest == self._book.digest else None

    def _todo(self) -> RunStep | None:
        run = self._session.view.state.runbook
        return current_step(run.steps) if run is not None and run.ended is None else None

    def _one(self, step: Step) -> None:
        if step.by_hand:
            self._tick(step)
            return
        plan = self._plan(step)
        if isinstance(plan, Refusal):
            raise self._said.stopped(step, plan.why, plan.hint, CANNOT_RUN if plan.usage else REFUSED)
        word = self._word(step, plan)
        if word is None:
            self._said.plan(plan)
            raise self._said.stopped(step, "confirmation missing", f"--yes {plan.target} runs it", REFUSED)
        self._act(step, plan, word)

    def _word(self, step: Step, plan: Plan) -> str | None:
        """A typed action wants the word of its plan; a shell block was allowed by its hash, unless it is marked."""
        marked = any({"danger", "confirm"} & dict(c.attrs).keys() for c in step.commands)
        if not plan.changes or plan.target in self._words or (step.action is None and not marked):
            return plan.target
        return None

    def _plan(self, step: Step) -> Plan | Refusal:
        if step.action is None:
            if any(dict(c.attrs).get("interactive") == "true" for c in step.commands):
                return Refusal("it needs a terminal of its own", "run it by hand, then go on with --from")
            return self._session.plan("shell", {"runbook": self._book.id, "step": str(step.n)}).result()
        resolved = resolve(step, values(self._book, self._session.view.state, self._given))
        if resolved.missing or resolved.action is None:
            name = resolved.missing[0]
            return Refusal(f"{self._book.prompt_of(name)}: nothing gives it a value", f"--set {name}=…", usage=True)
        return self._session.plan(resolved.action.name, dict(resolved.action.args)).result()

    def _act(self, step: Step, plan: Plan, word: str) -> None:
        run = uuid4().hex
        answer = self._session.run_plan(plan, word, step.n, run).result()
        if isinstance(answer, Refusal):
            raise self._said.stopped(step, answer.why, answer.hint, REFUSED)
        attempt = self._wait(lambda: judged(self._acting, run))
        code = exit_code(attempt)
        state = {0: "done", 3: "refused", 4: "unknown"}.get(code, "failed")
        if attempt.verdict is not None and attempt.verdict.word == "refused":
            state, code = "refused", REFUSED
        output = self._output(run)
        took = (attempt.ended or attempt.asked) - attempt.asked
        delta: dict[str, Any] = asdict(attempt.verdict.delta) if attempt.verdict else {}
        why = attempt.verdict.why if attempt.verdict else ""
        self._said.step(step, state, exit=_process_exit(attempt), output=output or why, took_ms=took, delta=delta)
        if code:
            raise StoppedError(code)

    def _wait(self, ask: Callable[[], Attempt | None]) -> Attempt:
        while (attempt := ask()) is None:
            if self._session.stopped:
                raise CannotRun(f"{self._session.stopped}. The step is recorded; `incidentui watch` says how it ended.")
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
        if step.n in self._notes:
            note = self._notes[step.n]
        elif sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI"):
            self._said.to_do(step)
            if not click.confirm("Done?", err=True):
                raise self._said.stopped(step, "a person has to do it", f"then --done {step.n}", REFUSED)
            note = click.prompt("Note", default="", show_default=False, err=True)
        else:
            why = f"a person has to do it: {step.title}"
            raise self._said.stopped(step, why, f"then go on with --done {step.n}=NOTE", REFUSED, step.prose)
        self._tell(SetStep(step.n, "done", self._session.me, note))
        self._said.step(step, "done", output=note)

    def _tell(self, command: Command) -> None:
        answer = self._session.submit(command).result()
        if isinstance(answer, Refusal):
            raise Refused(f"{answer.why}" + (f": {answer.hint}" if answer.hint else ""))


def _process_exit(attempt: Attempt) -> int | None:
    """What the last command of a shell block ended with; None for an action, or when it was stopped."""
    found = re.match(r"exit (\d+)", attempt.progress[-1].text) if attempt.progress else None
    return int(found.group(1)) if attempt.plan.action == "shell" and found else None
