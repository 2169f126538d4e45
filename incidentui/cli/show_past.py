"""`show` of an incident that came from a document: nothing of it was measured, so it says what the document says."""

import json

import click

from incidentui.cli.cause import as_lines as cause_lines
from incidentui.cli.cause import as_object as causes_object
from incidentui.cli.cause import conclusion_object
from incidentui.cli.hypothesis import as_object as hypothesis_object
from incidentui.core.board import causes
from incidentui.core.envelope import rfc3339
from incidentui.core.events import EntryImported
from incidentui.core.imported import SaidItem
from incidentui.edge.store.window import Record, Window
from incidentui.postmortem.past import Entries, past_object, provenance, told
from incidentui.postmortem.since import Notes, note_objects, notes_of


def show_past(journal: Record, window: Window, about: dict[str, object], as_json: bool) -> None:
    """`about`: the incident as `incidents --json` has it."""
    found = window.incident
    assert found.imported is not None
    records, notes = list(journal.read(window.from_seq - 1, window.to_seq)), notes_here(journal, window)
    entries: Entries = [(r.event, r.at) for r in records if isinstance(r.event, EntryImported)]
    if as_json:
        said = {
            **about,
            **past_object(found, entries),
            "notes_since": note_objects(notes),
            "hypotheses": [{**hypothesis_object(h), "at": None, "judged": None} for h in found.hypotheses],
            **conclusion_object(found),
            **causes_object(found.hypotheses, found.opened),
        }
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    click.echo(f"{found.id}  {found.title}\n{provenance(found.imported)}")
    for line in told(found, entries):
        click.echo(line)
    for line in list(cause_lines(found.hypotheses, found.opened))[: -1 if causes(found.hypotheses) else None]:
        click.echo(f"  {line}")
    for item in (i for i in found.imported.items if not i.done):
        click.echo(f"  ○ {item.text}  ({', '.join(_missing(item))})")
    tell_notes(notes)


def notes_here(journal: Record, window: Window | None) -> Notes:
    """What was written in this project about an incident that came from a file."""
    late = window.late if window is not None else ()
    return notes_of(r for seq in late for r in journal.read(seq - 1, seq))


def tell_notes(notes: Notes) -> None:
    """Last, and apart: they are no words of what was imported."""
    if notes:
        click.echo("  noted here since it was imported")
    for note, at in notes:
        click.echo(f"    {rfc3339(at)[:16]}Z {note.by}: {note.text}")


def _missing(item: SaidItem) -> list[str]:
    return [*([item.horizon] if item.horizon else []), item.owner or "no owner", item.due or "no due date"]
