"""Ports on loopback that behave as the hops of a TCP check could: taken and dropped, silent, late, or nobody there."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from incidentui.core.model import Ms
from incidentui.core.value import dataclass
from incidentui.edge.prove.answers import Answer
from incidentui.edge.prove.stand_in import StandIn


@dataclass(frozen=True, slots=True)
class Manner:
    """What a port does with a connection: says something, or not, and keeps it, or not."""

    says: bytes = b""
    wait_ms: Ms = 0
    """Before it speaks, and before it hangs up."""
    hangs_up: bool = False
    reset: bool = False
    closed: bool = False
    """Nobody listens."""


Played = Manner | Answer
"""Of a hop that is a URL: what is answered there."""


@asynccontextmanager
async def harbour(played: Sequence[Played]) -> AsyncIterator[list[str]]:
    """A place for each hop: host:port, or the address of a server where HTTP is spoken."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(_place(one)) for one in played]


@asynccontextmanager
async def _place(played: Played) -> AsyncIterator[str]:
    if isinstance(played, Answer):
        async with StandIn([played]).serving() as url:
            yield url
    elif played.closed:
        # Held and not listened on: nobody else can take it meanwhile.
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            yield _name(held)
    else:
        async with _Port(played).open() as place:
            yield place


def _name(held: socket.socket) -> str:
    host, port = held.getsockname()[:2]
    return f"{host}:{port}"


class _Port:
    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._over = asyncio.Event()
        self._busy: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        try:
            yield _name(server.sockets[0])
        finally:
            server.close()
            self._over.set()
            if self._busy:
                await asyncio.wait(self._busy, timeout=5)
            await server.wait_closed()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(writer))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _serve(self, writer: asyncio.StreamWriter) -> None:
        manner = self._manner
        with suppress(OSError):
            if manner.reset:
                # Lingering for no time: the far end gets a reset, not an end.
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return writer.transport.abort()
            await self._wait(manner.wait_ms / 1000)
            writer.write(manner.says)
            if not manner.hangs_up:
                await self._over.wait()
        writer.close()
        return None

    async def _wait(self, seconds: float) -> None:
        if seconds:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), seconds)
