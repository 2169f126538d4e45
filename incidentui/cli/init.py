"""`init`: a first `incidentui.toml` from what lies in the folder. Asks nothing, and never writes over one."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from incidentui.cli.options import CannotRun, Options, Refused
from incidentui.config.first import First, text_of
from incidentui.config.load import parse_content, validate
from incidentui.config.paths import CONFIG, find_root
from incidentui.core.format import count
from incidentui.core.visible import plainly


@click.command("init")
@click.option("--json", "as_json", is_flag=True, help='Print {"file", "found", "services", "checks", "notes", "next"}.')
@click.pass_obj
def command(options: Options, as_json: bool) -> None:
    """Write a first incidentui.toml from git, compose files, supervisord.conf or Procfile. Never overwrites."""
    if options.read_only:
        raise Refused(f"init writes {CONFIG}, and --read-only was given. Leave it out.")
    from incidentui.edge.beginning import look

    folder = _folder(options)
    found = asyncio.run(look(folder))
    text = text_of(found)
    _must_be_valid(folder, text)
    _write(folder / CONFIG, text)
    if as_json:
        click.echo(json.dumps(_object(folder, found), ensure_ascii=False))
        return
    for line in _lines(folder, found):
        click.echo(plainly(line))


def _folder(options: Options) -> Path:
    """The folder that is named; else this one, if something of a project lies in it, else the top of its work tree."""
    if options.project is not None:
        folder = Path(options.project).absolute()
        if not folder.is_dir():
            raise CannotRun(f"--project {options.project}: there is no such folder.")
    else:
        here = Path.cwd()
        folder = here if _tells(here) else find_root(here) or here
    if (folder / CONFIG).exists():
        raise Refused(f"{folder / CONFIG} is there already, and stays as it is. `incidentui validate` looks at it.")
    return folder


def _tells(folder: Path) -> bool:
    """Whether something lies in it that names services."""
    from incidentui.edge.beginning import MARKS
    from incidentui.edge.containers.declared import usual_files

    return bool(usual_files(folder)) or any((folder / name).is_file() for name in MARKS)


def _must_be_valid(folder: Path, text: str) -> None:
    wrong = validate(parse_content(folder, text.encode()), untrusted=True).problems
    if wrong:
        raise CannotRun(f"what was found makes no valid {CONFIG}, so none was written: {wrong[0].words()}")


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise Refused(f"{file} is there already, and stays as it is.") from None
    except OSError as wrong:
        raise CannotRun(f"{file} cannot be written: {wrong.strerror}.") from None


def _next(found: First) -> str:
    return "incidentui check" if any(one.checks for one in found.services) else "incidentui validate"


def _object(folder: Path, found: First) -> dict[str, Any]:
    return {
        "file": str(folder / CONFIG),
        "found": {
            "branch": found.branch,
            "remote": found.remote,
            "compose_files": list(found.compose_files),
            "supervisor": found.supervisor or None,
        },
        "services": [one.name for one in found.services],
        "checks": [
            {"name": check.name, "service": one.name, "type": check.kind, "target": check.target}
            for one in found.services
            for check in one.checks
        ],
        "notes": list(found.notes),
        "next": _next(found),
    }


def _lines(folder: Path, found: First) -> Iterator[str]:
    yield f"Written: {folder / CONFIG}, valid as it is; read it, and finish it."
    if found.branch or found.remote:
        why = f" ({found.branch_why})" if found.branch_why else ""
        yield f"  git         {found.branch or 'no branch'}{why}, remote {found.remote or 'none'}"
    if found.compose_files:
        yield f"  compose     {', '.join(found.compose_files)}, project {found.compose_project}"
    if found.supervisor:
        yield f"  supervisor  {found.supervisor}"
    for one in found.services:
        checks = ", ".join(_asks(check.kind, check.target) for check in one.checks)
        yield f"  service     {one.name}: {checks or 'no check yet'}"
    for note in found.notes:
        yield f"  note        {note}"
    total = sum(len(one.checks) for one in found.services)
    if not found.services:
        why = "No service was found" if _tells(folder) else "Neither a compose file nor supervisord.conf nor a Procfile"
        yield f"  {why}: an example stands in the file."
    after = f"asks {count(total, 'check')} once" if total else "after you added a check"
    yield f"Next: {_next(found)}    {after}"


def _asks(kind: str, target: str) -> str:
    return f"{target} runs" if kind == "workload" else target if kind == "http" else f"port {target}"
