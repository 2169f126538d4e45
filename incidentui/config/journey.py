"""A journey as a frozen value: steps of one visitor, one after the other, with what is carried from step to step."""

import re
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Literal

from typing_extensions import override

from incidentui.config.checks import Check, Expect, Secret, clean_url
from incidentui.core.value import dataclass

Place = Literal["input", "meta", "cookie", "json", "header", "regex"]
BASE = "base_url"
_LITERAL_OR_NAME = re.compile(r"\{\{([^{}]*)\}\}|\{([A-Za-z_][A-Za-z0-9_]*)(?::([^{}\s]{1,200}))?\}")


@dataclass(frozen=True, slots=True)
class Save:
    """A value taken from the answer of a step, known by `name` in the steps after it."""

    name: str
    place: Place
    what: str


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    method: str
    path: str
    """Below the base address, with placeholders."""
    headers: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] | None = None
    json: object = None
    body: str | None = None
    save: tuple[Save, ...] = ()
    expect: Expect = field(default_factory=Expect)
    always_run: bool = False
    repeat: int = 1
    follow_redirects: bool = False

    def texts(self) -> Iterator[str]:
        """Everything in which placeholders stand."""
        yield self.path
        yield from (value for _, value in (*self.headers, *(self.form or ())))
        yield from _texts_in(self.json)
        yield self.body or ""


@dataclass(frozen=True, slots=True)
class JourneyCheck(Check):
    kind = "journey"
    base_url: str = ""
    secrets: tuple[tuple[str, Secret | str], ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    @override
    def target(self) -> str:
        ways = [f"{step.method} {step.path}" for step in self.steps]
        return f"{clean_url(self.base_url)}: " + " → ".join(ways)

    @override
    def commands(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple((f"secrets.{name}", s.command) for name, s in self.secrets if isinstance(s, Secret) and s.command)

    def called(self, step: Step) -> str:
        """The step as a verdict names it."""
        return f"step {self.steps.index(step) + 1}, {step.name}"


def placeholders(text: str) -> Iterator[tuple[str, str]]:
    """(name, argument): `{csrf}` is ("csrf", ""), `{cookie:sid}` is ("cookie", "sid"); `{{csrf}}` is plain text."""
    for found in _LITERAL_OR_NAME.finditer(text):
        if found.group(2):
            yield found.group(2), found.group(3) or ""


def filled(text: str, value: Callable[[str, str], str]) -> str:
    """`text` with each placeholder as `value(name, argument)`."""

    def one(found: re.Match[str]) -> str:
        return value(found.group(2), found.group(3) or "") if found.group(2) else f"{{{found.group(1)}}}"

    return _LITERAL_OR_NAME.sub(one, text)


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)
