"""The engine's event stream, read in a thread of its own. Events are hints that wake the lister, never facts."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

from incidentui.core.value import dataclass

TURNS = ["die", "oom", "start", "stop", "restart", "health_status", "kill", "pause", "unpause"]
"""What changes one container that is in the list already."""
EVENTS = [*TURNS, "destroy", "create", "rename"]
"""Without exec_*: health checks flood the stream with them."""


@dataclass(frozen=True, slots=True)
class Hint:
    ident: str = ""
    """Of a container; empty: of the stream itself."""
    turns: bool = False
    """Only this container is another one now: the list need not be asked for it."""
    code: int | None = None
    """What it ended with, which a list between two tries does not show."""


def _hint(event: Mapping[str, Any]) -> Hint:
    actor = event.get("Actor") or {}
    code = str((actor.get("Attributes") or {}).get("exitCode", ""))
    action = str(event.get("Action") or event.get("status") or "").partition(":")[0]
    ident = str(actor.get("ID") or event.get("id") or "")
    return Hint(ident, action in TURNS, int(code) if code.isdecimal() else None)


class EventStream:
    """Wakes `hint` for each event, and when the stream opened or ended."""

    def __init__(self, open_stream: Callable[[], Any], hint: Callable[[Hint], None]) -> None:
        self._open_stream = open_stream
        self._hint = hint
        self._loop = asyncio.get_running_loop()
        self._stream: Any = None
        self._closing = False
        self.opened = False
        self._thread = threading.Thread(target=self._read, name="docker-events", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive() and not self._closing

    def _read(self) -> None:
        # Whatever ends the stream, the next list tells what is wrong.
        with contextlib.suppress(Exception):
            self._stream = self._open_stream()
            self.opened = True
            self._tell(Hint())
            for event in self._stream if not self._closing else ():
                self._tell(_hint(event))
        self._hang_up()
        with contextlib.suppress(Exception):  # as in _hang_up
            # When the engine ended the stream, the SDK's close() finds no socket and leaves its own open.
            self._stream._response.close()
        self._tell(Hint())

    def _tell(self, hint: Hint) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._hint, hint)

    def _hang_up(self) -> None:
        with contextlib.suppress(Exception):  # closing what broke: there is nothing left to save
            if self._stream is not None:
                self._stream.close()

    async def close(self) -> None:
        """Ends the stream; its thread follows at once, or is left behind after a second."""
        self._closing = True
        self._hang_up()
        for _ in range(100):
            if not self._thread.is_alive():
                return
            await asyncio.sleep(0.01)
