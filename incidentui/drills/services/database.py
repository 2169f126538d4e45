"""The database stand-in: bookings and seats as JSON over HTTP.

Started as a script: `database.py PORT FILE`, where the file holds the answer of each path."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGES: dict[str, object] = {}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = PAGES.get(self.path)
        body = json.dumps(page).encode()
        self.send_response(404 if page is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Looks of every second would fill the log."""


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as rows:
        PAGES.update(json.load(rows))
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
