"""The project's own regular expressions against text from outside: bounded in time: matching holds the program.

`re` has no limit, and some patterns take years on some lines. The package `regex` reads the same syntax and has one.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from time import perf_counter
from typing import Any

WITHIN_S = 0.2
"""For all patterns of one look together, and at most so long at a time: the screen stands still meanwhile."""

LINES_S = 2.0
"""For a log: for all its lines together, each of them bounded by itself. The screen gets its turn between them."""


class TooSlowError(Exception):
    """The pattern, and what to do. It says nothing about the service."""

    def __init__(self, pattern: str) -> None:
        super().__init__(f"{pattern} takes too long on what was read: write it simpler")


@cache
def _compiled(pattern: str, flags: int) -> Any:
    """Once for each pattern of the project: thousands of lines of a log are searched at each look."""
    import regex  # 20 ms: not for a screen that has no such rule

    return regex.compile(pattern, flags)


class Matching:
    """One look's worth of matching."""

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self._left_s = within_s

    def search(self, pattern: str, text: str, *, multiline: bool = False) -> "Any | None":
        """A match object as of `re`. TooSlowError when the time of the look is used up."""
        return next(self._matches(pattern, text, multiline), None)

    def whole(self, pattern: str, text: str, flags: int = 0) -> bool:
        """Whether all of the text is matched. `flags`: IGNORECASE, MULTILINE, DOTALL of `re`. TooSlowError."""
        return (
            next(self._within(pattern, lambda s: iter([_compiled(pattern, flags).fullmatch(text, timeout=s)])))
            is not None
        )

    def every(self, pattern: str, text: str) -> Iterator[Any]:
        """`^` and `$` stand at every line. TooSlowError."""
        return self._matches(pattern, text, multiline=True)

    def _matches(self, pattern: str, text: str, multiline: bool) -> Iterator[Any]:
        flags = re.MULTILINE if multiline else 0
        return self._within(pattern, lambda limit_s: _compiled(pattern, flags).finditer(text, timeout=limit_s))

    def _within(self, pattern: str, find: Callable[[float], Iterator[Any]]) -> Iterator[Any]:
        if self._left_s <= 0:
            raise TooSlowError(pattern)
        began = perf_counter()
        try:
            yield from find(min(self._left_s, WITHIN_S))
        except TimeoutError:
            raise TooSlowError(pattern) from None
        finally:
            self._left_s -= perf_counter() - began


def searching() -> Callable[[str, str], bool]:
    """For the project's known errors in one text: whether a pattern is found in a line. TimeoutError."""
    matching = Matching(LINES_S)

    def search(pattern: str, line: str) -> bool:
        try:
            return matching.search(pattern, line) is not None
        except TooSlowError as slow:
            raise TimeoutError from slow

    return search
