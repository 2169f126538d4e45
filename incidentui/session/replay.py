"""A journal walked through time: the same views as live, from `fold(events[:playhead])`. Read-only by construction:
no source, no executor and no way to write is ever handed to it.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TypeVar

from incidentui.core import inputs as i
from incidentui.core.drift import Drift
from incidentui.core.events import Recorded
from incidentui.core.evolve import evolve
from incidentui.core.model import Ms, Plan
from incidentui.core.recent import CELL_MS, CELLS, NOTHING, Recent, Sample, add
from incidentui.core.state import State
from incidentui.core.using import Using
from incidentui.session.parts import Drafter
from incidentui.session.ports import Clock, DiffLine, Done, Journal, Kept, LogFeed, LogLine, Playhead, Row, View
from incidentui.session.turn import state_at

READ_ONLY = "this is a replay: the record cannot be changed"
KEEP_EVERY = 500
FRAME_S = 0.1
T = TypeVar("T")


class ReplaySession:
    """See `session.ports.Session` and `session.ports.Transport`."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        me: str,
        drafter: Drafter,
        *,
        first: int,
        last: int,
        since: Ms | None = None,
        as_known: bool = True,
    ) -> None:
        """`first` and `last`: the sequences to walk through; `since`: where its timeline starts.

        `as_known`: by when each was recorded; else by when it is said to have happened: a document comes in one piece.
        """
        self._journal, self._clock, self._me, self._drafter = journal, clock, me, drafter
        self._since, self._said = since, not as_known
        self._before = state_at(journal, first - 1)
        self._records: list[Recorded] = list(journal.read(first - 1, last))
        if not self._records:
            raise ValueError("there is nothing to replay: the record has no event")
        self._times = _rising([r.recorded if as_known else r.at for r in self._records])
        self._keys = [n for n, r in enumerate(self._records, 1) if r.moment == "key"]
        self._samples: list[Sample] = list(journal.samples(self._times[0] - CELL_MS * CELLS, self._times[-1]))
        self._sample_times = [s.at for s in self._samples]
        self._kept: dict[int, State] = {0: self._before}
        self._lock = threading.RLock()
        self._listeners: list[Callable[[View], None]] = []
        self._speed = 1.0
        self._playing: threading.Event | None = None
        """Set to end the play that is going on; each has its own, so that none outlives its pause."""
        self._n, self._at = 1, self._times[0]
        self._state = evolve(self._before, self._records[0])
        self._view = self._make_view()

    # -- what a screen sees

    @property
    def view(self) -> View:
        return self._view

    @property
    def me(self) -> str:
        return self._me

    def now(self) -> Ms:
        return self._at

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def rows(
        self,
        *,
        before: Row | None = None,
        after: Row | None = None,
        limit: int = 100,
        key_only: bool = True,
        containing: str = "",
    ) -> list[Recorded]:
        return self._journal.rows(
            before=before,
            after=after,
            limit=limit,
            key_only=key_only,
            since=self._since,
            until_seq=self._state.seq,
            containing=containing,
            documents=self._said,
        )

    def evidence(self, sha256: str) -> i.Evidence | None:
        return self._journal.evidence(sha256)

    def draft(self, incident: str) -> Future[str | i.Refusal]:
        return _now(self._drafter(self._journal, self._state, incident, self._at))

    # -- what it refuses

    def submit(self, command: i.Command) -> Future[Done | i.Refusal]:
        return _now(i.Refusal(READ_ONLY))

    def plan(self, action: str, args: Mapping[str, str]) -> Future[Plan | i.Refusal]:
        return _now(i.Refusal(READ_ONLY))

    def run_plan(
        self, plan: Plan, word: str, step: int | None = None, run: str = "", undoes: bool = False
    ) -> Future[Done | i.Refusal]:
        return _now(i.Refusal(READ_ONLY))

    def look_now(self) -> None:
        """There is nothing to look at."""

    def diff(self, sha: str) -> Future[Sequence[DiffLine] | i.Refusal]:
        return _now(i.Refusal("a replay asks no repository", "open the project to see the diff"))

    def logs(self, workload: str, lines: int = 200) -> Future[Sequence[LogLine] | i.Refusal]:
        return _now(i.Refusal("a replay asks no engine", "what was kept stands behind the timeline's rows"))

    def volumes(self, workload: str) -> Future[Sequence[Kept] | i.Refusal]:
        return _now(i.Refusal("a replay asks no engine", "incidentui backup list"))

    def using(self, workload: str) -> Future[Using | i.Refusal]:
        return _now(i.Refusal("a replay asks no engine", "what it took then was not recorded"))

    def follow_logs(self, since: Mapping[str, Ms | None]) -> Future[LogFeed | i.Refusal]:
        return _now(i.Refusal("a replay asks no engine", "what was kept stands behind the timeline's rows"))

    def drift_then(self) -> Future[Sequence[Drift] | i.Refusal]:
        return _now(i.Refusal("a replay asks no engine", "it shows what was compared then"))

    # -- transport

    def play(self) -> None:
        with self._lock:
            if self._playing is not None:
                return
            self._playing = stopped = threading.Event()
        threading.Thread(target=self._play, args=(stopped,), name="replay", daemon=True).start()
        self._publish()

    def pause(self) -> None:
        with self._lock:
            if self._playing is not None:
                self._playing.set()
            self._playing = None
        self._publish()

    def step(self, events: int) -> None:
        self._go(self._n + events)

    def key_moment(self, direction: int) -> None:
        index = bisect_right(self._keys, self._n) if direction > 0 else bisect_left(self._keys, self._n) - 1
        if 0 <= index < len(self._keys):
            self._go(self._keys[index])

    def seek(self, at: Ms) -> None:
        """The state at a time: with every event known by then."""
        self._go(bisect_right(self._times, at), at)

    def ends(self, last: bool) -> None:
        self._go(len(self._records) if last else 1)

    def faster(self, factor: float) -> None:
        with self._lock:
            self._speed = min(512.0, max(0.25, self._speed * factor))
        self._publish()

    # -- inside

    def _go(self, n: int, at: Ms | None = None) -> None:
        with self._lock:
            self._move(n, at)
        self._publish()

    def _move(self, n: int, at: Ms | None) -> None:
        n = min(max(n, 1), len(self._records))
        self._state = self._state_after(n)
        self._n = n
        self._at = max(self._times[n - 1], min(at, self._times[-1])) if at is not None else self._times[n - 1]

    def _state_after(self, n: int) -> State:
        start = max(k for k in self._kept if k <= n)
        state = self._kept[start]
        if start <= self._n <= n:
            start, state = self._n, self._state
        for k in range(start, n):
            state = evolve(state, self._records[k])
            if (k + 1) % KEEP_EVERY == 0:
                self._kept[k + 1] = state
        return state

    def _recent(self) -> Recent:
        start = bisect_right(self._sample_times, self._at - CELL_MS * CELLS)
        recent = NOTHING
        for sample in self._samples[start : bisect_right(self._sample_times, self._at)]:
            recent = add(recent, sample)
        return recent

    def _play(self, stopped: threading.Event) -> None:
        before = self._clock.mono()
        while not stopped.wait(FRAME_S):
            mono = self._clock.mono()
            with self._lock:  # in one piece, so that no key pressed meanwhile is undone
                if stopped.is_set():
                    return
                at = self._at + round((mono - before) * self._speed)
                self._move(bisect_right(self._times, at), at)
            before = mono
            if at >= self._times[-1]:
                self.pause()
                return
            self._publish()

    def _make_view(self) -> View:
        ahead = bisect_right(self._keys, self._n)
        playhead = Playhead(
            seq=self._n,
            total=len(self._records),
            playing=self._playing is not None,
            speed=self._speed,
            next_key=self._times[self._keys[ahead] - 1] if ahead < len(self._keys) else None,
            first=self._times[0],
            last=self._times[-1],
            said=self._said,
        )
        return View(self._state, self._recent(), read_only=READ_ONLY, observing=False, playhead=playhead)

    def _publish(self) -> None:
        with self._lock:
            self._view = self._make_view()
        for listener in tuple(self._listeners):
            listener(self._view)


def _rising(times: list[Ms]) -> list[Ms]:
    """Times that never go back, even when the clock did: the order is that of the sequence."""
    out: list[Ms] = []
    for at in times:
        out.append(max(at, out[-1]) if out else at)
    return out


def _now(value: T) -> Future[T]:
    future: Future[T] = Future()
    future.set_result(value)
    return future
