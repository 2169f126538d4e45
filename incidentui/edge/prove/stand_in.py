"""A server on loopback that answers a check's requests in their order, and lies at one of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

from typing_extensions import override

from incidentui.edge.prove.answers import HTML, Answer
from incidentui.edge.prove.lies import LOGIN_PAGE
from incidentui.edge.prove.loopback import LARGEST, Loopback, reset


class StandIn(Loopback):
    """`answers` by number of the request; whoever follows a redirect to a login lands on the login page."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        super().__init__()
        self._answers = answers
        self._asked = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """The address."""
        async with self.open() as place:
            yield f"http://{place}"

    @override
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
            return reset(writer)
        await self._late(answer.wait_ms)
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
            return min(int(line.partition(b":")[2]), LARGEST)
    return 0


def _written(answer: Answer, bare: bool) -> bytes:
    reason = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else "Status"
    lines = [f"HTTP/1.1 {answer.status} {reason}", f"Content-Type: {answer.kind}", "Connection: close"]
    if answer.status not in (204, 304):
        lines.append(f"Content-Length: {len(answer.body) + answer.cut}")
    lines += [f"{name}: {value}" for name, value in answer.headers]
    body = b"" if bare or answer.status in (204, 304) else answer.body
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body
