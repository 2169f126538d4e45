"""Runs the shell blocks of a runbook step: what was shown, in its own process group, bounded, timed, kept as evidence.

Variables reach the shell by environment, never by text. Only runbooks that shipped or were trusted are run.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from incidentui.core.format import duration, parse_duration
from incidentui.core.inputs import ActionActed, ActionStepped, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Ms, Plan, PlanStep, Precondition, Progress
from incidentui.core.state import State
from incidentui.edge.text import clean_and_redact
from incidentui.runbook.model import Command, Runbook, Step
from incidentui.session.ports import Clock, Report

ACTION = "shell"
WORD = "yes"
WITHIN_MS: Ms = 5 * 60_000
HEAD, TAIL = 64 << 10, 192 << 10
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
            steps=tuple(PlanStep("run", _first_line(c.text), (_argv(c),)) for c in step.commands),
            checked=(Precondition("digest", f"{runbook.path} is as it was shown", runbook.digest),),
            not_covered=(("what it changes", "a shell block says nothing of that"),),
            undo="Nothing is known of how to undo it.",
            within_ms=max(timeouts),
        )

    def _find(self, name: str, number: str) -> tuple[Runbook, Step] | Refusal:
        runbook = next((r for r in self._runbooks() if r.id == name), None)
        step = next((s for s in runbook.steps if str(s.n) == number), None) if runbook else None
        if runbook is None or step is None or not step.commands:
            return Refusal(f"there is no shell step {number} in {name or 'no runbook'}", "r lists the runbooks")
        if runbook.origin != "shipped" and not runbook.trusted:
            return Refusal("the commands of this file are not allowed yet", f"incidentui trust {runbook.path}")
        stopped = next((c.why_not for c in step.commands if not c.runnable), "")
        if stopped or step.placeholders:
            return Refusal(
                stopped or f"it has places to fill in: {', '.join(step.placeholders)}", "copy it, and edit it"
            )
        return runbook, step

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        args = dict(plan.args)
        found = await asyncio.to_thread(self._find, args.get("runbook", ""), args.get("step", ""))
        if isinstance(found, Refusal):
            return ActionActed(run, "refused", found.why)
        runbook, step = found
        if runbook.digest != plan.checked[0].want:
            return ActionActed(run, "refused", f"{runbook.path} changed since it was shown; open the plan again")
        environment = {**os.environ, "INCIDENT_ID": incident or ""}
        said: list[str] = []
        for n, command in enumerate(step.commands, 1):
            began = self._clock.now()
            code, output = await run_bounded(_argv(command), self._folder, environment, plan.within_ms / 1000)
            text = clean_and_redact(output, limit=HEAD + TAIL, lines=True)
            said.append(f"$ {command.text.rstrip()}\n{text}")
            took = self._clock.now() - began
            good = code == 0
            words = f"exit {code}" if code is not None else f"stopped after {duration(plan.within_ms)}"
            report(ActionStepped(run, Progress(n, "run", "done" if good else "failed", words, took)))
            if not good:
                return ActionActed(run, "failed", f"{_first_line(command.text)}: {words}", evidence=_kept(said))
        return ActionActed(run, "done", "exit 0", evidence=_kept(said))

    async def settle(self, attempt: Attempt) -> ActionActed:
        return ActionActed(attempt.run, "unknown", "what a shell block did cannot be looked up; see for yourself")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()


def _kept(said: list[str]) -> Evidence:
    return Evidence("output", "\n".join(said))


def _argv(command: Command) -> tuple[str, ...]:
    shell = _SHELLS.get(command.lang, "sh")
    return (shutil.which(shell) or "/bin/sh", "-e", "-c", command.text)


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0] + (" …" if len(lines) > 1 else "") if lines else ""


async def run_bounded(
    argv: Sequence[str], folder: Path, environment: Mapping[str, str], within_s: float
) -> tuple[int | None, bytes]:
    """Exit code (None: it was stopped) and the first and last bytes of what it said."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    output = _Bounded()
    try:
        async with asyncio.timeout(within_s):
            assert process.stdout is not None
            while chunk := await process.stdout.read(65_536):
                output.add(chunk)
            return await process.wait(), output.value
    except TimeoutError:
        return None, output.value
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """The whole group: a grandchild that holds the pipe must not outlive its step."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await process.wait()
    process._transport.close()  # type: ignore[attr-defined]  # a pipe still held by a stray child must not be waited for


class _Bounded:
    def __init__(self) -> None:
        self._head, self._tail, self._cut = b"", b"", 0

    def add(self, chunk: bytes) -> None:
        room = HEAD - len(self._head)
        self._head += chunk[:room]
        rest = self._tail + chunk[room:] if room < len(chunk) else self._tail
        self._cut += max(0, len(rest) - TAIL)
        self._tail = rest[-TAIL:]

    @property
    def value(self) -> bytes:
        cut = f"\n… {self._cut} bytes cut …\n".encode() if self._cut else b""
        return self._head + cut + self._tail
