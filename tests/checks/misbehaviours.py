"""Ways of a server to misbehave, and what a check has to say to each."""

import gzip
import socket
import struct
import time
import zlib
from dataclasses import dataclass
from typing import Literal

from tests.checks.servers import Handler, always, answer

OK = b'{"status": "ok"}'
LOGIN = """<!DOCTYPE html><html><head><title>Home</title></head><body>
<form action="/login/" method="post"><input name="user"><input type="password" name="password"></form></body></html>"""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
JSON = 'content_type = "application/json"\njson = { "$.status" = "ok" }'
PAGE = 'content_type = "text/html"\nbody = ["Welcome"]'

Where = Literal["served", "tls", "expired", "other-host", "self-signed", "ends-soon", "plain-on-tls", "tls-on-plain"]


@dataclass(frozen=True)
class Case:
    name: str
    handler: Handler
    why: str | tuple[str, ...]
    """Of each look, where there are several."""
    state: str | tuple[str, ...] = "failing"
    expect: str = JSON
    check: str = ""
    """More lines of the check."""
    where: Where = "served"
    hangs: bool = False
    """Only the check's own limit ends it."""
    url: str = ""
    """Where nothing of ours is asked."""


# -- ways to answer


def says(*parts: bytes, stays: bool = False) -> Handler:
    """Sends these bytes, then hangs up; or stays on the line in silence."""

    def handler(connection: socket.socket, head: bytes, number: int) -> bool:
        connection.sendall(b"".join(parts))
        return stays

    return handler


def endless(start: bytes, again: bytes, pause: float = 0.0) -> Handler:
    def handler(connection: socket.socket, head: bytes, number: int) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(again)
            time.sleep(pause)

    return handler


def resets(*parts: bytes) -> Handler:
    def handler(connection: socket.socket, head: bytes, number: int) -> None:
        connection.sendall(b"".join(parts))
        time.sleep(0.05)  # what was sent must arrive: a reset overtakes it
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return handler


def sends_to(location: str, then: bytes = b"") -> Handler:
    there = answer("", "302 Found", "text/html", f"Location: {location}")

    def handler(connection: socket.socket, head: bytes, number: int) -> bool:
        connection.sendall(then if then and head.split()[1] != b"/health" else there)
        return True

    return handler


def flapping() -> Handler:
    asked = 0

    def handler(connection: socket.socket, head: bytes, number: int) -> bool:
        nonlocal asked
        asked += 1
        connection.sendall(answer() if asked % 2 else answer("down", "503 Service Unavailable", "text/plain"))
        return True

    return handler


def packed(body: bytes, encoding: str) -> Handler:
    return always(body, "200 OK", "application/json", f"Content-Encoding: {encoding}")


def bomb(wbits: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join([*(squeeze.compress(b" " * 1_000_000) for _ in range(200)), squeeze.flush()])


def long(body: bytes, length: int) -> bytes:
    return HEAD + f"Content-Length: {length}\r\n\r\n".encode() + body


def chunked(*raw: bytes) -> bytes:
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(raw)


def late(connection: socket.socket, head: bytes, number: int) -> None:
    time.sleep(0.3)
    connection.sendall(answer())


def quiet(connection: socket.socket, head: bytes, number: int) -> bool:
    return True


LATE = "timed out after 0.4s"
NOT_HTTP = "the answer is not HTTP"
NO_END = "the head of the answer does not end"
BAD_HEADER = "the answer has a header that HTTP does not allow"
TOO_LONG = "200, but too long to be read as JSON"
FOLLOW = "follow_redirects = true"
GIGABYTE = endless(long(b'{"status": "ok", "x": "', 1_000_000_000), b"a" * 65536)

CASES = [
    # -- no answer, or none in time
    Case("refused", quiet, "no answer: connection refused", url="refused"),
    Case("a backlog that is full", quiet, LATE, url="full", hangs=True),
    Case("accepts and never answers", quiet, LATE, hangs=True),
    Case("closes before the answer", says(), "no answer: connection closed"),
    Case("resets before the answer", resets(), "no answer: connection reset"),
    Case("slow-loris head", endless(b"HTTP/1.1 200 OK\r\n", b"X-Drip: a\r\n", 0.01), LATE, hangs=True),
    Case("one header line that drips", endless(HEAD + b"X-Drip: ", b"a", 0.01), LATE, hangs=True),
    Case("drips its body", endless(long(b"", 100_000), b" ", 0.01), LATE, hangs=True),
    Case("a chunk that drips its size", endless(chunked(), b"0", 0.01), LATE, hangs=True),
    Case("stops in the middle of its body", says(long(OK[:9], 500), stays=True), LATE, hangs=True),
    Case("resets in the middle of its body", resets(long(OK[:9], 500)), "no answer: connection reset"),
    Case("answers late", late, "over 100 ms", expect=JSON + '\nlatency = { fail = "100ms" }'),
    # -- not HTTP, or broken
    Case("another protocol", says(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), NOT_HTTP),
    Case("HTTP/0.9: a body alone", says(b"<html>\r\n\r\nhello</html>"), NOT_HTTP),
    Case("HTTP/0.9: one line", says(b"hello"), "no answer: connection closed"),
    Case("noise", says(bytes(range(256)) * 20), NOT_HTTP),
    Case("noise without end", endless(b"", b"\x00" * 65536), NOT_HTTP),
    Case("a status line without end", endless(b"HTTP/1.1 200 ", b"O" * 65536), NO_END),
    Case("a bad status line", says(b"HTTP/1.1 OK\r\n\r\n"), NOT_HTTP),
    Case("status 999", always(OK, "999 Strange"), "999"),
    Case("status 099", says(b"HTTP/1.1 099 OK\r\n\r\n"), NOT_HTTP),
    Case(
        "switches protocols",
        says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        "the answer switches to another protocol",
    ),
    Case("header flood", endless(HEAD, b"X-Flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 1000), NO_END),
    Case("one endless header line", endless(HEAD + b"X-Long: ", b"a" * 65536), NO_END),
    Case("NUL in a header", says(HEAD + b"X-A: a\x00b\r\nContent-Length: 16\r\n\r\n", OK), BAD_HEADER),
    Case("a header line without a colon", says(HEAD + b"Warning mail failed\r\n\r\n", OK), BAD_HEADER),
    Case("flood of 1xx", endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 500), LATE, hangs=True),
    Case(
        "chunks with a bad size",
        says(chunked(b"zz\r\n", OK, b"\r\n0\r\n\r\n")),
        "the answer has a chunk whose size cannot be read",
    ),
    Case(
        "a chunk longer than it says",
        says(chunked(b"4\r\n", OK, b"\r\n0\r\n\r\n")),
        "the answer has a chunk that does not end where it says",
    ),
    Case("chunks that never end", says(chunked(b"10\r\n", OK, b"\r\n"), stays=False), "answer cut short"),
    Case(
        "a transfer encoding nobody knows",
        says(HEAD + b"Transfer-Encoding: zip\r\n\r\n", OK),
        "the answer has a transfer encoding that HTTP/1.1 does not know",
    ),
    Case("a length that is too long", says(long(OK, 500)), "answer cut short"),
    Case("a length that is too short", says(long(OK, 5)), "200, but JSON that breaks off"),
    Case(
        "two different lengths",
        says(HEAD + b"Content-Length: 16\r\nContent-Length: 5\r\n\r\n", OK),
        "the answer says two different lengths",
    ),
    Case("a length below nothing", says(long(OK, -1)), "the answer has a length that cannot be read"),
    Case("204 with a body", says(b"HTTP/1.1 204 No Content\r\nContent-Length: 16\r\n\r\n", OK), "204"),
    # -- too much
    Case("gzip bomb", packed(bomb(31), "gzip"), TOO_LONG),
    Case("deflate bomb", packed(bomb(-15), "deflate"), TOO_LONG),
    Case("a body of a gigabyte", GIGABYTE, TOO_LONG),
    Case("a body without end", endless(HEAD + b"\r\n", b"[" * 65536), TOO_LONG),
    Case(
        "markup made to be slow",
        always("<input type=password>" + "<form" * 50_000, "200 OK", "text/html"),
        "200, but a login page",
        expect=PAGE,
    ),
    Case(
        "markup that never ends",
        always("<input" * 43_000, "200 OK", "text/html"),
        "200, but no Welcome in it",
        expect=PAGE,
    ),
    # -- packed
    Case(
        "br without being asked",
        packed(b"\x0b\x07\x80" + OK + b"\x03", "br"),
        "200, but packed as br, which was not asked for",
    ),
    Case(
        "deflate garbage", packed(b"\xff\x00garbage", "deflate"), "200, but packed as deflate, which cannot be unpacked"
    ),
    Case(
        "gzip that is cut", packed(gzip.compress(OK)[:-12], "gzip"), "200, but packed as gzip, which cannot be unpacked"
    ),
    Case("gzip that is not", packed(OK, "gzip"), "200, but packed as gzip, which cannot be unpacked"),
    # -- sends elsewhere
    Case("redirect loop", sends_to("/health"), "302 again and again: more than 5 redirects", check=FOLLOW),
    Case("redirect to another host", sends_to("http://app.example/x"), "302 to app.example/x", check=FOLLOW),
    Case("redirect to login", sends_to("/login/?next=/health"), "302 to /login/, a login page"),
    Case(
        "redirect to a login page at 200",
        sends_to("/login/", answer(LOGIN, "200 OK", "text/html")),
        "200, but a login page",
        check=FOLLOW,
    ),
    Case(
        "redirect to no address", sends_to("http://[::1/login"), "302 to http://[::1/login, a login page", check=FOLLOW
    ),
    Case("redirect without a place", always("", "302 Found"), "302"),
    # -- TLS
    Case("sound TLS", always(), "", "ok", where="tls", expect=JSON + "\ncert_days = 14"),
    Case(
        "certificate that ends soon",
        always(),
        "200, but the certificate ends in 5 days",
        where="ends-soon",
        expect=JSON + "\ncert_days = 14",
    ),
    Case("expired certificate", always(), "certificate: certificate has expired", where="expired"),
    Case(
        "certificate of another host",
        always(),
        "certificate: IP address mismatch, certificate is not valid for '127.0.0.1'.",
        where="other-host",
    ),
    Case("self-signed certificate", always(), "certificate: self-signed certificate", where="self-signed"),
    Case("plain HTTP on a TLS port", says(answer("no", "400 Bad Request")), "no TLS: ", where="plain-on-tls"),
    Case("noise on a TLS port", says(b"\xff" * 500), "no TLS: ", where="plain-on-tls"),
    Case("TLS that never shakes hands", quiet, LATE, where="plain-on-tls", hangs=True),
    Case("TLS where plain HTTP is asked", always(), "no answer: connection ", where="tls-on-plain"),
    # -- a good status over a bad body
    Case("503", always("down", "503 Service Unavailable", "text/plain"), "503"),
    Case("login page at 200", always(LOGIN, "200 OK", "text/html"), "200, but a login page"),
    Case("HTML at 200", always("<html><p>hi</p></html>", "200 OK", "text/html"), "200, but HTML, not JSON"),
    Case("HTML that says JSON", always("<!doctype html><p>hi"), "200, but HTML, not JSON"),
    Case("empty at 200", always(""), "200, but an empty answer"),
    Case("blanks at 200", always(" \r\n "), "200, but an empty answer"),
    Case("truncated JSON", always('{"status": "ok", "que'), "200, but JSON that breaks off"),
    Case("text before the JSON", always(b"Warning: mail() failed\n" + OK), "200, but text before the JSON"),
    Case("two JSONs", always(OK + b'{"status": "down"}'), "200, but something after the JSON"),
    Case("NaN", always('{"status": "ok", "load": NaN}'), "200, but NaN in it, which is not JSON"),
    Case("deep nesting", always("[" * 100_000), "200, but JSON that is nested too deeply"),
    Case(
        "a huge whole number",
        always('{"status": "ok", "n": ' + "9" * 100_000 + "}"),
        "200, but a number too long to be read",
    ),
    Case("a huge number", always('{"status": "ok", "n": 1e999}'), "200, but a number too large to be read"),
    Case(
        "duplicate keys",
        always('{"status": "down", "status": "ok"}'),
        '200, but "status" twice in the JSON, with two values',
    ),
    Case("NUL in the body", always(b'{"status": "ok\x00"}'), "200, but not JSON"),
    Case("invalid UTF-8", always(b'{"status": "ok", "x": "\xff\xfe"}'), "200, but not UTF-8"),
    Case("BOM before the JSON", always(b"\xef\xbb\xbf" + OK), "", "ok"),
    Case("a wrong charset over JSON", always(OK, "200 OK", "application/json; charset=utf-16"), "", "ok"),
    Case(
        "a wrong charset over a page",
        always("<p>Welcome", "200 OK", "text/html; charset=utf-16"),
        "200, but no Welcome in it",
        expect=PAGE,
    ),
    Case("a charset nobody knows", always("<p>Welcome", "200 OK", "text/html; charset=klingon"), "", "ok", expect=PAGE),
    Case("the wrong answer", always('{"status": "down"}'), '200, but $.status is "down", not "ok"'),
    # -- more than one look
    Case("flapping", flapping(), ("", "503", "", "503"), ("ok", "failing", "ok", "failing")),
    Case(
        "two answers to one question",
        says(answer(), answer("late", "500 Internal Server Error"), stays=True),
        ("", "", ""),
        ("ok", "ok", "ok"),
    ),
    # -- not the service's fault
    Case("DNS does not know it", quiet, "DNS does not ", "unknown", url="http://no-such-host.invalid/health"),
    Case(
        "missing secret",
        always(),
        "secret missing: NO_SUCH_TOKEN is not set",
        "unknown",
        check='headers = { Authorization = { env = "NO_SUCH_TOKEN" } }',
    ),
]
