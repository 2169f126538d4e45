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
from incidentui.session.door import give
from incidentui.session.ports import Aside, Clock, Done, Journal, NotSaved
from incidentui.session.turn import Desk, Turn, take

POLL_S = 0.1
SOON_S = 0.02
AGAIN_S = 1.0
ROUTINE_S = 0.25
"""A look that says nothing new may wait for others, so that hundreds of them share a turn and a drawing."""
SAMPLES_MS = 1_000
CLOCK_MS = 5_000
"""How far the wall clock may move against the monotonic one before the record says so."""
SNAPSHOT_EVERY = 2_000
LOOKS_KEPT = 2_000
"""Looks that wait while nothing can be saved: the oldest go, commands and actions never."""

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
        self._nudge: asyncio.TimerHandle | None = None
        self._samples: tuple[Sample, ...] = ()
        self._flushed = clock.mono()
        self._wall, self._mono = clock.now(), clock.mono()
        self._saved = desk.base.seq
        self._trouble = ""
        self._unread = False
        """Whether others wrote what could not be read yet."""
        self._unsaved = False
        """Whether what waits could not be saved anywhere when it was last tried."""
        self._leaving = False
        self.fault: BaseException | None = None
        """What a task fell over: the session ends with it."""
        self._tasks: set[asyncio.Task[Any]] = set()
        # One thread for the journal: its connections belong to threads.
        self._disk = ThreadPoolExecutor(1, "journal")

    def put(self, given: i.Input, answer: Answer | None = None) -> None:
        self._waiting.append(_Waiting(given, answer))
        if not _routine(given):
            self._wake.set()
        elif self._nudge is None:
            self._nudge = asyncio.get_running_loop().call_later(ROUTINE_S, self._wake.set)

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
                if self._others_wrote():
                    await self._catch_up()
                if self._trouble:
                    await self._flush()
                continue
            try:
                await self.turn()
            except NotSaved as error:
                self._publish_trouble(str(error))
                await asyncio.sleep(AGAIN_S)

    def leave(self) -> None:
        """After the turn that runs no other begins. Never cancel `turns`: what a turn wrote must be answered."""
        self._leaving = True
        self._wake.set()

    async def caught_up(self, turns: "asyncio.Task[Any]") -> None:
        """Until all that waits now is decided and its effects have begun, or no turn gets through any more."""
        answer: Answer = Future()
        self.put(i.Ticked(), answer)
        while not (answer.done() or turns.done() or self._unsaved):  # noqa: ASYNC110  # three things, none an Event
            await asyncio.sleep(SOON_S)

    async def turn(self) -> None:
        """All that waits, in one transaction. NotSaved: it waits again, in its order."""
        self._wake.clear()
        if self._nudge is not None:
            self._nudge.cancel()
            self._nudge = None
        self._watch_clock()
        waiting, self._waiting = self._waiting, []
        try:
            turn = await self._in_disk_thread(take, self.desk, self._clock, [w.given for w in waiting], self._samples)
        except NotSaved:
            self._unsaved = True
            self._waiting = _without_old_looks([*waiting, *self._waiting])
            self._wake.set()
            raise
        self._unsaved = False
        self._after(turn)
        for w, answer in zip(waiting, turn.answers, strict=True):
            if w.answer is not None:
                give(w.answer, answer)
        for effect in turn.effects:
            self.spawn(self._start(effect))
        await self._flush()

    def _watch_clock(self) -> None:
        wall, mono = self._clock.now(), self._clock.mono()
        by = (wall - self._wall) - (mono - self._mono)
        self._wall, self._mono = wall, mono
        if abs(by) > CLOCK_MS and not self.following:
            self._waiting.insert(0, _Waiting(i.ClockShifted(by)))

    def _after(self, turn: Turn) -> None:
        self.desk, self._samples = turn.desk, turn.samples
        if turn.trouble is not None:
            self._trouble = f"{turn.trouble.why}, events go to {turn.trouble.path}"
        elif turn.wrote:
            self._trouble = ""
        self._publish(self.desk, self._trouble)

    def _publish_trouble(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._publish(self.desk, trouble)

    async def _flush(self) -> None:
        """Looks that led to nothing are written in batches; a state is saved now and then."""
        now = self._clock.mono()  # a wall clock that was put back must not hold them
        if (self._samples or self._trouble) and now - self._flushed >= SAMPLES_MS:
            samples, self._samples, self._flushed = self._samples, (), now
            trouble = await self._in_disk_thread(_write_looks, samples)
            if self._trouble and not trouble:
                await self._catch_up()  # the journal took in what waited in the side file
            if not (self._trouble and trouble) and not self._unread:
                self._publish_trouble(trouble)
        if self.desk.base.seq - self._saved >= SNAPSHOT_EVERY:
            await self.save()

    async def save(self) -> None:
        self._saved = self.desk.base.seq
        await self._in_disk_thread(lambda journal: journal.save_snapshot(self.desk.base))

    def _others_wrote(self) -> bool:
        try:
            return self._unread or self._journal.moved()
        except Exception:  # whatever the store says: reading on will say it better
            return True

    async def _catch_up(self) -> None:
        before, self._unread = self.desk, True
        try:
            self.desk = await self._in_disk_thread(_read_on, before, self.following)
        except Exception as error:  # as above: a disk may answer again, and until then the screen says so
            self._publish_trouble(f"the journal cannot be read: {error}")
            return
        self._unread = False
        if self.desk != before:
            self._publish(self.desk, self._trouble)

    async def _in_disk_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work, self._journal, *args)

    async def finish(self) -> None:
        """The last turn, the last samples, the last state; then no task is left."""
        if self._waiting:
            await self.turn()
        self._flushed = -SAMPLES_MS
        await self._flush()
        await self.save()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._disk.shutdown()


def _routine(given: i.Input) -> bool:
    """What comes with evidence may change a verdict; the others are for the sparkline."""
    return isinstance(given, i.Sampled) and given.evidence is None


def _without_old_looks(waiting: list[_Waiting]) -> list[_Waiting]:
    looks = [w for w in waiting if isinstance(w.given, i.Sampled | i.Ticked) and w.answer is None]
    old = {id(w) for w in looks[:-LOOKS_KEPT]}
    return [w for w in waiting if id(w) not in old]


def _write_looks(journal: Journal, samples: tuple[Sample, ...]) -> str:
    """What is wrong with the journal. Looks that it does not take are let go: they are many, and a full disk wants
    facts."""
    try:
        result = journal.append((), samples=samples)
    except NotSaved as error:
        return str(error)
    return f"{result.why}, looks are not kept" if isinstance(result, Aside) else ""


def _read_on(journal: Journal, desk: Desk, following: bool) -> Desk:
    records = list(journal.read(desk.base.seq))
    if records:
        desk = desk.caught_up(journal, records)
    if following and (samples := list(journal.samples(desk.seen))):
        desk = desk.with_samples(samples)
    return desk
