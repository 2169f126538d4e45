"""Runs the shell blocks of a runbook step: what was shown, in its own process group, bounded, timed, kept as evidence.

Variables reach the shell by environment, never by text. Only runbooks that shipped or were trusted are run.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from incidentui.config.trust import ONE_RUN
from incidentui.core.format import count, duration, parse_duration
from incidentui.core.inputs import ActionActed, ActionStepped, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Ms, Plan, PlanStep, Precondition, Progress
from incidentui.core.state import State
from incidentui.core.visible import look_alikes, plainly
from incidentui.edge import step as steps
from incidentui.edge.flow import Flow, handing_over, keep, kept
from incidentui.edge.step import HEAD, TAIL, Ran
from incidentui.edge.text import clean_and_redact, redact
from incidentui.runbook.fields import env_name
from incidentui.runbook.model import Command, Runbook, Step
from incidentui.runbook.variables import values
from incidentui.session.ports import Clock, Report

ACTION = "shell"
WORD = "yes"
WITHIN_MS: Ms = 5 * 60_000
BETWEEN_TRIES_S = 1.0
NOT_STARTED = 126
"""What a shell says of a command that cannot be run."""
_SHELLS = {"bash": "bash", "zsh": "zsh"}


class ShellExecutor:
    """`runbooks` reads them anew for each plan: what is shown is what lies there now."""

    actions = frozenset({ACTION})

    def __init__(self, folder: Path, runbooks: Callable[[], Sequence[Runbook]], clock: Clock) -> None:
        self._folder, self._runbooks, self._clock = folder, runbooks, clock
        self._flows: dict[str, Flow] = {}
        """By the run of a runbook: what its steps so far set."""
        self._values: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}
        """By the arguments of a plan: the variables as they stood when it was made."""

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        found = await asyncio.to_thread(self._find, args.get("runbook", ""), args.get("step", ""))
        if isinstance(found, Refusal):
            return found
        runbook, step = found
        run = state.runbook
        if run is not None and run.ended is None and run.runbook == runbook.id:
            args = {**args, "run": run.id}
        self._values[tuple(args.items())] = _environment(runbook, state)
        timeouts = [parse_duration(dict(c.attrs).get("timeout", "")) or WITHIN_MS for c in step.commands]
        return Plan(
            action=ACTION,
            args=tuple(args.items()),
            title=f"{runbook.title}, step {step.n}: {step.title}",
            target=WORD,
            target_kind="word",
            steps=tuple(_shown(c) for c in step.commands),
            checked=(Precondition("digest", f"{runbook.path} is as it was shown", runbook.digest),),
            not_covered=tuple(_not_covered(runbook, step)),
            undo="Nothing is known of how to undo it.",
            within_ms=max(timeouts),
        )

    def _find(self, name: str, number: str) -> tuple[Runbook, Step] | Refusal:
        runbook = next((r for r in self._runbooks() if r.id == name), None)
        step = next((s for s in runbook.steps if str(s.n) == number), None) if runbook else None
        if runbook is None or step is None or not step.commands:
            return Refusal(f"there is no shell step {number} in {name or 'no runbook'}", "r lists the runbooks")
        if runbook.origin != "shipped" and not runbook.trusted:
            again = runbook.asked_again
            why = f"the file {again}" if again else "the commands of this file are not allowed yet"
            return Refusal(why, f"incidentui trust {runbook.path}  (one run: {ONE_RUN}={runbook.digest})")
        stopped = next((c.why_not for c in step.commands if not c.runnable), "")
        if stopped or step.placeholders:
            return Refusal(
                stopped or f"it has places to fill in: {', '.join(step.placeholders)}", "copy it, and edit it"
            )
        absent = next((shell for c in step.commands if (shell := _SHELLS.get(c.lang)) and not shutil.which(shell)), "")
        if absent:
            # Another shell reads the same words otherwise.
            return Refusal(f"it is written for {absent}, which is not installed here", "install it, or do it by hand")
        return runbook, step

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        args = dict(plan.args)
        flow = self._flow(args.get("run", "")) or self._first(plan)
        flow = replace(flow, environment={**flow.environment, "INCIDENT_ID": incident or ""})
        said: list[str] = []
        words, n = "", 0
        while n < len(plan.steps):
            # Before each block: one before it may have changed a script that this one calls.
            step = await asyncio.to_thread(self._as_shown, plan)
            if isinstance(step, Refusal):
                return ActionActed(run, "failed" if n else "refused", step.why, evidence=_kept(said) if n else None)
            command, began = step.commands[n], self._clock.now()
            ran, flow = await self._tried(command, plan, flow)
            n += 1
            text = clean_and_redact(ran.output, limit=HEAD + TAIL, lines=True)
            said.append(f"$ {redact(command.text.rstrip())}\n{text}")
            good, words = ran.code == _wanted(command), _words(ran, _within(command, plan))
            took = self._clock.now() - began
            report(ActionStepped(run, Progress(n, "run", "done" if good else "failed", words, took)))
            if not good:
                return ActionActed(run, "failed", f"{_first_line(command.text)}: {words}", evidence=_kept(said))
        if "run" in args:
            self._flows[args["run"]] = flow  # only when all of it went well: a step that failed begins anew
            await asyncio.to_thread(keep, args["run"], flow)
        return ActionActed(run, "done", words, evidence=_kept(said))

    def _flow(self, run: str) -> Flow | None:
        return (self._flows.get(run) or kept(run)) if run else None

    def _first(self, plan: Plan) -> Flow:
        return Flow(self._folder, {**os.environ, **self._values.get(plan.args, {})})

    async def _tried(self, command: Command, plan: Plan, flow: Flow) -> tuple[Ran, Flow]:
        """Once, and again as often as its author allows."""
        again = _number(command, "retries", 0)
        while True:
            ran, after = await self._run(command, plan, flow)
            if ran.code in (_wanted(command), None) or again <= 0:
                return ran, after
            again -= 1
            await asyncio.sleep(BETWEEN_TRIES_S)

    def _as_shown(self, plan: Plan) -> Step | Refusal:
        """The step as it lies there now: what runs comes of the very bytes whose hash is compared here."""
        args = dict(plan.args)
        found = self._find(args.get("runbook", ""), args.get("step", ""))
        if isinstance(found, Refusal):
            return found
        runbook, step = found
        if runbook.digest != plan.checked[0].want:
            return Refusal(f"{runbook.path} or a script it calls changed since it was shown", "open the plan again")
        return step

    async def _run(self, command: Command, plan: Plan, flow: Flow) -> tuple[Ran, Flow]:
        within_s = _within(command, plan) / 1000
        with handing_over(flow, command.text) as (text, environment, after):
            try:
                ran = await steps.run(_argv(replace(command, text=text)), flow.folder, within_s, environment)
            except (OSError, ValueError) as error:  # longer than the system takes, no such folder
                ran = Ran(NOT_STARTED, f"it could not be started: {error}".encode())
        return ran, after[0] if after else flow

    async def settle(self, attempt: Attempt) -> ActionActed:
        return ActionActed(attempt.run, "unknown", "what a shell block did cannot be looked up; see for yourself")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()


def _within(command: Command, plan: Plan) -> Ms:
    return min(parse_duration(dict(command.attrs).get("timeout", "")) or WITHIN_MS, plan.within_ms)


def _words(ran: Ran, within_ms: Ms) -> str:
    if ran.code is None:
        return f"stopped after {duration(within_ms)}"
    ended = f"exit {ran.code}" if ran.code >= 0 else f"ended by signal {-ran.code}"
    left = f"; {count(ran.left, 'process', 'processes')} it left behind ended" if ran.left else ""
    return ended + left


def _wanted(command: Command) -> int:
    return _number(command, "expectExit", 0)


def _number(command: Command, name: str, otherwise: int) -> int:
    given = dict(command.attrs).get(name, "")
    return min(int(given), 255) if given.isdecimal() else otherwise


def _environment(runbook: Runbook, state: State) -> dict[str, str]:
    """Variables as a shell sees them; what the responder's own environment says goes before all."""
    known = {env_name(name): value for name, value in values(runbook, state).items()}
    return {name: value for name, value in known.items() if name not in os.environ}


def _kept(said: list[str]) -> Evidence:
    return Evidence("output", "\n".join(said))


def _not_covered(runbook: Runbook, step: Step) -> Iterator[tuple[str, str]]:
    yield "what it changes", "a shell block says nothing of that"
    if runbook.calls:
        yield "scripts", f"{', '.join(runbook.calls)}: looked at again just before it runs, not while it runs"
    for odd in filter(None, (look_alikes(command.text) for command in step.commands)):
        yield "not ASCII", odd


def _argv(command: Command) -> tuple[str, ...]:
    shell = _SHELLS.get(command.lang, "sh")
    return (shutil.which(shell) or "/bin/sh", "-e", "-c", command.text)


def _shown(command: Command) -> PlanStep:
    """What runs is read from the file again, by its digest; this is for people and for the record."""
    text = redact(command.text)
    return PlanStep("run", _first_line(text), (_argv(replace(command, text=text)),))


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return plainly(lines[0]) + (" …" if len(lines) > 1 else "") if lines else ""
