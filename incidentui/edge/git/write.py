"""Acts a git plan: looks again, saves, writes one commit, pushes it as a fast-forward, lets the checkout follow.

What was shown is what runs: trees, messages and targets come from the plan. Every outcome is what a fresh look
says, never what a command returned. The user's index, work tree and tracking refs are touched by no step but the
last, and that one gives way to anything of theirs.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from incidentui.core.inputs import ActionActed, ActionStepped, Evidence
from incidentui.core.model import Ledger, Outcome, Plan, Progress, StepState
from incidentui.edge.git.backup import Saved, save
from incidentui.edge.git.commit import write
from incidentui.edge.git.diff import patch
from incidentui.edge.git.follow import blocked, forward
from incidentui.edge.git.ledger import read
from incidentui.edge.git.look import differs
from incidentui.edge.git.place import Place, layout, sha_of, stand, tree_of
from incidentui.edge.git.planning import NEW
from incidentui.edge.git.rehearsal import Conflict, tree_without
from incidentui.edge.git.remote import ask, contains, moved, push
from incidentui.edge.git.revert import picks_of
from incidentui.edge.git.run import GitError, git
from incidentui.session.ports import Clock, Report


class StopError(Exception):
    """The act ends here, with this outcome."""

    def __init__(self, outcome: Outcome, why: str, step: StepState = "failed") -> None:
        super().__init__(why)
        self.outcome: Outcome = outcome
        self.why = why
        self.step: StepState = step


class Way(Protocol):
    """How the branch gets to where the plan wants it: by a commit on its tip, or by moving itself."""

    def kept(self) -> Mapping[str, str]:
        """What else is kept under the backup."""
        ...

    async def revision(self, act: "Act", place: Place) -> str:
        """The commit the branch will be: written now, or there already."""
        ...

    async def there(self, place: Place, sha: str, base: str) -> tuple[str | None, bool]:
        """The remote's tip, and whether the push is in it."""
        ...

    async def advance(self, place: Place, sha: str, base: str) -> str:
        """Branch and checkout to `sha`; empty when they are there, else what was in the way."""
        ...


class CommitWay:
    """One new commit on the tip; nothing is ever forced."""

    def kept(self) -> Mapping[str, str]:
        return {}

    async def revision(self, act: "Act", place: Place) -> str:
        return await act.write_commit(place)

    async def there(self, place: Place, sha: str, base: str) -> tuple[str | None, bool]:
        return await contains(place.layout, place.remote or "", place.branch or "", sha)

    async def advance(self, place: Place, sha: str, base: str) -> str:
        return blocked(place) or await forward(place, sha)


class Act:
    """One run of one plan."""

    def __init__(self, run: str, plan: Plan, report: Report, clock: Clock, way: Way | None = None) -> None:
        self.run = run
        self._way = way or CommitWay()
        self.plan = plan
        self.wants = wants(plan)
        self._report = report
        self._clock = clock
        self._numbers = {step.verb: n for n, step in enumerate(plan.steps, start=1)}
        self._verb = ""
        self._began = 0
        self._words: list[str] = []
        self.revision: str | None = None
        self.base = ""

    async def do(self, top: Path, branch: str | None, remote: str | None) -> ActionActed:
        outcome: Outcome = "done"
        left: Ledger | None = None
        try:
            place = await self._check(top, branch, remote)
            await self._save(place)
            sha = await self._way.revision(self, place)
            why = await self._push(place, sha) if self.plan.push else await self._move(place, sha)
            left, note = await self._left(place)
            kept = f"; {self.base[:7]} is kept under {self.wants['backup']}/tip" if self.plan.rewrites else ""
            why += kept + note
            self._words.append(await self._changed(place, sha))
        except StopError as stop:
            outcome, why = stop.outcome, stop.why
            self._end(stop.step, stop.why)
        except (GitError, OSError) as error:
            # Only steps before the push or the move let these through.
            outcome, why = "failed", f"{error}; {self.plan.target} was not changed"
            self._end("failed", why)
        return ActionActed(
            self.run, outcome, why, self.revision, self.base or None, Evidence("output", "\n".join(self._words)),
            left,
        )  # fmt: skip

    # -- steps

    def _begin(self, verb: str) -> None:
        self._verb, self._began = verb, self._clock.mono()
        self._step("running", "")

    def _end(self, state: StepState, text: str) -> None:
        if self._verb:
            self._step(state, text, self._clock.mono() - self._began)
            self._words.append(f"{self._verb}: {state}: {text}")
        self._verb = ""

    def _step(self, state: StepState, text: str, took_ms: int | None = None) -> None:
        number = self._numbers.get(self._verb, 0)
        self._report(ActionStepped(self.run, Progress(number, self._verb, state, text, took_ms)))

    async def _check(self, top: Path, branch: str | None, remote: str | None) -> Place:
        """Every precondition against the world; the first that moved stops the act before anything is written."""
        try:
            place = await stand(await layout(top), branch or self.plan.target, remote)
            moved = await self._moved(place)
        except GitError as error:
            raise StopError("refused", f"could not look again: {error}; nothing changed") from None
        if moved:
            raise StopError("refused", f"{moved}; nothing changed")
        self.base = (self.wants["remote"] if self.plan.push else place.tip) or ""
        return place

    async def _moved(self, place: Place) -> str:
        if place.branch != self.plan.target:
            return f"the branch is {place.branch}, the plan was for {self.plan.target}"
        if place.head != self.wants["head"]:
            return f"HEAD moved: {_short(self.wants['head'])} was planned, {_short(place.head)} is there"
        if (place.operation or "") != self.wants.get("operation", ""):
            return f"a {place.operation or self.wants['operation']} {'began' if place.operation else 'ended'} meanwhile"
        if not self.plan.push:
            return "" if place.on_branch else f"HEAD is not on {place.branch} any more"
        if place.remote is None or place.branch is None:
            return "the remote is gone"
        remote, was = self._push_argv("")[-2], self.wants["remote"]
        if place.remote != remote:
            return f"the remote is {place.remote}, the plan was for {remote}"
        tip = await ask(place.layout, remote, place.branch)
        return "" if tip == was else f"{await moved(place.layout, remote, place.branch, was, tip)}; plan again"

    def _push_argv(self, sha: str) -> tuple[str, ...]:
        """The push as the plan shows it."""
        shown = next((argv for step in self.plan.steps if step.verb == "push" for argv in step.argv), ())
        return tuple(word.replace(NEW, sha) for word in shown)

    async def _save(self, place: Place) -> None:
        self._begin("save")
        base = self.wants["backup"]
        try:
            touched = await differs(place.layout, place.head or "", await self._tree(place))
            saved = await save(place, base, {"tip": self.base, **self._way.kept()}, touched)
        except GitError as error:
            if not await sha_of(place.layout.top, f"{base}/tip"):
                raise
            raise StopError("refused", f"{base} was used meanwhile; plan again; nothing changed") from error
        self._end("done", _saved(saved, place.head))

    async def write_commit(self, place: Place) -> str:
        self._begin("write")
        top = place.layout.top
        argv = next(argv for step in self.plan.steps for argv in step.argv if argv[:2] == ("git", "commit-tree"))
        tree = await self._tree(place)
        if argv[2] != tree or argv[4] != self.base:
            raise StopError("refused", "the plan is for another tree or another tip; plan again; nothing changed")
        sha, note = await write(top, argv)
        # Under a ref of ours before anything moves: after a crash `settle` finds it, and no gc takes it.
        ref = f"{self.wants['backup']}/new"
        await git(top, "update-ref", "--no-deref", ref, sha, "", writes=True)
        self._end("done", f"{sha[:7]}, tree {tree[:7]}{note}")
        return sha

    async def _tree(self, place: Place) -> str:
        wanted = self.plan.expects_tree or ""
        target = self.wants.get("target") or self.wants.get("before")
        if target is not None:
            found = await tree_of(place.layout.top, target)
            if found != wanted:
                raise StopError("refused", f"{target[:7]} has another tree than planned; nothing changed")
        # The rehearsed tree hangs on no ref: a gc since then may have taken it.
        elif await sha_of(place.layout.top, wanted, "tree") is None and await self._again(place) != wanted:
            raise StopError("refused", "the revert gives another result now; plan again; nothing changed")
        return wanted

    async def _again(self, place: Place) -> str | Conflict:
        return await tree_without(place.layout, self.base, picks_of(self.plan))

    async def _push(self, place: Place, sha: str) -> str:
        self._begin("push")
        remote, branch = place.remote or "", place.branch or ""
        pushed = await push(place.layout, self._push_argv(sha), remote, branch)
        if pushed.words:
            self._words.append(pushed.words)
        # Whatever git said: what the remote has is what counts.
        try:
            tip, there = await self._way.there(place, sha, self.base)
            others = "" if there or tip == self.base else await moved(place.layout, remote, branch, self.base, tip)
        except GitError as error:
            raise StopError("unknown", f"{pushed.why or 'pushed'}, and then: {error.what}", "unknown") from None
        if not there:
            now = others or f"{remote}/{branch} {_is(tip)}"
            if pushed.open and tip == self.base:
                later = "the remote may still accept it: look again before anything else is pushed"
                raise StopError("unknown", f"{pushed.why}: {now} so far; {later}", "unknown")
            raise StopError("failed", f"{pushed.why or 'not on the remote after the push'}: {now}")
        self.revision = sha
        beyond = "" if tip == sha else f"; {tip[:7] if tip else ''} came on top"
        text = f"{self.base[:7]}..{sha[:7]} {branch} → {remote}/{branch}{beyond}"
        self._end("done", text)
        await self._follow(place, sha)
        return f"pushed {text}"

    async def _follow(self, place: Place, sha: str) -> None:
        """After a push the checkout is a courtesy: whatever is in its way stays, and is named."""
        self._begin("follow")
        now_ahead = place.tip is not None and place.tip != sha
        try:
            now = await stand(place.layout, place.branch, place.remote)
            way = await self._way.advance(now, sha, self.base)
        except (GitError, OSError) as error:
            way = str(error)
        if way:
            back = "; a push from here would bring the commits back" if self.plan.rewrites and now_ahead else ""
            self._end("skipped", f"the checkout stays as it is: {way}{back}")
        else:
            self._end("done", f"{place.branch} and its files are {sha[:7]}")

    async def _move(self, place: Place, sha: str) -> str:
        """Without a push branch and checkout go together, or nothing does."""
        self._begin("follow")
        try:
            way = await self._way.advance(place, sha, self.base)
        except (GitError, OSError) as error:
            way = str(error)
        if await sha_of(place.layout.top, place.ref) != sha:
            raise StopError(
                "refused", f"the checkout cannot follow: {way or 'the branch moved'}; {place.branch} was not moved"
            )
        self.revision = sha
        self._end("done", f"{place.branch} and its files are {sha[:7]}")
        return f"{place.branch} is {sha[:7]}, was {self.base[:7]}; not pushed"

    async def _changed(self, place: Place, sha: str) -> str:
        """The exact difference the act made, for the record: before and after."""
        try:
            return f"\n{self.base[:7]} → {sha[:7]}:\n{await patch(place.layout.top, self.base, sha)}"
        except (GitError, OSError) as error:
            return f"\n{self.base[:7]} → {sha[:7]}: {error}"

    async def _left(self, place: Place) -> tuple[Ledger | None, str]:
        good = self.wants.get("target") or self.wants.get("good")
        if good is None or self.revision is None:
            return None, ""
        try:
            return await read(place.layout, good, self.revision), ""
        except GitError as error:
            return None, f"; what is still in force could not be read: {error.what}"


def wants(plan: Plan) -> dict[str, str]:
    """The values a plan's preconditions must still find, by name."""
    return {check.name: check.want for check in plan.checked}


def _saved(saved: Saved, head: str | None) -> str:
    return "; ".join((f"{saved.base} = {_short(head)}", *saved.left_out))


def _short(sha: str | None) -> str:
    return sha[:7] if sha else "nothing"


def _is(tip: str | None) -> str:
    return f"is {tip[:7]}" if tip else "is not there"
