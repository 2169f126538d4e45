"""`<namespace>`: what is a place to fill in, and what only looks like one."""

import re
from collections.abc import Iterator

_PLACEHOLDER = re.compile(r"(?<![<\\])<([A-Za-z](?:[\w ./:|,~'\"-]{0,78}[\w'\"])?)>")
_PRINTED = re.compile("none|nil|null|unknown|invalid", re.IGNORECASE)
_HTML = re.compile(
    "a|abbr|b|body|br|code|div|details|em|form|h[1-6]|head|hr|html|i|img|input|kbd|li|link|meta|ol|p|pre"
    "|script|span|strong|style|sub|summary|sup|table|tbody|td|th|thead|title|tr|u|ul",
    re.IGNORECASE,
)


def place_at(line: str, at: int, *, html: bool) -> tuple[str, int] | None:
    """(its name, where it ends) of the place to fill in that begins there. `html`: a tag of HTML is none."""
    found = _PLACEHOLDER.match(line, at)
    return (found.group(1), found.end()) if found and _is_name(found.group(1), html=html) else None


def tags(text: str, start: int, end: int, *, html: bool) -> Iterator[tuple[int, int, str]]:
    """(start, end, name) of each place between the two."""
    at = text.find("<", start, end)
    while at >= 0:
        found = place_at(text, at, html=html)
        if found is not None and found[1] <= end:
            yield at, found[1], found[0]
        at = text.find("<", found[1] if found else at + 1, end)


def is_placeholder(tag: str) -> bool:
    """Whether a tag in prose is one that no HTML knows."""
    found = _PLACEHOLDER.fullmatch(tag)
    return found is not None and _is_name(found.group(1), html=True)


def _is_name(name: str, *, html: bool) -> bool:
    return not (_PRINTED.fullmatch(name) or "://" in name or (html and _HTML.fullmatch(name)))
