"""A small web application with a login, a CSRF token, a session cookie and a button whose POST answers JSON.

Real HTTP on loopback. `fault` breaks it as an application breaks: by how it sets its
cookie, not by what the check sees.
"""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from typing_extensions import override

USER, PASSWORD = "pilot", "correct-horse-7731"
SYNC = "/fleets/35/sync/"


class Harbour(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fault: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.fault = fault
        self.sessions: set[str] = set()
        self.tokens: set[str] = set()
        self.asked: list[str] = []
        self.cookies: list[str] = []
        """The Cookie header of each request."""
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Harbour

    @override
    def log_message(self, format: str, *args: object) -> None: ...

    def do_GET(self) -> None:
        self._note()
        if self.path.startswith("/login/"):
            self._login_page()
        elif self.path == "/away":
            self._answer(302, "", location="http://localhost:9/")
        elif not self._signed_in():
            self._answer(302, "", location=f"/login/?next={self.path}")
        elif self.path == "/old":
            self._answer(302, "", location="/")
        else:
            self._answer(200, "<!doctype html><title>Fleet</title><p>Signed in", "text/html")

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._note()
        if self.path == "/login/":
            self._log_in(parse_qs(sent.decode()))
        elif not self._signed_in():
            self._refuse()
        elif self.headers.get("X-CSRFToken") not in self.server.tokens or not self.headers.get("Referer"):
            self._answer(403, "CSRF", "text/html")
        elif self.path == "/logout/":
            self.server.sessions.clear()
            self._answer(200, "{}", "application/json")
        else:
            self._answer(200, json.dumps({"synced": 48, "errors": 0}), "application/json")

    # -- parts

    def _note(self) -> None:
        with self.server.lock:
            self.server.asked.append(f"{self.command} {self.path}")
            self.server.cookies.append(self.headers.get("Cookie", ""))

    def _login_page(self) -> None:
        token = secrets.token_hex(16)
        self.server.tokens.add(token)
        field = (
            "" if self.server.fault == "no token" else f'<input type=hidden name="csrfmiddlewaretoken" value="{token}">'
        )
        page = f'<!doctype html><!-- <input name="csrfmiddlewaretoken" value="old"> --><form action="/login/">{field}'
        page += '<input name=username><input type="password" name=password></form>'
        self._answer(200, page, "text/html; charset=utf-8", cookie=f"csrftoken={token}; Path=/")

    def _log_in(self, form: dict[str, list[str]]) -> None:
        good = form.get("username") == [USER] and form.get("password") == [PASSWORD]
        if not good or form.get("csrfmiddlewaretoken", [""])[0] not in self.server.tokens:
            return self._login_page()
        session = secrets.token_hex(16)
        self.server.sessions.add(session)
        # The faults of one line of settings: over http the first is never sent back, the second only below /login/.
        more = {"secure": "; Secure; Path=/", "path": "; Path=/login/"}.get(self.server.fault, "; Path=/")
        return self._answer(302, "", location="/", cookie=f"sessionid={session}; HttpOnly{more}")

    def _signed_in(self) -> bool:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("sessionid")
        return cookie is not None and cookie.value in self.server.sessions

    def _refuse(self) -> None:
        """Where a browser's script lands after it followed the redirect: the login page, with status 200."""
        self._login_page()

    def _answer(self, status: int, body: str, kind: str = "text/plain", location: str = "", cookie: str = "") -> None:
        raw = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        if location:
            self.send_header("Location", location)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(raw)


@contextmanager
def harbour(fault: str = "") -> Iterator[Harbour]:
    server = Harbour(fault)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


JOURNEY = """
[[services]]
name = "fleet"
[[checks]]
name = "sync-journey"
service = "fleet"
type = "journey"
base_url = "{url}"
every = "1s"
timeout = "5s"
fail_after = 1
secrets = {{ user = {{ env = "UI_USER" }}, password = {{ env = "UI_PASSWORD" }} }}
[[checks.steps]]
name = "login form"
get = "/login/"
save = {{ csrf = {{ input = "csrfmiddlewaretoken" }} }}
[[checks.steps]]
name = "log in"
post = "/login/"
form = {{ username = "{{user}}", password = "{{password}}", csrfmiddlewaretoken = "{{csrf}}" }}
expect = {{ status = [302], location_not = "*/login*" }}
[[checks.steps]]
name = "sync"
post = "/fleets/35/sync/"
headers = {{ X-CSRFToken = "{{cookie:csrftoken}}", Referer = "{{base_url}}/" }}
expect = {{ status = [200], content_type = "application/json", json = {{ "$.errors" = 0 }} }}
[[checks.steps]]
name = "log out"
post = "/logout/"
headers = {{ X-CSRFToken = "{{cookie:csrftoken}}", Referer = "{{base_url}}/" }}
always_run = true
"""
