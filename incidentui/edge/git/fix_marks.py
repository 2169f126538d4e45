"""`fix.mark` and `fix.forget`: what the ledger of fixes holds. They only record."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from incidentui.core.inputs import ActionActed, FixDropped, FixTold, Refusal
from incidentui.core.model import Attempt, Fix, Light, Plan, PlanStep
from incidentui.core.state import State
from incidentui.core.words import marker
from incidentui.edge.git.fixes import proves, suggested
from incidentui.edge.git.history import subject_of
from incidentui.edge.git.place import layout, resolve
from incidentui.edge.git.run import GitError
from incidentui.edge.text import clean
from incidentui.session.ports import Clock, Report

MARK, FORGET = "fix.mark", "fix.forget"
_KNOWN = {MARK: ("commit", "file", "contains", "matches", "check"), FORGET: ("commit", "reason")}
_LONGEST = 300


class FixExecutor:
    """`me`: who marks."""

    actions = frozenset({MARK, FORGET})

    def __init__(self, top: Path, me: str, clock: Clock) -> None:
        self._top, self._me, self._clock = top, me, clock

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        for key in args:
            if key not in _KNOWN[action]:
                return Refusal(f'unknown argument "{key}"', f"known: {', '.join(_KNOWN[action])}", usage=True)
        try:
            where = await layout(self._top)
            sha = await resolve(where, args.get("commit", ""))
            if isinstance(sha, Refusal):
                return sha
            if action == FORGET:
                return _forget(sha, args, state)
            fix = await self._fix(sha, args, state)
        except GitError as error:
            return Refusal(f"{error.what} ({error.where})", error.todo)
        return fix if isinstance(fix, Refusal) else _mark(fix, state)

    async def _fix(self, sha: str, args: Mapping[str, str], state: State) -> Fix | Refusal:
        check, pattern = args.get("check", ""), "matches" in args
        file, text = args.get("file", ""), args.get("matches", args.get("contains", ""))
        if check and check not in state.checks:
            return Refusal(f"there is no check {check!r}", f"there is {', '.join(state.checks) or 'none'}", usage=True)
        if bool(file) != bool(text):
            return Refusal("a marker is a text in a file", 'file=PATH contains="a line of it"', usage=True)
        if "\n" in file + text or len(text) > _LONGEST:
            return Refusal("a marker is one line, of at most 300 characters", "choose a shorter one", usage=True)
        where = await layout(self._top)
        if not file and not check:
            found = await suggested(where, sha)
            if found is None:
                return Refusal(f"{sha[:7]} adds no line that could mark it", "file=PATH contains=TEXT, or check=NAME")
            file, text = found
        fix = Fix(sha, await subject_of(where, sha), self._me, self._clock.now(), file, text, pattern, check)
        why = await proves(where, fix) if file else ""
        return Refusal(why, "choose a text that only the fix brought") if why else fix

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        args = dict(plan.args)
        if plan.action == FORGET:
            report(FixDropped(args["commit"], self._me, args.get("reason", "")))
            return ActionActed(run, "done", f"fix {args['commit'][:7]} is not looked for any more")
        pattern = "matches" in args
        text = args.get("matches", args.get("contains", ""))
        try:
            subject = await subject_of(await layout(self._top), args["commit"])
        except GitError as error:
            return ActionActed(run, "failed", str(error))
        fix = Fix(
            args["commit"], subject, self._me, self._clock.now(), args.get("file", ""), text, pattern,
            args.get("check", ""),
        )  # fmt: skip
        report(FixTold(fix))
        return ActionActed(run, "done", f"fix {fix.commit[:7]} is looked for: {marker(fix)}")

    async def settle(self, attempt: Attempt) -> ActionActed:
        return ActionActed(attempt.run, "failed", "it was not recorded; ask again")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        return ()


def _mark(fix: Fix, state: State) -> Plan:
    key = "matches" if fix.pattern else "contains"
    given = (("commit", fix.commit), ("file", fix.file), (key, fix.contains), ("check", fix.check))
    text = f"{clean(marker(fix), 200)}: looked for in HEAD, the remote and what runs, after each move"
    return Plan(
        action=MARK,
        args=tuple((name, value) for name, value in given if value),
        title=f"Mark {fix.commit[:7]} as a fix: {fix.subject[:80]}",
        target=state.project.name,
        target_kind="project",
        changes=False,
        steps=(PlanStep("record", text),),
        undo=f"incidentui act fix.forget commit={fix.commit[:7]}",
    )


def _forget(sha: str, args: Mapping[str, str], state: State) -> Plan | Refusal:
    if sha not in state.fixes:
        return Refusal(f"{sha[:7]} is not marked as a fix", "status lists the fixes")
    return Plan(
        action=FORGET,
        args=(("commit", sha), ("reason", args.get("reason", ""))),
        title=f"Look for fix {sha[:7]} no more",
        target=state.project.name,
        target_kind="project",
        changes=False,
        steps=(PlanStep("record", "what was seen of it stays in the record"),),
        undo="fix.mark marks it again.",
    )
