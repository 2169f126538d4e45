"""What the stand-ins share: a port on loopback that serves each connection until it is over."""

import asyncio
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

LARGEST = 1 << 20


class Loopback(ABC):
    def __init__(self) -> None:
        self._over = asyncio.Event()
        self._busy: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """`host:port`; whatever is still being served then is let go."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0, limit=LARGEST)
        try:
            yield name(server.sockets[0])
        finally:
            server.close()
            self._over.set()
            if self._busy:
                await asyncio.wait(self._busy, timeout=5)
            await server.wait_closed()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    @abstractmethod
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None: ...

    async def _late(self, ms: int) -> None:
        """Keeps the check waiting, but not beyond its own end."""
        if ms:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), ms / 1000)


def name(opened: socket.socket) -> str:
    host, port = opened.getsockname()[:2]
    return f"{host}:{port}"


def reset(writer: asyncio.StreamWriter) -> None:
    """Lingering for no time: the far end gets a reset, not an end."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
