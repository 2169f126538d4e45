"""What gives a login page away, whatever its status says. Pure."""

import re
from urllib.parse import SplitResult, urlsplit

from incidentui.edge.checks.web.answer import Response

_LOGIN_PATH = re.compile(r"(?i)(?<![a-z])(?:log[-_]?in|sign[-_]?in|sso|oauth2?)(?![a-z])")
_PASSWORD_TYPE = re.compile(r"(?i)\btype\s{0,3}=\s{0,3}[\"']?password")
_FORM_ACTION = re.compile(r"(?i)\baction\s{0,3}=\s{0,3}[\"']?([^\"'\s>]{0,200})")
_TAG = 500
"""Characters of a tag that are read."""


def login_markers(response: Response, text: str) -> tuple[str, ...]:
    """Nothing when a login page is what was asked for."""
    if _LOGIN_PATH.search(split(response.asked).path):
        return ()
    markers: list[str] = []
    last = response.hops[-1]
    if _LOGIN_PATH.search(split(last.url).path):
        markers.append(f"final path {split(last.url).path}")
    if last.location and _LOGIN_PATH.search(split(last.location).path):
        markers.append(f"sent to {split(last.location).path}")
    if not text.lstrip().startswith(("{", "[")) and _attribute("<input", _PASSWORD_TYPE, text):
        form = _attribute("<form", _FORM_ACTION, text)
        markers += [f'form action="{form.group(1)}"'] if form and form.group(1) else []
        markers.append("a password field")
    return tuple(markers)


def _attribute(tag: str, attribute: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The attribute inside such a tag. Looked for backwards from it: forwards, markup can be made that takes long."""
    for found in attribute.finditer(text):
        before = text[max(0, found.start() - _TAG) : found.start()].lower()
        opened = before.rfind(tag)
        if opened >= 0 and ">" not in before[opened:]:
            return found
    return None


def split(address: str) -> SplitResult:
    """Of any text: a Location can be one that is no address."""
    try:
        return urlsplit(address)
    except ValueError:  # a broken IPv6 address
        return SplitResult("", "", address, "", "")
