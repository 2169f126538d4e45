"""The database stand-in: tables as JSON over HTTP. A GET reads a page, a POST adds a row to it.

Started as a script: `database.py PORT FILE`, where the file holds the answer of each path. A POST with `?dry=1` is
checked and not kept.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGES: dict[str, Any] = {}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = PAGES.get(self.path)
        self.answer(404 if page is None else 200, page)

    def do_POST(self) -> None:
        path, _, query = self.path.partition("?")
        rows, row = PAGES.get(path), json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not isinstance(rows, list) or not isinstance(row, dict):
            return self.answer(400, {"status": "no table, or no row"})
        kept = {"id": len(rows) + 1, **row}
        if query != "dry=1":
            rows.append(kept)
        return self.answer(200, kept)

    def answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Looks of every second would fill the log."""


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as rows:
        PAGES.update(json.load(rows))
    ThreadingHTTPServer((os.environ.get("LISTEN", "127.0.0.1"), int(sys.argv[1])), Answer).serve_forever()
