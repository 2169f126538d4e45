"""`trust`: allow what the files of a repository want to run, as they are now. What was shown is what is allowed."""

import json
import os
import sys
from pathlib import Path

import click

from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.options import CannotRun, Options, Refused
from incidentui.config import trust
from incidentui.config.load import load
from incidentui.config.paths import CONFIG
from incidentui.core.value import dataclass
from incidentui.edge.runbooks import MOST_BYTES, project_files, visible
from incidentui.edge.text import clean

_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Asking:
    """A file and what of it would run."""

    path: Path
    content: bytes
    lines: tuple[str, ...]


@click.command("trust")
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option("--revoke", is_flag=True, help="Withdraw what was allowed.")
@click.option("--json", "as_json", is_flag=True, help='Print {"trusted": [{"file", "hash"}]}.')
@click.pass_obj
def command(options: Options, files: tuple[str, ...], revoke: bool, as_json: bool) -> None:
    """Allow the commands of these files (default: incidentui.toml and the runbooks of the project) as they are now."""
    if options.read_only:
        raise Refused("trust allows commands to run, and --read-only was given. Leave it out.")
    asking = [_read(Path(name)) for name in files] if files else _project(options)
    try:
        if revoke:
            _revoke(asking, as_json)
        else:
            _allow(asking, as_json, ask=not files)
    except trust.UnsafeStoreError as error:
        raise CannotRun(str(error)) from None


def _allow(asking: list[Asking], as_json: bool, *, ask: bool) -> None:
    if not as_json:
        for one in asking:
            _show(one)
    if not asking and not as_json:
        click.echo("Nothing here runs a command: there is nothing to allow.")
    if asking and ask and sys.stdin.isatty() and sys.stdout.isatty() and not as_json:
        click.confirm(f"Allow {_count(len(asking), 'file')} as shown?", abort=True)
    by = _by()
    allowed = [{"file": str(one.path), "hash": trust.allow(one.path, one.content, by)} for one in asking]
    if as_json:
        click.echo(json.dumps({"trusted": allowed}))
    elif allowed:
        click.echo(f"Allowed {_count(len(allowed), 'file')}. A changed byte asks again.")


def _revoke(asking: list[Asking], as_json: bool) -> None:
    gone = [(str(one.path), trust.revoke(one.path)) for one in asking]
    if as_json:
        revoked = [{"file": file, "grants": grants} for file, grants in gone]
        click.echo(json.dumps({"trusted": [], "revoked": revoked}))
        return
    for file, grants in gone:
        click.echo(f"{clean(file)}: {'withdrawn' if grants else 'was not allowed'}")


# -- what would be allowed


def _project(options: Options) -> list[Asking]:
    root = project_root(options)
    folders = load(root, untrusted=True).config.runbooks
    paths = [root / CONFIG] if (root / CONFIG).is_file() else []
    found = [_read(path) for path in (*paths, *project_files(root, folders))]
    return [one for one in found if one.lines]


def _read(path: Path) -> Asking:
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}. Name a file that is there.") from None
    if len(content) > MOST_BYTES:
        raise CannotRun(f"{path} is longer than {MOST_BYTES // 1024} KB: nobody could read what it would allow.")
    if path.name == CONFIG:
        return Asking(path, content, _config_lines(path))
    if path.suffix.lower() == ".md":
        return Asking(path, content, _runbook_lines(path, content))
    return Asking(path, content, tuple(visible(content)[:_SHOWN].splitlines()))


def _config_lines(path: Path) -> tuple[str, ...]:
    commands = load(path.parent, untrusted=True).config.commands()
    return tuple(f"{clean(key)}: {' '.join(clean(word) for word in argv)}" for key, argv in commands)


def _runbook_lines(path: Path, content: bytes) -> tuple[str, ...]:
    from incidentui.runbook.parse import parse

    out = []
    for step in parse(visible(content), path.name).steps:
        if step.action:
            args = " ".join(f"{key}={value}" for key, value in step.action.args)
            out.append(f"{step.action.line}: {step.action.name} {args}".rstrip())
        for command in step.commands:
            if command.runnable or not command.lang:
                first, *rest = command.text.split("\n")
                out += [f"{command.line}: {first}", *(f"    {line}" for line in rest)]
    return tuple(out)


def _show(one: Asking) -> None:
    changed = "changed since it was allowed" if trust.was_allowed(one.path) else ""
    known = "allowed already" if trust.grant(one.path, one.content) else changed
    click.echo(f"{clean(str(one.path))}  {trust.digest(one.content)}" + (f"  ({known})" if known else ""))
    for line in one.lines or ("nothing that would run",):
        click.echo(f"  {line}")


def _by() -> str:
    """Who allows it, where that is known without asking: trust must work in CI."""
    try:
        return responder() if os.environ.get("INCIDENTUI_USER") or sys.stdin.isatty() else ""
    except CannotRun:
        return ""


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
