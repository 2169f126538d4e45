"""Runs the shell blocks of a runbook step: what was shown, in its own process group, bounded, timed, kept as evidence.

Variables reach the shell by environment, never by text. Only runbooks that shipped or were trusted are run. What takes
a step back is run in the same way, by a plan of its own.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from incidentui.config.called import called
from incidentui.config.trust import ONE_RUN
from incidentui.core.inputs import ActionActed, ActionStepped, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Ms, Plan, PlanStep, Precondition, Progress
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.core.visible import look_alikes
from incidentui.edge import filling
from incidentui.edge.block import Block, Blocks, argv_of, cannot_run, first_line
from incidentui.edge.flow import Flow, Flows
from incidentui.edge.step import HEAD, TAIL
from incidentui.edge.terminal import Terminal
from incidentui.edge.text import clean_and_redact, redact
from incidentui.runbook.attributes import FOLLOW_MS, fence, folder_of, unheeded
from incidentui.runbook.commands import SHELLS
from incidentui.runbook.fields import env_name
from incidentui.runbook.model import Command, Runbook, Step
from incidentui.runbook.places import spoken, unfinished
from incidentui.runbook.shell_words import builds, needed, uses_sudo
from incidentui.runbook.variables import parted, values
from incidentui.session.ports import Clock, Report

ACTION = "shell"
WORD = "yes"
NOT_KEPT = "It ran on the terminal; what it said there is not kept."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A step, and those of its blocks that a plan is about."""

    runbook: Runbook
    step: Step
    undo: bool

    @property
    def commands(self) -> tuple[Command, ...]:
        """What takes it back first, then what shows that it did. What is only shown is none of them."""
        found = self.step.undo if self.undo else self.step.commands
        return tuple(sorted((c for c in found if c.runnable), key=lambda c: self.undo and _is_check(c)))

    @property
    def held(self) -> str:
        found = self.step.undo if self.undo else self.step.commands
        return next((c.why_not for c in found if c.held), "") or ("" if self.commands else found[0].why_not)

    @property
    def names(self) -> frozenset[str]:
        """The runbook's variables, as a shell calls them."""
        return frozenset(env_name(v.name) for v in self.runbook.vars)

    @property
    def title(self) -> str:
        where = f"{self.runbook.title}, step {self.step.n}: {self.step.title}"
        return f"Undo of {where}" if self.undo else where


@dataclass(frozen=True, slots=True)
class Variables:
    """As a shell sees them: what is known of itself, and what a person gave, which goes before all."""

    known: Mapping[str, str]
    given: Mapping[str, str]

    def over(self, flow: Flow) -> Flow:
        return replace(flow, environment={**self.known, **flow.environment, **self.given})


class ShellExecutor:
    """`runbooks` reads them anew for each plan: what is shown is what lies there now."""

    actions = frozenset({ACTION})

    def __init__(
        self,
        folder: Path,
        runbooks: Callable[[], Sequence[Runbook]],
        clock: Clock,
        terminal: Terminal | None = None,
    ) -> None:
        self._folder, self._runbooks, self._clock = folder, runbooks, clock
        self._terminal = terminal or Terminal()
        self._blocks = Blocks(clock, self._terminal)
        self._flows = Flows()
        self._values: dict[tuple[tuple[str, str], ...], Variables] = {}
        """By the arguments of a plan: the variables as they stood when it was made. Never recorded: secrets may be."""

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        args, given = parted(args)
        found = await asyncio.to_thread(self._find, args)
        if isinstance(found, Refusal):
            return found
        runbook, run = found.runbook, state.runbook
        if run is not None and (run.ended is None or found.undo) and run.runbook == runbook.id:
            if runbook.moved(run, found.step.n):
                why = f"the file changed since this run began: step {found.step.n} is another one now"
                return Refusal(why, "x begins it anew in a screen opened now, so does `incidentui runbook run`")
            args = {**args, "run": run.id}
        variables = Variables(_environment(runbook, state), filling.given_to(found.commands, runbook, given))
        variables = self._with_places(found, variables, args)
        there = variables.over(self._begun(args)).environment
        wrong = (
            _unset(found, there)
            or filling.empty(found.commands, variables.given)
            or self._calls_more(found, variables.given)
        )
        if wrong is not None:
            return wrong
        filling.keep_secret(found.commands, variables.given)
        self._values[tuple(args.items())] = variables
        return Plan(
            action=ACTION,
            args=tuple(args.items()),
            title=found.title,
            target=WORD,
            target_kind="word",
            steps=_steps(found, variables.given),
            checked=(Precondition("digest", f"{runbook.path} is as it was shown", runbook.digest),),
            not_covered=tuple(_not_covered(found)),
            undo=_undo_words(found),
            warnings=(
                *_warnings(found),
                *filling.not_shown(found.commands, variables.given),
                *await self._built(found, state),
            ),
            within_ms=max(_within(c) for c in found.commands),
        )

    async def _built(self, found: Wanted, state: State) -> Sequence[str]:
        """As compose.up stops at: an image of what no commit holds can be built again by nobody."""
        if not any(builds(command.text) for command in found.commands):
            return ()
        from incidentui.edge.git.unsaved import built

        return await built(self._folder, state.repository)

    def _find(self, args: Mapping[str, str]) -> Wanted | Refusal:
        name, number, undo = args.get("runbook", ""), args.get("step", ""), args.get("undo") == "true"
        runbook = next((r for r in self._runbooks() if r.id == name), None)
        step = next((s for s in runbook.steps if str(s.n) == number), None) if runbook else None
        if runbook is None or step is None or not (step.undo if undo else step.commands):
            what = "nothing that takes back" if undo else "no shell"
            return Refusal(f"there is {what} step {number} in {name or 'no runbook'}", "r lists the runbooks")
        if runbook.origin != "shipped" and not runbook.trusted:
            again = runbook.asked_again
            why = f"the file {again}" if again else "the commands of this file are not allowed yet"
            return Refusal(why, f"incidentui trust {runbook.path}  (one run: {ONE_RUN}={runbook.digest})")
        wanted = Wanted(runbook, step, undo)
        if wanted.held:
            return Refusal(wanted.held, "copy it, and edit it")
        return filling.cannot_be_filled(wanted.commands) or self._unable(wanted) or wanted

    def _with_places(self, found: Wanted, variables: Variables, args: Mapping[str, str]) -> Variables:
        there = variables.over(self._begun(args)).environment
        taken = filling.declared_to(found.commands, found.runbook, there)
        return replace(variables, given={**taken, **variables.given})

    def _calls_more(self, found: Wanted, given: Mapping[str, str]) -> Refusal | None:
        """A script whose name was filled in is in nothing that was allowed."""
        texts = [
            (spoken(c.text, given), folder_of(self._file(found.runbook), c)) for c in found.commands if filling.of([c])
        ]
        more = [file.name for file in called(texts, self._folder) if file.name not in found.runbook.calls]
        return (
            Refusal(f"it would run {more[0]}, which is not among what was allowed", "run it by hand") if more else None
        )

    def _unable(self, wanted: Wanted) -> Refusal | None:
        for command in wanted.commands:
            if why := cannot_run(command, self._place(wanted.runbook, command)):
                return Refusal(why, f"see line {command.line} of {wanted.runbook.path}")
            if fence(command).interactive and (why := self._terminal.missing()):
                return Refusal(f"it needs a terminal of its own, and {why}", "run it where there is one, or by hand")
        return None

    def _file(self, runbook: Runbook) -> str:
        return runbook.path if runbook.origin == "project" else ""

    def _place(self, runbook: Runbook, command: Command) -> Path | None:
        """`cwd` counts from the folder of the file, as elsewhere; for one that shipped, from the project's."""
        where = folder_of(self._file(runbook), command)
        return self._folder / where if where else None

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        args = dict(plan.args)
        variables = self._values.get(plan.args, Variables({}, {}))
        flow, given = variables.over(self._begun(args)), variables.given
        flow = replace(flow, environment={**flow.environment, "INCIDENT_ID": incident or ""})
        said: list[str] = []
        words, n, names = "", 0, frozenset[str]()
        while n < len(plan.steps):
            # Before each block: one before it may have changed a script that this one calls.
            found = await asyncio.to_thread(self._as_shown, plan)
            if (
                isinstance(found, Wanted)
                and not n
                and filling.of(found.commands)
                and _steps(found, given) != plan.steps
            ):
                found = Refusal("what was filled in is not what the plan shows", "open the plan again")
            if isinstance(found, Refusal):
                return ActionActed(run, "failed" if n else "refused", found.why, evidence=_kept(said) if n else None)
            command, began, step = found.commands[n], self._clock.now(), plan.steps[n]
            n, names = n + 1, found.names
            going = _going(run, n, step.verb, report)
            block = self._block(found, command, given)
            ran, flow, words = await self._blocks.run(block, flow, going)
            text = NOT_KEPT if block.how.interactive and not ran.output else _text(ran.output)
            said.append(f"$ {redact(block.shown.rstrip())}\n{text}")
            good, took = ran.code == block.how.wanted, self._clock.now() - began
            report(ActionStepped(run, Progress(n, step.verb, "done" if good else "failed", words, took)))
            if not good:
                return ActionActed(run, "failed", f"{block.head}: {words}", evidence=_kept(said))
        if "run" in args:
            # Only when all of it went well: a step that failed begins anew.
            await asyncio.to_thread(self._flows.keep, args["run"], flow, names)
        return ActionActed(run, "done", words, evidence=_kept(said))

    def _block(self, wanted: Wanted, command: Command, given: Mapping[str, str]) -> Block:
        told = filling.told(command, given)
        return Block(filling.running(command), self._place(wanted.runbook, command), wanted.title, told.text)

    def _begun(self, args: Mapping[str, str]) -> Flow:
        """What the steps so far left of a run, or where one begins."""
        run = args.get("run", "")
        return (run and self._flows.of(run)) or Flow(self._folder, os.environ)

    def _as_shown(self, plan: Plan) -> Wanted | Refusal:
        """The step as it lies there now: what runs comes of the very bytes whose hash is compared here."""
        found = self._find(dict(plan.args))
        if isinstance(found, Wanted) and found.runbook.digest != plan.checked[0].want:
            changed = f"{found.runbook.path} or a script it calls changed since it was shown"
            return Refusal(changed, "open the plan again")
        return found

    async def settle(self, attempt: Attempt) -> ActionActed:
        return ActionActed(attempt.run, "unknown", "what a shell block did cannot be looked up; see for yourself")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()


def _going(run: str, n: int, verb: str, report: Report) -> Callable[[str], None]:
    return lambda text: report(ActionStepped(run, Progress(n, verb, "running", text)))


def _within(command: Command) -> Ms:
    return FOLLOW_MS if fence(command).interactive else fence(command).whole_ms


def _environment(runbook: Runbook, state: State) -> dict[str, str]:
    """Variables as a shell sees them; what the responder's own environment says goes before all."""
    known = {env_name(name): value for name, value in values(runbook, state).items()}
    return {name: value for name, value in known.items() if name not in os.environ}


def _unset(wanted: Wanted, environment: Mapping[str, str]) -> Refusal | None:
    """A variable of the runbook that these blocks use and nothing gave a value: `rm -r "$DIR"/x` must not run so."""
    names = {env_name(v.name): v.name for v in wanted.runbook.vars}
    for needs in needed([command.text for command in wanted.commands], names):
        if not environment.get(needs):
            name = names[needs]
            why = f"{wanted.runbook.prompt_of(name)}: nothing gives it a value"
            return Refusal(why, f"--set {name}=…", usage=True, unset=name)
    return None


def _text(output: bytes) -> str:
    return clean_and_redact(output, limit=HEAD + TAIL, lines=True)


def _kept(said: list[str]) -> Evidence:
    return Evidence("output", "\n".join(said))


def _is_check(command: Command) -> bool:
    return dict(command.attrs).get("undo") == "check"


def _undo_words(wanted: Wanted) -> str:
    if wanted.undo:
        return "x runs the step again."
    if wanted.step.undo:
        return f"u takes it back: {first_line(wanted.step.undo[0].text)}"
    return "Nothing is known of how to undo it."


def _warnings(wanted: Wanted) -> Iterator[str]:
    """What would surprise somebody: attributes without effect, a password that nobody can type."""
    for command in wanted.commands:
        yield from (f"{name} has no effect: {why}" for name, why in unheeded(command.attrs))
        yield from (f"looks unfinished: {word}" for word in unfinished(command.text))
        if uses_sudo(command.text) and not fence(command).interactive:
            yield "it uses sudo, and no password can be typed here: log in with sudo before, or mark it interactive"


def _not_covered(wanted: Wanted) -> Iterator[tuple[str, str]]:
    yield "what it changes", "a shell block says nothing of that"
    for c in wanted.step.undo if wanted.undo else wanted.step.commands:
        if c.why_not and c.lang in SHELLS:
            yield f"block, line {c.line}", f"not run: {c.why_not}"
    if calls := wanted.runbook.calls:
        yield "scripts", f"{', '.join(calls)}: looked at again just before it runs, not while it runs"
    for odd in filter(None, (look_alikes(command.text) for command in wanted.commands)):
        yield "not ASCII", odd


def _steps(wanted: Wanted, values: Mapping[str, str]) -> tuple[PlanStep, ...]:
    return tuple(_shown(filling.told(command, values)) for command in wanted.commands)


def _shown(command: Command) -> PlanStep:
    """What runs is read from the file again, by its digest; this is for people and for the record."""
    text = redact(command.text)
    undo = dict(command.attrs).get("undo", "")
    verb = {"": "run", "check": "check"}.get(undo, "undo")
    return PlanStep(verb, first_line(text), (argv_of(replace(command, text=text)),))
