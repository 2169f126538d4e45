"""CPU per probe: our path (a transport per service, the request made once, judged) against one shared httpx client.

Both ask the same loopback servers, which run in a process of their own; rounds alternate, medians are compared.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import statistics
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection

import httpx
from typing_extensions import override

from incidentui.config.checks import Expect, HttpCheck
from incidentui.edge.checks.web.http import HttpProbe, Transports

BODY = b'{"status": "ok", "queue": 3, "ok": 1}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
LIMIT = 0.5
"""Ours is to take at most half of the shared client's time."""


class Answering(asyncio.Protocol):
    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self.transport.write(ANSWER * data.count(b"\r\n\r\n"))


def serve(ports: int, tell: Connection) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        servers = [await loop.create_server(Answering, "127.0.0.1", 0) for _ in range(ports)]
        tell.send([server.sockets[0].getsockname()[1] for server in servers])
        await asyncio.Event().wait()

    asyncio.run(main())


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def ours(urls: Sequence[str], rounds: int, headers: tuple[tuple[str, str], ...] = ()) -> float:
    transports = Transports()
    expect = Expect(content_type="application/json", json=(("$.status", "ok"),))
    checks = [HttpCheck(url, url, url=url, headers=headers, expect=expect) for url in urls]
    probes = [HttpProbe(check, transports, lambda: 0) for check in checks]
    async with transports.in_use():
        await asyncio.gather(*(probe.look() for probe in probes))
        before, looks = cpu(), []
        for _ in range(rounds):
            looks = await asyncio.gather(*(probe.look() for probe in probes))
        used = cpu() - before
    assert {look.judgement.state for look in looks} == {"ok"}
    return used / rounds / len(urls)


async def shared(urls: list[str], rounds: int) -> float:
    async with httpx.AsyncClient(trust_env=False) as client:
        await asyncio.gather(*(client.get(url) for url in urls))
        before = cpu()
        for _ in range(rounds):
            answers = await asyncio.gather(*(client.get(url) for url in urls))
            assert all(answer.json()["status"] == "ok" for answer in answers)
        return (cpu() - before) / rounds / len(urls)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(options.services, there), daemon=True)
    server.start()
    urls = [f"http://127.0.0.1:{port}/health" for port in here.recv()]
    pairs = [
        (asyncio.run(ours(urls, options.rounds)), asyncio.run(shared(urls, options.rounds)))
        for _ in range(options.repeat)
    ]
    server.terminate()
    server.join()
    mine, theirs = (statistics.median(pair[side] for pair in pairs) * 1e6 for side in (0, 1))
    ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
    figures = {"ours_us": round(mine), "shared_client_us": round(theirs), "ratio": round(ratio, 2), "limit": LIMIT}
    print(json.dumps({"bench": "http_checks", **figures, "ok": ratio <= LIMIT}))
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
