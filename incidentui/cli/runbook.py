"""`runbook`: list, show, check, new and run, for scripts and CI. Only `run` runs anything."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import click

from incidentui.cli.books import found, where
from incidentui.cli.journal_access import project_root
from incidentui.cli.options import CannotRun, Options, Refused, may_write
from incidentui.cli.runbook_check import command as check_command
from incidentui.cli.runbook_list import command as list_command
from incidentui.cli.runbook_list import state_of
from incidentui.cli.runbook_run import command as run_command
from incidentui.core.visible import plainly
from incidentui.edge.runbooks import NotReadError, read_bounded, shipped_folder
from incidentui.edge.text import redact
from incidentui.runbook.model import Runbook, Step


@click.group("runbook")
def command() -> None:
    """Runbooks: list, show, check, make and run them."""


command.add_command(check_command)
command.add_command(run_command)
command.add_command(list_command)


# -- show


@command.command("show")
@click.argument("which", metavar="WHICH")
@click.option("--json", "as_json", is_flag=True, help='Print {"title", "phases": [...], "steps": [...]}.')
@click.pass_obj
def show_command(options: Options, which: str, as_json: bool) -> None:
    """One runbook as it was understood: WHICH is a file, or the name that `list` prints."""
    book = found(options, which).book
    click.echo(json.dumps(document(book), ensure_ascii=False) if as_json else "\n".join(_lines(book)))


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
         "why_not": c.why_not}
        for c in step.commands
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
    for command in step.commands:
        yield from (f"      | {plainly(redact(line))}" for line in command.text.split("\n"))
        if command.why_not:
            yield f"      - {command.why_not}"


# -- new


@command.command("new")
@click.argument("name", metavar="NAME")
@click.option("--from", "source", metavar="WHICH", help="Copy this one: a file, or the name that `list` prints.")
@click.option("--json", "as_json", is_flag=True, help='Print {"file"}.')
@click.pass_obj
def new_command(options: Options, name: str, source: str | None, as_json: bool) -> None:
    """A new runbook in the project's folder, never over a file: from a template, or a copy of another."""
    may_write(options, "runbook new")
    stem = re.sub(r"[^\w]+", "-", name.strip().removesuffix(".md").lower()).strip("-_")
    if not stem:
        raise CannotRun(f"{name!r} has no letter or digit to name a file by.")
    root = project_root(options)
    content = _copied(options, source) if source else _template(name.strip().removesuffix(".md"))
    file = _folder(options, root) / f"{stem}.md"
    _write_new(file, content)
    click.echo(
        json.dumps({"file": str(file)}) if as_json else f"{where(file)}: edit it, then `incidentui runbook check`"
    )


def _copied(options: Options, source: str) -> bytes:
    one = found(options, source)
    try:
        return read_bounded(Path(os.path.realpath(one.file)))
    except NotReadError as why:
        raise CannotRun(f"{source}: {why}.") from None


def _folder(options: Options, root: Path) -> Path:
    """Where the project keeps them already, else where it says that it does."""
    from incidentui.config.load import load

    folders = load(root, untrusted=True).config.runbooks
    there = (root / folder for folder in folders if (root / folder).is_dir())
    own = next((folder for folder in there if folder.resolve() != shipped_folder()), None)
    return own or root / folders[0]


def _write_new(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("xb") as opened:
            opened.write(content)
    except FileExistsError:
        raise Refused(f"{where(file)} is there already; choose another name.") from None


def _template(title: str) -> bytes:
    words = title.replace("-", " ").replace("_", " ")
    return TEMPLATE.format(title=words[:1].upper() + words[1:]).encode()


TEMPLATE = """\
---
tags: []
alerts: []
vars:
  service: {{ from: service, prompt: "Which service" }}
---
# {title}

One sentence: what a person sees when this runbook fits.

## Background

What it covers, and what it does not cover: databases, volumes, other teams' services.

## Mitigation

1. Look before you act

   What must be true before anything is changed? If it is not, this is the wrong runbook.

2. Ask the service what it says

   ```sh {{"name":"look","timeout":"30s"}}
   echo "last commits that could have changed $SERVICE:"
   git log -5 --oneline
   ```

3. Prove that users are served

   ```yaml {{"action":"verify","name":"verify"}}
   within: 5m
   consecutive: 3
   ```

## If it stays red

Who is called next, and what that person needs to know.
"""
