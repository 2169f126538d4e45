"""Effects: running an action, settling one whose owner died, looking again. They belong to the session, no screen."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import field, replace
from functools import partial

from incidentui.core import inputs as i
from incidentui.core.acts import STOPPABLE
from incidentui.core.model import Attempt, Light, Ms, Plan
from incidentui.core.state import State
from incidentui.core.value import dataclass
from incidentui.core.waiting import pause_s as pause_between_looks_s
from incidentui.session.between import between
from incidentui.session.ports import Executor, Fixes, InParts, Processes, Report, Source

LOOK_EVERY_S = 1.0
AGAIN_S = 10.0
SILENT_MS = 15 * 60_000
"""Longer than any effect may take (each has its own limit): who owns one on another host and has said nothing for so
long will not end it. A container that was started again has another host name than the one that died."""


def new_run() -> str:
    return uuid.uuid4().hex


def fault(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


async def looked(source: Source) -> Sequence[i.Observation]:
    """One look. What a source cannot handle itself makes it unknown, and stops nobody else."""
    try:
        return await source.look()
    except Exception as error:  # a source must not raise; one that does is lost, not the others
        return (i.SourceFailed(source.name, f"a fault of the program: {fault(error)}"),)


async def watched(source: Source, report: Report) -> None:
    """A source at its work, taken up again when it fell."""
    while True:
        try:
            await source.run(report)
            return
        except Exception as error:  # as in `looked`
            report(i.SourceFailed(source.name, f"a fault of the program: {fault(error)}"))
            await asyncio.sleep(AGAIN_S)


async def fixes_looked(fixes: Fixes, asked: i.LookAtFixes) -> i.FixesLooked:
    """Whether the markers are there; unknown, with its reason, where the looking fell."""
    try:
        return await fixes.look(asked)
    except Exception as error:  # as in `looked`
        why = f"a fault of the program: {fault(error)}"
        return i.FixesLooked(
            tuple(i.FixLook(fix.commit, place, sha, None, why) for fix in asked.fixes for place, sha in asked.places)
        )


@dataclass(slots=True)
class Actions:
    """Runs on the session's loop. `put` hands inputs to the next turn; `state` tells where things stand."""

    put: Callable[[i.Input], None]
    state: Callable[[], State]
    processes: Processes
    executors: Sequence[Executor] = ()
    sources: Sequence[Source] = ()
    busy: set[str] = field(default_factory=set)
    """Runs this process is acting on, settling or looking after."""
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while no effect of ours is under way: leaving waits for it."""
    _effect: "asyncio.Future[i.ActionActed] | None" = None
    _stopped_by: str = ""
    _only_looks: bool = False
    """Whether the effect under way changes nothing: leaving need not wait for it."""
    _in_parts: bool = False
    """Whether it asks before each part, and ends there."""

    def __post_init__(self) -> None:
        self.idle.set()

    def executor(self, action: str) -> Executor | None:
        return next((e for e in self.executors if action in e.actions), None)

    async def run(self, run: str, plan: Plan) -> None:
        """The effect of a requested action, then the looking, until its verdict is there."""
        self.busy.add(run)
        try:
            attempt = self.state().attempts[run]
            executor = self.executor(plan.action)
            if executor is not None:
                await self._act(executor, attempt, plan)
            elif attempt.outcome is None and attempt.owner == self.processes.me():
                self.put(i.ActionActed(run, "refused", f"nothing here can do {plan.action}"))
            await self._look_until_verdict(run)
        finally:
            self.busy.discard(run)

    async def _act(self, executor: Executor, attempt: Attempt, plan: Plan) -> None:
        """Leaving waits for this."""
        self.idle.clear()
        self._only_looks = not plan.changes and plan.action in STOPPABLE
        asked = partial(between, attempt.run, self.state, self.look, lambda: self._stopped_by)
        self._in_parts = isinstance(executor, InParts) and executor.asks(asked)
        self._effect = asyncio.ensure_future(executor.act(attempt.run, plan, attempt.incident, self.put))
        try:
            await self._ended(executor, attempt, self._effect)
        finally:
            self._effect, self._stopped_by = None, ""
            self.idle.set()

    def let_go(self, by: str) -> None:
        """The session ends: what only looks is not waited for, and of parts only the one under way."""
        if self._effect is not None and (self._only_looks or self._in_parts):
            self._end(self._effect, by)

    def cancel(self, run: str, by: str) -> None:
        """Only for effects that may be cut off; who asks has made sure of it."""
        if run in self.busy and self._effect is not None:
            self._end(self._effect, by)

    def _end(self, effect: "asyncio.Future[i.ActionActed]", by: str) -> None:
        self._stopped_by = by
        if not self._in_parts:
            effect.cancel()

    async def _ended(self, executor: Executor, attempt: Attempt, work: Awaitable[i.ActionActed]) -> None:
        """Whatever goes wrong, the record hears of an end. Lights first: the verdict must find them."""
        try:
            result = await work
        except asyncio.CancelledError:
            if not self._stopped_by:
                raise
            self.put(i.ActionActed(attempt.run, "failed", f"stopped by {self._stopped_by}"))
            return
        except Exception as error:  # a fault of ours: nobody knows how far it came, and that is what is said
            self.put(i.ActionActed(attempt.run, "unknown", f"a fault of the program: {fault(error)}"))
            return
        attempt = replace(attempt, revision=result.revision or attempt.revision, outcome=result.outcome)
        if result.outcome != "refused":
            await self._see_lights(executor, attempt)
        self.put(result)

    async def _see_lights(self, executor: Executor, attempt: Attempt) -> None:
        """One that nobody could look at is no light with nothing to look at: it is not green."""
        try:
            lights = await executor.lights(attempt)
        except Exception as error:  # as above
            lights = (Light("tree", False, f"could not be looked at: {fault(error)}"),)
        for light in lights:
            self.put(i.LightLooked(attempt.run, light))

    async def settle(self, run: str) -> None:
        """What became of an action whose program is gone: the world says."""
        if run in self.busy:
            return
        self.busy.add(run)
        try:
            attempt = self.state().attempts[run]
            executor = self.executor(attempt.plan.action)
            if executor is None:
                self.put(i.ActionActed(run, "unknown", f"nothing here can look at {attempt.plan.action}"))
                return
            await self._ended(executor, attempt, executor.settle(attempt))
            await self._look_until_verdict(run)
        finally:
            self.busy.discard(run)

    async def _look_until_verdict(self, run: str) -> None:
        while (attempt := self.state().attempts.get(run)) is not None and attempt.verdict is None:
            pause_s = pause_between_looks_s(attempt.plan, LOOK_EVERY_S)
            if pause_s is not None:
                await self.look()
            await self._until_judged(run, LOOK_EVERY_S if pause_s is None else pause_s)

    async def _until_judged(self, run: str, at_most_s: float) -> None:
        """A long pause must not keep a verdict waiting that came meanwhile."""
        end = asyncio.get_running_loop().time() + at_most_s
        while (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left, LOOK_EVERY_S))
            attempt = self.state().attempts.get(run)
            if attempt is None or attempt.verdict is not None:
                return

    async def look(self) -> None:
        """Every source looks once, now. What one saw is told at once: a slow one makes no look of another old."""
        await asyncio.gather(*(self._tell(source) for source in self.sources))

    async def _tell(self, source: Source) -> None:
        for observation in await looked(source):
            self.put(observation)

    def orphaned(self, attempt: Attempt, now: Ms) -> bool:
        """Whether nobody looks after this action any more."""
        if attempt.verdict is not None or attempt.run in self.busy:
            return False
        alive = self.processes.alive(attempt.owner)
        if alive is None:
            return now - (attempt.acted or attempt.asked) > SILENT_MS + attempt.plan.within_ms
        return attempt.owner == self.processes.me() or not alive

    async def take_up(self, run: str) -> None:
        """Go on where a program died: settle what is unknown, look on after what was done."""
        attempt = self.state().attempts[run]
        if attempt.outcome == "unknown":
            await self.settle(run)
            return
        self.busy.add(run)
        try:
            executor = self.executor(attempt.plan.action)
            if executor is not None and not attempt.lights:
                await self._see_lights(executor, attempt)
            await self._look_until_verdict(run)
        finally:
            self.busy.discard(run)
