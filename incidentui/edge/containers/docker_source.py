"""Docker containers as a source of the session: a list when an event hints at one, or when long enough has passed."""

import asyncio
from collections.abc import Sequence

from incidentui.core.inputs import Observation, WorkloadsLooked
from incidentui.core.known_errors import Library
from incidentui.core.model import Ms, Workload
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.docker_events import EventStream, Hint
from incidentui.edge.containers.engine import EngineLost, backoff_ms
from incidentui.edge.containers.logs import last_words, recognised
from incidentui.edge.containers.seen import Contact, Look, Seen
from incidentui.session.ports import Clock, Report

SAFETY_S = 30.0
ALIVE_S = 5.0
"""So often an engine that says nothing is asked whether it still answers."""
APART_MS: Ms = 200
"""Of looks that events ask for, when they ask again and again ..."""
AT_ONCE = 4
"""... after so many: kill, die, stop and start of one restart are each told when they come."""
ECHO_S = 1.0
"""After what events told of: an engine sends them before its list knows, and of a start that fails it sends none."""
UNSETTLED_S = 5.0
LIST_MS: Ms = 5_000
"""However many events come, a list is asked for as often as this."""


class DockerSource:
    name = "docker"

    def __init__(
        self,
        compose_project: str | None,
        clock: Clock,
        base_url: str | None = None,
        library: Library | None = None,
        context: str | None = None,
    ) -> None:
        self.engine = DockerEngine(compose_project, base_url, context)
        self._library = library or Library()
        self._clock = clock
        self._seen = Seen()
        self._contact = Contact(self.name)
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()
        self._stream: EventStream | None = None
        self._streams_lost = 0
        self._named: set[str] = set()
        """By events since the last list."""
        self._turned: set[str] | None = None
        """All that events named since the look before, where a glance at them is enough."""
        self._listed: Ms = 0
        self._paced: Ms = 0
        """Until when the looks of events so far last, `APART_MS` each."""

    async def run(self, report: Report) -> None:
        try:
            while True:
                news, wait_ms, _ = await self._turn()
                for observation in news:
                    report(observation)
                if self._contact.lost:
                    await self._hang_up()
                    await asyncio.sleep(wait_ms / 1000)
                else:
                    await self._next_hint()
        finally:
            await self._hang_up()
            self.engine.close()

    async def look(self) -> Sequence[Observation]:
        self._turned = None
        self.engine.try_again()
        news, _, workloads = await self._turn()
        return news or (
            [] if workloads is None else [WorkloadsLooked(self.name, workloads, where=self.engine.elsewhere)]
        )

    async def _turn(self) -> tuple[list[Observation], Ms, tuple[Workload, ...] | None]:
        async with self._lock:
            self._woken.clear()
            try:
                looks = await self._looks()
            except EngineLost as lost:
                return *self._contact.failed(str(lost)), None
            workloads, worse = self._seen.fold(looks, self._clock.now())
            logs = await last_words(self.engine, worse)
            known = recognised(self._library, worse, logs)
            return self._contact.answered(workloads, logs, known, self.engine.elsewhere), 0, workloads

    async def _looks(self) -> tuple[Look, ...]:
        """Of an event at first only what it names: a list of hundreds takes longer, and follows when it is quiet."""
        turned, self._turned = self._turned, None
        if turned and self._clock.mono() - self._listed < LIST_MS and (found := await self.engine.glance(turned)):
            return found
        self._listed = self._clock.mono()
        self.engine.listing.heard = self._stream is not None and self._stream.alive
        return await self.engine.looks()

    async def _next_hint(self) -> None:
        """Returns when a list is due: an event came, the stream opened or ended, or long enough has passed."""
        wait_s = self._listen()
        await asyncio.sleep(max(0, self._paced - AT_ONCE * APART_MS - self._clock.mono()) / 1000)
        if await self._heard(min(wait_s, self._patience_s())):
            self._paced = max(self._paced, self._clock.mono()) + APART_MS
        else:
            self.engine.listing.doubt()
            for ident in self._named:
                self.engine.changed(ident)
            self._named = set()

    async def _heard(self, within_s: float) -> bool:
        """Whether an event came in that time. An engine that hangs sends none, as one where nothing happens: it is
        asked now and then whether it still answers, and if it does not, the list is due at once.
        """
        while within_s > 0:
            try:
                async with asyncio.timeout(min(within_s, ALIVE_S)):
                    await self._woken.wait()
                return True
            except TimeoutError:
                within_s -= ALIVE_S
            if within_s > 0 and not await self.engine.answers():
                break
        return False

    def _patience_s(self) -> float:
        if self._named:
            return ECHO_S
        return UNSETTLED_S if self.engine.listing.unsettled or self._seen.held else SAFETY_S

    def _listen(self) -> float:
        """Sees to it that the stream is read; without one (a proxy may forbid it) the list is asked more often."""
        if self._stream is not None and self._stream.alive:
            return SAFETY_S
        if self._stream is not None:
            self._streams_lost = 0 if self._stream.opened else self._streams_lost + 1
        self._stream = EventStream(self.engine.events, self._hinted)
        return backoff_ms(self._streams_lost, most=5_000) / 1000 if self._streams_lost else SAFETY_S

    def _hinted(self, hint: Hint) -> None:
        if hint.ident:
            self.engine.changed(hint.ident, hint.code)
            self._named.add(hint.ident)
        if not self._woken.is_set():
            self._turned = set()
        if self._turned is not None:
            self._turned = self._turned | {hint.ident} if hint.turns and hint.ident else None
        self._woken.set()

    async def _hang_up(self) -> None:
        if self._stream is not None:
            await self._stream.close()
            self._stream = None
