"""The visitor of a journey: one cookie jar, and what was saved so far. Asks as a browser would.

Nothing is retried but a GET whose kept connection was gone.
"""

import json
from collections.abc import Iterator
from time import perf_counter
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from incidentui import __version__
from incidentui.config.journey import BASE, JourneyCheck, Step, filled
from incidentui.core.evidence import Finding, Hop
from incidentui.edge.checks.web.answer import MAX_REDIRECTS
from incidentui.edge.checks.web.expect import Judgement, Response, judge, login_markers
from incidentui.edge.checks.web.http import KEPT, Transports, _ms_since
from incidentui.edge.checks.web.journey_save import NotThereError, cookie, saved
from incidentui.edge.checks.web.reading import read_body
from incidentui.edge.text import clean

_REDIRECTS = (301, 302, 303, 307, 308)
_SHORTEST_TOKEN = 6
_TOKENS = ("input", "meta", "cookie")
"""Places from which a value is more likely a token than a word."""


class Visitor:
    """Of one run. `hops` and `response` are there too when a step raises: what was seen until then."""

    def __init__(self, check: JourneyCheck, transports: Transports, secrets: dict[str, str]) -> None:
        self._check = check
        self._transports = transports
        self._known = {**secrets, BASE: check.base_url}
        self._base = httpx.URL(check.base_url)
        self._cookies = httpx.Cookies()
        self._tokens: set[str] = set()
        self._fresh = False
        self.hops: list[Hop] = []
        self.response: Response | None = None

    async def go(self, step: Step) -> Judgement:
        """All requests of a step, judged. Raises NotThereError, and what httpx raises.

        Of many, those after a bad one are asked too: how many of them fail is what tells a service that is broken
        from one that is broken at times.
        """
        judgement = Judgement("unknown", "")
        slow: Judgement | None = None
        bad: list[tuple[int, Judgement, Response | None]] = []
        for number in range(1, step.repeat + 1):
            self.response = None
            judgement, answer = await self._once(step)
            if judgement.state == "failing":
                bad.append((number, judgement, self.response))
                continue
            slow = judgement if judgement.state == "slow" else slow
            self._save(step, answer)
        if bad:
            first, judgement, self.response = bad[0]
            return _share(judgement, first, len(bad), step.repeat)
        return slow or judgement

    def private(self) -> Iterator[str]:
        """Values of this run that must not be kept: tokens and cookies, as they are and as they stand in an address."""
        for value in self._tokens:
            if len(value) >= _SHORTEST_TOKEN:
                yield from {value, quote(value, safe="")}

    async def _once(self, step: Step) -> tuple[Judgement, httpx.Response]:
        request, first = self._request(step), len(self.hops)
        asked, started = str(request.url), perf_counter()
        while True:
            answer, following, body = await self._ask(request, step, len(self.hops) - first)
            if following is None:
                kind = answer.headers.get("content-type", "")
                took = _ms_since(started)
                self.response = Response(asked, tuple(self.hops[first:]), kind, *body, took, answer.headers)
                return _judged(step, self.response), answer
            request = following

    async def _ask(
        self, request: httpx.Request, step: Step, followed: int
    ) -> tuple[httpx.Response, httpx.Request | None, tuple[bytes, bool, str]]:
        began = perf_counter()
        self._cookies.set_cookie_header(request)
        self.hops.append(Hop(None, str(request.url), method=request.method, step=step.name))
        try:
            answer = await self._send(request)
        finally:
            self.hops[-1] = Hop(None, str(request.url), "", _ms_since(began), request.method, step.name)
        try:
            answer.request = request
            self._cookies.extract_cookies(answer)
            self._tokens.update(one.value for one in self._cookies.jar if one.value)
            location = answer.headers.get("location", "")
            took = _ms_since(began)
            self.hops[-1] = Hop(answer.status_code, str(request.url), location, took, request.method, step.name)
            following = (
                self._next(request, answer, location) if step.follow_redirects and followed < MAX_REDIRECTS else None
            )
            return answer, following, (b"", False, "") if following else await read_body(answer)
        finally:
            await answer.stream.aclose()  # type: ignore[union-attr]  # an async transport gives an async stream

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """A kept connection that the server dropped meanwhile: a GET is asked once more, afresh; a POST never."""
        transport = self._transports.of(self._check.service, request.url.scheme == "https")
        for _ in range(KEPT):
            self._fresh = False
            try:
                return await transport.handle_async_request(request)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if self._fresh or request.method not in ("GET", "HEAD"):
                    raise
        return await transport.handle_async_request(request)

    async def _trace(self, event: str, _info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.started":
            self._fresh = True

    def _next(self, request: httpx.Request, answer: httpx.Response, location: str) -> httpx.Request | None:
        """Inside one origin only: a cookie or a token must not go anywhere else."""
        if answer.status_code not in _REDIRECTS or not location:
            return None
        try:
            url = request.url.join(location)
        except httpx.InvalidURL:
            return None
        if _origin(url) != _origin(request.url):
            return None
        keeps = answer.status_code in (307, 308) or request.method in ("GET", "HEAD")
        dropped = {"host", "cookie"} if keeps else {"host", "cookie", "content-type", "content-length"}
        headers = [(n, v) for n, v in request.headers.raw if n.decode("ascii").lower() not in dropped]
        method, content = (request.method, request.content) if keeps else ("GET", b"")
        return httpx.Request(method, url, headers=headers, content=content or None, extensions=request.extensions)

    # -- making a request

    def _request(self, step: Step) -> httpx.Request:
        headers = {"User-Agent": f"incidentui/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
        content: bytes | None = None
        if step.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = urlencode([(name, self._filled(value)) for name, value in step.form]).encode()
        elif step.json is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(self._filled_in(step.json), ensure_ascii=False).encode()
        elif step.body is not None:
            content = self._filled(step.body).encode()
        # Headers of any case replace ours.
        given = httpx.Headers(headers)
        given.update({name: self._filled(value) for name, value in step.headers})
        return httpx.Request(
            step.method, self._url(step), headers=given, content=content, extensions={"trace": self._trace}
        )

    def _url(self, step: Step) -> httpx.URL:
        """A path that is one placeholder is an address that was saved; else each value is a part of the path."""
        if not step.path.startswith("/"):
            here = self.hops[-1].url if self.hops else self._check.base_url
            url = httpx.URL(here).join(self._filled(step.path))
        else:
            url = httpx.URL(self._check.base_url + filled(step.path, lambda n, a: quote(self._value(n, a), safe="")))
        if _origin(url) != _origin(self._base):
            raise NotThereError(f"leads to another host, which is not asked: {clean(url.host, 80)}")
        return url

    def _filled(self, text: str) -> str:
        return filled(text, self._value)

    def _filled_in(self, value: object) -> object:
        if isinstance(value, dict):
            return {key: self._filled_in(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._filled_in(inner) for inner in value]
        return self._filled(value) if isinstance(value, str) else value

    def _value(self, name: str, argument: str) -> str:
        if name == "cookie":
            value = cookie(self._cookies, argument)
            if value is None:
                raise NotThereError(f"no cookie {clean(argument, 80)} was set")
            return value
        if name not in self._known:
            raise NotThereError(f"{name} was not saved")
        return self._known[name]

    def _save(self, step: Step, answer: httpx.Response) -> None:
        for save in step.save:
            assert self.response is not None
            value = saved(save, self.response, answer.headers, self._cookies)
            self._known[save.name] = value
            if save.place in _TOKENS:
                self._tokens.add(value)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _share(judgement: Judgement, first: int, bad: int, of: int) -> Judgement:
    if of == 1:
        return judgement
    why = f"{bad} of {of} requests, first number {first}: {judgement.why}"
    return Judgement(judgement.state, why, judgement.findings, judgement.login_markers)


def _judged(step: Step, response: Response) -> Judgement:
    """As an http check is, and what only a step asks: no login page after logging in."""
    judgement = judge(step.expect, response)
    more, whys = [], []
    for name, wanted, got, wrong in _asked_more(step, response):
        more.append(Finding(name, wanted, got, not wrong))
        whys += [f"{response.status}, but {wrong}"] if wrong else []
    findings = (*judgement.findings, *more)
    if whys and judgement.state != "failing":
        return Judgement("failing", whys[0], findings, judgement.login_markers)
    return Judgement(judgement.state, judgement.why, findings, judgement.login_markers)


def _asked_more(step: Step, response: Response) -> Iterator[tuple[str, str, str, str]]:
    """(name, expected, got, what is wrong)."""
    if step.method not in ("GET", "HEAD", "OPTIONS") and step.expect.not_login:
        again = _login_again(response)
        if again:
            yield "logged in", "no login page", again, "the login page again"


def _login_again(response: Response) -> str:
    """What was posted to the login page and answered with the login page did not log in."""
    from dataclasses import replace

    if login_markers(response, response.text()):
        return ""  # said already
    markers = login_markers(replace(response, asked="/"), response.text())
    return next((marker for marker in markers if not marker.startswith("final path")), "")
