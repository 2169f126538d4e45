"""The front door: a stable port that hands each request to the worker's unix socket, 503 when none answers.

Started as a script under Supervisor: `front_door.py PORT SOCKET`. Knows nothing of incidentui.
"""

import http.client
import json
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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

    def do_GET(self) -> None:
        self.hand_on()

    def do_POST(self) -> None:
        self.hand_on(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def hand_on(self, sent: bytes | None = None) -> None:
        if not self.path.startswith("/api/"):
            return self.answer(404, "application/json", json.dumps({"status": "no such page"}).encode())
        connection = Worker(self.worker)
        try:
            connection.request(self.command, self.path.removeprefix("/api"), sent)
            response = connection.getresponse()
            body = response.read()
            kind = response.headers.get("Content-Type", "application/octet-stream")
            return self.answer(response.status, kind, body)
        except (OSError, http.client.HTTPException):
            body = json.dumps({"status": "unavailable", "error": "no worker answers"}).encode()
            return self.answer(503, "application/json", body)
        finally:
            connection.close()

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
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
    port, Door.worker = int(sys.argv[1]), sys.argv[2]
    Server(("127.0.0.1", port), Door).serve_forever()


if __name__ == "__main__":
    main()
