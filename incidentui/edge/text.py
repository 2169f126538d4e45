"""Text from outside made harmless: what a terminal would obey becomes a visible mark, and the length is bounded.

The one door for log lines, commit messages, names, HTTP bodies. Knows no screen and no markup; secrets are the
business of `edge.redact`, whose functions are offered here too because nearly every caller needs both.
"""

import re

from incidentui.edge.redact import GONE, add_known_secrets, redact, set_known_secrets

__all__ = ["Lines", "add_known_secrets", "clean", "clean_and_redact", "redact", "set_known_secrets"]

LIMIT = 4000
MARK = "\ufffd"
"""Stands for a character that has no picture of its own."""
_AHEAD = 8_192
"""Characters read beyond the limit, so that a secret which the cut would split is still seen whole."""

# Colours and "erase to the end of the line" are decoration and go without a trace. Every other sequence keeps all
# its characters and loses only its power (␛[2J): an unfinished OSC must not swallow the text that follows it.
_COLOUR = re.compile(r"(?:\x1b\[|\x9b)(?:[0-9:;]{0,64}m|[012]?K)")
_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"
    "\u00ad\u061c\u115f\u1160\u180e\u3164\uffa0"  # soft hyphen, bidi mark, fillers that show nothing
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # zero width, separators, bidi overrides and isolates
    "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"  # interlinear marks, no characters, lone surrogates
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"  # shorthand, music, tags
)
_PICTURES = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "␡"}


def clean(text: str | bytes, limit: int = LIMIT, lines: bool = False) -> str:
    """`text` with every control character as a picture, at most `limit` characters; newlines stay with `lines`."""
    return _bound(_harmless(text, limit, lines), limit)


def clean_and_redact(text: str | bytes, limit: int = LIMIT, lines: bool = False) -> str:
    """Cleaned, then free of secrets, then cut: a cut first could leave half a secret that no pattern knows."""
    whole = redact(_harmless(text, limit, lines=True))
    return _bound(whole if lines else _one_line(whole), limit)


class Lines:
    """Lines that come one by one: the body of a private key holds nothing that gives it away, its first line does."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._inside = False

    def __call__(self, text: str | bytes) -> str:
        plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        begin, end = _KEY_BEGIN.search(plain), _KEY_END.search(plain)
        inside, self._inside = self._inside, (self._inside or begin is not None) and end is None
        return GONE if inside and not end and not begin else clean_and_redact(text, self._limit)


def _harmless(text: str | bytes, limit: int, lines: bool) -> str:
    most = limit * 2 + _AHEAD
    cut = len(text) > most
    text = text[:most]
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="replace")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    text = _VARIATION.sub("", _COLOUR.sub("", text))
    text = _UNSAFE.sub(_visible, text)
    return (text if lines else _one_line(text)) + ("…" if cut else "")


def _visible(found: re.Match[str]) -> str:
    char = found.group()
    if char == "\n":
        return char
    return "    " if char == "\t" else _PICTURES.get(char, MARK)


def _one_line(text: str) -> str:
    return text.rstrip("\n").replace("\n", "␊")


def _bound(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"
