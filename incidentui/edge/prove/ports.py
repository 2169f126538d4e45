"""Ports on loopback that behave as the hops of a TCP check could: taken and dropped, silent, late, or nobody there."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from typing_extensions import override

from incidentui.core.model import Ms
from incidentui.core.value import dataclass
from incidentui.edge.prove.answers import Answer
from incidentui.edge.prove.loopback import Loopback, name, reset
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
            yield name(held)
    else:
        async with _Port(played).open() as place:
            yield place


class _Port(Loopback):
    def __init__(self, manner: Manner) -> None:
        super().__init__()
        self._manner = manner

    @override
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        manner = self._manner
        with suppress(OSError):
            if manner.reset:
                return reset(writer)
            await self._late(manner.wait_ms)
            writer.write(manner.says)
            if not manner.hangs_up:
                await self._over.wait()
        writer.close()
        return None
