"""`journal`: is the record whole, a copy of it, and the one way to take a leaked secret out of it."""

import json
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incidentui.cli.journal_access import project_root, responder
from incidentui.cli.options import CannotRun, Options, Refused, may_write
from incidentui.config import paths
from incidentui.core.format import count
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.errors import JournalError
from incidentui.edge.text import clean_and_redact

if TYPE_CHECKING:
    from incidentui.edge.store.sqlite import SqliteJournal

SHOWN = 20
_KEPT = (".damaged-*", ".rescued-*", ".version-*", "*.unread")


@click.group("journal")
def command() -> None:
    """Is the record whole, a copy of it, and taking a leaked secret out of it."""


@command.command("verify")
@click.option("--json", "as_json", is_flag=True, help='Print {"ok", "path", "events", "problems", "waiting", "kept"}.')
@click.pass_obj
def verify(options: Options, as_json: bool) -> int:
    """Chain, gaps, index rows, evidence; exit 0 when the journal is whole, 1 when it is damaged."""
    path = _path(options)
    events, problems = _examine(path)
    waiting, kept = _waiting(path), _kept(path)
    if as_json:
        told = {"ok": not problems, "path": str(path), "events": events, "problems": problems}
        click.echo(json.dumps({**told, "waiting": waiting, "kept": kept}, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(problem)
        for side in waiting:
            click.echo(
                f"{count(int(str(side['facts'])), 'fact')} wait in {side['path']}; the next writer takes them in"
            )
        for file in kept:
            click.echo(f"kept aside: {file}")
        click.echo(f"{path}: {count(events, 'event')}, {'damaged' if problems else 'whole'}")
    return 1 if problems else 0


@command.command("backup")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help='Print {"path", "events"}.')
@click.pass_obj
def backup(options: Options, file: str, as_json: bool) -> int:
    """A copy of the journal as a new file, also while others write; verified after."""
    from incidentui.edge.store import schema
    from incidentui.edge.store.place import copy_out

    path = _path(options)
    if os.path.lexists(file):
        raise Refused(f"{file} is there already. Name another file, or move it away first.")
    if not Path(file).absolute().parent.is_dir():
        raise CannotRun(f"{file}: there is no such folder.")
    source = schema.open_reader(str(path))
    try:
        made = copy_out(source, file)
    finally:
        source.close()
    if not made:
        raise Refused(f"{file} is there already. Name another file, or move it away first.")
    events, problems = _examine(Path(file))
    if as_json:
        click.echo(json.dumps({"path": file, "events": events, "problems": problems}, ensure_ascii=False))
    else:
        click.echo(f"{count(events, 'event')} in {file}", err=True)
    for problem in problems:
        click.echo(f"incidentui: the copy is as damaged as the journal: {problem}", err=True)
    return 1 if problems else 0


@command.command("erase")
@click.argument("seq", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why; it is recorded, so it must not repeat the secret.")
@click.option("--evidence", is_flag=True, help="The evidence that the event names goes as well.")
@click.option("--json", "as_json", is_flag=True, help='Print {"erased", "seq", "evidence", "also", "files"}.')
@click.pass_obj
def erase(options: Options, seq: int, reason: str, evidence: bool, as_json: bool) -> None:
    """Erase the data of one event that holds a secret. The chain still holds; another event says who and why."""
    may_write(options, "erase")
    from incidentui.edge.store.erase import EraseRefusedError
    from incidentui.edge.store.erase import erase as erase_event

    path, by = _path(options), responder()
    why = " ".join(clean_and_redact(reason, limit=400, lines=True).split())
    if not why:
        raise CannotRun("--reason: say why.")
    try:
        done = erase_event(str(path), seq, why, by, SystemClock(), evidence)
    except EraseRefusedError as error:
        raise Refused(str(error)) from None
    except sqlite3.OperationalError as error:
        raise CannotRun(f"{path}: {error}; nothing was erased, or not for good. Run it again.") from error
    if as_json:
        click.echo(json.dumps({"erased": seq, **done._asdict()}))
    else:
        click.echo(f"event {seq} is erased; event {done.seq} says so")
    if done.also:
        others = ", ".join(map(str, done.also))
        click.echo(f"incidentui: the same words stand in event {others}: erase them too (--evidence).", err=True)
    for file in done.files:
        click.echo(f"incidentui: the same words stand in {file}: it is yours to remove.", err=True)


def _path(options: Options) -> Path:
    path = paths.journal_path(project_root(options))
    if not path.exists():
        raise CannotRun(f"nothing was recorded here yet: there is no {path}.")
    return path


def _examine(path: Path) -> tuple[int, list[str]]:
    """How many events, and the first problems. A file that cannot be opened is damaged, and that is the answer."""
    from incidentui.edge.store.sqlite import open_journal

    try:
        journal = open_journal(path, "", SystemClock(), read_only=True)
    except JournalError as error:
        return 0, [str(error)]
    try:
        problems = journal.verify(SHOWN)
        return _last(journal), problems
    finally:
        journal.close()


def _last(journal: "SqliteJournal") -> int:
    try:
        return journal.last()
    except sqlite3.DatabaseError:
        return 0


def _waiting(path: Path) -> list[dict[str, object]]:
    from incidentui.edge.store.aside import SideFiles

    found: list[dict[str, object]] = []
    for file in SideFiles(str(path)).paths:
        if file.is_file():
            lines = file.read_bytes().splitlines()
            found.append({"path": str(file), "facts": sum(b'"specversion"' in line for line in lines)})
    return found


def _kept(path: Path) -> list[str]:
    found = (str(file) for pattern in _KEPT for file in path.parent.glob(path.name + pattern))
    return sorted(file for file in found if not file.endswith(("-journal", "-wal", "-shm")))
