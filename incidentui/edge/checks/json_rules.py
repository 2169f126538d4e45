"""JSON of an answer against the `json` rules of an `expect`: simple paths by hand, the rest by python-jsonpath."""

import json
import re
from collections.abc import Mapping
from typing import Any

from incidentui.config.checks import OPERATORS
from incidentui.core.evidence import Finding

_SIMPLE = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_-]*|\[\d+\]|\['[^'\\]*'\])*")
_PART = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\['([^'\\]*)'\]")
NOT_JSON: Any = object()
_WORDS = {"lt": "<", "gt": ">", "eq": "=", "ne": "not", "matches": "matches", "absent": "absent", "present": "present"}


class BadPathError(ValueError):
    """The path of a rule cannot be read: the check cannot run."""


def parse(text: str) -> Any:
    """What the text says, or NOT_JSON (None is an answer too). A byte order mark is let pass, as browsers do."""
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return NOT_JSON


def check_path(path: str) -> None:
    """Raises BadPathError. A simple path costs no import."""
    if not _SIMPLE.fullmatch(path):
        _compiled(path)


def find(path: str, data: Any) -> list[Any]:
    """Every value at `path`; none when it is not there."""
    if not _SIMPLE.fullmatch(path):
        return list(_compiled(path).findall(data))
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
    values = find(path, data)
    tests = _tests(rule)
    ok = all(_holds(operator, wanted, values) for operator, wanted in tests)
    expected = " and ".join(_said(operator, wanted) for operator, wanted in tests)
    return Finding(path, expected, _shown(values[0]) if values else "absent", ok)


def _compiled(path: str) -> Any:
    import jsonpath

    try:
        return jsonpath.compile(path)
    except jsonpath.JSONPathError as wrong:
        raise BadPathError(f"{path} is not a JSONPath: {wrong}") from wrong


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
        return re.search(str(wanted), value if isinstance(value, str) else json.dumps(value)) is not None
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
