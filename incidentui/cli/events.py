"""`events`: the journal as CloudEvents, one per line, exactly as they were written."""

import time
from collections.abc import Iterator
from typing import Any

import click

from incidentui.cli.journal_access import open_to_read
from incidentui.cli.options import CannotRun, Options
from incidentui.core.envelope import canonical, from_rfc3339
from incidentui.edge.store.sqlite import SqliteJournal
from incidentui.edge.store.window import Window, window_of

POLL_S = 0.1


@click.command("events")
@click.argument("incident", metavar="[ID]", required=False)
@click.option("--since", type=click.IntRange(min=0), default=0, metavar="SEQ", help="Only events after this one.")
@click.option("--follow", is_flag=True, help="Go on until stopped.")
@click.option("--json", is_flag=True, expose_value=False, help="The same: it is JSON always.")
@click.pass_obj
def command(options: Options, incident: str | None, since: int, follow: bool) -> None:
    """The journal as CloudEvents, one per line; with ID only that incident's window."""
    journal = open_to_read(options)
    if journal is None:
        if incident or follow:
            raise CannotRun("nothing was recorded here yet.")
        return
    try:
        for event in _chosen(journal, incident, since, follow):
            click.echo(canonical(event))
    finally:
        journal.close()


def _chosen(journal: SqliteJournal, incident: str | None, since: int, follow: bool) -> Iterator[dict[str, Any]]:
    window = window_of(journal, incident) if incident else None
    if incident and window is None:
        raise CannotRun(f"there is no incident {incident}; `incidentui incidents` lists them.")
    after = max(since, window.from_seq - 1) if window else since
    for event in _new(journal, after, follow):
        if window is None or _in(window, event):
            yield event


def _in(window: Window, event: dict[str, Any]) -> bool:
    return window.holds(event, from_rfc3339(event["time"]))


def _new(journal: SqliteJournal, after: int, follow: bool) -> Iterator[dict[str, Any]]:
    while True:
        for event in journal.cloudevents(after):
            after = event["sequence"]
            yield event
        if not follow:
            return
        while not journal.moved():
            time.sleep(POLL_S)
