"""JSON of an answer against the `json` rules of an `expect`: simple paths by hand, the rest by python-jsonpath."""

import json
import re
from collections.abc import Mapping
from typing import Any

from incidentui.config.checks import OPERATORS
from incidentui.core.evidence import Finding
from incidentui.edge.checks.web.json_path import BadPathError, compiled, follow
from incidentui.edge.matching import Matching

__all__ = [
    "NOT_JSON", "BadPathError", "NotJsonError", "check_path", "find", "judge_rule", "judge_values", "parse", "read",
]  # fmt: skip
_SIMPLE = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_-]*|\[\d+\]|\['[^'\\]*'\])*")
_PART = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\['([^'\\]*)'\]")
NOT_JSON: Any = object()
_WORDS = {"lt": "<", "gt": ">", "eq": "=", "ne": "not", "matches": "matches", "absent": "absent", "present": "present"}


class NotJsonError(ValueError):
    """Why a text is not JSON, and how many characters (later: bytes) stand before the place, where it is known."""

    def __init__(self, why: str, at: int | None = None) -> None:
        super().__init__(why)
        self.at = at


def parse(text: str) -> Any:
    """What the text says, or NOT_JSON (None is an answer too). A byte order mark is let pass, as browsers do."""
    try:
        return read(text.removeprefix("\ufeff"))
    except NotJsonError:
        return NOT_JSON


def read(text: str) -> Any:
    """Raises NotJsonError. Stricter than the standard library, which takes what no browser takes."""
    try:
        return _strict(text)
    except json.JSONDecodeError as wrong:
        raise NotJsonError(_fault(wrong), wrong.pos) from None
    except RecursionError:
        raise NotJsonError("JSON that is nested too deeply") from None
    except NotJsonError:
        raise
    except ValueError:  # an integer of thousands of digits, which takes long to read
        raise NotJsonError("a number too long to be read") from None


def _fault(wrong: json.JSONDecodeError) -> str:
    if wrong.msg == "Extra data":
        return "something after the JSON"
    opened = wrong.doc.lstrip()[:1] in ("{", "[")
    broken_off = wrong.pos >= len(wrong.doc.rstrip()) or wrong.msg.startswith("Unterminated string")
    return "JSON that breaks off" if opened and broken_off else "not JSON"


def _no_constant(name: str) -> Any:
    raise NotJsonError(f"{name} in it, which is not JSON")


def _finite(number: str) -> float:
    value = float(number)
    if value in (float("inf"), float("-inf")):
        raise NotJsonError("a number too large to be read")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one key each reader takes another one."""
    made = dict(pairs)
    if len(made) < len(pairs) and any(made[key] != value for key, value in pairs):
        twice = next(key for key, value in pairs if made[key] != value)
        raise NotJsonError(f"{_shown(twice[:40])} twice in the JSON, with two values")
    return made


def check_path(path: str) -> None:
    """Raises BadPathError. A simple path costs no import."""
    if not _SIMPLE.fullmatch(path):
        compiled(path)


def find(path: str, data: Any) -> list[Any]:
    """Every value at `path`; none when it is not there."""
    if not _SIMPLE.fullmatch(path):
        return follow(path, data)
    for name, index, quoted in _PART.findall(path):
        if index:
            if not isinstance(data, list) or int(index) >= len(data):
                return []
            data = data[int(index)]
        else:
            if not isinstance(data, dict) or (name or quoted) not in data:
                return []
            data = data[name or quoted]
    return [data]


def judge_rule(path: str, rule: object, data: Any) -> Finding:
    return judge_values(path, rule, find(path, data))


def judge_values(name: str, rule: object, values: list[Any], text: bool = False) -> Finding:
    """`text`: the values are text whatever they mean, as those of headers are."""
    tests = _tests(rule)
    ok = all(_holds(operator, *_alike(wanted, values, text)) for operator, wanted in tests)
    expected = " and ".join(_said(operator, wanted) for operator, wanted in tests)
    return Finding(name, expected, _shown(values[0]) if values else "absent", ok)


def _alike(wanted: Any, values: list[Any], text: bool) -> tuple[Any, list[Any]]:
    """Text is compared with a number as a number."""
    if not text or not _number(wanted):
        return wanted, values
    return wanted, [_as_number(value) for value in values]


def _as_number(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


_strict = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_once).decode


def _tests(rule: object) -> list[tuple[str, Any]]:
    if isinstance(rule, Mapping) and rule and set(rule) <= OPERATORS:
        return list(rule.items())
    return [("eq", rule)]


def _holds(operator: str, wanted: Any, values: list[Any]) -> bool:
    if operator in ("absent", "present"):
        return bool(values) == ((operator == "present") == bool(wanted))
    return bool(values) and all(_compare(operator, value, wanted) for value in values)


def _compare(operator: str, value: Any, wanted: Any) -> bool:
    if operator == "matches":
        text = value if isinstance(value, str) else json.dumps(value)
        return Matching().search(str(wanted), text) is not None
    if operator in ("eq", "ne"):
        # In Python True == 1; in JSON they are two things.
        same = isinstance(value, bool) == isinstance(wanted, bool) and value == wanted
        return same == (operator == "eq")
    if not _number(value) or not _number(wanted):
        return False
    return bool(value < wanted if operator == "lt" else value > wanted)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _said(operator: str, wanted: Any) -> str:
    if operator in ("absent", "present"):
        return operator if wanted else f"not {operator}"
    return _shown(wanted) if operator == "eq" else f"{_WORDS[operator]} {_shown(wanted)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:119] + "…"
