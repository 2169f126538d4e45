"""The live session: a thread of its own that watches, decides, writes, publishes and acts.

It belongs to no screen: a screen subscribes, is handed views and sends commands. One process of a project
observes (it holds the observer's lock); the others follow its events and take over when it is gone.
"""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from incidentui.core import inputs as i
from incidentui.core.drift import Drift
from incidentui.core.events import Recorded
from incidentui.core.model import Ms, Plan
from incidentui.core.using import Using
from incidentui.session.actions import Actions, fault, new_run, watched
from incidentui.session.door import Door, fail, give
from incidentui.session.effects import begin
from incidentui.session.loop import Loop
from incidentui.session.parts import Parts, World
from incidentui.session.planning import plan_by_executor, plan_without_executor
from incidentui.session.ports import (
    Details,
    DiffLine,
    Done,
    Kept,
    LogFeed,
    LogLine,
    Row,
    Unreadable,
    View,
)
from incidentui.session.turn import Desk, load

TICK_S = 1.0
NO_ENGINE = "no engine is configured"
T = TypeVar("T")


class LiveSession:
    """See `session.ports.Session`. Making one reads the journal; `start` builds the world and begins to look."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._desk: Desk = load(parts.journal, parts.clock.now())
        self._trouble = ""
        self._problems: tuple[str, ...] = ()
        self._observing = False
        self._followed = False
        """Another process observes, and this one knows it."""
        self._listeners: list[Callable[[View], None]] = []
        self._view = self._make_view()
        self._loop: Loop | None = None
        self._thread: threading.Thread | None = None
        self._leaving: asyncio.Event | None = None
        self._why = ""
        self._ending = False
        self._built: asyncio.Future[Actions]
        self._door = Door()
        self._world = World(self._desk.base.project)
        self._actions: Actions | None = None
        self._busy: set[str] = set()

    # -- for screens, from any thread

    @property
    def view(self) -> View:
        return self._view

    @property
    def stopped(self) -> str:
        """Why nothing is watched, written or done any more; empty while it is."""
        return self._door.closed

    @property
    def me(self) -> str:
        return self.parts.me

    def now(self) -> Ms:
        return self.parts.clock.now()

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def submit(self, command: i.Command) -> Future[Done | i.Refusal]:
        answer: Future[Done | i.Refusal] = Future()
        if self.parts.read_only and isinstance(command, i.RunPlan) and command.plan.changes:
            answer.set_result(i.Refusal(self.parts.read_only, "start without it to act"))
        else:
            if isinstance(command, i.StopAction):
                command = replace(command, owner=self.parts.processes.me())
            self._door.ask(answer, lambda: self._put(command, answer))
        return answer

    def plan(self, action: str, args: Mapping[str, str]) -> Future[Plan | i.Refusal]:
        return self._soon(lambda: self._plan(action, dict(args)))

    def run_plan(
        self, plan: Plan, word: str, step: int | None = None, run: str = "", undoes: bool = False
    ) -> Future[Done | i.Refusal]:
        """`run`: the id of the run, for a caller that waits for its verdict. `undoes`: it takes the step back."""
        return self.submit(i.RunPlan(plan, word, self.me, self.parts.processes.me(), run or new_run(), step, undoes))

    def look_now(self) -> None:
        self._soon(self._look)

    def rows(
        self,
        *,
        before: Row | None = None,
        after: Row | None = None,
        limit: int = 100,
        key_only: bool = True,
        containing: str = "",
    ) -> list[Recorded]:
        incident = self._view.state.current
        return self.parts.journal.rows(
            before=before,
            after=after,
            limit=limit,
            key_only=key_only,
            since=incident.shown_from if incident else None,
            containing=containing,
            documents=False,  # their 09:00 is not today's
        )

    def evidence(self, sha256: str) -> i.Evidence | None:
        try:
            return self.parts.journal.evidence(sha256)
        except Unreadable:
            return None  # as if it were not kept; the bar says what is wrong with the journal

    def diff(self, sha: str) -> Future[Sequence[DiffLine] | i.Refusal]:
        return self._soon(lambda: self._detail(lambda it: it.diff(sha), "there is no git repository here"))

    def logs(self, workload: str, lines: int = 200) -> Future[Sequence[LogLine] | i.Refusal]:
        return self._soon(lambda: self._detail(lambda it: it.logs(workload, lines), NO_ENGINE))

    def volumes(self, workload: str) -> Future[Sequence[Kept] | i.Refusal]:
        return self._soon(lambda: self._detail(lambda it: it.volumes(workload), NO_ENGINE))

    def using(self, workload: str) -> Future[Using | i.Refusal]:
        return self._soon(lambda: self._detail(lambda it: it.using(workload), NO_ENGINE))

    def follow_logs(self, since: Mapping[str, Ms | None]) -> Future[LogFeed | i.Refusal]:
        return self._soon(lambda: self._detail(lambda it: it.follow_logs(since), NO_ENGINE))

    def drift_then(self) -> Future[Sequence[Drift] | i.Refusal]:
        return self._soon(lambda: self._detail(lambda it: it.drift_then(), NO_ENGINE))

    def draft(self, incident: str) -> Future[str | i.Refusal]:
        return self._soon(lambda: self._draft(incident))

    def observe(self, seen: i.Observation) -> None:
        """Hand in what somebody else saw: the command line's own look, for one."""
        self._door.call(lambda: self._loop.put(seen) if self._loop else None)

    @property
    def settled(self) -> bool:
        """Whether the world was built, and somebody observes."""
        return self._actions is not None and (self._observing or self._followed)

    # -- life

    def start(self) -> None:
        """Begin to watch. What was submitted before waits until then."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="session")
            self._thread.start()

    def stop(self, why: str = "") -> None:
        """Finish the running effect, write what waits, leave. Safe to call twice and from any thread."""
        thread = self._thread
        if thread is None or not thread.is_alive():
            return
        self._why = why
        self._door.call(lambda: self._leaving.set() if self._leaving else None)
        if thread is not threading.current_thread():
            thread.join()

    # -- on the session's thread

    def _run(self) -> None:
        why = "the session has ended"
        try:
            asyncio.run(self._main())
        except Exception as error:  # the thread's last words: screens must not go on as if somebody looked
            why = f"nothing is watched or recorded any more: {fault(error)}"
            self._observing = False
            self.parts.lock.release()
            self._published(self._desk, why)
        self._door.close(why)

    async def _main(self) -> None:
        self._leaving = asyncio.Event()
        parts = self.parts
        self._loop = loop = Loop(parts.journal, parts.clock, self._desk, self._published, self._effect)
        self._built = asyncio.get_running_loop().create_future()
        self._door.open(asyncio.get_running_loop())
        turns = loop.spawn(loop.turns())
        self._world = world = await asyncio.to_thread(parts.world)
        self._problems = world.problems
        self._actions = Actions(
            loop.put, lambda: loop.desk.state, parts.processes, world.executors, world.sources, self._busy
        )
        self._built.set_result(self._actions)
        observe = loop.spawn(self._observe(world))
        leave = loop.spawn(self._leaving.wait())
        await asyncio.wait({turns, observe, leave}, return_when=asyncio.FIRST_COMPLETED)
        await self._leave(turns, observe)

    async def _observe(self, world: World) -> None:
        """Wait to be the observer, then run the sources and tick."""
        loop = self._loop
        assert loop is not None
        while not self.parts.lock.acquire():
            self._followed = True
            self._published(loop.desk, self._trouble)
            await asyncio.sleep(TICK_S)
            self._tend()
        self._observing, loop.following = True, False
        if self.parts.tidy is not None and not self.parts.read_only:
            loop.spawn(_tidied(self.parts.tidy))
        by, read_only = self.me, bool(self.parts.read_only)
        loop.put(i.StartWatch(world.spec, by, read_only, self.parts.host))
        for source in world.sources:
            loop.spawn(watched(source, loop.put))
        while True:
            loop.put(i.Ticked(keeps=not read_only and world.checkpoints is not None))
            self._tend()
            await asyncio.sleep(TICK_S)

    def _tend(self) -> None:
        """Take up an action that nobody looks after any more; keep an own one's deadline going."""
        loop, actions = self._loop, self._actions
        if loop is None or actions is None:
            return
        attempt = loop.desk.state.attempt
        if attempt is None:
            return
        if attempt.run in actions.busy:
            loop.put(i.Ticked())
        elif actions.orphaned(attempt, self.now()) and self._observing:
            if attempt.outcome is None:
                loop.put(i.OwnerGone(attempt.run))
            else:
                loop.spawn(actions.take_up(attempt.run))

    def _effect(self, effect: i.Effect) -> Coroutine[Any, Any, None]:
        # Known as looked after from now on, not only once its task gets its turn: else `_tend` may find it orphaned.
        if isinstance(effect, i.StartAction):
            self._busy.add(effect.run)
        return self._begin(effect)

    async def _begin(self, effect: i.Effect) -> None:
        actions = await self._built
        if self._loop is not None:
            await begin(effect, actions, self._world, self._loop, read_only=bool(self.parts.read_only))

    async def _leave(self, turns: "asyncio.Task[Any]", observe: "asyncio.Task[Any]") -> None:
        loop, actions = self._loop, self._actions
        assert loop is not None
        observe.cancel()
        self._ending = True
        if actions is not None:
            actions.let_go(self.me)
        await loop.caught_up(turns)
        if actions is not None:
            await actions.idle.wait()
        loop.leave()
        await asyncio.gather(turns, return_exceptions=True)
        if actions is not None:
            await asyncio.sleep(0)  # the last turn may have started an effect
            await actions.idle.wait()
        if self._observing:
            loop.put(i.StopWatch(self.me, self._why))
        await loop.finish()
        self.parts.lock.release()
        if loop.fault is not None:
            raise loop.fault

    def _published(self, desk: Desk, trouble: str) -> None:
        self._desk, self._trouble = desk, trouble
        self._view = self._make_view()
        for listener in tuple(self._listeners):
            try:
                listener(self._view)
            except Exception:  # a screen that fell must not take the record with it; it is told no more
                self._listeners.remove(listener)

    def _make_view(self) -> View:
        return View(
            state=self._desk.state,
            recent=self._desk.recent,
            read_only=self.parts.read_only,
            journal=self._trouble or "ok",
            observing=self._observing,
            problems=self._problems,
        )

    # -- questions

    def _put(self, command: i.Command, answer: "Future[Done | i.Refusal]") -> None:
        assert self._loop is not None
        if self._ending and isinstance(command, i.RunPlan):
            give(answer, i.Refusal("the session is ending: nothing is begun any more", "start it again"))
        else:
            self._loop.put(command, answer)

    async def _plan(self, action: str, args: Mapping[str, str]) -> Plan | i.Refusal:
        state = self._desk.state
        if (made := plan_without_executor(action, args, state)) is not None:
            return made
        return await plan_by_executor(await self._built, action, args, state)

    async def _look(self) -> None:
        await (await self._built).look()

    async def _detail(self, ask: Callable[[Details], Awaitable[T | i.Refusal]], missing: str) -> T | i.Refusal:
        await self._built
        details = self._world.details
        return await ask(details) if details else i.Refusal(missing)

    async def _draft(self, incident: str) -> str | i.Refusal:
        return await asyncio.to_thread(self.parts.drafter, self.parts.journal, self._desk.state, incident, self.now())

    def _soon(self, make: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """Run on the session's loop; the answer as a future that any thread can wait for."""
        answer: Future[T] = Future()

        async def work() -> None:
            try:
                give(answer, await make())
            except Exception as error:  # handed to whoever asked; a screen says it on its status row
                fail(answer, error)

        self._door.ask(answer, lambda: self._loop.spawn(work()) if self._loop else None)
        return answer


async def _tidied(tidy: Callable[[], object]) -> None:
    with contextlib.suppress(
        Exception
    ):  # a favour to the disk: a journal that cannot be written says so at the next fact
        await asyncio.to_thread(tidy)
