"""`schema NAME`: JSON Schemas for editors and other programs."""

import json
from collections.abc import Callable
from typing import Any

import click

from incidentui.core.json_schema import DIALECT


@click.command("schema")
@click.argument("name", type=click.Choice(("config", "event", "runbook", "answers")))
def command(name: str) -> None:
    """Print the JSON Schema of incidentui.toml, of an event, of a runbook's typed actions, or of what --json prints."""
    click.echo(json.dumps(_SCHEMAS[name](), ensure_ascii=False, indent=2))


def _config() -> dict[str, Any]:
    from incidentui.config.json_schema import of_config

    return of_config()


def _event() -> dict[str, Any]:
    from incidentui.core.json_schema import of_events

    return of_events()


def _answers() -> dict[str, Any]:
    from incidentui.cli.answers import of_answers

    return of_answers()


def _runbook() -> dict[str, Any]:
    """By action what may stand in its `yaml` fence; a list is taken for its words joined by commas."""
    from incidentui.runbook.fields import ARGS, NEEDED

    value = {"type": ["string", "number", "boolean", "array"], "items": {"type": ["string", "number", "boolean"]}}
    return {
        "$schema": DIALECT,
        "title": "The arguments of the typed actions of a runbook",
        "$defs": {
            action: {
                "type": "object",
                "properties": dict.fromkeys(args, value),
                "required": list(NEEDED[action]),
                "additionalProperties": False,
            }
            for action, args in ARGS.items()
        },
    }


_SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "config": _config,
    "event": _event,
    "runbook": _runbook,
    "answers": _answers,
}
