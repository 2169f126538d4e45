"""Errors that were met before: from a line, an exit code or an engine's words to what they mean and a safe next step.

A message says what failed; the library says what that means ("the data directory is empty: a new volume is mounted").
Text is bounded in lines and in the length of a line, and patterns were checked when they were read
(`config.known_errors`), so a look through a log has an end. Pure; texts were cleaned before they got here.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from incidentui.core.model import KnownError, SeenError, Workload
from incidentui.core.value import dataclass

LINES = 200
CHARS = 500
MOST = 3
"""Of one text: what more is recognised is seldom the cause."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How an error is recognised. `pattern` empty: by its exit codes alone."""

    name: str
    meaning: str
    step: str
    pattern: str = ""
    exits: tuple[int, ...] = ()
    about: str = ""
    """Where the error is told of."""
    own: bool = False
    """Of the project's own file: nobody has tried how long its pattern takes."""


Search = Callable[[str, str], bool]
"""Whether a pattern is found in a line. TimeoutError: it took too long, and no time is left for others."""


class Library:
    """Signatures in the order of their precedence; patterns are compiled on first use."""

    def __init__(self, signatures: Iterable[Signature] = (), searching: Callable[[], Search] | None = None) -> None:
        """`searching` gives the search for the project's own patterns in one text, all of them together."""
        self.signatures = tuple(signatures)
        self._searching = searching

    @cached_property
    def _patterns(self) -> tuple[tuple[Signature, re.Pattern[str]], ...]:
        return tuple((each, re.compile(each.pattern)) for each in self.signatures if each.pattern)

    def of_lines(self, lines: Sequence[str]) -> list[KnownError | None]:
        """Of each line, as of one text."""
        look = _Look(self._searching)
        return [next(self._in(line, look), None) or look.complaint(line) for line in lines]

    def of_text(self, text: str) -> tuple[KnownError, ...]:
        """What the end of a text tells of, each once with the last line that says so."""
        found: dict[str, KnownError] = {}
        look = _Look(self._searching)
        for line in reversed(text.splitlines()[-LINES:]):
            for known in self._in(line, look):
                found.setdefault(known.name, known)
        told = [found[each.name] for each in self.signatures if each.name in found][:MOST]
        return tuple([*told, look.slow] if look.slow else told)[:MOST]

    def of_workload(self, workload: Workload, log: str = "") -> tuple[KnownError, ...]:
        """An exit code says least, so it speaks only where nothing else does."""
        told = self.of_text(f"{log}\n{workload.note}")
        return told or tuple(self._ended(workload.exit_code))[:1]

    def _in(self, line: str, look: "_Look") -> Iterator[KnownError]:
        line = line[:CHARS]
        for each, pattern in self._patterns:
            if look.finds(each, pattern, line):
                yield _known(each, line.strip())

    def _ended(self, code: int | None) -> Iterator[KnownError]:
        return (_known(each, f"exit {code}") for each in self.signatures if code is not None and code in each.exits)


class _Look:
    """One text, and what its search has cost."""

    def __init__(self, searching: Callable[[], Search] | None) -> None:
        self._search = searching() if searching else None
        self.slow: KnownError | None = None
        """In place of what was not looked for."""
        self._told = False

    def finds(self, each: Signature, pattern: re.Pattern[str], line: str) -> bool:
        if not each.own or self._search is None:
            return pattern.search(line) is not None
        if self.slow is not None:
            return False
        try:
            return self._search(each.pattern, line)
        except TimeoutError:
            meaning = (
                f"The pattern of {each.name} takes too long here: the project's own errors were not all looked for."
            )
            self.slow = KnownError(each.name, meaning, f"Write it simpler: {each.pattern}", line.strip())
            return False

    def complaint(self, line: str) -> KnownError | None:
        """Once, at the line where it happened."""
        first = self.slow is not None and not self._told and self.slow.line == line[:CHARS].strip()
        self._told |= first
        return self.slow if first else None


def _known(signature: Signature, line: str) -> KnownError:
    return KnownError(signature.name, signature.meaning, signature.step, line)


def of_source(errors: Iterable[SeenError], source: str) -> tuple[KnownError, ...]:
    """What is known of the errors that one check or workload tells of now, the newest first."""
    told = [known for seen in errors if seen.source == source for known in seen.known]
    return tuple({known.name: known for known in reversed(told)}.values())
