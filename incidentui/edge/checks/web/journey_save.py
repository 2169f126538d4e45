"""What a step of a journey saves from its answer: a token of the page, a cookie, a field, a header."""

from html.parser import HTMLParser

import httpx
from typing_extensions import override

from incidentui.config.journey import Save
from incidentui.edge.checks.web.expect import Response
from incidentui.edge.checks.web.json_rules import NOT_JSON, find, parse
from incidentui.edge.matching import Matching
from incidentui.edge.text import clean

_LONGEST = 8192


class NotThereError(Exception):
    """Why a value cannot be saved, in words for the verdict."""


def saved(save: Save, response: Response, headers: httpx.Headers, cookies: httpx.Cookies) -> str:
    """The value, never empty. Raises NotThereError."""
    value = _found(save, response, headers, cookies)
    if not value:
        raise NotThereError(_missing(save, found_empty=value == ""))
    if len(value) > _LONGEST:
        raise NotThereError(f"the {save.place} {clean(save.what, 80)} is longer than {_LONGEST} characters")
    return value


def _found(save: Save, response: Response, headers: httpx.Headers, cookies: httpx.Cookies) -> str | None:
    match save.place:
        case "input" | "meta":
            return _in_page(save, response.text())
        case "cookie":
            return cookie(cookies, save.what)
        case "json":
            return _in_json(save.what, response)
        case "header":
            value: str | None = headers.get(save.what)
            return value
        case "regex":
            found = Matching().search(save.what, response.text())
            return found.group(1 if found.re.groups else 0) if found else None


def cookie(cookies: httpx.Cookies, name: str) -> str | None:
    """By name alone: of several with one name (other paths) the most specific path's."""
    found = [one for one in cookies.jar if one.name == name and one.value is not None]
    return max(found, key=lambda one: len(one.path)).value if found else None


def _missing(save: Save, found_empty: bool) -> str:
    what = clean(save.what, 80)
    if found_empty:
        return f"the {save.place} {what} is empty"
    where = {"input": "page", "meta": "page", "cookie": "jar"}.get(save.place, "answer")
    return f"no {save.place} {what} in the {where}"


def _in_json(path: str, response: Response) -> str | None:
    data = parse(response.text())
    if data is NOT_JSON:
        raise NotThereError(f"the answer is not JSON: no {clean(path, 80)} in it")
    values = find(path, data)
    if not values or isinstance(values[0], dict | list) or values[0] is None:
        return None
    return str(values[0]).lower() if isinstance(values[0], bool) else str(values[0])


def _in_page(save: Save, page: str) -> str | None:
    tokens = _Tokens(save)
    tokens.feed(page)
    tokens.close()
    return tokens.value


class _Tokens(HTMLParser):
    """The first `<input name=…>` or `<meta name=…>`; what stands in a comment or a script is none."""

    def __init__(self, save: Save) -> None:
        super().__init__()
        self.value: str | None = None
        self._save = save

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        names = (given.get("name"), given.get("property") if tag == "meta" else None)
        if tag == self._save.place and self.value is None and self._save.what in names:
            self.value = given.get("value" if tag == "input" else "content") or ""
