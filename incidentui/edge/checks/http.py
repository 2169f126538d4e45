"""One HTTP check against its service: asked once, bounded in time and size, and told in a person's words.

Built for asking often: one transport per service, the request made once. Knows nothing of thresholds or history.
"""

import asyncio
import base64
import logging
import os
import re
import ssl
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from functools import cache
from importlib.util import find_spec
from time import perf_counter
from typing import Any
from urllib.parse import unquote

import anyio.lowlevel
import httpx

from incidentui import __version__
from incidentui.config.checks import HttpCheck, Secret
from incidentui.core.evidence import Hop
from incidentui.core.model import CheckState, Ms
from incidentui.edge.checks.expect import Judgement, Response, judge
from incidentui.edge.checks.failures import failure
from incidentui.edge.checks.json_rules import BadPathError, check_path
from incidentui.edge.checks.probe import Look
from incidentui.edge.text import add_known_secrets

BODY_CAP = 256 * 1024
HOPS = 5
KEPT = 2
"""Idle connections kept per service."""

# At INFO httpx logs every address whole, with user, password and token; httpcore logs headers at DEBUG.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# httpcore tries to import sniffio four times per request, and where it is not installed each try searches the whole
# path again: a quarter of the time of a probe. Its absence is noted once.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # the import system's own mark for "not there"


class Transports:
    """A transport per service: a shared pool gets slower with every connection it holds."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, bool], httpx.AsyncHTTPTransport] = {}
        self._users = 0

    @asynccontextmanager
    async def in_use(self) -> AsyncIterator[None]:
        """Kept connections are closed when nobody looks any more."""
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                await self._close()

    def of(self, service: str, tls: bool) -> httpx.AsyncHTTPTransport:
        transport = self._open.get((service, tls))
        if transport is None:
            limits = httpx.Limits(max_connections=20, max_keepalive_connections=KEPT, keepalive_expiry=30)
            context = _tls() if tls else _no_tls()
            transport = self._open[service, tls] = httpx.AsyncHTTPTransport(verify=context, limits=limits)
        return transport

    async def _close(self) -> None:
        transports = list(self._open.values())
        self._open.clear()
        for transport in transports:
            await transport.aclose()


@cache
def _tls() -> ssl.SSLContext:
    """The system's trust, so that internal authorities work; 17 ms, so made once and only when needed."""
    context = ssl.create_default_context()
    if not context.get_ca_certs():
        import certifi

        context.load_verify_locations(certifi.where())
    return context


@cache
def _no_tls() -> ssl.SSLContext:
    """Trusts nobody: a transport insists on a context even where it never needs one."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class NotRunnableError(Exception):
    """The check cannot run as it is configured here: it says nothing about the service."""


class HttpProbe:
    """A check with its request made. One look at a time."""

    def __init__(self, check: HttpCheck, transports: Transports, now: Callable[[], Ms]) -> None:
        self.check = check
        self._transports = transports
        self._now = now
        self._fresh = False
        """Whether the current request opened its own connection."""
        self._request: httpx.Request | None = None
        self._broken = ""
        try:
            self._request = self._prepared()
        except NotRunnableError as why:
            self._broken = str(why)

    async def look(self) -> Look:
        if self._request is None:
            return Look(self.check, self._now(), Judgement("unknown", self._broken), 0)
        # The first use loads the event loop's side of the library: not a time the service took.
        await anyio.lowlevel.checkpoint()
        self._transports.of(self.check.service, self._request.url.scheme == "https")
        at, started = self._now(), perf_counter()
        hops: list[Hop] = []
        try:
            # One deadline around everything: the limits of httpx are per read, and a server that drips outlives them.
            async with asyncio.timeout(self.check.timeout_ms / 1000):
                response = await self._ask(self._request, hops)
        except TimeoutError:
            why = f"timed out after {self.check.timeout_ms / 1000:g}s"
            return self._no_answer(at, "failing", why, started, hops)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ExceptionGroup) as wrong:
            return self._no_answer(at, *failure(wrong, self._request.url.host), started, hops)
        return Look(self.check, at, judge(self.check.expect, response), response.took_ms, response.hops, response)

    def _no_answer(self, at: Ms, state: CheckState, why: str, started: float, hops: list[Hop]) -> Look:
        took = _ms_since(started)
        url = str(self._request.url) if self._request and not hops else ""
        left = [Hop(None, url, took_ms=took, method=self.check.method)] if url else []
        return Look(self.check, at, Judgement(state, why), took, (*hops, *left))

    # -- asking

    async def _ask(self, request: httpx.Request, hops: list[Hop]) -> Response:
        asked, started = str(request.url), perf_counter()
        while True:
            began = perf_counter()
            answer = await self._send(request)
            try:
                location = answer.headers.get("location", "")
                hops.append(Hop(answer.status_code, str(request.url), location, _ms_since(began), request.method))
                following = self._next(request, answer.status_code, location)
                if following is None or len(hops) > HOPS:
                    body, cut, encoding = await _read(answer)
                    kind = answer.headers.get("content-type", "")
                    return Response(asked, tuple(hops), kind, body, cut, encoding, _ms_since(started))
            finally:
                await answer.stream.aclose()  # type: ignore[union-attr]  # an async transport gives an async stream
            request = following

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """A kept connection that the server dropped meanwhile must not make a service red: ask once more, afresh."""
        transport = self._transports.of(self.check.service, request.url.scheme == "https")
        for _ in range(KEPT):
            self._fresh = False
            try:
                return await transport.handle_async_request(request)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if self._fresh or request.method not in ("GET", "HEAD"):
                    raise
        return await transport.handle_async_request(request)

    def _next(self, request: httpx.Request, status: int, location: str) -> httpx.Request | None:
        """The request a redirect leads to: on the same host only, and only when the check asks for it."""
        if not self.check.follow_redirects or not location or status not in (301, 302, 303, 307, 308):
            return None
        try:
            url = request.url.join(location)
        except httpx.InvalidURL:
            return None
        upgraded = url.scheme == "https" and (request.url.port, url.port) == (None, None)
        same_port = upgraded or (url.scheme, url.port) == (request.url.scheme, request.url.port)
        if url.host != request.url.host or not same_port:
            return None
        method = request.method if status in (307, 308) or request.method == "HEAD" else "GET"
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
        return httpx.Request(method, url, headers=headers, extensions=request.extensions)

    async def _trace(self, event: str, _info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.started":
            self._fresh = True

    # -- making the request

    def _prepared(self) -> httpx.Request:
        check = self.check
        _check_rules(check)
        try:
            url = httpx.URL(check.url)
        except (httpx.InvalidURL, UnicodeError, ValueError) as wrong:
            raise NotRunnableError("the address cannot be read") from wrong
        if url.scheme not in ("http", "https") or not url.host:
            raise NotRunnableError("the address is not one of http")
        if url.port is not None and not 0 < url.port < 65536:
            raise NotRunnableError(f"the address has a port that cannot be: {url.port}")
        defaults = {"User-Agent": f"incidentui/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
        given = {name: _value(name, value) for name, value in check.headers}
        headers = httpx.Headers(defaults | _login(url))
        bare = url.copy_with(username=None, password=None, fragment=None)
        try:
            headers.update(given)
            return httpx.Request(check.method, bare, headers=headers, extensions={"trace": self._trace})
        except (UnicodeError, ValueError) as wrong:
            raise NotRunnableError("a header cannot be sent: it holds characters that HTTP does not allow") from wrong


def _check_rules(check: HttpCheck) -> None:
    """A rule that cannot be read is our fault, not the service's."""
    try:
        for path, _ in check.expect.json:
            check_path(path)
        for pattern in (*check.expect.body, *check.expect.body_not):
            re.compile(pattern)
    except BadPathError as wrong:
        raise NotRunnableError(str(wrong)) from wrong
    except re.error as wrong:
        raise NotRunnableError(f"{wrong.pattern!r} is not a regular expression: {wrong.msg}") from wrong


def _login(url: httpx.URL) -> dict[str, str]:
    if not url.userinfo:
        return {}
    pair = unquote(url.userinfo.decode("ascii", errors="replace"))
    add_known_secrets([url.password or url.username])
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def _value(name: str, value: Secret | str) -> str:
    if isinstance(value, str):
        return value
    if value.env is None:
        raise NotRunnableError(f"the secret of header {name} comes from a command, which is not run")
    found = os.environ.get(value.env, "")
    if not found:
        raise NotRunnableError(f"secret missing: {value.env} is not set")
    add_known_secrets([found])
    if not found.isprintable():
        raise NotRunnableError(f"secret {value.env} holds characters that HTTP does not allow")
    return found


# -- reading the answer


async def _read(answer: httpx.Response) -> tuple[bytes, bool, str]:
    """The body as it was sent, at most BODY_CAP; whether there was more; the packing that could not be undone."""
    raw = bytearray()
    async with aclosing(answer.stream.__aiter__()) as chunks:  # type: ignore[union-attr,type-var]  # an async stream
        async for chunk in chunks:
            raw += chunk
            if len(raw) > BODY_CAP:
                break
    packed = answer.headers.get("content-encoding", "").strip().lower()
    cut = len(raw) > BODY_CAP
    body = bytes(raw[:BODY_CAP])
    if packed in ("", "identity"):
        return body, cut, ""
    if packed in ("gzip", "x-gzip", "deflate"):
        return _inflated(body, cut, packed)
    return b"", cut, packed


def _inflated(body: bytes, cut: bool, packed: str) -> tuple[bytes, bool, str]:
    """Never more than BODY_CAP comes out, however much is packed in."""
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        out = inflate.decompress(body, BODY_CAP)
    except zlib.error:
        return b"", cut, packed
    return out, cut or bool(inflate.unconsumed_tail), ""


def _ms_since(started: float) -> int:
    return round((perf_counter() - started) * 1000)
