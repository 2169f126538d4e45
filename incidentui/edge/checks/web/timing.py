"""What the time of a look goes into, from what httpcore tells of its own steps."""

import asyncio
from time import perf_counter
from typing import Any

from incidentui.core.evidence import Timing

_STEPS = {
    "connection.connect_tcp": "connect_ms",
    "connection.start_tls": "tls_ms",
    "http11.receive_response_headers": "first_byte_ms",
}
_BEGINS = {f"{step}.started": name for step, name in _STEPS.items()}
_ENDS = {f"{step}.{end}": name for step, name in _STEPS.items() for end in ("complete", "failed")}


class Stopwatch:
    """Given to httpcore as its `trace`; one look at a time."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.connected = False
        """Whether the current request opened its own connection."""
        self.unasked = False
        """Whether the answer lay there before anything was read: it belongs to another question."""
        self._turned = False
        self._open: dict[str, float] = {}
        self._spent: dict[str, float] = {}

    async def __call__(self, event: str, _info: dict[str, Any]) -> None:
        if name := _BEGINS.get(event):
            self.connected = self.connected or name == "connect_ms"
            self._open[name] = perf_counter()
            if name == "first_byte_ms":
                # Whoever has to read lets the loop turn at least once; what is at hand without that came too early.
                self._turned = False
                asyncio.get_running_loop().call_soon(self._turn)
        elif name := _ENDS.get(event):
            self._add(name)
            self.unasked = name == "first_byte_ms" and not self._turned

    def body_begins(self) -> None:
        self._open["body_ms"] = perf_counter()

    def timing(self) -> Timing:
        """So far: a step that is still waiting when the time is up is the one that tells."""
        for name in list(self._open):
            self._add(name)
        return Timing(**{name: round(spent * 1000) for name, spent in self._spent.items()})

    def _turn(self) -> None:
        self._turned = True

    def _add(self, name: str) -> None:
        began = self._open.pop(name, None)
        if began is not None:
            self._spent[name] = self._spent.get(name, 0.0) + perf_counter() - began
