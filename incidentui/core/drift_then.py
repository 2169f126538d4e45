"""Drift against a checkpoint: what runs now beside what ran, and lay in files, when it was taken.

The same rows and words as against a compose file (core/drift.py); what was declared is here what was then. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from incidentui.core.checkpoint import Checkpoint, ContainerThen, FileCopy
from incidentui.core.drift import (
    MOST_ROWS,
    Actual,
    Declared,
    Drift,
    DriftRow,
    Value,
    VolumeSeen,
    in_order,
    of_environment,
    of_mounts,
    of_ports,
)
from incidentui.core.model import Ms

FILES = "project files"
"""The entry of what lies in files. No workload is called so: their names have no spaces."""
_MEANT = "meant so? Then take a checkpoint; else restore this one"


def against(
    then: Checkpoint,
    now: Mapping[str, Actual],
    listed: Sequence[str],
    files: Sequence[FileCopy],
    made: Mapping[str, Ms | None],
    uncommitted: frozenset[str] = frozenset(),
) -> tuple[Drift, ...]:
    """`now`: what could be read; `listed`: every workload that is there; `files`: those of `then`, as they are now;
    `made`: when the volumes of then were made; `uncommitted`: which of the files no commit holds."""
    was = {container.name: container for container in then.containers}
    out = [_container(then, was[name], now[name], made) for name in listed if name in was and name in now]
    out += [_entry(then, name, why=f"it is not in checkpoint {then.id}") for name in listed if name not in was]
    out += [_entry(then, name, (_gone(it),)) for name, it in was.items() if name not in listed]
    changed = of_files(then, files, uncommitted)
    return (*out, *changed)


def of_files(then: Checkpoint, files: Sequence[FileCopy], uncommitted: frozenset[str]) -> tuple[Drift, ...]:
    """One entry, for all files; none where the checkpoint has none."""
    rows = tuple(_files(then, files, uncommitted))
    return (_entry(then, FILES, in_order(rows)),) if rows else ()


def _entry(then: Checkpoint, name: str, rows: Sequence[DriftRow] = (), why: str = "") -> Drift:
    return Drift(name, tuple(rows[:MOST_ROWS]), by=named(then), why=why, checkpoint=then.id)


def named(then: Checkpoint) -> str:
    return f"checkpoint {then.id}, {then.why}"


def _gone(was: ContainerThen) -> DriftRow:
    return DriftRow("container", "bad", was.state or "there", "gone", "create it by its compose file")


def _container(then: Checkpoint, was: ContainerThen, now: Actual, made: Mapping[str, Ms | None]) -> Drift:
    declared = Declared(
        was.name,
        ports=was.ports or (),
        mounts=was.mounts or (),
        environment=tuple(Value(name, digest) for name, digest in was.env),
    )
    rows = (
        *_image(was, now),
        *(of_ports(declared, now) if was.ports is not None else ()),
        *(of_mounts(declared, now) if was.mounts is not None else ()),
        *_ages(made, now),
        *of_environment(declared, now),
        *_health(was, now),
    )
    volumes = tuple(VolumeSeen(m.source, m.created) for m in now.mounts if m.volume and m.created is not None)
    meant = tuple(replace(row, so_what=_MEANT) if "recreate it" in row.so_what else row for row in rows)
    return replace(_entry(then, was.name, in_order(meant)), volumes=volumes)


def _image(was: ContainerThen, now: Actual) -> Iterator[DriftRow]:
    declared, running = f"{was.image} {_short(was.image_id)}", f"{now.image} {_short(now.image_id)}"
    if was.image_id == now.image_id:
        yield DriftRow("image", "ok", declared, running)
    else:
        yield DriftRow("image", "bad", declared, running, _MEANT)


def _short(image: str) -> str:
    return image.removeprefix("sha256:")[:12]


def _ages(made: Mapping[str, Ms | None], now: Actual) -> Iterator[DriftRow]:
    """A volume of the same name that was made at another time holds something else, or nothing."""
    for mount in now.mounts:
        then = made.get(mount.source)
        if not mount.volume or then is None or mount.created is None:
            continue
        what = f"age of {mount.source}"
        if mount.created == then:
            yield DriftRow(what, "ok", "the same volume", "the same volume")
        else:
            yield DriftRow(what, "bad", "the volume of then", "made anew", "what was in it is not in it; stop")


def _health(was: ContainerThen, now: Actual) -> Iterator[DriftRow]:
    if was.health and not now.health:
        yield DriftRow("health check", "bad", "there", "none", "that it runs proves nothing now")
    elif was.health is False and not now.health:
        yield DriftRow("health check", "look", "none", "none", "that it runs proves nothing")
    elif was.health is not None:
        yield DriftRow("health check", "ok", "there" if was.health else "none", "there")


def _files(then: Checkpoint, files: Sequence[FileCopy], uncommitted: frozenset[str]) -> Iterator[DriftRow]:
    now = {file.path: file for file in files}
    for was in then.files:
        found = now.get(was.path)
        if found is None or (was.missing and was.missing == found.missing):
            continue
        row = _file(was, found)
        if row.level != "ok" and was.path in uncommitted:
            row = replace(row, so_what="no commit holds it: restore the checkpoint", uncommitted=True)
        yield row


def _file(was: FileCopy, now: FileCopy) -> DriftRow:
    what, declared, running = f"file {was.path}", was.holds, now.holds
    if (was.sha256, was.mode, was.missing) == (now.sha256, now.mode, now.missing):
        return DriftRow(what, "ok", declared, running)
    if now.missing == "not there":
        return DriftRow(what, "bad", declared, "not there", "restore the checkpoint")
    return DriftRow(what, "bad", declared, running, _MEANT)
