"""`export`: the post-mortem draft of an incident, its facts, or its whole record as JSON lines."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import click

from incidentui.cli.journal_access import open_to_read
from incidentui.cli.options import CannotRun, Options, Refused
from incidentui.edge.store.sqlite import SqliteJournal
from incidentui.edge.store.window import Record
from incidentui.postmortem.facts import Facts


@click.command("export")
@click.argument("incident", metavar="ID")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html", "json", "jsonl"]),
    default="md",
    help="md: the draft; json: its facts; jsonl: the whole record. html: not yet.",
    show_default=True,
)
@click.option("-o", "--output", metavar="FILE", help="A new file; one that is there is never replaced.")
@click.option("--json", is_flag=True, expose_value=False, hidden=True)
@click.pass_obj
def command(options: Options, incident: str, form: str, output: str | None) -> None:
    """The draft of an incident, or its whole record."""
    if form == "html":
        raise CannotRun("this version writes no HTML. Use --format md; most tools make HTML of it.")
    journal = open_to_read(options)
    if journal is None:
        raise CannotRun("nothing was recorded here yet.")
    try:
        lines = _lines(journal, incident, form)
        if output is None or output == "-":
            for line in lines:
                sys.stdout.write(line + "\n")
            return
        told = _write(Path(output), lines)
    finally:
        journal.close()
    click.echo(f"{told} lines in {output}" if form == "jsonl" else f"written to {output}", err=True)


def _lines(journal: SqliteJournal, incident: str, form: str) -> Iterator[str]:
    from incidentui.cli.archive import record_of
    from incidentui.edge.store.window import find_incident

    if find_incident(journal, incident) is None:
        raise _unknown(incident)
    record, inside, came = record_of(journal, incident)
    if came is not None and came.kind == "record" and form == "jsonl":
        kept = journal.evidence(came.evidence)
        return iter(kept.body.rstrip("\n").split("\n") if kept is not None else ())
    lines = _LINES[form](record, inside)
    return _with_notes(journal, incident, lines, form) if came is not None and came.kind == "record" else lines


def _with_notes(journal: SqliteJournal, incident: str, lines: Iterator[str], form: str) -> Iterator[str]:
    """What was written here of an incident that came as a record stands beside it."""
    from incidentui.cli.show_past import notes_here
    from incidentui.edge.store.window import window_of
    from incidentui.postmortem.markdown import section
    from incidentui.postmortem.since import SINCE, note_objects, noted

    notes = notes_here(journal, window_of(journal, incident))
    if form == "json":
        return iter([json.dumps({**json.loads(next(lines)), "notes_since": note_objects(notes)}, ensure_ascii=False)])
    return chain(lines, ["", *section(SINCE, noted(notes)).split("\n")] if notes else ())


def _record(journal: Record, incident: str) -> Iterator[str]:
    from incidentui.edge.store.jsonl import export_lines
    from incidentui.edge.store.window import window_of

    window = window_of(journal, incident)
    assert window is not None
    return export_lines(journal, window)


def _draft(journal: Record, incident: str) -> Iterator[str]:
    from incidentui.postmortem.draft import render

    return iter(render(_facts(journal, incident)).rstrip("\n").split("\n"))


def _document(journal: Record, incident: str) -> Iterator[str]:
    from incidentui.postmortem.document import document

    return iter([json.dumps(document(_facts(journal, incident)), ensure_ascii=False)])


_LINES: dict[str, Callable[[Record, str], Iterator[str]]] = {
    "md": _draft,
    "json": _document,
    "jsonl": _record,
}


def _facts(journal: Record, incident: str) -> Facts:
    from incidentui.cli.drafting import facts_of
    from incidentui.core.inputs import Refusal
    from incidentui.edge.clock import SystemClock
    from incidentui.session.turn import state_at

    facts = facts_of(journal, state_at(journal, journal.last()), incident, SystemClock().now())
    if isinstance(facts, Refusal):
        raise _unknown(incident)
    return facts


def _write(target: Path, lines: Iterator[str]) -> int:
    """All lines into a new file, or none."""
    from incidentui.edge.store.jsonl import write_lines

    try:
        if os.path.lexists(target):
            raise FileExistsError(target)
        return write_lines(target, lines)
    except FileExistsError:
        raise Refused(f"{target} is there already. Name another file, or move it away first.") from None


def _unknown(incident: str) -> CannotRun:
    return CannotRun(f"there is no incident {incident}; `incidentui incidents` lists them.")
