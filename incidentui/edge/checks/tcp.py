"""A TCP check: one address, or the hops on the way to it, in order, until the first that is broken.

That a connection is taken proves little: a tunnel, and the proxy before a container, take it and close it again when
nobody stands behind them. So a hop is good when it says what it should, or else when the connection stays open.
"""

import asyncio
import shlex
from contextlib import suppress
from time import perf_counter

from incidentui.config.checks import Expect, HttpCheck
from incidentui.config.kinds import TcpCheck, TcpHop, host_port
from incidentui.core.evidence import Finding, Hop
from incidentui.core.format import latency
from incidentui.core.model import CheckState
from incidentui.core.value import dataclass
from incidentui.edge.checks.probe import Ground, Look
from incidentui.edge.checks.web.expect import Judgement
from incidentui.edge.checks.web.failures import failure
from incidentui.edge.checks.web.http import HttpProbe
from incidentui.edge.checks.web.names import Address, addresses, first_of, late
from incidentui.edge.matching import Matching, TooSlowError

CAP = 64 * 1024
_ANSWERS = tuple(range(100, 500))


@dataclass(frozen=True, slots=True)
class Tried:
    """What one hop did. `said`: what it sent of itself."""

    hop: TcpHop
    state: CheckState
    words: str
    took_ms: int = 0
    said: bytes = b""
    asked: tuple[Hop, ...] = ()

    @property
    def ok(self) -> bool:
        return self.state == "ok"


class TcpProbe:
    def __init__(self, check: TcpCheck, ground: Ground) -> None:
        self.check = check
        self._now = ground.clock.now
        self._heard = bytearray()
        """By the hop that is being tried: kept when its time is up, too."""
        self._pages = {
            hop: HttpProbe(_page(check, hop), ground.transports, self._now) for hop in check.hops if hop.is_url
        }

    async def look(self) -> Look:
        at, started, tried = self._now(), perf_counter(), list[Tried]()
        try:
            async with asyncio.timeout(self.check.timeout_ms / 1000):
                for hop in self.check.hops:
                    tried.append(await self._try(hop))
                    if not tried[-1].ok:
                        break
        except TimeoutError:
            # One deadline for all: the hop that did not end is the one that is broken.
            tried.append(self._late(self.check.hops[len(tried)]))
        return Look(
            self.check,
            at,
            judged(self.check, tried),
            round((perf_counter() - started) * 1000),
            tuple(asked for one in tried for asked in one.asked),
            output=_told(self.check, tried),
            again=_again(tried[-1].hop, self.check.timeout_ms),
        )

    def _late(self, hop: TcpHop) -> Tried:
        wanted = f" without saying {self.check.expect_text}" if self.check.expect_text and not hop.is_url else ""
        why = f"timed out after {self.check.timeout_ms / 1000:g}s{wanted}"
        return Tried(hop, *late(why), said=bytes(self._heard))

    async def _try(self, hop: TcpHop) -> Tried:
        return await (self._ask_page(hop) if hop.is_url else self._connect(hop))

    async def _ask_page(self, hop: TcpHop) -> Tried:
        look = await self._pages[hop].look()
        words = str(look.status) if look.status is not None else _short(look.judgement.why)
        return Tried(hop, look.judgement.state, words, look.took_ms, asked=look.hops)

    async def _connect(self, hop: TcpHop) -> Tried:
        host, port = host_port(hop.address)
        started = perf_counter()
        self._heard.clear()
        try:
            reader, writer = await first_of(await addresses(host, port), _to, lambda made: made[1].transport.abort())
        except (OSError, ExceptionGroup) as wrong:
            state, why = failure(wrong, host)
            return Tried(hop, state, _short(why))
        took = round((perf_counter() - started) * 1000)
        try:
            return await self._talk(hop, reader, writer, took)
        except TooSlowError as rule:
            return Tried(hop, "unknown", str(rule), took, bytes(self._heard))
        except OSError as wrong:
            state, why = failure(wrong, host)
            return Tried(hop, state, f"taken, then {_short(why)}")
        finally:
            writer.transport.abort()  # nothing is owed to it, and a polite close could wait

    async def _talk(self, hop: TcpHop, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, took: int) -> Tried:
        if self.check.send:
            writer.write(self.check.send.encode())
            await writer.drain()
        if self.check.expect_text:
            return await self._hear(hop, reader, took)
        said = None
        with suppress(TimeoutError):
            async with asyncio.timeout(self.check.stays_open_ms / 1000):
                said = await reader.read(CAP)
        if said == b"":
            return Tried(hop, "failing", "took the connection and closed it: nobody stands behind it", took)
        return Tried(hop, "ok", "answers", took, said or b"")

    async def _hear(self, hop: TcpHop, reader: asyncio.StreamReader, took: int) -> Tried:
        wanted, matching = self.check.expect_text, Matching()
        while not matching.search(wanted, self._heard.decode("utf-8", errors="replace")):
            chunk = await reader.read(CAP)
            self._heard += chunk
            if not chunk or len(self._heard) >= CAP:
                ended = f"said {CAP // 1024} KiB" if chunk else "closed"
                return Tried(hop, "failing", f"{ended} without saying {wanted}", took, bytes(self._heard))
        return Tried(hop, "ok", "answers", took, bytes(self._heard))


async def _to(address: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    family, host, port = address
    return await asyncio.open_connection(host, port, family=family, limit=CAP)


def judged(check: TcpCheck, tried: list[Tried]) -> Judgement:
    findings = tuple(Finding(_name(one.hop), "answers", one.words, one.ok) for one in tried)
    last, before = tried[-1], [one.hop.name for one in tried[:-1]]
    if len(check.hops) == 1:
        why = latency(last.took_ms) if last.ok else last.words
    elif last.ok:
        why = _and([*before, last.hop.name], "answer")
    else:
        why = f"{last.hop.name} {last.hop.shown}: {last.words}" + (f"; {_and(before, 'answer')}" if before else "")
    return Judgement(last.state, why, findings)


def _and(names: list[str], verb: str) -> str:
    if len(names) == 1:
        return f"{names[0]} {verb}s"
    return f"{', '.join(names[:-1])} and {names[-1]} {verb}"


def _told(check: TcpCheck, tried: list[Tried]) -> str:
    """A line for every hop, those that were not tried too, and what each said of itself."""
    lines = []
    for number, hop in enumerate(check.hops):
        one = tried[number] if number < len(tried) else None
        lines.append(
            f"{_name(hop)}: {one.words if one else 'not tried'}"
            + (f" · {latency(one.took_ms)}" if one and one.ok else "")
        )
        if one and one.said:
            lines += ["  " + line for line in one.said[:1024].decode("utf-8", errors="replace").splitlines()]
    return "\n".join(lines)


def _name(hop: TcpHop) -> str:
    return f"{hop.name} {hop.shown}".strip()


def _short(why: str) -> str:
    words = why.removeprefix("no answer: ")
    return "refused" if words == "connection refused" else words


def _page(check: TcpCheck, hop: TcpHop) -> HttpCheck:
    expect = Expect(status=_ANSWERS, not_login=False)
    return HttpCheck(check.name, check.service, timeout_ms=check.timeout_ms, url=hop.address, expect=expect)


def _again(hop: TcpHop, timeout_ms: int) -> str:
    limit = f"{timeout_ms / 1000:g}"
    if hop.is_url:
        return shlex.join(["curl", "-sS", "-i", "--max-time", limit, hop.shown])
    host, port = host_port(hop.address)
    return shlex.join(["nc", "-v", "-w", limit, host, str(port)])
