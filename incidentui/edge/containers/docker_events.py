"""The engine's event stream, read in a thread of its own. Events are hints that wake the lister, never facts."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any

EVENTS = ["die", "oom", "start", "stop", "restart", "health_status", "kill", "pause", "unpause", "destroy", "create"]
"""Without exec_*: health checks flood the stream with them."""


class EventStream:
    """Wakes `hint` with a container id for each event, and with "" when the stream opened or ended; beside it the exit
    code that an event tells of, which a list between two tries does not show."""

    def __init__(self, open_stream: Callable[[], Any], hint: Callable[[str, int | None], None]) -> None:
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
            self._tell("")
            for event in self._stream if not self._closing else ():
                actor = event.get("Actor") or {}
                code = str((actor.get("Attributes") or {}).get("exitCode", ""))
                self._tell(str(actor.get("ID") or event.get("id") or ""), int(code) if code.isdecimal() else None)
        self._hang_up()
        with contextlib.suppress(Exception):  # as in _hang_up
            # When the engine ended the stream, the SDK's close() finds no socket and leaves its own open.
            self._stream._response.close()
        self._tell("")

    def _tell(self, ident: str, code: int | None = None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._hint, ident, code)

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
