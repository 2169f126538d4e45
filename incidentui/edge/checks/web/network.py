"""httpcore's way to the network, by asyncio alone.

Its own goes through anyio, which took a fifth of a look: the socket taken up and laid down for each read, a
cancel scope around each wait. Timeouts are not kept here: a look has one deadline around everything.
"""

import asyncio
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
from typing_extensions import override

from incidentui.edge.checks.web.names import Address, addresses, first_of

_WAITING = 256 * 1024
"""Bytes that lie unread before the sender is held back."""
_INFOS = {"server_addr": "peername", "client_addr": "sockname"}


class Network(httpcore.AsyncNetworkBackend):
    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> "Stream":
        with _raising(httpcore.ConnectError):
            return Stream(*await first_of(await addresses(host, port), _to, _drop))


class Stream(httpcore.AsyncNetworkStream):
    def __init__(self, transport: asyncio.Transport, inbox: "_Inbox") -> None:
        self._transport = transport
        self._inbox = inbox

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _raising(httpcore.ReadError):
            return await self._inbox.read(max_bytes)

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _raising(httpcore.WriteError):
            self._transport.write(buffer)
            await self._inbox.room()

    @override
    async def aclose(self) -> None:
        """At once: what was not sent yet, nobody wants any more."""
        self._transport.abort()

    @override
    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "Stream":
        inbox = _Inbox()
        try:
            with _raising(httpcore.ConnectError):
                loop = asyncio.get_running_loop()
                made = await loop.start_tls(self._transport, inbox, ssl_context, server_hostname=server_hostname)
        except BaseException:
            self._transport.abort()
            raise
        if made is None:  # the connection was lost meanwhile
            raise httpcore.ConnectError("closed during the handshake")
        inbox.connection_made(made)
        return Stream(made, inbox)

    @override
    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._inbox.readable
        return self._transport.get_extra_info(_INFOS.get(info, info))


class _Inbox(asyncio.Protocol):
    """Bytes as they come, until they are asked for."""

    def __init__(self) -> None:
        self._come = bytearray()
        self._ended = False
        self._broken: Exception | None = None
        self._transport: asyncio.Transport | None = None
        self._held = False
        self._waits: dict[str, asyncio.Future[None]] = {}
        self._full = False

    @property
    def readable(self) -> bool:
        """Whether a read would not have to wait."""
        return bool(self._come) or self._ended

    async def read(self, most: int) -> bytes:
        """At least one byte, at most so many; none at the end. Raises OSError where the connection broke."""
        while not self._come:
            if self._broken is not None:
                raise self._broken
            if self._ended:
                return b""
            await self._wait("bytes")
        data = bytes(self._come[:most])
        del self._come[:most]
        if self._held and self._transport is not None:
            self._held = False
            self._transport.resume_reading()
        return data

    async def room(self) -> None:
        """Returns when the other side is not behind. Raises OSError where the connection broke."""
        while self._full and not self._ended:
            await self._wait("room")
        if self._broken is not None:
            raise self._broken

    async def _wait(self, what: str) -> None:
        self._waits[what] = asyncio.get_running_loop().create_future()
        await self._waits[what]

    def _wake(self, what: str) -> None:
        waiting = self._waits.pop(what, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    # -- told by the loop

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._come += data
        if len(self._come) > _WAITING and self._transport is not None:
            self._held = True
            self._transport.pause_reading()
        self._wake("bytes")

    @override
    def eof_received(self) -> bool:
        self._ended = True
        self._wake("bytes")
        return False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._ended, self._broken = True, exc
        self._wake("bytes")
        self._wake("room")

    @override
    def pause_writing(self) -> None:
        self._full = True

    @override
    def resume_writing(self) -> None:
        self._full = False
        self._wake("room")


async def _to(address: Address) -> "tuple[asyncio.Transport, _Inbox]":
    family, host, port = address
    return await asyncio.get_running_loop().create_connection(_Inbox, host, port, family=family)


def _drop(made: "tuple[asyncio.Transport, _Inbox]") -> None:
    made[0].abort()


@contextmanager
def _raising(kind: type[Exception]) -> Iterator[None]:
    """With what went wrong as the cause; its text may hold anything, and is not taken over."""
    try:
        yield
    except (OSError, ExceptionGroup) as wrong:
        raise kind(type(wrong).__name__) from wrong
