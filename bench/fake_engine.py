"""Answers as a Docker engine on a unix socket, with as many containers as asked for: a load no test machine can run.

Run: python -m bench.fake_engine SOCKET CONTAINERS CHANGES_A_SECOND LINES_A_SECOND
"""

import asyncio
import json
import random
import struct
import sys
import time
from datetime import UTC, datetime
from typing import Any

BATCH_S = 0.02


class Engine:
    def __init__(self, count: int, changes: float, lines: float) -> None:
        self.changes, self.lines = changes, lines
        self.containers = [_container(n) for n in range(count)]
        self._listeners: list[asyncio.StreamWriter] = []

    async def change(self) -> None:
        """One container after another dies, with a code of its own, and is started; each is told with its time.

        Never in step with what the program does once a second.
        """
        n, uneven = 0, random.Random(6)
        while True:
            await asyncio.sleep(uneven.uniform(0.5, 1.5) / self.changes)
            it, code = self.containers[n // 2 % len(self.containers)], 1 + n // 2 % 250
            died = n % 2 == 0
            it["State"], it["Status"] = (
                ("exited", f"Exited ({code}) 1 second ago") if died else ("running", "Up 1 second")
            )
            actor = {"ID": it["Id"], "Attributes": {"exitCode": str(code)} if died else {}}
            event = {
                "Type": "container",
                "Action": "die" if died else "start",
                "Actor": actor,
                "timeNano": time.time_ns(),
            }
            line = _chunk(json.dumps(event).encode() + b"\n")
            print(json.dumps([event["Action"], it["Names"][0][1:], code, time.monotonic()]), flush=True)
            for writer in self._listeners:
                writer.write(line)
            n += 1

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.split(b" ", 2)[1].decode(), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        if "/containers/json" in path:
            _whole(writer, self.containers)
        elif "/logs" in path:
            writer.write(_HEAD)
            if "follow=1" not in path:
                writer.write(_LAST)
            else:
                await self._log(writer)
        elif "/events" in path:
            writer.write(_HEAD)
            self._listeners.append(writer)
            await asyncio.sleep(10**6)
        elif "/containers/" in path:
            ident = path.split("/containers/")[1].split("/")[0]
            _whole(writer, _inspected(next(c for c in self.containers if c["Id"] == ident)))
        else:
            _whole(writer, {"ApiVersion": "1.41", "MinAPIVersion": "1.12"})

    async def _log(self, writer: asyncio.StreamWriter) -> None:
        n, begun = 0, time.monotonic()
        while True:
            await asyncio.sleep(BATCH_S)
            due = int((time.monotonic() - begun) * self.lines)
            writer.write(b"".join(_line(m) for m in range(n, due)))
            await writer.drain()
            n = due


_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_LAST = b"0\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _line(n: int) -> bytes:
    now = time.time_ns()
    stamp = datetime.fromtimestamp(now // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    text = f"{stamp}.{now % 10**9:09}Z INFO request {n} took 12 ms, user 4711, path /api/leads/{n % 97}\n".encode()
    return _chunk(struct.pack(">BxxxL", 1, len(text)) + text)


def _whole(writer: asyncio.StreamWriter, value: Any) -> None:
    body = json.dumps(value).encode()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def _container(n: int) -> dict[str, Any]:
    labels = {f"com.example.label.{m}": "x" * 40 for m in range(12)}
    networks = {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}}}
    return {
        "Id": f"{n:064x}", "Names": [f"/w{n:03}"], "Image": "shop/web:1", "ImageID": "sha256:" + "a" * 64,
        "Command": "serve", "Created": 1_700_000_000, "Ports": [], "Labels": labels, "State": "running",
        "Status": "Up 1 hour", "NetworkSettings": networks, "Mounts": [],
    }  # fmt: skip


def _inspected(it: dict[str, Any]) -> dict[str, Any]:
    running = it["State"] == "running"
    code = 0 if running else int(it["Status"].split("(")[1].split(")")[0])
    state = {
        "Status": it["State"], "Running": running, "ExitCode": code, "OOMKilled": False, "Error": "",
        "StartedAt": "2026-03-04T09:00:00Z", "FinishedAt": "2026-03-04T09:00:00Z",
    }  # fmt: skip
    return {"Id": it["Id"], "Name": it["Names"][0], "RestartCount": 0, "State": state,
            "Config": {"Tty": False, "Labels": it["Labels"], "Image": it["Image"]}, "Image": it["ImageID"],
            "HostConfig": {}, "Mounts": [], "NetworkSettings": {}}  # fmt: skip


async def main() -> None:
    path, count, changes, lines = sys.argv[1:]
    engine = Engine(int(count), float(changes), float(lines))
    server = await asyncio.start_unix_server(engine.serve, path)
    print("ready", flush=True)
    async with server:
        if engine.changes:
            await engine.change()
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
