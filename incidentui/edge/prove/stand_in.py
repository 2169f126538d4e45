"""A server on loopback that answers a check's requests in their order, and lies at one of them."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

from incidentui.edge.prove.answers import HTML, Answer
from incidentui.edge.prove.lies import LOGIN_PAGE

_LARGEST = 1 << 20


class StandIn:
    """`answers` by number of the request; whoever follows a redirect to a login lands on the login page."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = answers
        self._asked = 0
        self._over = asyncio.Event()
        self._busy: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """The address."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0, limit=_LARGEST)
        try:
            host, port = server.sockets[0].getsockname()[:2]
            yield f"http://{host}:{port}"
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

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection on which nothing is asked is the check's own, and closed by it."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            await self._say(head, writer)
        writer.close()

    async def _say(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        answer = self._next(head)
        if answer.reset:
            # Lingering for no time: the far end gets a reset, not an end.
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return writer.transport.abort()
        if answer.wait_ms:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), answer.wait_ms / 1000)
        writer.write(_written(answer, head.startswith(b"HEAD ")))
        await writer.drain()
        return None

    def _next(self, head: bytes) -> Answer:
        number, self._asked = self._asked, self._asked + 1
        if number >= len(self._answers) and b"/login" in head.split(b"\r\n", 1)[0]:
            return Answer(200, HTML, LOGIN_PAGE)
        return self._answers[min(number, len(self._answers) - 1)]


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return min(int(line.partition(b":")[2]), _LARGEST)
    return 0


def _written(answer: Answer, bare: bool) -> bytes:
    reason = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else "Status"
    lines = [f"HTTP/1.1 {answer.status} {reason}", f"Content-Type: {answer.kind}", "Connection: close"]
    if answer.status not in (204, 304):
        lines.append(f"Content-Length: {len(answer.body) + answer.cut}")
    lines += [f"{name}: {value}" for name, value in answer.headers]
    body = b"" if bare or answer.status in (204, 304) else answer.body
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body
