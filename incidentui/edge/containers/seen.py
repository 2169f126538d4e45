"""What one look alone cannot tell: restarts that were seen, crash loops behind a sample that says "running",
and which workloads just got worse. One memory per engine; knows no engine.
"""

from collections.abc import Iterable
from dataclasses import field, replace

from incidentui.core.inputs import Evidence, Observation, SourceAnswered, SourceFailed, WorkloadsLooked
from incidentui.core.model import KnownError, Ms, Workload, WorkloadState
from incidentui.core.value import dataclass
from incidentui.edge.containers.engine import backoff_ms

LOOP_MS: Ms = 60_000
LOOP_CRASHES = 2
SHORT_MS: Ms = 20_000
SHORT_LIVES = 3
"""So many runs, each as short, are a loop, where an engine neither counts its restarts nor is seen while it is down: a
program that dies is up again before the next look.
"""
STAYS_MS: Ms = 2_000
"""What crashed and was started again has to run as long as this before it counts as running."""
MOST_MS: Ms = 5_000
"""The longest wait before a lost engine is asked again: it is told once, and somebody waits for it."""
_DOWN: tuple[WorkloadState, ...] = ("crashing", "exited")


@dataclass(frozen=True, slots=True)
class Look:
    """One workload as the engine shows it now."""

    workload: Workload
    start: Ms | None = None
    """When its present or last process began."""
    trying: bool = False
    """The engine is between two tries of a program that does not stay up."""
    ended: int | None = None
    """With what it ended last, where the engine told."""


@dataclass(slots=True)
class _Memory:
    look: Look
    shown: Workload
    crashes: list[Ms] = field(default_factory=list)
    short: list[Ms] = field(default_factory=list)
    """When a run was over that lasted no time."""
    tried: Ms = 0
    """When its engine was last seen to have started it again."""


class Seen:
    def __init__(self) -> None:
        self._known: dict[str, _Memory] = {}

    @property
    def held(self) -> bool:
        """Whether any runs now and is shown as crashing all the same: time alone will tell."""
        up = ("running", "starting")
        return any(m.shown.state == "crashing" and m.look.workload.state in up for m in self._known.values())

    def fold(self, looks: Iterable[Look], now: Ms) -> tuple[tuple[Workload, ...], tuple[Workload, ...]]:
        """The workloads as they are to be shown, and those that just got worse."""
        known: dict[str, _Memory] = {}
        worse: list[Workload] = []
        for look in looks:
            name = look.workload.name
            was = self._known.get(name)
            if was and look.workload.engine == "docker" and was.look.workload.ident != look.workload.ident:
                was = None  # the name was given to another container
            memory = _remember(was, look, now)
            known[name] = memory
            if _got_worse(was.shown if was else None, memory.shown):
                worse.append(memory.shown)
        self._known = known
        return tuple(memory.shown for memory in known.values()), tuple(worse)


def _remember(was: _Memory | None, look: Look, now: Ms) -> _Memory:
    if was is None:
        return _Memory(look, _keep_trying(None, look))
    grown = _restarts_between(was.look, look)
    crashes = [at for at in was.crashes if now - at < LOOP_MS]
    short = [at for at in was.short if now - at < LOOP_MS]
    by_hand = _restarted_by_hand(was.look, look)
    tried = now if grown else was.tried
    if grown and _lived_short(was.look, look):
        short.append(now)
    if look.start is not None and now - look.start >= SHORT_MS:
        short = []  # this run is no short one
    if by_hand:
        crashes, short = [], []
    elif grown and _was_crash(was.look, look):
        crashes += [now] * grown
    shown = replace(_keep_trying(was, look), seen_restarts=was.shown.seen_restarts + grown)
    young = was.shown.state == "crashing" and now - tried < STAYS_MS and not by_hand
    loops = len(crashes) >= LOOP_CRASHES or len(short) >= SHORT_LIVES
    if (loops or young) and shown.state in ("running", "starting"):
        code = was.shown.exit_code if look.ended is None else look.ended
        shown = replace(shown, state="crashing", exit_code=code, note="starts and dies again")
    if shown.state == was.shown.state == "crashing":
        # When it ended last. A try that runs has not; where no end was seen, one lies just before it began.
        unseen = grown and was.look.workload.state not in _DOWN
        ended = shown.since if look.workload.state in _DOWN or unseen else was.shown.since
        shown = replace(shown, since=ended, note=shown.note or was.shown.note)
    return _Memory(look, shown, crashes, short, tried)


def _keep_trying(was: _Memory | None, look: Look) -> Workload:
    """Between two tries a program is "starting" for a moment; that is no change for the better."""
    if was and was.look.trying and look.workload.state == "starting":
        return replace(look.workload, state="crashing", note=was.shown.note)
    return look.workload


def _restarts_between(was: Look, look: Look) -> int:
    before, after = was.workload.restarts, look.workload.restarts
    if before is not None and after is not None and after > before:
        return after - before
    return int(was.start is not None and look.start is not None and look.start != was.start)


def _lived_short(was: Look, look: Look) -> bool:
    if look.workload.restarts is not None or was.start is None or look.start is None:
        return False
    return 0 <= look.start - was.start < SHORT_MS


def _restarted_by_hand(was: Look, look: Look) -> bool:
    """Engines count their own restarts from zero again after one that was asked for."""
    before, after = was.workload.restarts, look.workload.restarts
    if before is not None and after is not None and after < before:
        return True
    return look.workload.state == "stopped" or (was.trying and look.workload.state == "running")


def _was_crash(was: Look, look: Look) -> bool:
    before, after = was.workload.restarts, look.workload.restarts
    counted = before is not None and after is not None and after > before
    return counted or (was.workload.state == "exited" and was.workload.exit_code != 0)


def _got_worse(was: Workload | None, now: Workload) -> bool:
    if now.state not in _DOWN:
        return False
    if was is None:
        return now.state == "crashing" or bool(now.exit_code) or bool(now.note)
    # A list tells that it is down; why it never started is told by the inspection, which may come later.
    reason = was.note != now.note and (now.note.startswith("gave up") or not was.note)
    return was.state not in _DOWN or reason


class Contact:
    """Whether the engine answers, what was last said of it, and when to ask again."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._why: str | None = None
        self._told = False
        self._tries = 0
        self._last: tuple[Workload, ...] | None = None

    @property
    def lost(self) -> bool:
        return self._why is not None

    def answered(
        self,
        workloads: tuple[Workload, ...],
        logs: tuple[tuple[str, Evidence], ...],
        known: tuple[tuple[str, KnownError], ...] = (),
        where: str = "",
    ) -> list[Observation]:
        """The news of a look that worked: nothing when all is as it was. `where`: which engine that is."""
        news: list[Observation] = []
        if self.lost or not self._told:
            news.append(SourceAnswered(self._source))
        if news or workloads != self._last:
            news.append(WorkloadsLooked(self._source, workloads, logs, known, where))
        self._why, self._told, self._tries, self._last = None, True, 0, workloads
        return news

    def failed(self, why: str) -> tuple[list[Observation], Ms]:
        """The news of a look that did not, and how long to wait before the next."""
        retry_ms = backoff_ms(self._tries, most=MOST_MS)
        news: list[Observation] = [] if why == self._why else [SourceFailed(self._source, why, MOST_MS)]
        self._why, self._told = why, True
        self._tries += 1
        return news, retry_ms
