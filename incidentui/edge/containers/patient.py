"""Long work with an engine: in a thread of its own, with a client that waits, told to stop when nobody wants it."""

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from incidentui.edge.containers.engine import Calls, EngineLost, EngineRefused

if TYPE_CHECKING:
    from incidentui.edge.containers.docker import DockerEngine

T = TypeVar("T")
_TIDY_S = 5.0


class Patient:
    """`ours`: errors that are told as they are; every other is the engine's."""

    def __init__(self, engine: "DockerEngine", silent_s: int, ours: tuple[type[Exception], ...] = ()) -> None:
        """`silent_s`: how long the engine may say nothing."""
        self._engine, self._silent_s = engine, silent_s
        self._ours: tuple[type[Exception], ...] = (*ours, EngineLost, EngineRefused)
        self.calls = Calls("docker, patient")

    async def work(self, work: Callable[[Any, threading.Event], T], within_s: float) -> T:
        """Raises what is ours, else EngineLost or EngineRefused. Cancelled, or late, the event is set."""
        stop, over = threading.Event(), threading.Event()

        def whole() -> T:
            api = self._engine.patient(self._silent_s)
            try:
                return work(api, stop)
            finally:
                api.close()
                over.set()

        try:
            return await self.calls.run(whole, within_s)
        except asyncio.CancelledError:
            # What it made with the engine and on the disk goes first: the program may end right after.
            stop.set()
            await asyncio.to_thread(over.wait, _TIDY_S)
            raise
        except self._ours:
            raise
        except Exception as error:  # the SDK raises its own, requests', urllib3's and plain OSErrors alike
            raise self._engine.refusal(error, self._silent_s) from error
        finally:
            stop.set()
