"""`runbook`: list, show, check, new and run, for scripts and CI. Only `run` runs anything."""

import json
from collections.abc import Iterator
from typing import Any, cast

import click

from incidentui.cli.books import found
from incidentui.cli.options import Options
from incidentui.cli.runbook_check import command as check_command
from incidentui.cli.runbook_hand import cut_short, hand_over
from incidentui.cli.runbook_list import command as list_command
from incidentui.cli.runbook_list import last_runs, run_of, state_of
from incidentui.cli.runbook_new import command as new_command
from incidentui.cli.runbook_run import command as run_command
from incidentui.core.visible import plainly
from incidentui.edge.clock import SystemClock
from incidentui.edge.text import redact
from incidentui.runbook.model import Runbook, Step
from incidentui.runbook.stands import last_run


@click.group("runbook")
def command() -> None:
    """Runbooks: list, show, check, make and run them."""


command.add_command(check_command)
command.add_command(run_command)
command.add_command(list_command)
command.add_command(hand_over)
command.add_command(cut_short)
command.add_command(new_command)


# -- show


@command.command("show")
@click.argument("which", metavar="WHICH")
@click.option("--json", "as_json", is_flag=True, help='Print {"title", "phases": [...], "steps": [...]}.')
@click.pass_obj
def show_command(options: Options, which: str, as_json: bool) -> None:
    """One runbook as it was understood: WHICH is a file, or the name that `list` prints."""
    book = found(options, which).book
    last = last_runs(options).get(book.id)
    if as_json:
        click.echo(json.dumps({**document(book), "last_run": run_of(last)}, ensure_ascii=False))
        return
    click.echo("\n".join(_lines(book)))
    if last is not None:
        click.echo(f"\n{plainly(last_run(last, SystemClock().now()))}")


def document(book: Runbook) -> dict[str, Any]:
    """The contract's shape, and a little more. Secrets that the program knows never leave."""
    phases = [{"title": p.title, "level": p.level, "line": p.line, "reading": p.reading} for p in book.phases]
    said: dict[str, Any] = {
        "title": book.title,
        "phases": phases,
        "steps": [_step(step) for step in book.steps],
        "id": book.id,
        "path": book.path,
        "trusted": book.trusted,
        "vars": [{"name": v.name, "prompt": v.prompt, "default": v.default, "from": v.source} for v in book.vars],
        "problems": [{"line": p.line, "level": p.level, "rule": p.rule, "text": p.text} for p in book.problems],
    }
    return cast("dict[str, Any]", _redacted(said))


def _step(step: Step) -> dict[str, Any]:
    commands = [
        {"lang": c.lang, "text": c.text, "runnable": c.runnable, "line": c.line, "expected": c.expected,
         "why_not": c.why_not, "undo": c in step.undo}
        for c in step.texts
    ]  # fmt: skip
    return {
        "title": step.title,
        "line": step.line,
        "manual": step.manual,
        "action": step.action.name if step.action else None,
        "commands": commands,
        "placeholders": list(step.placeholders),
        "n": step.n,
        "phase": step.phase,
        "args": dict(step.action.args) if step.action else {},
        "then": step.then,
        "else": step.otherwise,
        "undo_action": step.undo_action.name if step.undo_action else None,
    }


def _redacted(value: object) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(inner) for key, inner in value.items()}
    return [_redacted(inner) for inner in value] if isinstance(value, list) else value


def _lines(book: Runbook) -> Iterator[str]:
    yield f"{plainly(book.title)}  ({book.path}, {state_of(book)})"
    if book.summary:
        yield f"  {plainly(redact(book.summary))}"
    phase = ""
    for step in book.steps:
        if step.phase != phase:
            phase = step.phase
            yield f"\n{plainly(phase)}"
        yield f"  {step.n} {plainly(redact(step.title))}  ({_kind(step)}; line {step.line})"
        yield from _what_runs(step)
        if step.placeholders:
            yield f"      ! to fill in: {', '.join(map(plainly, step.placeholders))}"
    for problem in book.problems:
        yield f"{book.path}:{problem.line}: {problem.level}: {plainly(problem.text)}"


def _kind(step: Step) -> str:
    if step.action is not None:
        return "action"
    return "shell" if any(c.runnable for c in step.commands) else "by hand" if step.manual else "not run"


def _what_runs(step: Step) -> Iterator[str]:
    if step.action is not None:
        yield "      " + " ".join([step.action.name, *(f"{k}={plainly(redact(v))}" for k, v in step.action.args)])
    for command in step.texts:
        mark = "←" if command in step.undo else "|"
        yield from (f"      {mark} {plainly(redact(line))}" for line in command.text.split("\n"))
        if command.why_not:
            yield f"      - {command.why_not}"
        yield from (f"      · {plainly(redact(line))}" for line in command.expected.split("\n") if line.strip())
    if step.undo_action is not None:
        args = (f"{k}={plainly(redact(v))}" for k, v in step.undo_action.args)
        yield "      ← " + " ".join([step.undo_action.name, *args])
    if step.then is not None:
        yield f"      → step {step.then} when it comes out good"
    if step.otherwise is not None:
        yield f"      → step {step.otherwise} when it fails"
