"""The front door: a stable port that hands each request to the worker's unix socket, 503 when none answers.

Started as a script under Supervisor: `front_door.py PORT SOCKET [PREFIX]`; only what is asked for below the prefix
("/api/" when there is none) is handed on, without it. Knows nothing of incidentui.
"""

import http.client
import json
import os
import socket
import sys
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OWN = frozenset(("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"))
"""Headers that belong to one connection: each side of the door says its own."""


def beyond(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers that go through the door, cookies too."""
    return [(name, value) for name, value in headers if name.lower() not in OWN]


class Worker(http.client.HTTPConnection):
    """A connection to the worker behind its unix socket."""

    def __init__(self, place: str) -> None:
        super().__init__("worker", timeout=3)
        self.place = place

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(3)
        self.sock.connect(self.place)


class Door(BaseHTTPRequestHandler):
    worker = ""
    prefix = "/api/"

    def do_GET(self) -> None:
        self.hand_on()

    def do_POST(self) -> None:
        self.hand_on(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def hand_on(self, sent: bytes | None = None) -> None:
        if not self.path.startswith(self.prefix):
            return self.say(404, {"status": "no such page"})
        connection = Worker(self.worker)
        try:
            path = self.path.removeprefix(self.prefix.rstrip("/"))
            connection.request(self.command, path, sent, dict(beyond(self.headers.items())))
            response = connection.getresponse()
            return self.answer(response.status, beyond(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException):
            return self.say(503, {"status": "unavailable", "error": "no worker answers"})
        finally:
            connection.close()

    def say(self, status: int, value: object) -> None:
        self.answer(status, [("Content-Type", "application/json")], json.dumps(value).encode())

    def answer(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """One line per request of a user; the sandbox's own looks (`X-Rehearsal`) are not users."""
        if "X-Rehearsal" not in getattr(self, "headers", {}):
            sys.stderr.write(f"{self.log_date_time_string()} {format % args}\n")
            sys.stderr.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no event."""


def main() -> None:
    port, Door.worker, *prefix = int(sys.argv[1]), *sys.argv[2:]
    Door.prefix = prefix[0] if prefix else Door.prefix
    Server((os.environ.get("LISTEN", "127.0.0.1"), port), Door).serve_forever()


if __name__ == "__main__":
    main()
