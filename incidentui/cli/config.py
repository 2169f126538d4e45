"""`config show`: what is in force, and which line of the file says so."""

import json
from typing import Any

import click

from incidentui.cli.journal_access import project_root
from incidentui.cli.options import Options
from incidentui.config.load import parse, validate
from incidentui.config.paths import CONFIG
from incidentui.core.format import count
from incidentui.core.visible import plainly


@click.group("config")
def command() -> None:
    """The configuration as it is used."""


@command.command("show")
@click.option("--origin", is_flag=True, help="With the line of the file that says it, or `default`.")
@click.option("--json", "as_json", is_flag=True, help='Print [{"key", "value", "origin"}].')
@click.pass_obj
def show_command(options: Options, origin: bool, as_json: bool) -> int:
    """Every value in force. Secrets are not shown; exit 1 when something of the file is not in force."""
    from incidentui.config.shown import shown

    parsed = parse(project_root(options))
    loaded = validate(parsed, untrusted=True)
    found = [(one, _masked(one.value)) for one in shown(parsed, loaded)]
    if as_json:
        rows = [{"key": one.key, "value": value, "origin": one.origin} for one, value in found]
        click.echo(json.dumps(rows, ensure_ascii=False, default=str))
    else:
        for one, value in found:
            said = "none" if value is None else json.dumps(value, ensure_ascii=False, default=str)
            click.echo(plainly(f"{one.key} = {said}" + (f"  # {one.origin}" if origin else "")))
    if loaded.file is None:
        click.echo(f"incidentui: no {CONFIG}: `incidentui init` writes one", err=True)
    if loaded.errors:
        wrong = count(len(loaded.errors), "error")
        click.echo(f"incidentui: {wrong}, and what they are about is not in force: `incidentui validate`", err=True)
    return 1 if loaded.errors else 0


def _masked(value: Any, key: str = "") -> Any:
    from incidentui.edge.known import says_secret
    from incidentui.edge.redact import GONE
    from incidentui.edge.text import redact

    if isinstance(value, dict):
        return {name: _masked(one, str(name)) for name, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, key) for one in value]
    if isinstance(value, str):
        return GONE if says_secret(key) else redact(value)
    return value
