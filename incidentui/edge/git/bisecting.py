"""The plan of `git.bisect`, and the executor that runs it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentui.core.format import count, duration, parse_duration
from incidentui.core.inputs import ActionActed, Refusal
from incidentui.core.model import Attempt, Light, Ms, Plan, PlanStep
from incidentui.core.plan import deadline
from incidentui.core.state import State
from incidentui.edge.git.bisect import Bisect
from incidentui.edge.git.place import Layout, layout, resolve
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean
from incidentui.session.ports import Clock, Report

ACTION = "git.bisect"
WITHIN_MS: Ms = 30 * 60_000
STEP_MS: Ms = 5 * 60_000
_KNOWN = ("good", "bad", "command", "within", "step", "first-parent")
_YES = {"true": True, "yes": True, "false": False, "no": False}


class BisectExecutor:
    """`argv`: the command of the configuration, already allowed. `typed`: a person gives the arguments."""

    actions = frozenset({ACTION})

    def __init__(self, top: Path, argv: tuple[str, ...] | None, clock: Clock, *, typed: bool) -> None:
        self._top, self._argv, self._clock, self._typed = top, argv, clock, typed

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        for key in args:
            if key not in _KNOWN:
                return Refusal(f'unknown argument "{key}"', f"known: {', '.join(_KNOWN)}", usage=True)
        within, step = deadline(args, WITHIN_MS), parse_duration(args.get("step", duration(STEP_MS)))
        if isinstance(within, Refusal):
            return within
        if not step:
            return Refusal(f"step={args['step']} is no duration", "step=90s, step=5m", usage=True)
        argv = self._command(args)
        if isinstance(argv, Refusal):
            return argv
        try:
            return await self._plan(args, state, argv, within, step)
        except GitError as error:
            return Refusal(f"{error.what} ({error.where})", error.todo)

    def _command(self, args: Mapping[str, str]) -> tuple[str, ...] | Refusal:
        """As typed, parted into words without a shell; else the configured one."""
        if "command" not in args:
            hint = 'command="pytest -q tests/test_leads.py"; or [bisect] command = [...]'
            return self._argv or Refusal("no command says which commit is good", hint, usage=True)
        if not self._typed:
            return Refusal("a command is taken from a command line or [bisect] only", "incidentui act git.bisect …")
        try:
            words = tuple(shlex.split(args["command"]))
        except ValueError as error:
            return Refusal(f"command cannot be read: {error}", "quotes must be closed", usage=True)
        return words or Refusal("command is empty", 'command="make test"', usage=True)

    async def _plan(
        self, args: Mapping[str, str], state: State, argv: tuple[str, ...], within: Ms, step: Ms
    ) -> Plan | Refusal:
        where = await layout(self._top)
        good = await _good(where, args.get("good", "good"), state)
        bad = await resolve(where, args.get("bad", "HEAD"))
        if isinstance(good, Refusal):
            return good
        if isinstance(bad, Refusal):
            return bad
        first_parent = _YES.get(args.get("first-parent", "false").lower())
        if first_parent is None:
            return Refusal(f"first-parent={args['first-parent']}: neither true nor false", usage=True)
        n = await _commits(where, good, bad, first_parent)
        if isinstance(n, Refusal):
            return n
        shown = clean(shlex.join(argv), 200)
        halves = (
            f"halve {count(n, 'commit')}{' of the first parents' if first_parent else ''}: about {n.bit_length()} tests"
        )
        return Plan(
            action=ACTION,
            args=(
                ("good", good),
                ("bad", bad),
                ("command", shlex.join(argv)),
                ("first-parent", str(first_parent).lower()),
                ("step-ms", str(step)),
                ("within", duration(within)),
            ),
            title=f"Bisect {good[:7]}..{bad[:7]}, {count(n, 'commit')}, by {shown}",
            target=state.project.name,
            target_kind="project",
            changes=False,
            steps=(
                PlanStep("test", f"good {good[:7]} must pass, at most {duration(step)}", (argv,)),
                PlanStep("test", f"bad {bad[:7]} must fail"),
                PlanStep("halve", halves),
            ),
            not_covered=(("this clone", "a scratch repository outside it is used: no file or ref here moves"),),
            undo="Nothing to undo: the scratch repository is taken away.",
            within_ms=within,
        )

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        argv = shlex.split(dict(plan.args)["command"])
        return await Bisect(run, plan, argv, report, self._clock).do(self._top)

    async def settle(self, attempt: Attempt) -> ActionActed:
        return ActionActed(attempt.run, "failed", "it was not finished; nothing was changed, start it again")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()


async def _good(where: Layout, name: str, state: State) -> str | Refusal:
    if name not in ("good", "known-good"):
        return await resolve(where, name)
    if state.good is None:
        return Refusal("no known-good commit is known", "name one: good=SHA")
    return await resolve(where, state.good.sha)


async def _commits(where: Layout, good: str, bad: str, first_parent: bool) -> int | Refusal:
    """How many commits may be the first bad one."""
    if (await git(where.top, "merge-base", "--is-ancestor", good, bad, ok=None)).code != 0:
        return Refusal(f"{good[:7]} is not in the history of {bad[:7]}", "bad must come after good")
    only = ("--first-parent",) if first_parent else ()
    answer = await git(where.top, "rev-list", "--count", *only, "--end-of-options", bad, f"^{good}", "--", timeout_s=60)
    n = int(answer.line or 0)
    return n or Refusal(f"there is no commit between {good[:7]} and {bad[:7]}", "name two different ones")
