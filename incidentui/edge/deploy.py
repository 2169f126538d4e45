"""`deploy.start`: starts the deploy of what the branch says on its remote, by the command of the configuration.

No file of a repository names what runs: `[deploy] start` does, and that is allowed by its content and by that of the
scripts it calls, as they lie there when it starts: a reset of the branch may have brought others. Whether it was
deployed is not believed to the command: the light "running" asks the services.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentui.config import trust
from incidentui.config.load import load
from incidentui.config.paths import CONFIG
from incidentui.core.format import count, duration, short
from incidentui.core.inputs import ActionActed, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Ms, Outcome, Plan, PlanStep, Precondition, StepState
from incidentui.core.plan import deadline
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.edge import step
from incidentui.edge.containers.deeds import want
from incidentui.edge.containers.telling import Steps
from incidentui.edge.git.place import layout, stand
from incidentui.edge.git.remote import ask
from incidentui.edge.git.run import GitError
from incidentui.edge.masked import masked
from incidentui.edge.text import clean_and_redact, redact
from incidentui.session.ports import Clock, Report

ACTION = "deploy.start"
WITHIN_MS: Ms = 300_000
RUNS_S = 1800.0
"""How long the command itself may take."""
_BACK = ("git.reset", "git.revert")


@dataclass(frozen=True, slots=True)
class Start:
    """The configured command, allowed as it lies there. `digest`: of the file that names it, and of its scripts."""

    argv: tuple[str, ...]
    digest: str

    def of(self, sha: str) -> tuple[str, ...]:
        return tuple(word.replace("{commit}", sha) for word in self.argv)


class DeployExecutor:
    """`branch` and `remote` as configured; the command is read anew from `top` for each plan, and before it starts."""

    actions = frozenset({ACTION})

    def __init__(self, top: Path, branch: str | None, remote: str | None, clock: Clock) -> None:
        self._top, self._branch, self._remote, self._clock = top, branch, remote, clock

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        if odd := next((key for key in args if key != "within"), ""):
            return Refusal(f"{ACTION} takes no {odd!r}", "it takes within", usage=True)
        within = deadline(args, WITHIN_MS)
        if isinstance(within, Refusal):
            return within
        start = await asyncio.to_thread(_start, self._top)
        if isinstance(start, Refusal):
            return start
        try:
            branch, sha = await self._tip()
        except GitError as error:
            return Refusal(f"{error.what} ({error.where})", error.todo)
        if not sha:
            return Refusal(f"{branch} is not there to be deployed", "git push")
        if why := _to_go_back(state, sha):
            return Refusal(f"the tip of {branch} is still {short(sha)}, {why}", "git.reset to=good, then deploy that")
        return Plan(
            action=ACTION,
            args=(("within", f"{within}ms"),),
            title=f"Deploy {short(sha)}, the tip of {branch}, anew",
            target=branch,
            target_kind="branch",
            steps=(
                PlanStep(
                    "start",
                    f"the deploy, by [deploy] start, up to {duration(int(RUNS_S * 1000))}",
                    (tuple(masked(start.of(sha))[1]),),
                ),
            ),
            checked=(
                Precondition("commit", f"{branch} is still at {short(sha)}", sha),
                Precondition("digest", f"{CONFIG} and the scripts that its commands call are as shown", start.digest),
            ),
            not_covered=(("databases, volumes", "are what the deploy makes of them: nothing is backed up here"),),
            undo="git.reset to=good, then deploy that.",
            warnings=_warnings(state, sha),
            within_ms=within,
            blast=tuple(
                (s.name, "service: what runs is replaced, as the command does it") for s in state.project.services
            ),
        )

    async def _tip(self) -> tuple[str, str | None]:
        """Of the branch, as its remote says now; its own where there is no remote."""
        where = await layout(self._top)
        place = await stand(where, self._branch, self._remote)
        if place.remote and place.branch:
            return place.branch, await ask(where, place.remote, place.branch)
        return place.branch or "HEAD", place.tip or place.head

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        commit = want(plan, "commit")
        try:
            if (now := (await self._tip())[1]) != commit:
                stands = short(now) if now else "?"
                return ActionActed(run, "refused", f"{plan.target} is at {stands} by now; make a new plan")
        except GitError as error:
            return ActionActed(run, "refused", f"nothing was done: {error.what} ({error.where})")
        start = await asyncio.to_thread(_start, self._top)
        if isinstance(start, Refusal):
            return ActionActed(run, "refused", f"nothing was done: {start.why}")
        if start.digest != want(plan, "digest"):
            changed = f"{CONFIG} or a script it calls changed since it was shown"
            return ActionActed(run, "refused", f"nothing was done: {changed}; make a new plan")
        return await self._run(run, start.of(commit), commit, Steps(run, plan, report, self._clock))

    async def _run(self, run: str, argv: tuple[str, ...], sha: str, steps: Steps) -> ActionActed:
        steps.begin(steps.plan.steps[0])
        try:
            ran = await step.run(argv, self._top, RUNS_S)
        except (OSError, ValueError) as error:
            steps.end("failed", str(error))
            return ActionActed(run, "failed", f"{argv[0]} could not be started: {error}")
        said = clean_and_redact(ran.output, limit=step.HEAD + step.TAIL, lines=True)
        evidence = Evidence("output", f"$ {masked(argv)[0]}\n{said}")
        outcome, why = _ended(ran, said)
        if outcome != "done":
            state: StepState = "unknown" if outcome == "unknown" else "failed"
            steps.end(state, why)
            return ActionActed(run, outcome, f"{argv[0]}: {why}", evidence=evidence)
        steps.end("done")
        return ActionActed(run, "done", f"the deploy of {short(sha)} was started", revision=sha, evidence=evidence)

    async def settle(self, attempt: Attempt) -> ActionActed:
        sha = want(attempt.plan, "commit")
        return ActionActed(attempt.run, "unknown", f"nobody saw the deploy of {short(sha)} end: look at what runs")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        """What runs and whether users are served is judged by the session."""
        return ()


def _start(top: Path) -> Start | Refusal:
    """What `[deploy] start` says now, if that is allowed now. Blocks."""
    loaded = load(top)
    if loaded.config.deploy_command:
        return Start(loaded.config.deploy_command, trust.digest(loaded.content, trust.calls_of(loaded.config)))
    if (held := next((p for p in loaded.problems if p.key == ACTION), None)) is not None:
        return Refusal(f"[deploy] start: {redact(held.text)}", held.hint)
    return Refusal("nothing says how a deploy is started", "[deploy] start = { command = [...] }, then trust it")


def _to_go_back(state: State, sha: str) -> str:
    """Why this tip is the one that was to be taken back; empty when nothing says so, or the way back was undone."""
    now = state.current.id if state.current else None
    ways = [a for a in state.attempts.values() if a.incident == now and a.plan.action in (*_BACK, "git.undo")]
    last = ways[-1] if ways else None
    if last is not None and last.plan.action == "git.undo":
        return ""
    if last is not None and any(c.sha == sha for c in last.plan.takes_back):
        return f"which {last.plan.action} was to take back ({last.verdict.word if last.verdict else last.outcome})"
    book = state.runbook
    waits = book is not None and book.ended is None and any(s.action in _BACK and s.state != "done" for s in book.steps)
    return "the suspect, and the step that takes it back is not done" if waits and _suspected(state, sha) else ""


def _suspected(state: State, sha: str) -> bool:
    return state.suspect is not None and state.suspect.sha == sha


def _warnings(state: State, sha: str) -> tuple[str, ...]:
    """Not refused: it may be innocent, and what runs built from older code than it."""
    return (f"{short(sha)} is the suspect: this deploys it again",) if _suspected(state, sha) else ()


def _ended(ran: step.Ran, said: str) -> tuple[Outcome, str]:
    """What is known of a deploy whose command is over. One that was cut off may be half done."""
    left = count(ran.left, "process", "processes")
    if ran.code is None:
        return "unknown", "did not end in time and was stopped, half-way for all that is known: look at what runs"
    if ran.code != 0:
        behind = f"; {left} it left behind ended" if ran.left else ""
        return "failed", f"exit {ran.code}: {_last(said)}{behind}"
    if ran.left:
        return "unknown", f"exit 0, but {left} it left behind went on and had to be ended: look at what runs"
    return "done", ""


def _last(said: str) -> str:
    return next((line for line in reversed(said.splitlines()) if line.strip()), "it said nothing")[:200]
