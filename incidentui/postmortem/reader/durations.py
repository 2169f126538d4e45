"""Durations and amounts in prose: "~4 hours", "45+ minutes", "7 hours 9 minutes", "25,000+ tokens"."""

import re
from typing import NamedTuple

from incidentui.core.model import Ms

_UNIT = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_ONE = (
    r"(\d{1,6}(?:[.,]\d{1,2})?)\s?(\+)?\s?-?"
    r"(days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|[dhm](?![\w.])|時間|分(?!類)|秒)"
)
_DURATION = re.compile(
    rf"(?P<about>~|≈|about |around |approx\w*\.? |約)?\s?{_ONE}(?:(?:,| and)?\s?{_ONE})?", re.IGNORECASE
)
_TOKENS = re.compile(r"(~)?\s?(\d[\d,.]*\d)(\+)?(?:\s?[-–]\s?(\d[\d,.]*\d))?\s+(tokens?)\b", re.IGNORECASE)


class Span(NamedTuple):
    ms: Ms
    text: str
    about: bool
    more: bool
    """"and more"."""
    start: int
    end: int


class Amount(NamedTuple):
    number: int
    text: str


def durations(text: str) -> list[Span]:
    """Each one in a sentence, in order."""
    return [_span(found) for found in _DURATION.finditer(text[:2_000])]


def _span(found: "re.Match[str]") -> Span:
    _, n, plus, unit, second, plus_too, unit_too = found.groups()
    ms = _ms(n, unit) + (_ms(second, unit_too) if second else 0)
    return Span(ms, found[0].strip(), bool(found["about"]), bool(plus or plus_too), found.start(), found.end())


def _ms(number: str, unit: str) -> Ms:
    per = {"時": "h", "分": "m", "秒": "s"}.get(unit[0], unit[0].lower())
    return int(float(number.replace(",", ".")) * _UNIT[per])


def tokens(text: str) -> list[Amount]:
    return [Amount(int(re.sub(r"\D", "", f[2])), f[0].strip()) for f in _TOKENS.finditer(text[:2_000])]
