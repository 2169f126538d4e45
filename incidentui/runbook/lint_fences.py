"""Fences that are not what their author meant: never closed, without a language, output marked as a command."""

import re
from collections.abc import Iterator, Sequence

from incidentui.runbook.fences import READS_AS_OUTPUT, READS_SO, is_closed, line_of
from incidentui.runbook.lint_variables import Book
from incidentui.runbook.model import Command, Problem

_STEP_LINE = re.compile(r"#{1,6} |\d+[.)] ")


def swallowed(book: Book) -> Iterator[Problem]:
    """Headings and entries that an unclosed fence took into itself."""
    for token in book.tokens:
        if token.type != "fence" or is_closed(token, book.lines):
            continue
        for n, line in enumerate(token.content.splitlines(), 1):
            if _STEP_LINE.match(line.lstrip()):
                said = f"it belongs to the fence of line {line_of(token)}, which is never closed"
                yield Problem(line_of(token) + n, said, f"end the fence with {token.markup}", rule="unreachable")


def unlabelled(book: Book) -> Iterator[Problem]:
    for step in book.steps:
        for command in step.commands:
            if not command.lang:
                said = "no language: it is shown, never run"
                yield Problem(command.line, said, "```sh for a command, ```text for output", "warning", "no-language")


def output(book: Book) -> Iterator[Problem]:
    for command in book.shell():
        if command.why_not == READS_AS_OUTPUT:
            hint = "```text for output, ```promql for a query, `$ ` before a command"
            yield Problem(command.line, f"{READS_AS_OUTPUT}: it is shown, not run", hint, "warning", READS_SO)


def in_file(command: Command, n: int, lines: Sequence[str]) -> int:
    """The line of the file where line n (from 0) of the command stands: between prompts lines were left out."""
    at = command.line
    for text in command.text.split("\n")[: n + 1]:
        while at < len(lines) - 1 and not lines[at].rstrip().endswith(text.strip()):
            at += 1
        at += 1
    return at
