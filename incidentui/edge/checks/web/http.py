"""One HTTP check against its service: asked once, bounded in time and size, and told in a person's words.

Built for asking often: one transport per service, the request made once. Knows nothing of thresholds or history.
"""

import asyncio
import logging
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib.util import find_spec
from time import perf_counter

import anyio.lowlevel
import httpcore
import httpx

from incidentui.config.checks import HttpCheck
from incidentui.core.evidence import Hop
from incidentui.core.model import CheckState, Ms
from incidentui.edge.checks.probe import Look
from incidentui.edge.checks.web.answer import MAX_REDIRECTS, Judgement, Response
from incidentui.edge.checks.web.expect import judge
from incidentui.edge.checks.web.failures import failure
from incidentui.edge.checks.web.names import late
from incidentui.edge.checks.web.network import Network
from incidentui.edge.checks.web.reading import read_body
from incidentui.edge.checks.web.request import CacheBuster, NotRunnableError, following, prepared
from incidentui.edge.checks.web.timing import Stopwatch

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
        # The first use loads the event loop's side of the library: not a time that a service took.
        await anyio.lowlevel.checkpoint()
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                await self._close()

    def of(self, service: str, tls: bool) -> httpx.AsyncHTTPTransport:
        transport = self._open.get((service, tls))
        if transport is None:
            transport = self._open[service, tls] = _Transport(_tls() if tls else _no_tls())
        return transport

    async def _close(self) -> None:
        transports = list(self._open.values())
        self._open.clear()
        for transport in transports:
            await transport.aclose()


class _Transport(httpx.AsyncHTTPTransport):
    """httpx's own, whose pool reaches the network by asyncio alone."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(verify=context)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=20,
            max_keepalive_connections=KEPT,
            keepalive_expiry=30,
            network_backend=Network(),
        )


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


class HttpProbe:
    """A check with its request made. One look at a time."""

    def __init__(self, check: HttpCheck, transports: Transports, now: Callable[[], Ms]) -> None:
        self.check = check
        self._transports = transports
        self._now = now
        self._watch = Stopwatch()
        self._request: httpx.Request | None = None
        self._broken = ""
        try:
            self._request = prepared(check)
            self._request.extensions["trace"] = self._watch
        except NotRunnableError as why:
            self._broken = str(why)

    async def look(self) -> Look:
        if self._request is None:
            return Look(self.check, self._now(), Judgement("unknown", self._broken), 0)
        self._transports.of(self.check.service, self._request.url.scheme == "https")
        at, started = self._now(), perf_counter()
        hops: list[Hop] = []
        self._watch.begin()
        try:
            # One deadline around everything: the limits of httpx are per read, and a server that drips outlives them.
            async with asyncio.timeout(self.check.timeout_ms / 1000):
                response = await self._ask(self._request, hops)
        except TimeoutError:
            told = late(f"timed out after {self.check.timeout_ms / 1000:g}s")
            return self._no_answer(at, *told, started, hops)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ExceptionGroup) as wrong:
            return self._no_answer(at, *failure(wrong, self._request.url.host), started, hops)
        judged, timing = judge(self.check.expect, response), self._watch.timing()
        return Look(self.check, at, judged, response.took_ms, response.hops, response, timing=timing)

    def _no_answer(self, at: Ms, state: CheckState, why: str, started: float, hops: list[Hop]) -> Look:
        took = _ms_since(started)
        url = str(self._request.url) if self._request and not hops else ""
        left = [Hop(None, url, took_ms=took, method=self.check.method)] if url else []
        judged = Judgement(state, why)
        return Look(self.check, at, judged, took, (*hops, *left), timing=self._watch.timing())

    # -- asking

    async def _ask(self, first: httpx.Request, hops: list[Hop]) -> Response:
        asked, started = str(first.url), perf_counter()
        buster = CacheBuster(first) if self.check.cache_bust else None
        shown = buster.shown if buster else str
        request = buster.request if buster else first
        while True:
            began = perf_counter()
            answer = await self._send(request)
            try:
                location = answer.headers.get("location", "")
                urls = shown(str(request.url)), shown(location)
                hops.append(Hop(answer.status_code, *urls, _ms_since(began), request.method))
                after = following(request, answer.status_code, location) if self.check.follow_redirects else None
                if after is None or len(hops) > MAX_REDIRECTS:
                    return await self._told(asked, hops, answer, started)
            finally:
                await answer.stream.aclose()  # type: ignore[union-attr]  # an async transport gives an async stream
            request = after

    async def _told(self, asked: str, hops: list[Hop], answer: httpx.Response, started: float) -> Response:
        self._watch.body_begins()
        body, cut, encoding = await read_body(answer)
        kind, took = answer.headers.get("content-type", ""), _ms_since(started)
        left = self._certificate_left(answer) if self.check.expect.cert_days is not None else None
        return Response(asked, tuple(hops), kind, body, cut, encoding, took, answer.headers, left)

    def _certificate_left(self, answer: httpx.Response) -> Ms | None:
        """Of the connection that the answer came on; it was verified then, so its certificate is at hand."""
        tls = answer.extensions["network_stream"].get_extra_info("ssl_object")
        ends = tls.getpeercert().get("notAfter") if tls is not None else None
        return ssl.cert_time_to_seconds(ends) * 1000 - self._now() if ends else None

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """A kept connection that the server dropped meanwhile must not make a service red: ask once more, afresh.

        Nor one that still holds more than the last answer green or red: that is no answer to this question.
        """
        transport = self._transports.of(self.check.service, request.url.scheme == "https")
        for _ in range(KEPT):
            self._watch.connected = False
            try:
                answer = await transport.handle_async_request(request)
                if not self._watch.unasked:
                    return answer
                await answer.stream.aclose()  # type: ignore[union-attr]  # an async transport gives an async stream
                raise httpx.RemoteProtocolError("an answer before it was asked for")
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if self._watch.connected or request.method not in ("GET", "HEAD"):
                    raise
        return await transport.handle_async_request(request)


def _ms_since(started: float) -> int:
    return round((perf_counter() - started) * 1000)
