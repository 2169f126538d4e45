"""`deploy.start`: starts the deploy of what the branch says on its remote, by the command of the configuration.

No file of a repository names what runs: `[deploy] start` does, and that is allowed by its content. Whether it was
deployed is not believed to the command: the light "running" asks the services.
"""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentui.core.format import duration
from incidentui.core.inputs import ActionActed, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Ms, Plan, PlanStep, Precondition
from incidentui.core.plan import deadline
from incidentui.core.state import State
from incidentui.edge import step
from incidentui.edge.containers.telling import Steps
from incidentui.edge.git.place import layout, stand
from incidentui.edge.git.remote import ask
from incidentui.edge.git.run import GitError
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Clock, Report

ACTION = "deploy.start"
WITHIN_MS: Ms = 300_000
RUNS_S = 1800.0
"""How long the command itself may take."""


class DeployExecutor:
    """`argv`: the configured command, already allowed; `branch` and `remote` as configured."""

    actions = frozenset({ACTION})

    def __init__(
        self, top: Path, branch: str | None, remote: str | None, argv: tuple[str, ...] | None, clock: Clock
    ) -> None:
        self._top, self._branch, self._remote, self._argv, self._clock = top, branch, remote, argv, clock

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        if odd := next((key for key in args if key != "within"), ""):
            return Refusal(f"{ACTION} takes no {odd!r}", "it takes within", usage=True)
        within = deadline(args, WITHIN_MS)
        if isinstance(within, Refusal):
            return within
        if self._argv is None:
            return Refusal(
                "nothing says how a deploy is started", "[deploy] start = { command = [...] }, then trust it"
            )
        try:
            branch, sha = await self._tip()
        except GitError as error:
            return Refusal(f"{error.what} ({error.where})", error.todo)
        if not sha:
            return Refusal(f"{branch} is not there to be deployed", "git push")
        return Plan(
            action=ACTION,
            args=(("within", f"{within}ms"),),
            title=f"Deploy {sha[:7]}, the tip of {branch}, anew",
            target=branch,
            target_kind="branch",
            steps=(
                PlanStep(
                    "start", f"the deploy, by [deploy] start, up to {duration(int(RUNS_S * 1000))}", (self._said(sha),)
                ),
            ),
            checked=(Precondition("commit", f"{branch} is still at {sha[:7]}", sha),),
            not_covered=(("databases, volumes", "are what the deploy makes of them: nothing is backed up here"),),
            undo="git.reset to=good, then deploy that.",
            within_ms=within,
            blast=tuple(
                (s.name, "service: what runs is replaced, as the command does it") for s in state.project.services
            ),
        )

    def _said(self, sha: str) -> tuple[str, ...]:
        return tuple(word.replace("{commit}", sha) for word in self._argv or ())

    async def _tip(self) -> tuple[str, str | None]:
        """Of the branch, as its remote says now; its own where there is no remote."""
        where = await layout(self._top)
        place = await stand(where, self._branch, self._remote)
        if place.remote and place.branch:
            return place.branch, await ask(where, place.remote, place.branch)
        return place.branch or "HEAD", place.tip or place.head

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        sha, steps = plan.checked[0].want, Steps(run, plan, report, self._clock)
        try:
            if (now := (await self._tip())[1]) != sha:
                return ActionActed(run, "refused", f"{plan.target} is at {(now or '?')[:7]} by now; make a new plan")
        except GitError as error:
            return ActionActed(run, "refused", f"nothing was done: {error.what} ({error.where})")
        argv = self._said(sha)
        steps.begin(plan.steps[0])
        try:
            ran = await step.run(argv, self._top, RUNS_S)
        except (OSError, ValueError) as error:
            steps.end("failed", str(error))
            return ActionActed(run, "failed", f"{argv[0]} could not be started: {error}")
        said = clean_and_redact(ran.output, limit=step.HEAD + step.TAIL, lines=True)
        evidence = Evidence("output", f"$ {shlex.join(argv)}\n{said}")
        if ran.code != 0:
            ended = "did not end in time" if ran.code is None else f"exit {ran.code}"
            steps.end("failed", ended)
            return ActionActed(run, "failed", f"{argv[0]}: {ended}: {_last(said)}", evidence=evidence)
        steps.end("done")
        return ActionActed(run, "done", f"the deploy of {sha[:7]} was started", revision=sha, evidence=evidence)

    async def settle(self, attempt: Attempt) -> ActionActed:
        sha = attempt.plan.checked[0].want
        return ActionActed(attempt.run, "unknown", f"nobody saw the deploy of {sha[:7]} end: look at what runs")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        """What runs and whether users are served is judged by the session."""
        return ()


def _last(said: str) -> str:
    return next((line for line in reversed(said.splitlines()) if line.strip()), "it said nothing")[:200]
