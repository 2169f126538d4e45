"""Lookups of names: whose deadline ran out in one, what a machine without threads says, and what is closed again."""

import asyncio
import socket
import threading
from collections.abc import Sequence

import pytest

from incidentui.config.checks import Expect, HttpCheck
from incidentui.edge.checks.web import names
from incidentui.edge.checks.web.http import HttpProbe, Transports


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Every name is this machine; what begins with `slow` or is written in Punycode takes until this is set."""
    let_go = threading.Event()

    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if host.startswith(("slow", "xn--")):
            let_go.wait(20)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return let_go


async def verdict(url: str) -> str:
    check = HttpCheck(name="c", service="s", url=url, timeout_ms=300, expect=Expect())
    judgement = (await HttpProbe(check, Transports(), lambda: 0).look()).judgement
    return f"{judgement.state}: {judgement.why}"


def test_a_service_that_hangs_is_red_while_another_look_waits_for_its_name(release: threading.Event) -> None:
    async def both() -> str:
        with socket.create_server(("127.0.0.1", 0)) as hangs:
            port = hangs.getsockname()[1]
            look = asyncio.create_task(verdict(f"http://quick.test:{port}/"))
            # Of the same name, at another port, and still in flight when the time of the first is over.
            names._asked["quick.test", port + 1] = []
            try:
                return await look
            finally:
                del names._asked["quick.test", port + 1]

    assert asyncio.run(both()) == "failing: timed out after 0.3s"


@pytest.mark.parametrize("host", ["slow.test", "bücher.test"])
def test_a_name_nobody_resolves_is_unknown_however_it_is_written(release: threading.Event, host: str) -> None:
    said = asyncio.run(verdict(f"http://{host}/"))
    release.set()
    assert said.startswith("unknown: DNS does not answer for ")


def test_a_machine_out_of_threads_says_so_once_and_the_name_can_be_asked_for_again(
    release: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def twice() -> Sequence[names.Address]:
        with monkeypatch.context() as out_of:
            out_of.setattr(threading.Thread, "start", none)
            with pytest.raises(OSError, match="no thread"):
                await names.addresses("quick.test", 80)
        async with asyncio.timeout(10):
            return await names.addresses("quick.test", 80)

    assert asyncio.run(twice()) == [(socket.AF_INET, "127.0.0.1", 80)]


def test_a_link_local_address_keeps_its_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 80, 0, 3))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert asyncio.run(names.addresses("printer.test", 80)) == [(socket.AF_INET6, "fe80::1%3", 80)]


def test_a_connection_made_in_the_moment_of_the_end_is_closed() -> None:
    dropped: list[int] = []

    async def race() -> None:
        async def made(address: names.Address) -> int:
            await asyncio.sleep(0)
            outer.cancel()
            return address[2]

        both = [(socket.AF_INET, "a", 1), (socket.AF_INET, "b", 2)]
        outer = asyncio.create_task(names.first_of(both, made, dropped.append))
        await asyncio.gather(outer, return_exceptions=True)
        await asyncio.sleep(0)

    asyncio.run(race())
    assert dropped == [1]
