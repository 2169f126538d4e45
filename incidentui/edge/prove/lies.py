"""The failures that a stand-in plays for one request, each with the way out when a check does not see it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from incidentui.config.checks import OPERATORS
from incidentui.core.evidence import Hop
from incidentui.core.model import Ms
from incidentui.core.value import dataclass
from incidentui.edge.checks.web.expect import Response, login_markers
from incidentui.edge.prove.answers import HTML, JSON, Answer, CannotStandInError, Scene, placed
from incidentui.edge.prove.patterns import NoExampleError, example

LOGIN_PAGE = (
    b"<!doctype html><html><head><title>Sign in</title></head><body>"
    b'<form method="post" action="/login/"><input name="username">'
    b'<input type="password" name="password"></form></body></html>'
)
_PAGE = b"<!doctype html><html><head><title>Oops</title></head><body><p>Something went wrong.</p></body></html>"


@dataclass(frozen=True, slots=True)
class Lie:
    name: str
    answer: Answer
    remedy: str
    """What the check could ask to see it."""


def is_login(path: str) -> bool:
    """Whether a login page is what is asked for, by the rule that checks go by."""
    return bool(login_markers(Response("/", (Hop(200, path),)), ""))


def lies(scene: Scene, right: Answer, timeout_ms: Ms) -> Iterator[Lie]:
    """Every failure that this request could meet."""
    status = right.status if right.status < 300 else 200
    yield from _pages(scene, right, status)
    yield from _documents(scene, right, status)
    yield from _headers(scene, right)
    yield from _texts(scene, right)
    yield from _broken(scene, right, timeout_ms)


def _pages(scene: Scene, right: Answer, status: int) -> Iterator[Lie]:
    if scene.method != "HEAD" and not (is_login(scene.path) and scene.method == "GET"):
        yield Lie("login page at 200", Answer(status, HTML, LOGIN_PAGE), "add not_login = true or content_type")
    if not scene.bodiless and not scene.cleans:
        empty = replace(right, status=status, body=b"")
        yield Lie("empty body", empty, 'add json = { … } or body = ["…"]')
    if scene.could_be_json:
        yield Lie("HTML for JSON", Answer(status, HTML, _PAGE), 'add content_type = "application/json" or json = { … }')
    redirect = Answer(302, HTML, b"", (("Location", "/login/"),))
    yield Lie("redirect to login", redirect, 'leave 302 out of status, or add location_not = "*/login*"')


def _documents(scene: Scene, right: Answer, status: int) -> Iterator[Lie]:
    if not scene.could_be_json:
        return
    body = right.body if right.kind == JSON or scene.is_json else b'{"status": "ok"}'
    told = replace(right, status=status, kind=JSON if not scene.is_json else right.kind)
    before = replace(told, body=b"Warning: something is deprecated in app.py on line 7\n" + body)
    yield Lie("text before the JSON", before, 'add content_type = "application/json" or json = { … }')
    if scene.is_json:
        yield Lie("truncated JSON", replace(right, body=body[:-1]), "add json = { … }")
        if scene.expect.content_type is not None:
            yield Lie("wrong content type", replace(right, kind="text/plain"), "add content_type")
    if any(not isinstance(rule, Mapping) or "absent" not in rule for _, rule in scene.expect.json):
        yield Lie("missing fields", replace(right, body=b"{}"), "add json = { … }")
    for path, rule in scene.expect.json:
        yield from _wrong_value(right, path, rule)


def _wrong_value(right: Answer, path: str, rule: object) -> Iterator[Lie]:
    try:
        document = json.loads(right.body)
        for name, value in _wrong(rule):
            body = json.dumps(placed(document, path, value)).encode()
            yield Lie(f"{name} at {path}", replace(right, body=body), f"make the rule of {path} narrower")
    except (CannotStandInError, ValueError):
        return


def _wrong(rule: object) -> Iterator[tuple[str, Any]]:
    if not isinstance(rule, Mapping) or not rule or not set(rule) <= OPERATORS:
        yield "wrong field", "wrong" if rule != "wrong" else "other"
        return
    if "lt" in rule:
        yield "stale number", rule["lt"] + 1
    if "gt" in rule:
        yield "stale number", rule["gt"] - 1
    if "ne" in rule:
        yield "wrong field", rule["ne"]
    if "eq" in rule or "matches" in rule:
        yield "wrong field", "\0"
    if "absent" in rule:
        yield "field that must be absent", "here"


def _headers(scene: Scene, right: Answer) -> Iterator[Lie]:
    for name, rule in scene.expect.headers:
        others = tuple((n, v) for n, v in right.headers if n != name)
        if others != right.headers:
            yield Lie(f"no header {name}", replace(right, headers=others), f"make the rule of {name} narrower")
        for what, value in _wrong(rule):
            said = (*others, (name, str(value).replace("\0", "wrong")))
            yield Lie(f"{what} in header {name}", replace(right, headers=said), f"make the rule of {name} narrower")


def _texts(scene: Scene, right: Answer) -> Iterator[Lie]:
    most = scene.expect.size_max
    if most is not None and not scene.bodiless:
        yield Lie("body too large", replace(right, body=right.body + b" " * (most + 1)), "lower size.max")
    if (scene.expect.body or scene.expect.ready) and not scene.bodiless:
        without = replace(right, body=b"{}" if scene.is_json else _PAGE)
        yield Lie("required text is missing", without, "make the pattern of body narrower")
    for pattern in scene.expect.body_not:
        try:
            text = example(pattern)
        except NoExampleError:
            continue
        body = json.dumps({"said": text}).encode() if scene.is_json else right.body + text.encode()
        yield Lie(f"forbidden text {pattern}", replace(right, body=body), "make the pattern of body_not wider")
    if scene.expect.location is not None:
        elsewhere = tuple((n, "/elsewhere/zz" if n == "Location" else v) for n, v in right.headers)
        yield Lie("another location", replace(right, headers=elsewhere), "make location narrower")
    if scene.save:
        yield Lie("nothing to save", Answer(right.status, right.kind, b"{}" if scene.is_json else _PAGE), "")


def _broken(scene: Scene, right: Answer, timeout_ms: Ms) -> Iterator[Lie]:
    yield Lie(
        "503", Answer(503, HTML, b"" if scene.method == "HEAD" else b"Service Unavailable"), "leave 503 out of status"
    )
    yield Lie("no answer in time", replace(right, wait_ms=timeout_ms * 3), "lower timeout")
    yield Lie("connection reset", Answer(reset=True), "")
    if not scene.bodiless:
        yield Lie("body cut short", replace(right, cut=64), "")
    fail = scene.expect.latency_fail_ms
    if fail is not None and fail < timeout_ms:
        yield Lie("slow", replace(right, wait_ms=fail + 40), "lower latency.fail")
