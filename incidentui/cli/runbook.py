"""`runbook`: list, show, check, new and run, for scripts and CI. Only `run` runs anything."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from typing import Any, cast

import click

from incidentui.cli.books import found, root_or_none, shelf_of
from incidentui.cli.journal_access import open_to_read
from incidentui.cli.options import Options
from incidentui.cli.runbook_check import command as check_command
from incidentui.cli.runbook_hand import cut_short, hand_over
from incidentui.cli.runbook_new import command as new_command
from incidentui.cli.runbook_run import command as run_command
from incidentui.core.format import count
from incidentui.core.model import LastRun
from incidentui.core.visible import plainly
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.errors import JournalError
from incidentui.edge.text import redact
from incidentui.runbook.model import Runbook, Step
from incidentui.runbook.stands import last_run
from incidentui.session.ports import Unreadable
from incidentui.session.turn import state_at


@click.group("runbook")
def command() -> None:
    """Runbooks: list, show, check, make and run them."""


command.add_command(check_command)
command.add_command(run_command)
command.add_command(hand_over)
command.add_command(cut_short)
command.add_command(new_command)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"runbooks": [...], "left_out": [...]}.')
@click.pass_obj
def list_command(options: Options, as_json: bool) -> None:
    """The runbooks of the project, then those that came with the program."""
    shelf, runs, now = shelf_of(options), last_runs(options), SystemClock().now()
    if as_json:
        listed = [{**_listed(b), "last_run": _run(runs.get(b.id))} for b in shelf.runbooks]
        click.echo(json.dumps({"runbooks": listed, "left_out": list(shelf.left_out)}))
        return
    wide = max((len(b.id) for b in shelf.runbooks), default=0)
    for book in shelf.runbooks:
        click.echo(
            f"{plainly(book.id):<{wide}}  {plainly(book.title)}  ({count(len(book.steps), 'step')}, {_state(book)})"
        )
        if (last := runs.get(book.id)) is not None:
            click.echo(f"{'':<{wide}}    {plainly(last_run(last, now))}")
    for said in shelf.left_out:
        click.echo(f"incidentui: left out: {said}", err=True)


def _listed(book: Runbook) -> dict[str, object]:
    return {
        "id": book.id,
        "title": book.title,
        "path": book.path,
        "origin": book.origin,
        "trusted": book.trusted,
        "steps": len(book.steps),
        "alerts": list(book.alerts),
        "tags": list(book.tags),
        "errors": sum(p.level == "error" for p in book.problems),
    }


def last_runs(options: Options) -> Mapping[str, LastRun]:
    """How each runbook was worked through last, as this project's journal has it; nothing where there is none."""
    if root_or_none(options) is None:
        return {}
    try:
        if (journal := open_to_read(options)) is None:
            return {}
        with closing(journal):
            return state_at(journal, journal.last()).last_runs
    except (sqlite3.Error, JournalError, Unreadable):
        return {}  # a journal that cannot be read keeps nobody from the runbooks; other commands say what is wrong


def _run(last: LastRun | None) -> dict[str, Any] | None:
    return asdict(last) if last is not None else None


def _state(book: Runbook) -> str:
    errors = sum(p.level == "error" for p in book.problems)
    if errors:
        return count(errors, "error")
    if book.origin == "shipped":
        return "came with the program"
    return "allowed" if book.trusted else book.asked_again or "not allowed yet"


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
        click.echo(json.dumps({**document(book), "last_run": _run(last)}, ensure_ascii=False))
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
    yield f"{plainly(book.title)}  ({book.path}, {_state(book)})"
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
    if step.undo_action is not None:
        args = (f"{k}={plainly(redact(v))}" for k, v in step.undo_action.args)
        yield "      ← " + " ".join([step.undo_action.name, *args])
    if step.then is not None:
        yield f"      → step {step.then} when it comes out good"
    if step.otherwise is not None:
        yield f"      → step {step.otherwise} when it fails"
