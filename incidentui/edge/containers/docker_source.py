"""Docker containers as a source of the session: a list when an event hints at one, or when long enough has passed."""

import asyncio
from collections.abc import Sequence

from incidentui.core.inputs import Observation, WorkloadsLooked
from incidentui.core.known_errors import Library
from incidentui.core.model import Ms, Workload
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.docker_events import EventStream
from incidentui.edge.containers.engine import EngineLost, backoff_ms
from incidentui.edge.containers.logs import last_words, recognised
from incidentui.edge.containers.seen import Contact, Seen
from incidentui.session.ports import Clock, Report

SAFETY_S = 30.0
APART_S = 0.2
ECHO_S = 1.0
"""After what events told of: an engine sends them before its list knows, and of a start that fails it sends none."""
UNSETTLED_S = 5.0


class DockerSource:
    name = "docker"

    def __init__(
        self, compose_project: str | None, clock: Clock, base_url: str | None = None, library: Library | None = None
    ) -> None:
        self.engine = DockerEngine(compose_project, base_url)
        self._library = library or Library()
        self._clock = clock
        self._seen = Seen()
        self._contact = Contact(self.name)
        self._lock = asyncio.Lock()
        self._woken = asyncio.Event()
        self._stream: EventStream | None = None
        self._streams_lost = 0
        self._named: set[str] = set()
        """By events since the look before."""

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
        news, _, workloads = await self._turn()
        return news or ([] if workloads is None else [WorkloadsLooked(self.name, workloads)])

    async def _turn(self) -> tuple[list[Observation], Ms, tuple[Workload, ...] | None]:
        async with self._lock:
            self._woken.clear()
            try:
                looks = await self.engine.looks()
            except EngineLost as lost:
                return *self._contact.failed(str(lost)), None
            workloads, worse = self._seen.fold(looks, self._clock.now())
            logs = await last_words(self.engine, worse)
            known = recognised(self._library, worse, logs)
            return self._contact.answered(workloads, logs, known), 0, workloads

    async def _next_hint(self) -> None:
        """Returns when a list is due: an event came, the stream opened or ended, or long enough has passed."""
        wait_s = self._listen()
        await asyncio.sleep(APART_S)
        try:
            async with asyncio.timeout(min(wait_s, self._patience_s())):
                await self._woken.wait()
        except TimeoutError:
            self.engine.doubt()
            for ident in self._named:
                self.engine.changed(ident)
            self._named = set()

    def _patience_s(self) -> float:
        if self._named:
            return ECHO_S
        return UNSETTLED_S if self.engine.unsettled else SAFETY_S

    def _listen(self) -> float:
        """Sees to it that the stream is read; without one (a proxy may forbid it) the list is asked more often."""
        if self._stream is not None and self._stream.alive:
            return SAFETY_S
        if self._stream is not None:
            self._streams_lost = 0 if self._stream.opened else self._streams_lost + 1
        self._stream = EventStream(self.engine.events, self._hinted)
        return backoff_ms(self._streams_lost, most=5_000) / 1000 if self._streams_lost else SAFETY_S

    def _hinted(self, ident: str, code: int | None) -> None:
        if ident:
            self.engine.changed(ident, code)
            self._named.add(ident)
        self._woken.set()

    async def _hang_up(self) -> None:
        if self._stream is not None:
            await self._stream.close()
            self._stream = None
