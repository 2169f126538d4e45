"""With containers or without: which engine a drill gets, and what killed drills have left, on engines too."""

from collections.abc import Iterator
from pathlib import Path

import click

from incidentui.cli.options import CannotRun
from incidentui.core.format import count
from incidentui.drills import engine, records
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.history import SandboxError
from incidentui.drills.records import Record
from incidentui.drills.registry import CONTAINERS
from incidentui.drills.scripts import CONTAINER_ROBOTS, ROBOTS, Robot
from incidentui.edge.checkpoints.store import CheckpointError
from incidentui.edge.clock import SystemClock

SOON_S = 3.0


def chosen(drill: str, asked: bool | None) -> str:
    """The address of the engine for a new drill; empty: it runs without containers.

    Not asked, a drill that shows more with containers takes them where that is possible, and says so.
    """
    if asked and drill not in CONTAINERS:
        raise CannotRun(f"{drill} has no containers; {' and '.join(sorted(CONTAINERS))} run with --docker.")
    if asked is False or drill not in CONTAINERS or not (asked or CONTAINERS[drill].unasked):
        return ""
    try:
        host = engine.local()
    except SandboxError as error:
        if asked:
            raise CannotRun(f"{error}.") from None
        click.echo(f"incidentui: without containers, for {error}", err=True)
        return ""
    click.echo(f"incidentui: with containers, on {host}; --no-docker runs it without", err=True)
    return host


def robots_of(drill: str, containers: bool) -> dict[str, Robot]:
    return (CONTAINER_ROBOTS if containers else ROBOTS)[drill]


def take_checkpoint(work: Path) -> None:
    """As somebody did who saw that all was good. No check is asked for it: what asks is a user, to a drill."""
    import asyncio

    from incidentui.cli.world import engines_of, keeper_of
    from incidentui.config.load import load

    config, clock = load(work, untrusted=True).config, SystemClock()
    keeper = keeper_of(config, engines_of(config, clock)[0], clock, "drill")
    try:
        asyncio.run(keeper.take())
    except CheckpointError as error:
        raise CannotRun(f"{error}.") from None


# -- what killed drills have left


def names_and_cleans(folder: Path, drill: str) -> Iterator[str]:
    """What is told of killed runs at the start of another. Containers that no keeper looks after are taken down."""
    for record in records.abandoned(folder):
        if record.engine and not sandboxes.kept(record.sandbox):
            try:
                records.dismantle(record)
            except SandboxError as error:
                yield f"a killed run of {record.drill} is left in {record.root}: {error}"
            else:
                yield f"taken down: a killed run of {record.drill}, {record.root} and its containers"
        elif record.drill == drill and record.stands:
            yield "an unfinished run is here too; --resume goes on with it, `drill clean` ends it"
        elif record.engine:
            yield f"a killed run of {record.drill} has containers still; `drill clean` ends it"


def told(record: Record) -> str:
    """What a drill that nobody runs has here: its folder, and what the engine has of it."""
    words = f"{record.drill} in {record.root}"
    if not record.engine:
        return words
    try:
        found = engine.left(record.engine, record.sandbox.root.name, SOON_S)
    except SandboxError:
        return f"{words}, and perhaps containers: {record.engine} does not answer"
    kinds = {
        "container": found.containers, "volume": found.volumes, "network": found.networks, "image": found.images,
    }  # fmt: skip
    said = [count(len(ids), kind) for kind, ids in kinds.items() if ids]
    return f"{words}, {', '.join(said) or 'no containers'} on {record.engine}"
