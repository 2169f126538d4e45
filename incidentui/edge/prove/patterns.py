"""Texts that a regular expression matches, or a glob: what a stand-in says to be as expected. Tried, never trusted."""

import importlib
import re
from collections.abc import Iterable
from typing import Any

from incidentui.edge.matching import Matching, TooSlowError

_LONGEST = 2000
_CLASSES = {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a"}
_CLASSES |= {"CATEGORY_NOT_DIGIT": "a", "CATEGORY_NOT_SPACE": "a", "CATEGORY_NOT_WORD": " "}
_ANY = "a7A _-.<\"'/"


class NoExampleError(Exception):
    """No text is known that the pattern matches."""


def example(pattern: str) -> str:
    """A short text in which the pattern is found. Raises NoExampleError."""
    try:
        # The standard library's own parser: the only one that reads its patterns as it does.
        parsed = importlib.import_module("re._parser").parse(pattern)
        text = "".join(_one(str(op), value) for op, value in parsed)
    except (NoExampleError, re.error, RecursionError, ImportError, TypeError, ValueError):
        raise NoExampleError(pattern) from None
    if len(text) > _LONGEST or not found_in(pattern, text):
        raise NoExampleError(pattern)
    return text


def found_in(pattern: str, text: str) -> bool:
    """As a check finds it; a pattern that takes too long finds nothing, as there."""
    try:
        return Matching().search(pattern, text) is not None
    except TooSlowError:
        return False


def address(glob: str, never: str | None = None) -> str:
    """A path that the first glob matches and the second does not."""
    from fnmatch import fnmatchcase

    for middle in ("", "/", "x", "home", "/home"):
        path = glob.replace("*", middle)
        if path and (never is None or not fnmatchcase(path, never)):
            return path
    raise NoExampleError(glob)


def _one(op: str, value: Any) -> str:
    """A text for one part of a pattern; texts are short, so that no repetition of them is long."""
    match op:
        case "LITERAL":
            return chr(value)
        case "ANY":
            return "a"
        case "IN":
            return _of_set(value)
        case "NOT_LITERAL":
            return next(c for c in _ANY if ord(c) != value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = value
            # Once where it may be: a group that is saved must not be empty.
            return _all(inner) * min(max(int(least), min(int(most), 1)), 100)
        case "SUBPATTERN":
            return _all(value[-1])
        case "ATOMIC_GROUP":
            return _all(value)
        case "BRANCH":
            return _all(value[1][0])
        case "AT" | "ASSERT_NOT":
            return ""
        case _:
            raise NoExampleError(op)


def _all(parts: Iterable[tuple[Any, Any]]) -> str:
    return "".join(_one(str(op), value) for op, value in parts)


def _of_set(items: list[tuple[Any, Any]]) -> str:
    first = str(items[0][0])
    if first == "NEGATE":
        return next(c for c in _ANY if not any(_holds(c, item) for item in items[1:]))
    if first == "LITERAL":
        return chr(items[0][1])
    if first == "RANGE":
        return chr(items[0][1][0])
    return _CLASSES.get(str(items[0][1]), "a")


def _holds(char: str, item: tuple[Any, Any]) -> bool:
    op, value = str(item[0]), item[1]
    if op == "LITERAL":
        return bool(ord(char) == value)
    if op == "RANGE":
        return bool(value[0] <= ord(char) <= value[1])
    name = str(value).removeprefix("CATEGORY_")
    kind = {"DIGIT": char.isdigit(), "SPACE": char.isspace(), "WORD": char.isalnum() or char == "_"}
    return not kind.get(name[4:], False) if name.startswith("NOT_") else kind.get(name, False)
