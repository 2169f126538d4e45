"""Variables of a runbook that nothing gives a value, that are not filled in, or that nobody uses."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import field

from markdown_it.token import Token

from incidentui.core.value import dataclass
from incidentui.runbook import commands, fields
from incidentui.runbook.attributes import near
from incidentui.runbook.model import Command, Problem, Runbook, Step
from incidentui.runbook.parse import BUILT_IN
from incidentui.runbook.shell_words import assigned, used

_TEMPLATE = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")


@dataclass(slots=True)
class Book:
    """The runbook, and the file it was read from."""

    runbook: Runbook
    lines: list[str]
    front: list[fields.Field]
    tokens: list[Token] = field(default_factory=list)

    @property
    def steps(self) -> Sequence[Step]:
        return self.runbook.steps

    def shell(self) -> Iterator[Command]:
        for step in self.steps:
            yield from (c for c in step.texts if c.lang in commands.SHELLS)


def shell_variables(book: Book) -> Iterator[Problem]:
    known = {fields.env_name(name) for name in (*BUILT_IN, *(v.name for v in book.runbook.vars))}
    said: set[str] = set()
    for command in book.shell():
        known |= assigned(command.text)
        for name in used(command.text):
            if name not in known | said:
                said.add(name)
                it_may_be = near(name, frozenset(known)) if known else ""
                hint = it_may_be if it_may_be.startswith("did") else "declare it in vars, or export it in a step before"
                yield Problem(
                    command.line, f"nothing gives ${name} a value", hint, "warning", "undefined-variable", name
                )


def templates(book: Book) -> Iterator[Problem]:
    names = {v.name for v in book.runbook.vars} | BUILT_IN
    for command in book.shell():
        for name in dict.fromkeys(_TEMPLATE.findall(command.text)):
            if name in names:
                hint = f"use ${fields.env_name(name)}: variables reach a shell by its environment"
                said = f"{{{{ {name} }}}} is not filled in in shell text"
                yield Problem(command.line, said, hint, "error", "template-in-shell", name)


def unused(book: Book) -> Iterator[Problem]:
    text = "\n".join(book.lines)
    for variable in book.runbook.vars:
        names = (rf"\{{\{{\s*{re.escape(variable.name)}\s*\}}\}}", rf"\$\{{?{fields.env_name(variable.name)}\b")
        if not re.search("|".join(names), text):
            line = next((at + 2 for key, _, at in book.front if key == "vars"), 1)
            yield Problem(line, f"no step uses {variable.name}", "", "warning", "unused-variable", variable.name)
