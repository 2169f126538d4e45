"""`replay ID|FILE`: the same screen over a record, with a playhead. No source and no executor is ever loaded."""

import json
from pathlib import Path

import click

from incidentui.cli.archive import record_of
from incidentui.cli.drafting import drafted
from incidentui.cli.journal_access import open_to_read, project_root
from incidentui.cli.options import CannotRun, Options
from incidentui.cli.screen import need_terminal, show
from incidentui.cli.times import parse_time
from incidentui.core import codec
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.jsonl import JsonlJournal
from incidentui.edge.store.window import Record, find_incident, window_of
from incidentui.session.replay import ReplaySession

_SQLITE = b"SQLite format 3\0"


@click.command("replay")
@click.argument("what", metavar="ID|FILE")
@click.option("--speed", type=click.FloatRange(0.25, 512), default=1.0, help="How many times faster than it was.")
@click.option("--at", metavar="T", help="Where to begin: 09:12, an ISO time.")
@click.option("--json", "as_json", is_flag=True, help="With --at: the state at that time, as one object.")
@click.pass_obj
def command(options: Options, what: str, speed: float, at: str | None, as_json: bool) -> int:
    """Walk through an incident of this project, through an exported record, or through a journal: a drill's."""
    if as_json and not at:
        raise CannotRun("--json needs --at T: the state at which time?")
    clock = SystemClock()
    journal, ident = _record(options, what)
    try:
        record, ident = record_of(journal, ident)[:2] if ident else (journal, None)
        window = window_of(record, ident) if ident else None
        session = ReplaySession(
            record,
            clock,
            "replay",
            drafted,
            first=window.from_seq if window else next(iter(record.read())).seq,
            last=window.to_seq if window else record.last(),
            since=window.incident.shown_from if window else None,
            as_known=window is None or window.incident.imported is None,
        )
        if window is not None and window.incident.imported is not None:
            session.step(1)  # the first is that it was opened: what the document says comes after it
        if at:
            session.seek(parse_time(at, clock.now(), "--at"))
        if as_json:
            click.echo(json.dumps(codec.to_json(session.view.state), ensure_ascii=False))
            return 0
        need_terminal()
        session.faster(speed)
        return show(session, None, options)
    finally:
        journal.close()


def _opened(file: str) -> Record:
    """A journal as it lies there (of a drill, a copy), or what `export` wrote."""
    with open(file, "rb") as begin:
        is_journal = begin.read(len(_SQLITE)) == _SQLITE
    if is_journal:
        from incidentui.edge.store.sqlite import open_journal

        return open_journal(file, "", SystemClock(), read_only=True)
    return JsonlJournal(file)


def _about(record: Record) -> str | None:
    """Which incident to walk through: the one an export is of; of a journal the newest."""
    if isinstance(record, JsonlJournal):
        return record.about()
    held = record.incidents()
    return held[-1].id if held else None


def _record(options: Options, what: str) -> tuple[Record, str | None]:
    """A file when there is one of that name, else an incident of the project; with the incident to walk through."""
    if Path(what).is_file():
        record = _opened(what)
        if record.last() == 0:
            raise CannotRun(f"{what} holds no event.")
        return record, _about(record)
    journal = open_to_read(options)
    if journal is None:
        raise CannotRun(f"nothing was recorded in {project_root(options)}, and there is no file {what}.")
    if find_incident(journal, what) is None:
        journal.close()
        raise CannotRun(f"there is no incident {what} and no file of that name; `incidentui incidents` lists them.")
    return journal, what
