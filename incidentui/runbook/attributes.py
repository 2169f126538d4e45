"""What the attributes of a fence mean, and which of them mean nothing where they stand. Pure.

Names and meanings are runme's where runme has them; the others are ours.
"""

import difflib
import os.path
from collections.abc import Iterator, Mapping, Sequence

from incidentui.core.format import parse_duration
from incidentui.core.model import Ms
from incidentui.core.value import dataclass
from incidentui.runbook.model import Command, Pairs, Problem, Step

EVERY = "name danger then else undo excludeFromRunAll"
ON_SHELL = frozenset(
    f"{EVERY} cwd interpreter interactive ignore confirm timeout retries expectExit within every follow".split()
)
ON_ACTION = frozenset(f"{EVERY} action".split())
ON_TEXT = frozenset(("name", "ignore"))
NOWHERE = frozenset(("background", "promptEnv", "tag", "host"))
"""Read, kept, and without effect here; `runbook check` says so."""
ATTRIBUTES = ON_SHELL | ON_ACTION | NOWHERE
_NO = ("false", "no", "0", "never", "")
_YES_OR_NO = ("push", "build", "pull", "deps")
"""Arguments of actions."""
_SWITCHES = ("interactive", "background", "follow", "ignore", "excludeFromRunAll")
_DURATIONS = ("within", "timeout", "every")
_NUMBERS = ("retries", "expectExit", "consecutive")
UNDO = ("true", "check")
WITHIN_MS: Ms = 5 * 60_000
FOLLOW_MS: Ms = 4 * 3_600_000
EVERY_MS: Ms = 10_000
_MOST = 255
_MOST_KNOWN = 300
_WHY: Mapping[str, str] = {
    "background": "what a step leaves behind is ended with it; `follow` waits as long as it takes",
    "promptEnv": "nothing is asked for what a block exports; declare it in vars",
    "tag": "the steps of a runbook are not chosen by tag; `tags` in the front matter says what the runbook fits",
    "host": "a block runs where the program runs",
}


def on(value: str) -> bool:
    return value.strip().lower() not in _NO


def near(word: str, known: Sequence[str] | frozenset[str]) -> str:
    if len(known) > _MOST_KNOWN:
        return ""  # each look goes through all of them: nobody waits minutes for a hint
    found = difflib.get_close_matches(word, sorted(known), 1)
    return f"did you mean {found[0]}?" if found else "known: " + ", ".join(sorted(known))


@dataclass(frozen=True, slots=True)
class Fence:
    """How a shell block is run."""

    attrs: Mapping[str, str]

    @property
    def follows(self) -> bool:
        """It runs until it ends by itself."""
        return on(self.attrs.get("follow", ""))

    @property
    def interactive(self) -> bool:
        return on(self.attrs.get("interactive", ""))

    @property
    def polls_ms(self) -> Ms | None:
        """How long it is asked again and again; None: it runs once."""
        return parse_duration(self.attrs.get("within", ""))

    @property
    def every_ms(self) -> Ms:
        return parse_duration(self.attrs.get("every", "")) or EVERY_MS

    @property
    def timeout_ms(self) -> Ms:
        """Of one run of it."""
        return parse_duration(self.attrs.get("timeout", "")) or (FOLLOW_MS if self.follows else WITHIN_MS)

    @property
    def whole_ms(self) -> Ms:
        """All its runs together."""
        return self.polls_ms or self.timeout_ms

    @property
    def retries(self) -> int:
        return self._number("retries", 0)

    @property
    def wanted(self) -> int:
        return self._number("expectExit", 0)

    @property
    def folder(self) -> str:
        return self.attrs.get("cwd", "")

    @property
    def interpreter(self) -> str:
        return self.attrs.get("interpreter", "")

    def _number(self, name: str, otherwise: int) -> int:
        given = self.attrs.get(name, "")
        return min(int(given), _MOST) if given.isdecimal() else otherwise


def fence(command: Command) -> Fence:
    return Fence(dict(command.attrs))


def folder_of(path: str, command: Command) -> str:
    """Where a block of the file at `path` runs, by its `cwd`; empty: nobody said so, it is the project's folder."""
    where = fence(command).folder
    return os.path.join(os.path.dirname(path), where) if where else ""


def what_runs(path: str, steps: Sequence[Step]) -> tuple[tuple[str, str], ...]:
    """(the text of each block, with the program that it is given to; its folder): for the scripts that it names."""
    return tuple((f"{fence(c).interpreter} {c.text}", folder_of(path, c)) for step in steps for c in step.texts)


def unheeded(attrs: Pairs, known: frozenset[str] = ON_SHELL) -> Iterator[tuple[str, str]]:
    """(attribute, why it does nothing here): what is written and would silently not happen."""
    for key, value in attrs:
        if key in known or key not in ATTRIBUTES or (key in (*_SWITCHES, "promptEnv") and not on(value)):
            continue
        yield key, _WHY.get(key, "a typed action runs by its own rules" if known is ON_ACTION else "it is only shown")


def unknown(attrs: Pairs, line: int) -> Iterator[Problem]:
    for key, _ in attrs:
        if key not in ATTRIBUTES:
            hint = near(key, ATTRIBUTES)
            yield Problem(line, f"unknown attribute {key}", hint, "warning", "unknown-attribute", key)


def wrong_values(pairs: Pairs, line: int) -> Iterator[Problem]:
    """Durations, numbers and switches that are none, in attributes and in arguments."""
    for key, value in pairs:
        said = "" if "{{" in value else _wrong(key, value)
        if said:
            hint = "30s, 5m, 1h" if key in (*_DURATIONS, "for") else ""
            yield Problem(line, f"{key} {value!r} {said}", hint, rule="bad-value", about=value)


def _wrong(key: str, value: str) -> str:
    if key in (*_DURATIONS, "for") and parse_duration(value) is None:
        return "is no duration"
    if key in _NUMBERS and not value.isdecimal():
        return "is no number"
    if key in (*_YES_OR_NO, *_SWITCHES) and value not in ("true", "false"):
        return "is neither true nor false"
    return "is neither true nor check" if key == "undo" and value not in UNDO else ""
