"""`export`: the record of an incident as JSON lines, or its post-mortem draft."""

import sys
from pathlib import Path

import click

from incidentui.cli.journal_access import open_to_read
from incidentui.cli.options import CannotRun, Options
from incidentui.edge.store.sqlite import SqliteJournal


@click.command("export")
@click.argument("incident", metavar="ID")
@click.option("--format", "form", type=click.Choice(["md", "jsonl"]), default="md", help="Default: md, the draft.")
@click.option("-o", "--output", metavar="FILE", help="Default: standard output.")
@click.option("--json", is_flag=True, expose_value=False, hidden=True)
@click.pass_obj
def command(options: Options, incident: str, form: str, output: str | None) -> None:
    """The draft of an incident, or its whole record."""
    journal = open_to_read(options)
    if journal is None:
        raise CannotRun("nothing was recorded here yet.")
    try:
        write = _record if form == "jsonl" else _draft
        write(journal, incident, output if output != "-" else None)
    finally:
        journal.close()


def _record(journal: SqliteJournal, incident: str, output: str | None) -> None:
    from incidentui.edge.store.jsonl import export_lines, write_lines
    from incidentui.edge.store.window import window_of

    window = window_of(journal, incident)
    if window is None:
        raise _unknown(incident)
    lines = export_lines(journal, window)
    if output is None:
        for line in lines:
            click.echo(line)
        return
    count = write_lines(output, lines)
    click.echo(f"{count} lines in {output}", err=True)


def _draft(journal: SqliteJournal, incident: str, output: str | None) -> None:
    from incidentui.cli.live import drafted
    from incidentui.core.inputs import Refusal
    from incidentui.edge.clock import SystemClock
    from incidentui.edge.store.window import find_incident
    from incidentui.session.turn import state_at

    if find_incident(journal, incident) is None:
        raise _unknown(incident)
    text = drafted(journal, state_at(journal, journal.last()), incident, SystemClock().now())
    if isinstance(text, Refusal):
        raise CannotRun(f"{text.why}{': ' if text.hint else ''}{text.hint}")
    if output is None:
        sys.stdout.write(text)
        return
    from incidentui.edge.store.jsonl import write_lines

    write_lines(Path(output), iter(text.rstrip("\n").split("\n")))
    click.echo(f"the draft is in {output}", err=True)


def _unknown(incident: str) -> CannotRun:
    return CannotRun(f"there is no incident {incident}; `incidentui incidents` lists them.")
