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
from incidentui.edge.step import HEAD, TAIL, Ran
from incidentui.edge.text import clean_and_redact, redact
from incidentui.runbook.model import Command, Runbook, Step
from incidentui.session.ports import Clock, Report

ACTION = "shell"
WORD = "yes"
WITHIN_MS: Ms = 5 * 60_000
NOT_STARTED = 126
"""What a shell says of a command that cannot be run."""
_SHELLS = {"bash": "bash", "zsh": "zsh"}


class ShellExecutor:
    """`runbooks` reads them anew for each plan: what is shown is what lies there now."""

    actions = frozenset({ACTION})

    def __init__(self, folder: Path, runbooks: Callable[[], Sequence[Runbook]], clock: Clock) -> None:
        self._folder, self._runbooks, self._clock = folder, runbooks, clock

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        found = await asyncio.to_thread(self._find, args.get("runbook", ""), args.get("step", ""))
        if isinstance(found, Refusal):
            return found
        runbook, step = found
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
        return runbook, step

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        environment = {**os.environ, "INCIDENT_ID": incident or ""}
        said: list[str] = []
        words, n = "", 0
        while n < len(plan.steps):
            # Before each block: one before it may have changed a script that this one calls.
            step = await asyncio.to_thread(self._as_shown, plan)
            if isinstance(step, Refusal):
                return ActionActed(run, "failed" if n else "refused", step.why, evidence=_kept(said) if n else None)
            command, began = step.commands[n], self._clock.now()
            ran = await self._run(command, plan, environment)
            n += 1
            text = clean_and_redact(ran.output, limit=HEAD + TAIL, lines=True)
            said.append(f"$ {redact(command.text.rstrip())}\n{text}")
            good, words = ran.code == 0, _words(ran, plan)
            took = self._clock.now() - began
            report(ActionStepped(run, Progress(n, "run", "done" if good else "failed", words, took)))
            if not good:
                return ActionActed(run, "failed", f"{_first_line(command.text)}: {words}", evidence=_kept(said))
        return ActionActed(run, "done", words, evidence=_kept(said))

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

    async def _run(self, command: Command, plan: Plan, environment: Mapping[str, str]) -> Ran:
        try:
            return await steps.run(_argv(command), self._folder, plan.within_ms / 1000, environment)
        except (OSError, ValueError) as error:  # longer than the system takes, no such folder
            return Ran(NOT_STARTED, f"it could not be started: {error}".encode())

    async def settle(self, attempt: Attempt) -> ActionActed:
        return ActionActed(attempt.run, "unknown", "what a shell block did cannot be looked up; see for yourself")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()


def _words(ran: Ran, plan: Plan) -> str:
    if ran.code is None:
        return f"stopped after {duration(plan.within_ms)}"
    ended = f"exit {ran.code}" if ran.code >= 0 else f"ended by signal {-ran.code}"
    left = f"; {count(ran.left, 'process', 'processes')} it left behind ended" if ran.left else ""
    return ended + left


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
