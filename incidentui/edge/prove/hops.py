"""How a TCP check is proved: a good port for each hop, and then each hop broken in turn, in every way it could be."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from incidentui.config.checks import Check
from incidentui.config.kinds import TcpCheck, TcpHop
from incidentui.core.value import dataclass
from incidentui.edge.prove.answers import HTML, Answer, CannotStandInError
from incidentui.edge.prove.patterns import NoExampleError, example, found_in
from incidentui.edge.prove.ports import Manner, Played, harbour
from incidentui.edge.prove.trials import PATIENCE_MS, Case, Trial

_STAYS_OPEN_MS = 300
_STRANGERS = (b"stand-in of another service\r\n", b"\x00\x00", b"550 go away\r\n")
_CLOSED = "nobody listens"
_SAYS = 'add expect_text = "…", with send where the service waits to be spoken to'


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    played: Played
    remedy: str = ""


def hops_case(check: TcpCheck) -> Case:
    """Raises CannotStandInError."""
    moved = replace(check, timeout_ms=PATIENCE_MS, stays_open_ms=min(check.stays_open_ms, _STAYS_OPEN_MS))
    right = [_good(moved, hop) for hop in moved.hops]
    good = Trial("", "", "", partial(_moored, moved, right))
    return Case(good, tuple(_trials(moved, right)))


def _trials(check: TcpCheck, right: Sequence[Played]) -> Iterator[Trial]:
    asks = "expect_text is asked" if check.expect_text else "an open port is asked, and nothing that it says"
    for at, hop in enumerate(check.hops):
        for fault in _faults(check, hop, last=at == len(check.hops) - 1):
            name = f"{hop.name}: {fault.name}" if hop.name else fault.name
            passes = f"{asks}: {fault.name} passes" + (f"; {fault.remedy}" if fault.remedy else "")
            played = [*right[:at], fault.played, *right[at + 1 :]]
            # Of several hops the verdict names the broken one first.
            yield Trial(name, f"{hop.name} " if hop.name else "", passes, partial(_moored, check, played))


def _good(check: TcpCheck, hop: TcpHop) -> Played:
    if hop.is_url:
        return Answer(200, HTML, b"stand-in")
    if not check.expect_text:
        return Manner(says=b"stand-in\r\n")
    try:
        return Manner(says=example(check.expect_text).encode())
    except NoExampleError as pattern:
        raise CannotStandInError(f"no example is known of a text that {pattern} matches") from None


def _faults(check: TcpCheck, hop: TcpHop, *, last: bool) -> Iterator[Fault]:
    yield Fault(_CLOSED, Manner(closed=True))
    yield Fault("connection reset", Answer(reset=True) if hop.is_url else Manner(reset=True))
    if hop.is_url:
        yield Fault("503", Answer(503, HTML, b"Service Unavailable"))
        yield Fault("no answer in time", Answer(200, HTML, b"stand-in", wait_ms=PATIENCE_MS * 3))
    else:
        yield Fault("taken and dropped", Manner(hangs_up=True))
        yield from _talk(check, last=last)


def _talk(check: TcpCheck, *, last: bool) -> Iterator[Fault]:
    """What a port could say. Where another hop comes after it, that one shows whether anybody answers."""
    if not check.expect_text:
        yield Fault("taken and dropped a moment later", Manner(hangs_up=True, wait_ms=check.stays_open_ms // 3))
    if check.expect_text or last:
        yield Fault("taken, and silence", Manner(), _SAYS)
    if check.expect_text:
        yield Fault("wrong banner", Manner(says=_stranger(check.expect_text)), "make expect_text narrower")
        yield Fault("too late", Manner(says=example(check.expect_text).encode(), wait_ms=PATIENCE_MS * 3))


def _stranger(pattern: str) -> bytes:
    """What another service would say: not what is asked for, unless everything is."""
    other = (text for text in _STRANGERS if not found_in(pattern, text.decode("utf-8", errors="replace")))
    return next(other, _STRANGERS[0])


@asynccontextmanager
async def _moored(check: TcpCheck, played: Sequence[Played]) -> AsyncIterator[Check]:
    """The check, asking the ports that play its hops."""
    async with harbour(played) as places:
        hops = (_moved(hop, place) for hop, place in zip(check.hops, places, strict=True))
        yield replace(check, hops=tuple(hops))


def _moved(hop: TcpHop, place: str) -> TcpHop:
    if not hop.is_url:
        return replace(hop, address=place)
    parts = urlsplit(hop.address)
    below = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return replace(hop, address=(place if "://" in place else f"http://{place}") + below)
