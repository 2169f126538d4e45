"""`trust`: allow what the files of a repository want to run, as they are now. What was shown is what is allowed."""

import json
import os
import pwd
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.options import CannotRun, Options, Refused
from incidentui.config import trust
from incidentui.config.called import Called
from incidentui.config.load import load, parse_content, validate
from incidentui.config.paths import CONFIG, find_root
from incidentui.core.difference import DiffLine
from incidentui.core.format import count
from incidentui.core.value import dataclass
from incidentui.core.visible import look_alikes, plainly
from incidentui.edge.runbooks import NotReadError, calls_of, parsed, project_files, read_bounded, visible
from incidentui.edge.text import clean

_LONG = 500
_SIGNS = {"add": "+", "del": "-", "same": " "}


@dataclass(frozen=True, slots=True)
class Asking:
    """A file and what of it would run: all of it from bytes that were read once."""

    path: Path
    content: bytes
    lines: tuple[str, ...]
    calls: tuple[Called, ...] = ()


@click.command("trust")
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option("--revoke", is_flag=True, help="Withdraw what was allowed.")
@click.option("--json", "as_json", is_flag=True, help='Print {"trusted": [{"file", "hash"}]}.')
@click.pass_obj
def command(options: Options, files: tuple[str, ...], revoke: bool, as_json: bool) -> None:
    """Allow the commands of these files (default: incidentui.toml and the runbooks of the project) as they are now."""
    if options.read_only:
        raise Refused("trust allows commands to run, and --read-only was given. Leave it out.")
    asking = [_named(Path(name), options) for name in files] if files else _project(options)
    try:
        if revoke:
            _revoke(asking, as_json)
        else:
            _allow(asking, as_json)
    except trust.UnsafeStoreError as error:
        raise CannotRun(str(error)) from None


def _allow(asking: list[Asking], as_json: bool) -> None:
    if not as_json:
        for one in asking:
            click.echo("\n".join(_shown(one)))
    if not asking and not as_json:
        click.echo("Nothing here runs a command: there is nothing to allow.")
    if asking and sys.stdin.isatty() and sys.stdout.isatty() and not as_json:
        click.confirm(f"Allow {count(len(asking), 'file')} as shown, for {_account()}?", abort=True)
    by = _by()
    allowed = [{"file": str(one.path), "hash": trust.allow(one.path, one.content, by, one.calls)} for one in asking]
    if as_json:
        click.echo(json.dumps({"trusted": allowed}))
    elif allowed:
        click.echo(f"Allowed {count(len(allowed), 'file')}. A changed byte asks again.")


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
    """A file that cannot be read whole stops none of the others; it is named, and runs nothing."""
    root = project_root(options)
    folders = load(root, untrusted=True).config.runbooks
    paths = [root / CONFIG] if (root / CONFIG).is_file() else []
    found = []
    for path in (*paths, *project_files(root, folders)):
        try:
            found.append(_read(path, root))
        except NotReadError as why:
            click.echo(f"incidentui: not allowed, {clean(str(path))}: {why}", err=True)
    return [one for one in found if one.lines]


def _named(path: Path, options: Options) -> Asking:
    try:
        return _read(path, _root_of(path, options))
    except NotReadError as why:
        raise CannotRun(f"{path}: {why}. Name a file that can be read whole before it is allowed.") from None


def _root_of(path: Path, options: Options) -> Path:
    """The folder in which the commands of a file run: its project's."""
    place = Path(os.path.realpath(path)).parent
    try:
        root = Path(os.path.realpath(project_root(options)))
    except CannotRun:
        return find_root(place) or place
    return root if root in (place, *place.parents) else find_root(place) or place


def _read(path: Path, root: Path) -> Asking:
    content = read_bounded(Path(os.path.realpath(path)))
    if path.name == CONFIG:
        config = validate(parse_content(Path(os.path.realpath(path)).parent, content), untrusted=True).config
        lines = tuple(f"{clean(key)}: {' '.join(argv)}" for key, argv in config.commands())
        return Asking(path, content, lines, trust.calls_of(config))
    if path.suffix.lower() == ".md":
        runbook = parsed(content, os.path.relpath(os.path.realpath(path), os.path.realpath(root)))
        return Asking(path, content, tuple(_runbook_lines(content, path.name)), calls_of(runbook, root))
    return Asking(path, content, tuple(visible(content).splitlines()))


def _runbook_lines(content: bytes, name: str) -> Iterator[str]:
    for step in parsed(content, name).steps:
        for action in filter(None, (step.action, step.undo_action)):
            args = " ".join(f"{key}={value}" for key, value in action.args)
            yield f"{action.line}: {action.name} {args}".rstrip()
        for command in step.texts:
            if command.runnable or not command.lang or command.why_not:
                first, *rest = command.text.split("\n")
                yield f"{command.line}: {first}"
                yield from (f"    {line}" for line in rest)


# -- how it is shown


def _shown(one: Asking) -> Iterator[str]:
    known = trust.grant(one.path, one.content, one.calls)
    again = "" if known else trust.why_asked_again(one.path, one.content, one.calls)
    note = "allowed already" if known else again
    yield f"{clean(str(one.path))}  {trust.digest(one.content, one.calls)}" + (f"  ({note})" if note else "")
    for line in one.lines or ("nothing that would run",):
        yield from _command(line)
    for call in one.calls:
        yield f"  calls {plainly(call.name)}  {call.hash}"
    if again:
        yield from map(changed_line, trust.changes(one.path, one.content, one.calls))


def _command(line: str) -> Iterator[str]:
    """All of it, with nothing in it that hides; what is unusual about it is said below."""
    yield f"  {plainly(line)}"
    if len(line) > _LONG:
        yield f"  ^ {len(line)} characters"
    if odd := look_alikes(line):
        yield f"  ^ not ASCII: {odd}"


def changed_line(line: DiffLine) -> str:
    """A line of what differs from the text that was allowed, for people."""
    if line.kind == "file":
        return f"  what changed in {plainly(line.text)}:"
    if line.kind == "hunk":
        return f"    @ {line.text}"
    return f"    {_SIGNS[line.kind]} {line.text}"


def _account() -> str:
    """Whose grant it is: another user or host is asked again."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        name = str(os.geteuid())
    return f"{name}@{trust.host()}"


def _by() -> str:
    """Who allows it, where that is known without asking: trust must work in CI."""
    try:
        return responder() if os.environ.get("INCIDENTUI_USER") or sys.stdin.isatty() else ""
    except CannotRun:
        return ""
