"""`runbook list`: what there is, and what of it fits: what is red now, or a word that somebody was paged with."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict

import click

from incidentui.cli.books import root_or_none, shelf_of
from incidentui.cli.journal_access import open_to_read
from incidentui.cli.options import CannotRun, Options
from incidentui.core.format import count
from incidentui.core.model import LastRun, Ms
from incidentui.core.state import State
from incidentui.core.visible import plainly
from incidentui.edge.clock import SystemClock
from incidentui.edge.runbooks import Shelf
from incidentui.edge.store.errors import JournalError
from incidentui.runbook.model import Runbook
from incidentui.runbook.stands import last_run
from incidentui.runbook.suggest import named, offers
from incidentui.session.ports import Unreadable
from incidentui.session.turn import load


@click.command("list")
@click.option(
    "--for", "word", metavar="NAME", help="Only those for this service, alert, known error (its name) or tag."
)
@click.option("--json", "as_json", is_flag=True, help='Print {"runbooks": [...], "left_out": [...]}.')
@click.pass_obj
def command(options: Options, word: str | None, as_json: bool) -> None:
    """The runbooks of the project, then those that came with the program; what fits the open incident first."""
    shelf = shelf_of(options)
    seen, now = _seen(options), SystemClock().now()
    reasons = _because(shelf, seen) if word is None else _for(shelf, word, seen)
    order = {id: n for n, id in enumerate(reasons)}
    books = [b for b in shelf.runbooks if word is None or b.id in reasons]
    books.sort(key=lambda book: order.get(book.id, len(order)))
    if as_json:
        listed = [{**_listed(book, reasons), "last_run": run_of(seen.last_runs.get(book.id))} for book in books]
        click.echo(json.dumps({"runbooks": listed, "left_out": list(shelf.left_out)}, ensure_ascii=False))
        return
    wide = max((len(book.id) for book in books), default=0)
    for book in books:
        click.echo("\n".join(_lines(book, reasons, seen.last_runs.get(book.id), now, wide)))
    for said in shelf.left_out:
        click.echo(f"incidentui: left out: {said}", err=True)


def _seen(options: Options) -> State:
    """What the record says now; nothing where there is none, or no project."""
    if root_or_none(options) is None:
        return State()
    try:
        if (journal := open_to_read(options)) is None:
            return State()
        with closing(journal):
            return load(journal, SystemClock().now()).state
    except (sqlite3.Error, JournalError, Unreadable):
        return State()  # a journal that cannot be read keeps nobody from the runbooks; other commands say what is wrong


def _because(shelf: Shelf, state: State) -> dict[str, str]:
    return {offer.id: f"because {offer.reason}" for offer in offers(shelf.runbooks, state)}


def _for(shelf: Shelf, word: str, state: State) -> dict[str, str]:
    """Those that are offered because it fails, then those that name it. Exit 2, and what there is, when none is."""
    service = state.services.get(word)
    found = _because(shelf, state) if service is not None and service.state == "failing" else {}
    for offer in named(shelf.runbooks, word):
        found.setdefault(offer.id, offer.reason)
    if not found:
        known = sorted({w for b in shelf.runbooks for w in (*b.services, *b.alerts, *b.signatures, *b.tags)})
        hint = f"`services: [{word}]` in its front matter does" if service else f"they name {', '.join(known)}"
        raise CannotRun(f"no runbook names {word}: {hint}.")
    return found


def last_runs(options: Options) -> Mapping[str, LastRun]:
    """How each runbook was worked through last, as the journal of this project has it; nothing where there is none."""
    return _seen(options).last_runs


def run_of(last: LastRun | None) -> dict[str, object] | None:
    return asdict(last) if last is not None else None


def _lines(book: Runbook, reasons: Mapping[str, str], last: LastRun | None, now: Ms, wide: int) -> Iterator[str]:
    yield f"{plainly(book.id):<{wide}}  {plainly(book.title)}  ({count(len(book.steps), 'step')}, {state_of(book)})"
    if book.id in reasons:
        yield f"{'':<{wide}}    {plainly(reasons[book.id])}"
    if last is not None:
        yield f"{'':<{wide}}    {plainly(last_run(last, now))}"


def _listed(book: Runbook, reasons: Mapping[str, str]) -> dict[str, object]:
    return {
        "id": book.id,
        "title": book.title,
        "path": book.path,
        "origin": book.origin,
        "trusted": book.trusted,
        "steps": len(book.steps),
        "services": list(book.services),
        "alerts": list(book.alerts),
        "signatures": list(book.signatures),
        "tags": list(book.tags),
        "errors": sum(p.level == "error" for p in book.problems),
        "why": reasons.get(book.id, ""),
    }


def state_of(book: Runbook) -> str:
    """In a person's words: whether its commands may run, or how many errors it has."""
    errors = sum(p.level == "error" for p in book.problems)
    if errors:
        return count(errors, "error")
    if book.origin == "shipped":
        return "came with the program"
    return "allowed" if book.trusted else book.asked_again or "not allowed yet"
