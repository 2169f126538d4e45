"""`open` and `close`: decided by the same pure rules as on the screen."""

import json

import click

from incidentui.cli.checklist import checklist_lines, how_to_tick, to_tick
from incidentui.cli.journal_access import open_to_write, responder
from incidentui.cli.options import CannotRun, Options, Refused, may_write
from incidentui.cli.times import parse_time
from incidentui.core.incidents import which
from incidentui.core.inputs import CloseIncident, Command, OpenIncident, Refusal, TickRecovery
from incidentui.core.model import Severity
from incidentui.core.recurrence import told
from incidentui.core.state import State
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import SqliteJournal
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Done
from incidentui.session.turn import Desk, load, take

SEVERITIES: tuple[Severity, ...] = ("SEV1", "SEV2", "SEV3", "SEV4")
TITLE_LIMIT = 200


@click.command("open")
@click.argument("title", nargs=-1)
@click.option("--severity", type=click.Choice(SEVERITIES, case_sensitive=False), help="Default: from what fails.")
@click.option("--since", metavar="T", help="Where its window starts: 09:12, an ISO time, -20m.")
@click.option("--json", "as_json", is_flag=True, help='Print {"id", "seq"}, with "like" when it was there before.')
@click.pass_obj
def open_command(
    options: Options, title: tuple[str, ...], severity: Severity | None, since: str | None, as_json: bool
) -> None:
    """Open an incident. What was recorded before and belongs to it is adopted."""
    may_write(options, "open")
    clock = SystemClock()
    start = parse_time(since, clock.now(), "--since") if since else None
    by = responder()
    words = clean_and_redact(" ".join(title), limit=TITLE_LIMIT)
    journal = open_to_write(options)
    try:
        desk = load(journal, clock.now())
        done, state = decided(journal, desk, clock, OpenIncident(title=words, by=by, severity=severity, since=start))
    finally:
        journal.close()
    opened = state.incidents.get(done.incident or "")
    recurs = opened.recurs if opened is not None else ()
    if as_json:
        like = {"like": [r.id for r in recurs]} if recurs else {}
        click.echo(json.dumps({"id": done.incident, "seq": done.seq, **like}))
        return
    _tell("opened", done, as_json)
    if recurs:
        click.echo(f"incidentui: {told(recurs)}; `incidentui show {recurs[0].id}` says what it was", err=True)


@click.command("close")
@click.argument("incident", metavar="[ID]", required=False)
@click.option("--reason", default="", help="Why it is over; needed when no check proves it, or a line is not ticked.")
@click.option(
    "--tick",
    "lines",
    metavar="N",
    type=click.IntRange(1),
    multiple=True,
    help="A line of the checklist after recovery.",
)
@click.option("--json", "as_json", is_flag=True, help='Print {"id", "seq"}.')
@click.pass_obj
def close_command(options: Options, incident: str | None, reason: str, lines: tuple[int, ...], as_json: bool) -> None:
    """Close an incident (default: the open one that was opened last).

    What a --tick says stays said, also when something else still keeps it open.
    """
    may_write(options, "close")
    clock = SystemClock()
    by = responder()
    journal = open_to_write(options)
    try:
        desk = load(journal, clock.now())
        _must_be_there(desk, incident)
        why = clean_and_redact(reason, limit=TITLE_LIMIT * 5)
        for item in to_tick(desk.state, incident, lines):
            decided(journal, desk, clock, TickRecovery(item, by, incident=incident))
            desk = load(journal, clock.now())
        if not as_json and (known := which(desk.state, incident)) is not None and known.closed is None:
            for line in (*checklist_lines(desk.state, known), *how_to_tick(desk.state, known)):
                click.echo(line, err=True)
        done, _ = decided(journal, desk, clock, CloseIncident(by=by, reason=why, incident=incident))
    finally:
        journal.close()
    _tell("closed", done, as_json)
    if not as_json:
        click.echo(f"incidentui: `incidentui export {done.incident}` prints its post-mortem draft", err=True)


def _must_be_there(desk: Desk, wanted: str | None) -> None:
    if wanted and wanted not in desk.state.incidents:
        raise CannotRun(f"there is no incident {wanted}; `incidentui incidents` lists them.")
    if not wanted and desk.state.current is None:
        raise CannotRun("no incident is open.")


def decided(journal: SqliteJournal, desk: Desk, clock: SystemClock, command: Command) -> tuple[Done, State]:
    """One turn with one command, and what is known after it; a refusal by a guard is exit code 3."""
    turn = take(journal, desk, clock, [command])
    if turn.trouble is not None:
        waits = f"incidentui: not in the journal yet ({turn.trouble.why}); it waits in {turn.trouble.path}"
        click.echo(waits, err=True)
    answer = turn.answers[0]
    if isinstance(answer, Refusal):
        words = f"{answer.why}{': ' if answer.hint else ''}{answer.hint}"
        raise CannotRun(words) if answer.usage else Refused(words)
    return answer, turn.desk.state


def _tell(what: str, done: Done, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"id": done.incident, "seq": done.seq}))
    else:
        click.echo(f"{what} {done.incident}" + (f" as {done.seq}" if done.seq is not None else ""))
