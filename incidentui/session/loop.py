"""The session's own loop: inputs wait, a turn takes them all, then the state is published and effects start.

Nothing here but `put` may be called from another thread than the loop's.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from incidentui.core import inputs as i
from incidentui.core.recent import Sample
from incidentui.core.value import dataclass
from incidentui.session.ports import Clock, Done, Journal
from incidentui.session.turn import Desk, Turn, take

POLL_S = 0.1
SAMPLES_MS = 1_000
SNAPSHOT_EVERY = 2_000

Answer = Future[Done | i.Refusal]


@dataclass(slots=True)
class _Waiting:
    given: i.Input
    answer: Answer | None = None


class Loop:
    """One turn after another."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        desk: Desk,
        publish: Callable[[Desk, str], None],
        start: Callable[[i.Effect], Coroutine[Any, Any, None]],
    ) -> None:
        self.desk = desk
        self.following = True
        """Whether samples are read from the journal, because another process observes."""
        self._journal, self._clock = journal, clock
        self._publish, self._start = publish, start
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._samples: tuple[Sample, ...] = ()
        self._flushed = clock.now()
        self._saved = desk.base.seq
        self._trouble = ""
        self._leaving = False
        self.fault: BaseException | None = None
        """What a task fell over: the session ends with it."""
        self._tasks: set[asyncio.Task[Any]] = set()
        # One thread for the journal: its connections belong to threads.
        self._disk = ThreadPoolExecutor(1, "journal")

    def put(self, given: i.Input, answer: Answer | None = None) -> None:
        self._waiting.append(_Waiting(given, answer))
        self._wake.set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """A task that is kept, and whose failure ends the session instead of vanishing."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fault = self.fault or error
            self.leave()

    async def turns(self) -> None:
        """Until `leave`. Events of others are noticed ten times a second."""
        while not self._leaving:
            try:
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()
            except TimeoutError:
                if self._journal.moved():
                    await self._catch_up()
                continue
            await self.turn()

    def leave(self) -> None:
        """After the turn that runs no other begins. Never cancel `turns`: what a turn wrote must be answered."""
        self._leaving = True
        self._wake.set()

    async def turn(self) -> None:
        """All that waits, in one transaction."""
        self._wake.clear()
        waiting, self._waiting = self._waiting, []
        turn = await self._in_disk_thread(take, self.desk, self._clock, [w.given for w in waiting], self._samples)
        self._after(turn)
        for w, answer in zip(waiting, turn.answers, strict=True):
            if w.answer is not None:
                w.answer.set_result(answer)
        for effect in turn.effects:
            self.spawn(self._start(effect))
        await self._flush()

    def _after(self, turn: Turn) -> None:
        self.desk, self._samples = turn.desk, turn.samples
        if turn.trouble is not None:
            self._trouble = f"{turn.trouble.why}, events go to {turn.trouble.path}"
        elif turn.wrote:
            self._trouble = ""
        self._publish(self.desk, self._trouble)

    async def _flush(self) -> None:
        """Looks that led to nothing are written in batches; a state is saved now and then."""
        now = self._clock.now()
        if self._samples and now - self._flushed >= SAMPLES_MS:
            samples, self._samples, self._flushed = self._samples, (), now
            await asyncio.get_running_loop().run_in_executor(
                self._disk, lambda: self._journal.append((), samples=samples)
            )
        if self.desk.base.seq - self._saved >= SNAPSHOT_EVERY:
            await self.save()

    async def save(self) -> None:
        self._saved = self.desk.base.seq
        await self._in_disk_thread(lambda journal: journal.save_snapshot(self.desk.base))

    async def _catch_up(self) -> None:
        before = self.desk
        self.desk = await self._in_disk_thread(_read_on, before, self.following)
        if self.desk != before:
            self._publish(self.desk, self._trouble)

    async def _in_disk_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work, self._journal, *args)

    async def finish(self) -> None:
        """The last turn, the last samples, the last state; then no task is left."""
        if self._waiting:
            await self.turn()
        self._flushed = 0
        await self._flush()
        await self.save()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._disk.shutdown()


def _read_on(journal: Journal, desk: Desk, following: bool) -> Desk:
    records = list(journal.read(desk.base.seq))
    if records:
        desk = desk.folded(records)
    if following and (samples := list(journal.samples(desk.seen))):
        desk = desk.with_samples(samples)
    return desk
