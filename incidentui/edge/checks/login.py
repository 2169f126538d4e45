"""What gives a login page away, whatever its status says. Pure."""

import re
from urllib.parse import SplitResult, urlsplit

from incidentui.edge.checks.answer import Response

_LOGIN_PATH = re.compile(r"(?i)(?<![a-z])(?:log[-_]?in|sign[-_]?in|sso|oauth2?)(?![a-z])")
_PASSWORD_FIELD = re.compile(r"(?i)<input[^>]{0,500}\btype\s{0,3}=\s{0,3}[\"']?password")
_LOGIN_FORM = re.compile(r"(?i)<form[^>]{0,500}\baction\s{0,3}=\s{0,3}[\"']?([^\"'\s>]{0,200})")


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
    if not text.lstrip().startswith(("{", "[")) and _PASSWORD_FIELD.search(text):
        form = _LOGIN_FORM.search(text)
        markers += [f'form action="{form.group(1)}"'] if form and form.group(1) else []
        markers.append("a password field")
    return tuple(markers)


def split(address: str) -> SplitResult:
    """Of any text: a Location can be one that is no address."""
    try:
        return urlsplit(address)
    except ValueError:  # a broken IPv6 address
        return SplitResult("", "", address, "", "")
