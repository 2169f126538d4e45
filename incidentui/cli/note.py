"""`note`: a sentence into the journal, durable when it returns. It must cost a responder no time at all."""

import json
import os

import click

from incidentui.cli.journal_access import damage_told, project_root, responder
from incidentui.cli.options import CannotRun, Options, may_write
from incidentui.cli.times import parse_time
from incidentui.config import paths
from incidentui.core.envelope import canonical
from incidentui.core.ids import RANDOM_BYTES, uuid7
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.single import Written, append_one
from incidentui.edge.store.transaction import Draft, Transaction
from incidentui.edge.text import clean_and_redact

LIMIT = 4_000


@click.command("note")
@click.argument("text", nargs=-1, required=True)
@click.option("--at", metavar="T", help="When it happened: 09:12, 09:12:30, an ISO time, -5m.")
@click.option("--until", metavar="T", help="When it ended, of something that lasted.")
@click.option("--trigger", is_flag=True, help="It set off what came after it.")
@click.option("--load", type=click.IntRange(1, 5), metavar="1-5", help="How much it is for you; goes into the draft.")
@click.option("--incident", metavar="ID", help="Default: the open incident that was opened last.")
@click.option("--json", "as_json", is_flag=True, help='Print {"seq", "id"}.')
@click.pass_obj
def command(
    options: Options,
    text: tuple[str, ...],
    at: str | None,
    until: str | None,
    trigger: bool,
    load: int | None,
    incident: str | None,
    as_json: bool,
) -> None:
    """Write a note into the journal."""
    may_write(options, "note")
    root, by = project_root(options), responder()  # first: its secrets are known from here on
    words = note_text(" ".join(text))
    clock = SystemClock()
    now = clock.now()
    happened = parse_time(at, now, "--at") if at else now
    more = {
        **_until(until, happened, now),
        **({"trigger": True} if trigger else {}),
        **({"load": load} if load else {}),
    }
    path = paths.journal_path(root)
    paths.remember_root(root)
    project = paths.project_name(root) if not path.exists() else ""

    others: list[str] = []

    def make(transaction: Transaction | None) -> Draft:
        return Draft(
            id=uuid7(now, os.urandom(RANDOM_BYTES)),
            type="note.added",
            at=happened,
            recorded=now,
            source=f"responder:{by}",
            subject=by,
            moment="key",
            incident=_incident(transaction, incident, others),
            mono_ms=clock.mono(),
            boot=clock.boot,
            data=canonical({"text": words, "by": by, "key": False, **more}),
        )

    with damage_told(path):
        written = append_one(str(path), project, make)
    _tell(written, as_json)
    if others:
        beside = f"{', '.join(others)} {'is' if len(others) == 1 else 'are'} open too (--incident ID)"
        click.echo(f"incidentui: it went to {written.draft.incident}, opened last; {beside}", err=True)


def _until(until: str | None, happened: int, now: int) -> dict[str, int]:
    """Only what was said is written: a note without it reads as it always did."""
    if until is None:
        return {}
    ended = parse_time(until, now, "--until")
    if ended <= happened:
        raise CannotRun(f"--until {until!r} is not after its beginning.")
    return {"until": ended}


def note_text(text: str) -> str:
    """The note as it is stored: one line, harmless, without secrets."""
    words = " ".join(clean_and_redact(text, limit=LIMIT * 2, lines=True).split())
    if not words:
        raise CannotRun("an empty note says nothing.")
    if len(words) > LIMIT:
        raise CannotRun(f"a note holds at most {LIMIT:,} characters, this one has {len(text):,}.")
    return words


def _incident(transaction: Transaction | None, wanted: str | None, others: list[str]) -> str | None:
    """The incident it belongs to; `others` gets those that it might have been meant for as well."""
    if transaction is None:
        return wanted
    if wanted is None:
        others[:] = transaction.open_incidents()
        return others.pop(0) if others else None
    if not transaction.has_incident(wanted):
        raise CannotRun(f"there is no incident {wanted}; `incidentui incidents` lists them.")
    return wanted


def _tell(written: Written, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"seq": written.seq, "id": written.draft.id}))
    elif written.seq is not None:
        click.echo(f"noted as {written.seq}")
    if written.seq is None:
        message = f"incidentui: noted, but not in the journal yet ({written.why}); it waits in {written.path}"
        click.echo(message, err=True)
