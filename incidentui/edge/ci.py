"""`ci.wait`: how the pipeline of a commit ends, as `gh`, `glab` or a configured command tells it. Changes nothing.

By the user's own login: these programs find it themselves, no token passes through here. Each way it can end is an
outcome: passed, failed, cancelled, no run at all, still running, and that nobody can tell.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from incidentui.core.format import duration
from incidentui.core.inputs import ActionActed, ActionStepped, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Ms, Outcome, Plan, PlanStep, Progress, StepState
from incidentui.core.plan import deadline
from incidentui.core.state import State
from incidentui.edge.ci_programs import COMMAND, PROGRAMS, CannotTellError, Pipeline, Program, command
from incidentui.edge.git.place import layout, resolve, stand
from incidentui.edge.git.remote import address
from incidentui.edge.git.run import GitError
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Clock, Report

ACTION = "ci.wait"
WITHIN_MS: Ms = 600_000
APPEAR_MS: Ms = 60_000
"""How long a run may take to be there at all."""
_PAUSES_S = (0.5, 1.0, 2.0, 3.0, 5.0)
_TRIES = 3
"""Failed questions in a row before nobody can tell."""
_KNOWN = ("commit", "within", "provider")


class CiExecutor:
    """`command` is the configured one, already allowed; `remote` as configured."""

    actions = frozenset({ACTION})

    def __init__(self, top: Path, remote: str | None, argv: tuple[str, ...] | None, clock: Clock) -> None:
        self._top, self._remote, self._argv, self._clock = top, remote, argv, clock

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        for key in args:
            if key not in _KNOWN:
                return Refusal(f'unknown argument "{key}"', f"known: {', '.join(_KNOWN)}", usage=True)
        within = deadline(args, WITHIN_MS)
        if isinstance(within, Refusal):
            return within
        try:
            sha = await resolve(await layout(self._top), args.get("commit", ""))
            program = await self._program(args.get("provider", ""))
        except GitError as error:
            return Refusal(f"{error.what} ({error.where})", error.todo)
        if isinstance(sha, Refusal):
            return sha
        if isinstance(program, Refusal):
            return program
        return Plan(
            action=ACTION,
            args=(("commit", sha), ("provider", program.name), ("within", duration(within))),
            title=f"Wait for CI of {sha[:7]}, as {program.name} tells it, up to {duration(within)}",
            target=state.project.name,
            target_kind="project",
            changes=False,
            steps=(PlanStep("wait", f"the runs of {sha[:7]} until all have ended", (program.argv(sha),)),),
            within_ms=within,
            undo="Nothing to undo: it only looks.",
        )

    async def _program(self, wanted: str) -> Program | Refusal:
        """The one asked for, else the configured command, else what the remote's address tells."""
        if wanted == COMMAND or (not wanted and self._argv):
            if self._argv is None:
                return Refusal("no command tells about CI here", "[deploy] ci = { command = [...] }, then trust it")
            return command(self._argv)
        if wanted:
            known = ", ".join([*PROGRAMS, COMMAND])
            return PROGRAMS.get(wanted) or Refusal(f"provider={wanted} is not known", f"known: {known}", usage=True)
        where = await layout(self._top)
        remote = (await stand(where, None, self._remote)).remote
        url = await address(where, remote) if remote else ""
        found = next((program for program in PROGRAMS.values() if program.host in url), None)
        hint = "provider=gh or provider=glab; or [deploy] ci = { command = [...] }"
        return found or Refusal(f"nothing says who runs the CI of {url or 'this project'}", hint)

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        program = await self._program(dict(plan.args)["provider"])
        if isinstance(program, Refusal):
            return ActionActed(run, "refused", program.why)
        return await _Waiting(run, plan, program, self._top, self._clock, report).end()

    async def settle(self, attempt: Attempt) -> ActionActed:
        return ActionActed(attempt.run, "failed", "nobody waited until it ended; ask again")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()


End = tuple[Outcome, str]
Word = Literal["passed", "failed", "cancelled", "skipped"]


class _Waiting:
    """Asks again and again, up to the deadline."""

    def __init__(self, run: str, plan: Plan, program: Program, top: Path, clock: Clock, report: Report) -> None:
        self._run, self._plan, self._program, self._top = run, plan, program, top
        self._clock, self._report = clock, report
        self._sha = dict(plan.args)["commit"]
        self._began = clock.mono()
        self._said = ""
        self._raw = ""

    async def end(self) -> ActionActed:
        outcome, why = await self._wait()
        state: StepState = "done" if outcome == "done" else "unknown" if outcome == "unknown" else "failed"
        self._step(state, why, self._waited)
        raw = clean_and_redact(self._raw, limit=64_000, lines=True)
        return ActionActed(self._run, outcome, why, evidence=Evidence("output", f"{why}\n\n{raw}"))

    @property
    def _waited(self) -> Ms:
        return self._clock.mono() - self._began

    async def _wait(self) -> End:
        failed = 0
        for n in range(1_000_000):
            try:
                seen = await self._program.ask(self._sha, self._top, _environment())
            except CannotTellError as error:
                self._raw, failed = error.said, failed + 1
                if error.final or failed == _TRIES:
                    return "unknown", f"CI of {self._sha[:7]}: {error}"
            else:
                failed, self._raw = 0, seen.raw
                if (end := self._judged(seen)) is not None:
                    return end
            await asyncio.sleep(min(_PAUSES_S[min(n, len(_PAUSES_S) - 1)], max(0.05, self._left / 1000)))
        raise AssertionError("a deadline ends it")

    @property
    def _left(self) -> Ms:
        return self._plan.within_ms - self._waited

    def _judged(self, seen: Pipeline) -> End | None:
        sha = self._sha[:7]
        if not seen.runs:
            self._step("running", f"no run for {sha} yet")
            limit = min(APPEAR_MS, self._plan.within_ms)
            return ("failed", f"no CI run for {sha} within {duration(limit)}") if self._waited >= limit else None
        going = [r for r in seen.runs if r.state == "running"]
        self._step("running", f"{len(seen.runs) - len(going)} of {len(seen.runs)} ended")
        for word in ("failed", "cancelled"):
            bad = [r for r in seen.runs if r.state == word]
            if bad and (word == "failed" or not going):
                return "failed", f"CI {_was(word)} for {sha}: {bad[0].words()}"
        if going:
            late = f"CI still runs for {sha} after {duration(self._plan.within_ms)}: {going[0].words()}"
            return ("failed", late) if self._left <= 0 else None
        if all(r.state == "skipped" for r in seen.runs):
            return "failed", f"CI was skipped for {sha}, nothing ran: {seen.runs[0].words()}"
        return "done", f"CI passed for {sha}: {', '.join(r.words() for r in seen.runs[:3])}"

    def _step(self, state: StepState, text: str, took: Ms | None = None) -> None:
        if text != self._said:
            self._said = text
            self._report(ActionStepped(self._run, Progress(1, "wait", state, text, took)))


def _was(word: str) -> str:
    return "was cancelled" if word == "cancelled" else word


def _environment() -> dict[str, str]:
    """The user's own, less what would make these programs ask, page or look for a newer one."""
    quiet = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_PROMPT": "1", "GLAB_CHECK_UPDATE": "false"}
    return {**os.environ, **quiet, "NO_COLOR": "1", "CLICOLOR_FORCE": "0", "GH_PAGER": "cat", "PAGER": "cat"}
