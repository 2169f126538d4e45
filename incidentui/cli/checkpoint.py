"""`checkpoint`: what was good, kept; what differs from it; back to it; and whether that would work."""

import json
from typing import TYPE_CHECKING, Any

import click

from incidentui.cli.act import perform
from incidentui.cli.contents import held, in_both, in_words, summed
from incidentui.cli.journal_access import project_root
from incidentui.cli.options import JSON, CannotRun, Options
from incidentui.config import paths
from incidentui.core.checkpoint import Checkpoint, contents_told, differences
from incidentui.core.codec import to_json
from incidentui.core.format import count, duration, short
from incidentui.edge.checkpoints.store import CheckpointError, Store
from incidentui.edge.clock import SystemClock
from incidentui.edge.volumes.store import Store as Backups

if TYPE_CHECKING:
    from pathlib import Path

    from incidentui.core.checkpoint import FileCopy
    from incidentui.edge.checkpoints.taking import Keeper


@click.group("checkpoint")
def command() -> None:
    """What was good, kept: commit, images, configuration, volumes, verdicts. Back to it, and a test of that."""


@command.command("list")
@JSON
@click.pass_obj
def list_(options: Options, as_json: bool) -> None:
    """All of them, newest first, with their age and the last restore test that went through."""
    store = _store(options)
    rows = [_document(store, each, _backups(options)) for each in reversed(store.ids())]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        click.echo("No checkpoint was taken yet: incidentui checkpoint take")
    else:
        for row in rows:
            click.echo(_row(row))


@command.command("show")
@click.argument("ident", metavar="ID")
@JSON
@click.pass_obj
def show(options: Options, ident: str, as_json: bool) -> None:
    """One checkpoint. ID: its id, the beginning of it, or `latest`."""
    store = _store(options)
    it = _document(store, _found(store, ident), _backups(options))
    if as_json:
        click.echo(json.dumps(it, ensure_ascii=False))
    elif "error" in it:
        raise CannotRun(it["error"])
    else:
        click.echo("\n".join([_row(it), *_details(it)]))


@command.command("diff")
@click.argument("ident", metavar="ID")
@click.argument("other", metavar="[OTHER]", required=False)
@JSON
@click.pass_obj
def diff(options: Options, ident: str, other: str | None, as_json: bool) -> int:
    """What is another one now, or in OTHER; exit 1 when something is."""
    store = _store(options)
    then = _read(store, ident)
    now = _read(store, other) if other else _now(options)
    if not other:  # nobody looked at the checks for this
        then, now = _without_checks(then), _without_checks(now)
    found = differences(then, now, None if other else _beside(project_root(options), then, now))
    found += in_both(then, now, _backups(options))
    if as_json:
        kept = summed(then.volumes, _backups(options))
        document = {"from": then.id, "to": now.id if other else None, "lost": list(now.lost), "contents": kept}
        click.echo(json.dumps({**document, "differences": [to_json(each) for each in found]}, ensure_ascii=False))
    else:
        for each in found:
            click.echo(f"{each.kind:<12} {each.name}  {each.text}")
        for lost in now.lost:
            click.echo(f"? {lost}", err=True)
        if (holds := contents_told(then.volumes)) and not other:
            click.echo(f"{then.id} holds {holds}; what is in them now is not compared.")
        if not found:
            click.echo("Nothing differs." if not now.lost else "Nothing that could be looked at differs.")
    return 1 if found else 0


@command.command("take")
@click.option("--volumes", is_flag=True, help="With what is in these volumes, or in all: a backup of each.")
@click.option("--plan", "plan_only", is_flag=True, help="Only print what it would do.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@JSON
@click.pass_obj
def take(options: Options, volumes: bool, plan_only: bool, names: tuple[str, ...], as_json: bool) -> int:
    """Take one now, by hand: these are kept until somebody removes them."""
    if names and not volumes:
        raise click.UsageError(f"{names[0]}: names of volumes go with --volumes")
    args = {"volumes": ",".join(names) or "all"} if volumes else {}
    return perform(options, "checkpoint.take", args, plan_only, None, as_json)


@command.command("test")
@click.argument("ident", metavar="ID")
@JSON
@click.pass_obj
def test(options: Options, ident: str, as_json: bool) -> int:
    """Restore into a scratch place and compare; look for images and volumes. Recorded with the checkpoint."""
    return perform(options, "checkpoint.test", {"id": ident}, False, None, as_json)


@command.command("restore")
@click.argument("ident", metavar="ID")
@click.option("--plan", "plan_only", is_flag=True, help="Only print what it would do.")
@click.option("--yes", "word", metavar="WORD", help="The typed word: the project.")
@click.option("--lose", metavar="REASON", help="Why what would be lost may be.")
@click.option(
    "--volumes", is_flag=True, help="What was in volumes too; a backup of what is in them now is taken first."
)
@JSON
@click.pass_obj
def restore(
    options: Options, ident: str, plan_only: bool, word: str | None, lose: str | None, volumes: bool, as_json: bool
) -> int:
    """Configuration files and images as they were then. A checkpoint of now is taken first."""
    args = {"id": ident, **({"lose": lose} if lose else {}), **({"volumes": "true"} if volumes else {})}
    return perform(options, "checkpoint.restore", args, plan_only, word, as_json)


# -- reading


def _store(options: Options) -> Store:
    return Store(paths.checkpoints(project_root(options)))


def _backups(options: Options) -> Backups:
    return Backups(paths.backups(project_root(options)))


def _found(store: Store, ident: str) -> str:
    try:
        return store.find(ident)
    except CheckpointError as error:
        raise CannotRun(f"{error}.") from None


def _read(store: Store, ident: str) -> Checkpoint:
    try:
        return store.read(store.find(ident))
    except CheckpointError as error:
        raise CannotRun(f"{error}.") from None


def _now(options: Options) -> Checkpoint:
    """What a checkpoint would hold now; nothing is kept of it."""
    import asyncio

    return asyncio.run(_keeper(options).look(measure=True)).checkpoint


def _beside(root: "Path", then: Checkpoint, now: Checkpoint) -> "list[FileCopy]":
    """The files of then that a checkpoint would not hold any more, as they lie there."""
    from incidentui.edge.checkpoints.taking import copied

    held = {file.path for file in now.files}
    return [copied(root, file.path)[0] for file in then.files if file.path not in held]


def _keeper(options: Options) -> "Keeper":
    from incidentui.cli.world import engines_of, keeper_of
    from incidentui.config.load import load

    root, clock = project_root(options), SystemClock()
    config = load(root).config
    engines, _ = engines_of(config, clock)
    return keeper_of(config, engines, clock, "")


def _without_checks(it: Checkpoint) -> Checkpoint:
    from dataclasses import replace

    return replace(it, checks=())


def _document(store: Store, ident: str, backups: Backups) -> dict[str, Any]:
    """A checkpoint with its age and its tests; one that cannot be read says so in its place."""
    try:
        it = store.read(ident)
    except CheckpointError as error:
        return {"id": ident, "error": str(error)}
    tests = store.tests(ident)
    good = [each.at for each in tests if each.ok]
    return {
        **to_json(it),
        "age_s": max(0, SystemClock().now() - it.at) // 1000,
        "tests": [to_json(each) for each in tests],
        "last_good_test": good[-1] if good else None,
        "contents": summed(it.volumes, backups),
    }


# -- in words


def _row(it: dict[str, Any]) -> str:
    if "error" in it:
        return f"? {it['id']}  {it['error']}"
    checks = it["checks"]
    good = sum(1 for check in checks if check["state"] == "ok")
    parts = [
        f"{it['id']}  {duration(it['age_s'] * 1000)} old  {it['why']}, by {it['by'] or '?'}",
        short(it["commit"]) + (f" + {count(len(it['unsaved']), 'unsaved file')}" if it["unsaved"] else ""),
        f"{count(len(it['files']), 'file')}, {count(len(it['containers']), 'container')}",
        *filter(None, [in_words(it["contents"])]),
        f"{good} of {len(checks)} checks good",
        _tested(it),
    ]
    return " · ".join(parts)


def _tested(it: dict[str, Any]) -> str:
    if it["tests"] and not it["tests"][-1]["ok"]:
        return "its last restore test FAILED"
    if it["last_good_test"] is None:
        return "never tested"
    return f"restore tested {_date(it['last_good_test'])}"


def _date(at: int) -> str:
    from datetime import datetime

    return datetime.fromtimestamp(at / 1000).astimezone().strftime("%Y-%m-%d %H:%M")


def _details(it: dict[str, Any]) -> list[str]:
    return [
        *(f"  file       {f['path']}  {f['missing'] or f['sha256'][:12]}" for f in it["files"]),
        *(f"  container  {c['name']}  {c['image']} {c['image_id'][7:19]}  {c['state']}" for c in it["containers"]),
        *(f"  volume     {v['name'][:20]}  made {v['created']}  {_size(v['size'])}  {held(v)}" for v in it["volumes"]),
        *(f"  check      {c['name']}  {c['state']}  {c['why']}" for c in it["checks"]),
        *(f"  users      {_can(c['state'])} {c['function']}" for c in it["checks"] if c.get("function")),
        *(f"  not seen   {text}" for text in it["lost"]),
        *(f"  test       {_date(t['at'])}  {_outcome(t)}" for t in it["tests"]),
    ]


def _can(state: str) -> str:
    return {"ok": "could", "slow": "could, slowly,", "failing": "could not"}.get(
        state, "nobody knows whether they could"
    )


def _size(size: int | None) -> str:
    return "size unknown" if size is None else count(size, "byte")


def _outcome(test: dict[str, Any]) -> str:
    read = f", what was in {count(test['contents'], 'volume')} too" if test["contents"] else ""
    return f"can be restored{read}" if test["ok"] else f"cannot: {'; '.join(test['findings'])}"
