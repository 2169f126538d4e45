"""`runbook new`: a runbook of the project's own, from a template that passes the check, or a copy of another."""

import json
import os
import re
from pathlib import Path

import click

from incidentui.cli.books import found, where
from incidentui.cli.journal_access import project_root
from incidentui.cli.options import CannotRun, Options, Refused, may_write
from incidentui.edge.runbooks import NotReadError, read_bounded, shipped_folder


@click.command("new")
@click.argument("name", metavar="NAME")
@click.option("--from", "source", metavar="WHICH", help="Copy this one: a file, or the name that `list` prints.")
@click.option("--json", "as_json", is_flag=True, help='Print {"file"}.')
@click.pass_obj
def command(options: Options, name: str, source: str | None, as_json: bool) -> None:
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
