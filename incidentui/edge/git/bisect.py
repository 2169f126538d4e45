"""`git.bisect`: the first bad commit between a good and a bad one, by a command run on each half.

In a scratch repository outside the user's, which borrows its objects: HEAD, index, work tree, refs and records of
worktrees are not touched by construction, and a kill leaves nothing but that folder. `git rev-list --bisect-all` says
which commit parts them best.
"""

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentui.core.format import count, duration
from incidentui.core.inputs import ActionActed, ActionStepped, Evidence
from incidentui.core.model import Ms, Outcome, Plan, Progress, StepState
from incidentui.edge import step
from incidentui.edge.git.history import subject_of
from incidentui.edge.git.place import Layout, layout
from incidentui.edge.git.run import GitError, git
from incidentui.edge.git.scratch import borrowed
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Clock, Report

UNTESTABLE = (125, 126, 127)
"""125 as `git bisect run` means it; the others say that a shell found no such program."""
MOST = 64
"""Commits tested at most: a range in which most cannot be tested is not searched for ever."""
_KEPT = 6_000
CHECKOUT_S = 120.0


class StopBisect(Exception):  # noqa: N818 - an end, not a fault
    """No first bad commit was found: why."""


class Bisect:
    """One run of one plan."""

    def __init__(self, run: str, plan: Plan, argv: Sequence[str], report: Report, clock: Clock) -> None:
        args = dict(plan.args)
        self._run, self._argv, self._report, self._clock = run, tuple(argv), report, clock
        self._good, self._bad = args["good"], args["bad"]
        self._first_parent = ("--first-parent",) if args.get("first-parent") == "true" else ()
        self._within, self._step_ms = plan.within_ms, int(args["step-ms"])
        self._began = clock.mono()
        self._verdicts: dict[str, str] = {}
        """Of each commit tested: good, bad or untestable."""
        self._said: list[str] = []

    async def do(self, top: Path) -> ActionActed:
        outcome: Outcome = "failed"
        found: str | None = None
        try:
            where = await layout(top)
            async with borrowed(where, self._bad) as scratch:
                found, why = await self._search(where, scratch, _same_folder(top, where, scratch))
            outcome = "done"
        except StopBisect as stop:
            why = str(stop)
        except (GitError, OSError) as error:
            why = f"{error}; nothing was changed"
        return ActionActed(self._run, outcome, why, found, None, Evidence("output", "\n\n".join([why, *self._said])))

    async def _search(self, where: Layout, scratch: Path, inside: Path) -> tuple[str, str]:
        await self._ends(scratch, inside)
        goods, bad = [self._good], self._bad
        total = len(await self._between(scratch, goods, bad))
        while True:
            left = await self._between(scratch, goods, bad)
            open_ = [sha for sha in left if sha != bad and sha not in self._verdicts]
            self._progress(3, "halve", "running", self._where(left, open_))
            if not open_:
                break
            verdict = await self._test(scratch, inside, open_[0], len(self._verdicts) + 2)
            if verdict == "good":
                goods.append(open_[0])
            elif verdict == "bad":
                bad = open_[0]
        return bad, await self._told(where, bad, [sha for sha in left if sha != bad], total)

    async def _told(self, where: Layout, bad: str, untested: Sequence[str], total: int) -> str:
        tested = f"bisect: first bad of {total}, {len(self._verdicts)} tested"
        if untested:
            names = ", ".join(sha[:7] for sha in (*untested, bad))
            self._progress(3, "halve", "failed", f"one of {names}")
            raise StopBisect(f"{tested}: one of {names}; those before {bad[:7]} cannot be tested")
        self._progress(3, "halve", "done", f"{bad[:7]} is the first bad one")
        return f"{bad[:7]} is the first bad commit: {await subject_of(where, bad)} ({tested})"

    async def _ends(self, scratch: Path, inside: Path) -> None:
        """A command that does not tell the two ends apart proves nothing of what lies between."""
        for n, (sha, name, wanted) in enumerate(((self._good, "good", "good"), (self._bad, "bad", "bad")), 1):
            verdict = await self._test(scratch, inside, sha, n, name)
            if verdict == "untestable":
                raise StopBisect(f"the command cannot run at {name} {sha[:7]}: {self._last()}")
            if verdict != wanted:
                said = "fails at good" if name == "good" else "passes at bad"
                raise StopBisect(f"the command {said} {sha[:7]} too, so it does not see the fault: {self._last()}")

    def _last(self) -> str:
        return self._said[-1].splitlines()[0].partition(": ")[2]

    async def _between(self, scratch: Path, goods: Sequence[str], bad: str) -> list[str]:
        """The commits that may be the first bad one, the best to test first."""
        answer = await git(
            scratch, "rev-list", "--bisect-all", *self._first_parent, "--end-of-options", bad,
            *(f"^{sha}" for sha in goods), "--", timeout_s=60,
        )  # fmt: skip
        return [line.partition(" ")[0] for line in answer.line.splitlines() if line]

    def _where(self, left: Sequence[str], open_: Sequence[str]) -> str:
        by = [list(self._verdicts.values()).count(word) for word in ("good", "bad", "untestable")]
        if not open_:
            return "nothing is left to test"
        steps = max(1, math.ceil(math.log2(len(left))))
        so_far = f"good {by[0]}, bad {by[1]}, cannot be tested {by[2]}"
        return f"{count(len(left), 'commit')} left, about {count(steps, 'step')}; testing {open_[0][:7]}; {so_far}"

    # -- one commit

    async def _test(self, scratch: Path, inside: Path, sha: str, n: int, name: str = "") -> str:
        left_ms = self._within - (self._clock.mono() - self._began)
        if left_ms <= 0 or len(self._verdicts) >= MOST:
            limit = f"{duration(self._within)} are over" if left_ms <= 0 else f"{MOST} commits were tested"
            raise StopBisect(f"{limit} and the first bad commit is not found; {len(self._verdicts)} tested")
        label = f"{name} {sha[:7]}".strip()
        number = n if name else n + 2
        self._progress(number, "test", "running", label)
        began = self._clock.mono()
        verdict, how, output = await self._verdict(scratch, inside, sha, min(self._step_ms, left_ms))
        self._verdicts[sha] = verdict
        self._said.append(f"{sha[:7]} {verdict}: {how}\n{clean_and_redact(output, limit=_KEPT, lines=True)}".rstrip())
        word = "cannot be tested" if verdict == "untestable" else verdict
        self._progress(number, "test", "done", f"{label} {word}: {how}", self._clock.mono() - began)
        return verdict

    async def _verdict(self, scratch: Path, inside: Path, sha: str, within: Ms) -> tuple[str, str, bytes]:
        try:
            await git(scratch, "checkout", "--force", "--detach", "--quiet", sha, writes=True, timeout_s=CHECKOUT_S)
            await git(scratch, "clean", "-ffdq", writes=True, timeout_s=CHECKOUT_S)
        except GitError as error:
            return "untestable", f"no checkout: {error.what}", b""
        try:
            ended = await step.run(self._argv, _there(inside, scratch), within / 1000, _environment(sha))
        except (OSError, ValueError) as error:
            return "untestable", f"{self._argv[0]} cannot be run: {getattr(error, 'strerror', None) or error}", b""
        return (*_judged(ended.code, within), ended.output)

    def _progress(self, n: int, verb: str, state: StepState, text: str, took: Ms | None = None) -> None:
        self._report(ActionStepped(self._run, Progress(n, verb, state, text, took)))


def _same_folder(top: Path, where: Layout, scratch: Path) -> Path:
    """The project's folder, which need not be the repository's."""
    return scratch / os.path.relpath(os.path.realpath(top), os.path.realpath(where.top))


def _there(inside: Path, scratch: Path) -> Path:
    return inside if inside.is_dir() else scratch


def _judged(code: int | None, within: Ms) -> tuple[str, str]:
    if code is None:
        return "untestable", f"no end within {duration(within)}"
    if code in UNTESTABLE:
        return "untestable", f"exit {code}"
    if code < 0 or code >= 128:
        return "untestable", f"ended by signal {-code if code < 0 else code - 128}"
    return ("good" if code == 0 else "bad"), f"exit {code}"


def _environment(sha: str) -> Mapping[str, str]:
    """The user's own; nothing in it that would lead a git of the command to another repository."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**kept, "INCIDENT_COMMIT": sha}
