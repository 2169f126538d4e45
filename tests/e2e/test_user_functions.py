"""Impact in users' words: a write probe and a reading check on a real server; screen, `status` and draft tell."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from tests.e2e.test_broken_world import leave, screen
from tests.e2e.world import Place, until

CONFIG = """\
[project]
name = "quay"

[[services]]
name = "bookings"

[[checks]]
name = "create"
service = "bookings"
type = "journey"
function = "make a booking"
base_url = "http://127.0.0.1:{port}"
every = "300ms"
timeout = "2s"
fail_after = 1
recover_after = 1

[[checks.steps]]
name = "book"
post = "/bookings"
json = {{ guest = "probe", test = true }}
expect = {{ status = [201], json = {{ "$.id" = {{ present = true }} }} }}
save = {{ id = {{ json = "$.id" }} }}

[[checks.steps]]
name = "cancel it"
delete = "/bookings/{{id}}"
expect = {{ status = [204, 404] }}
always_run = true

[[checks]]
name = "list"
service = "bookings"
url = "http://127.0.0.1:{port}/bookings"
function = "see the bookings"
every = "300ms"
fail_after = 1
recover_after = 1
"""


class Desk:
    """Bookings in memory; `open` False: it shows what is there and takes nothing new."""

    def __init__(self) -> None:
        self.open, self.made, self.kept = True, 0, set[str]()


@contextmanager
def desk() -> Iterator[tuple[Desk, int]]:
    ours = Desk()

    class Handler(BaseHTTPRequestHandler):
        def _say(self, status: int, body: object = None) -> None:
            raw = json.dumps(body).encode() if body is not None else b""
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_GET(self) -> None:
            self._say(200, sorted(ours.kept))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if not ours.open:
                self._say(500, {"error": "no seat can be reserved"})
                return
            ours.made += 1
            ours.kept.add(str(ours.made))
            self._say(201, {"id": ours.made})

        def do_DELETE(self) -> None:
            ours.kept.discard(self.path.rpartition("/")[2])
            self._say(204)

        @override
        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield ours, server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.slow
@pytest.mark.req("R0-05", "R3-20")
def test_what_users_cannot_do_is_told_everywhere_with_since_when_and_for_how_long(tmp_path: Path) -> None:
    root = tmp_path / "quay"
    root.mkdir()
    place = Place(root, tmp_path / "home")
    with desk() as (ours, port):
        (root / "incidentui.toml").write_text(CONFIG.format(port=port), encoding="utf-8")
        with screen(place) as terminal:
            terminal.wait(r"\? help", 20)
            until(lambda: ours.made > 1, "bookings are made")
            ours.open = False
            terminal.wait(r"users cannot make a booking, \d+s", 20)
            terminal.wait(r"▎✗ bookings is failing .*: users cannot make a booking", 5)
            assert "cannot see" not in terminal.text
            terminal.press("i")
            terminal.wait("you are on it", 10)
            terminal.press("h")
            terminal.wait(r"WHAT USERS CAN DO .* 1 of 2 functions broken", 10)
            terminal.wait(r"✗ make a booking +since \d\d:\d\d:\d\d +\d+s", 5)
            terminal.wait(r"└ create: step 1, book: 500", 5)
            terminal.wait(r"✓ all the time: see the bookings", 5)
            said = place.run("status")
            assert (said.returncode, "└ users cannot make a booking: " in said.stdout) == (1, True)
            asked = json.loads(place.run("status", "--json").stdout)["functions"]
            assert [(f["name"], f["state"]) for f in asked] == [
                ("make a booking", "failing"),
                ("see the bookings", "ok"),
            ]
            ours.open = True
            terminal.wait(r"✓ make a booking +again since \d\d:\d\d:\d\d, failed for \d+s", 20)
            terminal.press("\x1b")
            leave(terminal)
    assert ours.kept == set(), "the probe takes back what it made"
    draft = place.ok("export", "INC-1")
    part = draft.split("## Impact\n")[1].split("\n## ")[0]
    assert "| What users do | Broken |" in part
    assert "| make a booking | " in part
    assert "What users could do all the time: see the bookings." in part
    assert "Users could not make a booking for " in draft.split("## Summary\n")[1].split("\n## ")[0]
    (lost,) = json.loads(place.ok("export", "INC-1", "--format", "json"))["functions"]
    assert (lost["name"], lost["failing_ms"] > 0, lost["last"] is not None) == ("make a booking", True, True)
    assert [f["service"] for f in place.json("show", "INC-1")["functions"]] == ["make a booking"]
    place.ok("checkpoint", "take")
    shown = place.ok("checkpoint", "show", "latest")
    assert "  users      could make a booking\n  users      could see the bookings\n" in shown
