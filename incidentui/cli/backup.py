"""`backup`: what is in volumes, kept; how old and how large it is; whether it is whole; back to it."""

import json
from typing import Any

import click

from incidentui.cli.act import perform
from incidentui.cli.journal_access import project_root
from incidentui.cli.options import JSON, CannotRun, Options
from incidentui.config import paths
from incidentui.core.backup import Backup
from incidentui.core.codec import to_json
from incidentui.core.format import count, duration, storage
from incidentui.edge.clock import SystemClock
from incidentui.edge.volumes.store import BackupError, Store


@click.group("backup")
def command() -> None:
    """What is in volumes, kept with the checksum of each file. Back to it, and whether it is whole."""


@command.command("list")
@click.option("--volume", metavar="NAME", help="Only those of this volume.")
@JSON
@click.pass_obj
def list_(options: Options, volume: str | None, as_json: bool) -> None:
    """All of them, newest first, with age and size."""
    store = _store(options)
    rows = [row for row in (_document(store, each) for each in reversed(store.ids())) if _of(row, volume)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        click.echo("No backup of a volume was taken yet: incidentui backup take --workload NAME")
    else:
        for row in rows:
            click.echo(_row(row))


@command.command("take")
@click.option("--volume", metavar="NAME", help="This volume.")
@click.option("--workload", metavar="NAME", help="Every volume of this workload.")
@click.option("--plan", "plan_only", is_flag=True, help="Only print what it would do.")
@JSON
@click.pass_obj
def take(options: Options, volume: str | None, workload: str | None, plan_only: bool, as_json: bool) -> int:
    """Take one now; changes nothing. It is read back and compared before it counts."""
    args = {**({"volume": volume} if volume else {}), **({"name": workload} if workload else {})}
    return perform(options, "volume.backup", args, plan_only, None, as_json)


@command.command("verify")
@click.argument("ident", metavar="ID")
@JSON
@click.pass_obj
def verify(options: Options, ident: str, as_json: bool) -> int:
    """Read one whole, and compare each file with its checksum; exit 1 when it is damaged."""
    store = _store(options)
    try:
        it = store.read(_latest(store) if ident == "latest" else store.find(ident))
    except BackupError as error:
        raise CannotRun(f"{error}.") from None
    why = store.wrong(it)
    if as_json:
        click.echo(json.dumps({"id": it.id, "ok": not why, "why": why}, ensure_ascii=False))
    else:
        whole = f"{it.id} is whole: {_holds(it)}, each compared with its checksum"
        click.echo(f"{it.id} is damaged: {why}" if why else whole)
    return 1 if why else 0


@command.command("restore")
@click.argument("ident", metavar="ID")
@click.option("--volume", metavar="NAME", help="Into another volume; it is made when it is not there.")
@click.option("--plan", "plan_only", is_flag=True, help="Only print what it would do.")
@click.option("--yes", "word", metavar="WORD", help="The typed word: the volume.")
@JSON
@click.pass_obj
def restore(options: Options, ident: str, volume: str | None, plan_only: bool, word: str | None, as_json: bool) -> int:
    """The volume as it was then. Who uses it is stopped meanwhile; a backup of what is there now is taken first."""
    args = {"id": ident, **({"volume": volume} if volume else {})}
    return perform(options, "volume.restore", args, plan_only, word, as_json)


# -- reading


def _store(options: Options) -> Store:
    return Store(paths.backups(project_root(options)))


def _latest(store: Store) -> str:
    if not (ids := store.ids()):
        raise CannotRun("No backup of a volume was taken yet: incidentui backup take --workload NAME")
    return ids[-1]


def _document(store: Store, ident: str) -> dict[str, Any]:
    """A backup with its age; one that cannot be read says so in its place. Options may hold a password."""
    try:
        it = store.read(ident)
    except BackupError as error:
        return {"id": ident, "error": str(error)}
    shown = {key: value for key, value in to_json(it).items() if key != "options"}
    wrong = store.glance(it)
    age = max(0, SystemClock().now() - it.at) // 1000
    return {**shown, "age_s": age, "wrong": wrong, "folder": str(store.folder / ident)}


def _of(row: dict[str, Any], volume: str | None) -> bool:
    return volume is None or str(row.get("volume", "")).startswith(volume)


# -- in words


def _row(row: dict[str, Any]) -> str:
    if "error" in row:
        return f"? {row['id']}  {row['error']}"
    parts = [
        f"{row['id']}  {row['volume'][:40]}  {duration(row['age_s'] * 1000)} old  {row['why']}, by {row['by'] or '?'}",
        f"{count(row['files'], 'file')}, {storage(row['size'])}",
        f"of {', '.join(row['workloads'])}" if row["workloads"] else "nobody had it",
    ]
    if row["changed_count"]:
        parts.append(f"{count(row['changed_count'], 'name')} changed meanwhile: not of one moment")
    if row["wrong"]:
        parts.append(f"DAMAGED: {row['wrong']}")
    return " · ".join(parts)


def _holds(it: Backup) -> str:
    return f"{count(it.files, 'file')}, {storage(it.size)}"
