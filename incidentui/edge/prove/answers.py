"""What a stand-in answers: the good answer that an `expect` describes, built from nothing but the configuration."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from incidentui.config.checks import OPERATORS, Expect
from incidentui.config.journey import Save
from incidentui.core.model import Ms
from incidentui.core.value import dataclass
from incidentui.edge.prove.patterns import NoExampleError, address, example, found_in

VALUE = "stand-in-value"
HTML, JSON = "text/html; charset=utf-8", "application/json"
_PART = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\['([^'\\]*)'\]")
_SIMPLE = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_-]*|\[\d+\]|\['[^'\\]*'\])*")


class CannotStandInError(Exception):
    """Why no good answer can be made, in words for a person."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    kind: str = JSON
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    wait_ms: Ms = 0
    cut: int = 0
    """Bytes that are announced and never sent."""
    reset: bool = False
    """The connection is reset instead."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One request that the check will make, and what it expects of the answer."""

    method: str
    path: str
    expect: Expect
    label: str = ""
    """How a verdict names the step; empty where there is one request."""
    save: tuple[Save, ...] = ()
    cookies: tuple[str, ...] = ()
    """Names that the check wants to have been set."""

    cleans: bool = False
    """It only cleans up: what it answers beyond its status is not asked of it."""

    @property
    def could_be_json(self) -> bool:
        kind = self.expect.content_type
        return not self.bodiless and (self.is_json or (kind is None and not self.save and not self.cleans))

    @property
    def is_json(self) -> bool:
        kind = (self.expect.content_type or "").partition(";")[0].strip().lower()
        return bool(self.expect.json) or kind == JSON or kind.endswith("+json")

    @property
    def bodiless(self) -> bool:
        return self.method == "HEAD" or self.expect.status[0] in (204, 304) or 300 <= self.expect.status[0] < 400


def good(scene: Scene) -> Answer:
    """Raises CannotStandInError."""
    try:
        answer = _page(scene) if _wants_page(scene) else _document(scene)
        least = 0 if scene.bodiless else scene.expect.size_min or 0
        body = answer.body.ljust(least) if scene.is_json else answer.body.rjust(least)
        return replace(answer, status=scene.expect.status[0], headers=_headers(scene), body=body)
    except NoExampleError as pattern:
        raise CannotStandInError(f"no example is known of a text that {pattern} matches") from None


def _wants_page(scene: Scene) -> bool:
    return not scene.is_json and not any(save.place == "json" for save in scene.save)


def _page(scene: Scene) -> Answer:
    kind = scene.expect.content_type or HTML
    inputs = [
        f'<input type="hidden" name="{save.what}" value="{VALUE}">' for save in scene.save if save.place == "input"
    ]
    metas = [f'<meta name="{save.what}" content="{VALUE}">' for save in scene.save if save.place == "meta"]
    texts = [*_texts(scene)]
    form = f'<form action="/act">{"".join(inputs)}</form>' if inputs else ""
    page = f"<!doctype html><html><head>{''.join(metas)}</head><body><p>stand-in</p>{form}\n"
    body = page + "\n".join(texts) if "html" in kind else "\n".join(texts or ["stand-in"])
    return Answer(kind=kind, body=b"" if scene.bodiless else body.encode())


def _texts(scene: Scene) -> list[str]:
    saved = [save.what for save in scene.save if save.place == "regex"]
    # What must stand at the end comes last: the page has no closing tags, which HTML allows.
    ready = [scene.expect.ready] if scene.expect.ready else []
    wanted = sorted((*scene.expect.body, *ready, *saved), key=lambda pattern: pattern.endswith(("$", r"\Z")))
    return [example(pattern) for pattern in wanted]


def _document(scene: Scene) -> Answer:
    document: Any = {}
    for path, rule in scene.expect.json:
        value = meeting(path, rule)
        if value is not _ABSENT:
            document = placed(document, path, value)
    for save in scene.save:
        if save.place == "json" and save.what not in dict(scene.expect.json):
            document = placed(document, save.what, VALUE)
    texts = _texts(scene)
    if texts and isinstance(document, dict):
        document = {**document, "stand-in": texts}
    body = json.dumps(document, ensure_ascii=False)
    missing = next((p for p in scene.expect.body if not found_in(p, body)), None)
    if missing is not None:
        raise CannotStandInError(f"no JSON is known that {missing} matches")
    return Answer(kind=scene.expect.content_type or JSON, body=b"" if scene.bodiless else body.encode())


def _headers(scene: Scene) -> tuple[tuple[str, str], ...]:
    named = {*scene.cookies, *(save.what for save in scene.save if save.place == "cookie")}
    out = [("Set-Cookie", f"{name}={VALUE}; Path=/") for name in sorted(named)]
    out += [(save.what, VALUE) for save in scene.save if save.place == "header" and save.what.lower() != "location"]
    saves_location = any(save.place == "header" and save.what.lower() == "location" for save in scene.save)
    if scene.expect.location is not None or saves_location or 300 <= scene.expect.status[0] < 400:
        out.append(("Location", address(scene.expect.location or "/home", scene.expect.location_not)))
    asked = ((name, meeting(name, rule)) for name, rule in scene.expect.headers if name.lower() != "content-type")
    return (*out, *((name, str(value)) for name, value in asked if value is not _ABSENT))


# -- JSON

_ABSENT: Any = object()


def meeting(path: str, rule: object) -> Any:
    """A value that the rule is content with; `_ABSENT`: nothing may stand there."""
    if not isinstance(rule, Mapping) or not rule or not set(rule) <= OPERATORS:
        return rule
    if rule.get("absent"):
        return _ABSENT
    if "eq" in rule:
        return rule["eq"]
    if "matches" in rule:
        return example(str(rule["matches"]))
    low, high = rule.get("gt"), rule.get("lt")
    if low is not None or high is not None:
        return _between(path, low, high)
    return f"not {rule['ne']}" if isinstance(rule.get("ne"), str) else VALUE


def _between(path: str, low: Any, high: Any) -> Any:
    if low is None or high is None:
        return high - 1 if low is None else low + 1
    if low >= high:
        raise CannotStandInError(f"{path}: no number is above {low} and below {high}")
    middle = low + (high - low) / 2
    return int(middle) if int(middle) == middle else middle


def placed(document: Any, path: str, value: Any) -> Any:
    """The document with the value at a simple path. Raises CannotStandInError."""
    if not _SIMPLE.fullmatch(path):
        raise CannotStandInError(f"{path} is more than a simple path, and no document is known that has it")
    return _put(document, [name or quoted or int(index) for name, index, quoted in _PART.findall(path)], value)


def _put(document: Any, parts: list[str | int], value: Any) -> Any:
    if not parts:
        return value
    first, *rest = parts
    if isinstance(first, int):
        items = list(document) if isinstance(document, list) else []
        items += [{}] * (first + 1 - len(items))
        items[first] = _put(items[first], rest, value)
        return items
    table = dict(document) if isinstance(document, dict) else {}
    return {**table, first: _put(table.get(first, {}), rest, value)}
