"""JSONPath by python-jsonpath, with a limit in time: the filters of a path can hold regular expressions."""

import re
from contextvars import ContextVar
from functools import cache
from typing import Any

from typing_extensions import override

from incidentui.edge.matching import Matching

_KEPT = re.IGNORECASE | re.MULTILINE | re.DOTALL
_MATCHING: ContextVar[Matching] = ContextVar("matching")
"""Of the path that is being followed."""


class BadPathError(ValueError):
    """The path of a rule cannot be read: the check cannot run."""


def follow(path: str, data: Any) -> list[Any]:
    """Every value at `path`. Raises BadPathError, TooSlowError."""
    _MATCHING.set(Matching())
    return list(compiled(path).findall(data))


@cache
def compiled(path: str) -> Any:
    """Raises BadPathError."""
    import jsonpath

    try:
        return _environment().compile(path)
    except (jsonpath.JSONPathError, re.error, OverflowError) as wrong:  # the last two: of a pattern in a filter
        raise BadPathError(f"{path} is not a JSONPath: {wrong}") from wrong


@cache
def _environment() -> Any:
    """Its own ways to a pattern, each with the limit."""
    import jsonpath
    from jsonpath.function_extensions import Match, Search

    class Environment(jsonpath.JSONPathEnvironment):
        @override
        def compare(self, left: object, operator: str, right: object) -> bool:
            if operator == "=~" and isinstance(right, re.Pattern) and isinstance(left, str):
                return _MATCHING.get().whole(right.pattern, left, right.flags & _KEPT)
            return super().compare(left, operator, right)

        @override
        def setup_function_extensions(self) -> None:
            super().setup_function_extensions()
            self.function_extensions |= {"match": WholeText(), "search": PartOfText()}

    class WholeText(Match):
        @override
        def __call__(self, value: object, pattern: object) -> bool:
            known = self.check_cache(pattern) if isinstance(pattern, str) else None
            return known is not None and isinstance(value, str) and _MATCHING.get().whole(known.pattern, value)

    class PartOfText(Search):
        @override
        def __call__(self, value: object, pattern: object) -> bool:
            known = self.check_cache(pattern) if isinstance(pattern, str) else None
            found = known is not None and isinstance(value, str) and _MATCHING.get().search(known.pattern, value)
            return bool(found)

    return Environment()
