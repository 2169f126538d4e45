"""`runbook check`: a linter for CI. Reads files and says what is wrong in them; nothing is run."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import click

from incidentui.cli.books import file_of, folders_of, markdown_in, read, root_or_none, shelf_of, where
from incidentui.cli.options import CannotRun, Options
from incidentui.config.known_errors import shipped
from incidentui.config.load import load
from incidentui.core.format import count
from incidentui.core.visible import plainly
from incidentui.edge.runbooks import project_files
from incidentui.edge.text import redact
from incidentui.runbook.front import Known
from incidentui.runbook.lint import Finding, lint

Findings = list[tuple[str, Finding]]


@click.command("check")
@click.argument("which", nargs=-1, metavar="[WHICH...]")
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help='Print {"ok", "files", "errors", "warnings", "findings": [...]}.')
@click.option("--strict", is_flag=True, help="A warning counts as an error.")
@click.pass_obj
def command(options: Options, which: tuple[str, ...], form: str, as_json: bool, strict: bool) -> int:
    """Lint runbooks: files, folders or names (default: those of the project). Exit 1 when one has an error."""
    files = list(dict.fromkeys(_files(options, which)))
    findings = [(where(file), one) for file in files for one in _findings(options, file)]
    levels = [one.level for _, one in findings]
    errors, warnings = levels.count("error"), levels.count("warning")
    bad = errors > 0 or (strict and warnings > 0)
    form = "json" if as_json else form
    if form == "json":
        _json(files, findings, bad, errors, warnings)
    else:
        for file, one in findings:
            click.echo(annotation(file, one) if form == "github" else line(file, one))
        told = f"{count(len(files), 'file')}, {count(errors, 'error')}, {count(warnings, 'warning')}"
        click.echo(told, err=form == "github")
    return 1 if bad else 0


def _files(options: Options, which: Sequence[str]) -> Iterator[Path]:
    if not which:
        yield from _of_the_project(options)
    for name in which:
        path = Path(name)
        if path.is_dir():
            found = list(markdown_in(path))
            if not found:
                raise CannotRun(f"no Markdown file in {name}.")
            yield from found
        elif path.exists():
            yield path
        else:
            yield _named(options, name)


def _of_the_project(options: Options) -> list[Path]:
    root = root_or_none(options)
    folders = folders_of(root) if root else ()
    files = project_files(root, folders) if root else []
    if not files:
        where_looked = f" in {', '.join(folders)} of {root}" if root else ": no project here"
        raise CannotRun(f"no runbook{where_looked}. Name files, or a folder.")
    return files


def _named(options: Options, name: str) -> Path:
    shelf = shelf_of(options)
    book = shelf.get(name) or shelf.get(name.removesuffix(".md"))
    if book is None:
        raise CannotRun(f"{name} is no file, no folder and no runbook; `incidentui runbook list` names them.")
    return file_of(book, root_or_none(options))


def _findings(options: Options, file: Path) -> Sequence[Finding]:
    """A file that cannot be read is never offered to anybody: that is an error in it, not in the asking."""
    try:
        found = read(options, file)
    except CannotRun as why:
        return (Finding(1, 1, "error", "not-read", str(why.message).removeprefix(f"{file}: ")),)
    return lint(found.book, found.text, known_here(root_or_none(options)))


@cache
def known_here(root: Path | None) -> Known:
    """The services of the project and the known errors, which a runbook may name. A copy may name another project's."""
    if root is None:
        return Known()
    config = load(root, untrusted=True).config
    services = frozenset(service.name for service in config.services) or None
    return Known(services, frozenset(s.name for s in (*shipped(), *config.known_errors)))


def line(file: str, one: Finding) -> str:
    hint = f" ({one.hint})" if one.hint else ""
    return f"{plainly(file)}:{one.line}:{one.column}: {one.level}: {_said(one.text)} [{one.rule}]{_said(hint)}"


def annotation(file: str, one: Finding) -> str:
    """A workflow command, as GitHub Actions reads it: https://docs.github.com/actions (workflow commands)."""
    place = f"file={_property(file)},line={one.line},col={one.column},title={_property(one.rule)}"
    text = one.text + (f" ({one.hint})" if one.hint else "")
    return f"::{one.level} {place}::{_data(_said(text))}"


def _said(text: str) -> str:
    return plainly(redact(text))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(plainly(text)).replace(":", "%3A").replace(",", "%2C")


def _json(files: Sequence[Path], findings: Findings, bad: bool, errors: int, warnings: int) -> None:
    told = [
        {"file": file, "line": f.line, "column": f.column, "level": f.level, "rule": f.rule, "text": redact(f.text),
         "hint": redact(f.hint)}
        for file, f in findings
    ]  # fmt: skip
    names = [where(file) for file in files]
    document = {"ok": not bad, "files": names, "errors": errors, "warnings": warnings, "findings": told}
    click.echo(json.dumps(document, ensure_ascii=False))
