"""One look at real servers that misbehave: the state, and the words a responder reads."""

import asyncio
import base64
import gzip
import json
import logging
import socket
import struct
import tracemalloc
from collections.abc import Sequence

import pytest

from incidentui.config.checks import BODY_CAP, Expect, HttpCheck, Secret
from incidentui.core.evidence import CheckLook, parse_check_look
from incidentui.core.inputs import Sampled
from incidentui.edge.checks.source import ChecksSource
from tests.checks.conftest import StillClock
from tests.checks.servers import Handler, always, answer, closed_port, serving

LOGIN = """<!DOCTYPE html><html><head><title>Home</title></head><body>
<form action="/login/" method="post"><input name="user"><input type="password" name="password"></form></body></html>"""
JSON = Expect(content_type="application/json", json=(("$.status", "ok"),))


async def look(*checks: HttpCheck) -> Sequence[Sampled]:
    return await ChecksSource(checks, StillClock()).look()


async def one(url: str, expect: Expect = JSON, **more: object) -> tuple[Sampled, CheckLook]:
    check = HttpCheck("api-health", "api", url=url, expect=expect, **more)  # type: ignore[arg-type]
    (seen,) = await look(check)
    assert seen.evidence is not None
    told = parse_check_look(seen.evidence.body)
    assert (told.verdict, told.why) == (seen.state, seen.why)
    return seen, told


def differing(told: CheckLook) -> list[str]:
    return [finding.name for finding in told.findings if not finding.ok]


# -- answers


@pytest.mark.req("F51")
async def test_a_good_answer_is_ok() -> None:
    with serving(always()) as server:
        seen, told = await one(f"{server.url}/health")
    assert (seen.state, seen.status) == ("ok", 200)
    assert seen.why == f"{seen.latency_ms} ms"
    assert differing(told) == []
    assert told.body == '{"status": "ok"}'


@pytest.mark.req("F51", "F54", "R2-05", "R2-09")
@pytest.mark.parametrize(
    ("args", "why", "differs"),
    [
        (("down", "503 Service Unavailable", "text/plain"), "503", ["status", "type", "first byte"]),
        ((LOGIN, "200 OK", "text/html; charset=utf-8"), "200, but a login page", ["login page", "type", "first byte"]),
        (("", "302 Found", "text/html", "Location: /login/?next=/"), "302 to /login/, a login page", ["status"]),
        (("", "302 Found", "text/html", "Location: http://other.example/x"), "302 to other.example/x", ["status"]),
        (("<html><p>hi</p></html>", "200 OK", "text/html"), "200, but HTML, not JSON", ["type", "first byte"]),
        (("<!doctype html><p>hi", "200 OK", "application/json"), "200, but HTML, not JSON", ["type", "first byte"]),
        (("", "200 OK", "application/json"), "200, but an empty answer", ["body"]),
        (('{"status": "down"}',), '200, but $.status is "down", not "ok"', ["$.status"]),
        (("{}",), '200, but $.status is not there, not "ok"', ["$.status"]),
        (('{"status": ',), "200, but JSON that breaks off", ["JSON"]),
        (('Warning: mail() failed\n{"status": "ok"}',), "200, but text before the JSON", ["first byte"]),
        (('{"status": "ok"}', "200 OK", "text/plain"), "200, but text/plain, not application/json", ["type"]),
        (("[" * 100_000,), "200, but JSON that is nested too deeply", ["JSON"]),
    ],
)
async def test_a_wrong_answer_is_failing_and_says_why(args: tuple[str, ...], why: str, differs: list[str]) -> None:
    with serving(always(*args)) as server:
        seen, told = await one(f"{server.url}/sync/")
    assert (seen.state, seen.why) == ("failing", why)
    assert set(differs) <= set(differing(told))


@pytest.mark.req("F53", "R2-20")
@pytest.mark.req("R1-17")
@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        ("console.log(1)", "text/javascript; charset=utf-8", ""),
        ("<!doctype html><title>App</title>", "text/html", "200, but text/html, not text/javascript"),
        ("", "text/javascript", "200, but an empty answer"),
    ],
    ids=["script", "page", "empty"],
)
async def test_a_changed_asset_is_fetched_and_is_what_it_says(body: str, kind: str, why: str) -> None:
    asset = Expect(content_type="text/javascript", body=("console",))
    with serving(always(body, "200 OK", kind)) as server:
        seen, told = await one(f"{server.url}/app.js", asset)
    assert (seen.state, seen.status, told.bytes) == ("failing" if why else "ok", 200, len(body))
    assert seen.why == why or not why


@pytest.mark.req("R1-17")
async def test_an_asset_that_no_longer_parses_is_shown_where(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(always('{"routes": [1, 2}', "200 OK", "application/json")) as server:
        seen, told = await one(
            f"{server.url}/app.json", Expect(content_type="application/json", json=(("$.routes", {"present": True}),))
        )
    assert seen.state == "failing"
    assert "not JSON" in seen.why
    assert any("byte" in finding.got or "2}" in finding.got for finding in told.findings if not finding.ok)


async def test_the_media_type_is_compared_without_its_charset() -> None:
    with serving(always('{"status": "ok"}', "200 OK", "Application/JSON; charset=utf-8")) as server:
        seen, _ = await one(server.url)
    assert seen.state == "ok"


@pytest.mark.req("F54", "R2-05")
async def test_a_login_page_is_told_with_its_marks() -> None:
    with serving(always(LOGIN, "200 OK", "text/html")) as server:
        _, told = await one(f"{server.url}/sync/", Expect())
        asked_for, _ = await one(f"{server.url}/login/", Expect())
    assert told.login_markers == ('form action="/login/"', "a password field")
    assert asked_for.state == "ok"


# -- redirects


def sends_on(location: str) -> Handler:
    def handler(connection: socket.socket, head: bytes, number: int) -> bool:
        first = head.split()[1].startswith(b"/first")
        there = answer("", "302 Found", "text/html", f"Location: {location}")
        connection.sendall(there if first else answer(LOGIN, "200 OK", "text/html"))
        return True

    return handler


@pytest.mark.req("F54", "R2-09")
async def test_every_hop_is_told_and_the_first_status_is_kept() -> None:
    with serving(sends_on("/login/?next=/first")) as server:
        seen, told = await one(f"{server.url}/first", follow_redirects=True)
    assert (seen.state, seen.why) == ("failing", "200, but a login page")
    assert (told.first_status, told.status) == (302, 200)
    assert [(hop.status, hop.location) for hop in told.hops] == [(302, "/login/?next=/first"), (200, "")]


async def test_a_redirect_to_another_host_or_port_is_not_followed() -> None:
    with serving(always()) as other, serving(sends_on(f"{other.url}/metadata")) as server:
        seen, told = await one(f"{server.url}/first", follow_redirects=True)
    assert other.requests == []
    assert (seen.state, seen.why) == ("failing", f"302 to 127.0.0.1:{other.port}/metadata")
    assert len(told.hops) == 1


async def test_a_redirect_in_a_circle_ends() -> None:
    with serving(sends_on("/first")) as server:
        seen, told = await one(f"{server.url}/first", follow_redirects=True)
    assert (seen.state, len(told.hops)) == ("failing", 6)


# -- what goes out and what is asked of the head


@pytest.mark.req("R3-35")
async def test_a_cache_is_never_asked_the_same_twice_and_nobody_sees_how() -> None:
    with serving(sends_on("/second")) as server:
        url = f"{server.url}/first?lang=en"
        check = HttpCheck(
            "page", "web", url=url, cache_bust=True, follow_redirects=True, expect=Expect(not_login=False)
        )
        seen = [*await look(check), *await look(check)]
    asked = [head.split()[1].decode() for head in server.requests if b"/first" in head.split()[1]]
    assert len(set(asked)) == 2
    assert all(address.startswith("/first?lang=en&cache_bust=") for address in asked)
    for sample in seen:
        assert sample.evidence is not None
        assert sample.state == "ok"
        assert [hop.url for hop in parse_check_look(sample.evidence.body).hops] == [url, f"{server.url}/second"]
        assert "cache_bust" not in sample.evidence.body


async def test_an_address_that_comes_back_in_a_redirect_is_shown_without_it_too() -> None:
    def echoes(connection: socket.socket, head: bytes, number: int) -> None:
        there = head.split()[1].decode().replace("/", "%2F").replace("?", "%3F").replace("=", "%3D")
        connection.sendall(answer("", "302 Found", "text/html", f"Location: /login/?next={there}"))

    with serving(echoes) as server:
        _, told = await one(f"{server.url}/page", cache_bust=True)
    token = server.requests[0].split()[1].decode().partition("cache_bust=")[2]
    assert token
    assert token not in repr(told)


@pytest.mark.req("R3-14")
@pytest.mark.parametrize(
    ("allowed", "state", "why"),
    [
        (["https://app.example"], "ok", ""),
        (["*"], "failing", '200, but Access-Control-Allow-Origin is "*", not "https://app.example"'),
        ([], "failing", '200, but Access-Control-Allow-Origin is not there, not "https://app.example"'),
        # A browser takes neither: two headers of one name are one header with a comma.
        (["https://app.example", "https://app.example"], "failing", "200, but Access-Control-Allow-Origin is"),
    ],
)
async def test_a_page_of_another_origin_must_be_let_in(allowed: list[str], state: str, why: str) -> None:
    extra = [f"access-control-allow-origin: {origin}" for origin in allowed]
    expect = Expect(headers=(("Access-Control-Allow-Origin", "https://app.example"),))
    with serving(always("{}", "200 OK", "application/json", *extra)) as server:
        seen, _ = await one(server.url, expect, headers=(("Origin", "https://app.example"),))
    assert seen.state == state
    assert seen.why.startswith(why)


async def test_the_time_is_told_by_its_parts() -> None:
    import time

    def slow(connection: socket.socket, head: bytes, number: int) -> bool:
        whole = answer()
        time.sleep(0.05)
        connection.sendall(whole[:-4])
        time.sleep(0.03)
        connection.sendall(whole[-4:])
        return True

    with serving(slow) as server:
        check = HttpCheck("api", "api", url=server.url, every_ms=10, expect=JSON)
        first, second = [
            parse_check_look(s.evidence.body) for s in await looks(ChecksSource([check], StillClock()), 2) if s.evidence
        ]
    assert first.timing is not None
    assert second.timing is not None
    assert (first.timing.connect_ms is None, second.timing.connect_ms is None) == (False, True)
    assert first.timing.tls_ms is None
    for timing in (first.timing, second.timing):
        assert (timing.first_byte_ms or 0) >= 50
        assert (timing.body_ms or 0) >= 20


async def test_the_step_that_was_still_waiting_is_told() -> None:
    with serving(keeps_silent) as server:
        _, told = await one(server.url, timeout_ms=300)
    assert told.timing is not None
    assert (told.timing.first_byte_ms or 0) > 100
    assert told.timing.body_ms is None


# -- no answer


def drips(connection: socket.socket, head: bytes, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Drip: a\r\n")
        threading_pause()


def drips_its_body(connection: socket.socket, head: bytes, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b"a")
        threading_pause()


def threading_pause() -> None:
    """Shorter than any limit per read could be."""
    import time

    time.sleep(0.01)


def keeps_silent(connection: socket.socket, head: bytes, number: int) -> None:
    connection.recv(1)


def resets(connection: socket.socket, head: bytes, number: int) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hangs_up(connection: socket.socket, head: bytes, number: int) -> None:
    return


def talks_nonsense(connection: socket.socket, head: bytes, number: int) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


def stops_halfway(connection: socket.socket, head: bytes, number: int) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"status"')


@pytest.mark.req("F51", "R3-04")
@pytest.mark.parametrize(
    ("handler", "why"),
    [
        (drips, "timed out after 0.3s"),
        (drips_its_body, "timed out after 0.3s"),
        (keeps_silent, "timed out after 0.3s"),
        (resets, "no answer: connection reset"),
        (hangs_up, "no answer: connection closed"),
        (talks_nonsense, "the answer is not HTTP"),
        (stops_halfway, "answer cut short"),
    ],
)
async def test_a_service_that_gives_no_answer_is_failing(handler: Handler, why: str) -> None:
    with serving(handler) as server:
        limit = 300 if "timed" in why else 5000
        seen, told = await one(server.url, timeout_ms=limit)
    assert (seen.state, seen.why, told.error) == ("failing", why, why)


@pytest.mark.req("F51", "R3-04")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_closed_port_is_failing(host: str) -> None:
    seen, told = await one(f"http://{host}:{closed_port()}/health")
    assert (seen.state, seen.why) == ("failing", "no answer: connection refused")
    assert [hop.status for hop in told.hops] == [None]


async def test_of_several_addresses_the_reason_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    port = closed_port()
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{n}", port)) for n in (1, 2)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: both)
    seen, _ = await one(f"http://two.test:{port}/")
    assert (seen.state, seen.why) == ("failing", "no answer: connection refused")


async def test_plain_http_on_a_tls_address_is_named() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("no", "400 Bad Request"))
        await writer.drain()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        seen, _ = await one(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert seen.state == "failing"
    assert seen.why.startswith("no TLS: ")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://no-such-host.invalid/", "DNS does not"),
        ("http://two..dots/", "DNS does not know two..dots"),
        ("ftp://127.0.0.1/", "the address is not one of http"),
        ("http://127.0.0.1:99999/", "the address has a port that cannot be: 99999"),
        ("http://[::1/", "the address cannot be read"),
        ("nonsense", "the address is not one of http"),
    ],
)
async def test_what_says_nothing_about_the_service_is_unknown(url: str, why: str) -> None:
    seen, _ = await one(url)
    assert seen.state == "unknown"
    assert seen.why.startswith(why)


@pytest.mark.parametrize(
    "expect", [Expect(json=(("$.[", 1),)), Expect(body=("(",)), Expect(body_not=("*",))], ids=["path", "body", "not"]
)
async def test_a_rule_that_cannot_be_read_is_unknown(expect: Expect) -> None:
    seen, _ = await one(f"http://127.0.0.1:{closed_port()}/", expect)
    assert seen.state == "unknown"


# -- secrets


async def test_a_missing_secret_is_unknown_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("API_TOKEN", raising=False)
    with serving(always()) as server:
        seen, _ = await one(server.url, headers=(("Authorization", Secret(env="API_TOKEN")),))
    assert (seen.state, seen.why) == ("unknown", "secret missing: API_TOKEN is not set")
    assert server.requests == []


async def test_a_secret_is_sent_and_never_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("API_TOKEN", "pearl-diver-77")

    def echoes(connection: socket.socket, head: bytes, number: int) -> bool:
        said = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        pair = base64.b64decode(said[b"Authorization"].split()[1]).decode()
        heard = f"heard {said[b'X-Api-Token'].decode()} from {pair.partition(':')[2]}"
        connection.sendall(answer(json.dumps({"status": "ok", "you": heard})))
        return True

    with serving(echoes) as server, caplog.at_level(logging.DEBUG):
        url = f"http://ana:oyster-farm-9@127.0.0.1:{server.port}/x?token=mussel-bank-4"
        seen, told = await one(url, headers=(("X-Api-Token", Secret(env="API_TOKEN")),))
    assert seen.state == "ok"
    assert b"pearl-diver-77" in server.requests[0]
    assert told.body == '{"status": "ok", "you": "heard [redacted] from [redacted]"}'
    assert seen.evidence is not None
    for secret in ("pearl-diver", "oyster-farm", "mussel-bank", "b3lzdGVyLWZhcm0"):
        assert secret not in seen.evidence.body + repr(seen) + caplog.text
    assert [record for record in caplog.records if record.name.startswith(("httpx", "httpcore"))] == []
    assert told.url == f"{server.url}/x?token=[redacted]"
    assert '-H "X-Api-Token: $API_TOKEN"' in told.curl


async def test_hostile_text_of_an_answer_is_told_harmless() -> None:
    body = '{"status": "\\u001b]0;owned", "x": "\x1b]0;owned\x07\u202e"}'
    with serving(always(body)) as server:
        seen, told = await one(server.url)
    assert not any(ord(char) < 32 or char == "\u202e" for char in seen.why + told.body)


# -- bounds


def bomb() -> bytes:
    packed = gzip.compress(b"0" * 60_000_000, 9)
    return answer(packed, "200 OK", "application/json", "Content-Encoding: gzip")


async def test_a_bomb_is_not_inflated() -> None:
    whole = bomb()

    def handler(connection: socket.socket, head: bytes, number: int) -> bool:
        connection.sendall(whole)
        return True

    with serving(handler) as server:
        tracemalloc.start()
        seen, told = await one(server.url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (seen.state, seen.why) == ("failing", "200, but too long to be read as JSON")
    assert told.bytes == BODY_CAP
    assert peak < 20_000_000


async def test_an_endless_body_is_cut_and_may_still_be_good() -> None:
    def endless(connection: socket.socket, head: bytes, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Welcome")
        while True:
            connection.sendall(b" " * 65536)

    with serving(endless) as server:
        seen, told = await one(server.url, Expect(body=("Welcome",)))
    assert (seen.state, told.bytes) == ("ok", BODY_CAP)
    assert len(told.body) <= 2048


async def test_a_packed_answer_is_read() -> None:
    packed = gzip.compress(b'{"status": "ok"}')
    with serving(always(packed, "200 OK", "application/json", "Content-Encoding: gzip")) as server:
        gzipped, _ = await one(server.url)
    with serving(always(b"\x0b\x02\x80", "200 OK", "application/json", "Content-Encoding: br")) as server:
        brotli, _ = await one(server.url)
    assert gzipped.state == "ok"
    assert (brotli.state, brotli.why) == ("failing", "200, but packed as br, which was not asked for")


# -- connections


async def test_a_kept_connection_that_was_dropped_makes_nothing_red() -> None:
    """The server answers once per connection and hangs up on the second request, without having said so."""

    def once(connection: socket.socket, head: bytes, number: int) -> bool:
        if number == 1:
            connection.sendall(answer())
        return number == 1

    with serving(once) as server:
        source = ChecksSource([HttpCheck("api", "api", url=server.url, every_ms=10, expect=JSON)], StillClock())
        seen = await looks(source, 4)
    assert [sample.state for sample in seen] == ["ok"] * 4
    assert server.connections >= 4


async def test_a_post_is_never_asked_twice() -> None:
    def once(connection: socket.socket, head: bytes, number: int) -> bool:
        if number == 1:
            connection.sendall(answer())
        return number == 1

    with serving(once) as server:
        check = HttpCheck("api", "api", url=server.url, method="POST", every_ms=10, expect=JSON)
        seen = await looks(ChecksSource([check], StillClock()), 2)
        assert len(server.requests) == 2
    assert [sample.state for sample in seen] == ["ok", "failing"]


async def test_connections_are_kept() -> None:
    with serving(always()) as server:
        await looks(ChecksSource([HttpCheck("api", "api", url=server.url, every_ms=10)], StillClock()), 5)
        assert server.connections == 1


async def looks(source: ChecksSource, count: int) -> list[Sampled]:
    """The first looks of a running source."""
    seen: list[Sampled] = []
    enough = asyncio.Event()

    def report(observation: object) -> None:
        assert isinstance(observation, Sampled)
        seen.append(observation)
        if len(seen) >= count:
            enough.set()

    running = asyncio.create_task(source.run(report))
    async with asyncio.timeout(20):
        await enough.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return seen[:count]
