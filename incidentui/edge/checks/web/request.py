"""A check's request, made once: its address, its headers, and the secrets in them."""

import base64
import os
import re
import secrets
from urllib.parse import unquote

import httpx

from incidentui import __version__
from incidentui.config.checks import HttpCheck, Secret
from incidentui.edge.checks.web.json_rules import BadPathError, check_path
from incidentui.edge.text import add_known_secrets

_BUST = "cache_bust"


class NotRunnableError(Exception):
    """The check cannot run as it is configured here: it says nothing about the service."""


def prepared(check: HttpCheck) -> httpx.Request:
    """Raises NotRunnableError."""
    _check_rules(check)
    url = _address(check.url)
    defaults = {"User-Agent": f"incidentui/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
    given = {name: _value(name, value) for name, value in check.headers}
    headers = httpx.Headers(defaults | _login(url))
    bare = url.copy_with(username=None, password=None, fragment=None)
    try:
        headers.update(given)
        return httpx.Request(check.method, bare, headers=headers)
    except (UnicodeError, ValueError) as wrong:
        raise NotRunnableError("a header cannot be sent: it holds characters that HTTP does not allow") from wrong


def following(request: httpx.Request, status: int, location: str) -> httpx.Request | None:
    """The request a redirect leads to: on the same host and port only, where the headers may be sent too."""
    if not location or status not in (301, 302, 303, 307, 308):
        return None
    try:
        url = request.url.join(location)
    except (httpx.InvalidURL, ValueError):
        return None
    upgraded = url.scheme == "https" and (request.url.port, url.port) == (None, None)
    same_port = upgraded or (url.scheme, url.port) == (request.url.scheme, request.url.port)
    if url.host != request.url.host or not same_port:
        return None
    method = request.method if status in (307, 308) or request.method == "HEAD" else "GET"
    headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
    return httpx.Request(method, url, headers=headers, extensions=request.extensions)


class CacheBuster:
    """A query parameter that no cache has seen, and the same addresses without it, for showing."""

    def __init__(self, request: httpx.Request) -> None:
        self._token = secrets.token_hex(8)
        self._ours = re.compile(rf"[?&]{_BUST}={self._token}|{self._token}")
        query = request.url.query + (b"&" if request.url.query else b"") + f"{_BUST}={self._token}".encode()
        url = request.url.copy_with(query=query)
        self.request = httpx.Request(request.method, url, headers=request.headers, extensions=request.extensions)

    def shown(self, address: str) -> str:
        return self._ours.sub("", address)


def _address(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError, ValueError) as wrong:
        raise NotRunnableError("the address cannot be read") from wrong
    if url.scheme not in ("http", "https") or not url.host:
        raise NotRunnableError("the address is not one of http")
    if url.port is not None and not 0 < url.port < 65536:
        raise NotRunnableError(f"the address has a port that cannot be: {url.port}")
    return url


def _check_rules(check: HttpCheck) -> None:
    """A rule that cannot be read is our fault, not the service's."""
    expect = check.expect
    try:
        for path, _ in expect.json:
            check_path(path)
        for pattern in (*expect.body, *expect.body_not, expect.ready or ""):
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
