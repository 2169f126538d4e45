"""What a checkpoint keeps of what was in volumes, as `checkpoint` prints it."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from incidentui.core.backup import compared
from incidentui.core.checkpoint import Checkpoint, Difference, VolumeThen
from incidentui.core.format import count, storage
from incidentui.edge.text import clean
from incidentui.edge.volumes.store import BackupError, Store

_TOLD = 3


def summed(volumes: Sequence[VolumeThen], backups: Store) -> dict[str, Any]:
    """`{"volumes", "of", "bytes", "wrong"}`: how many are kept, and which of their backups plainly are not there."""
    kept = [(volume.name, volume.contents) for volume in volumes if volume.contents is not None]
    wrong = {name: why for name, contents in kept if (why := _wrong(contents.backup, backups))}
    size = sum(contents.size for _, contents in kept)
    return {"volumes": len(kept), "of": len(volumes), "bytes": size, "wrong": wrong}


def _wrong(ident: str, backups: Store) -> str:
    try:
        return backups.glance(backups.read(ident))
    except BackupError as error:
        return str(error)


def in_words(it: Mapping[str, Any]) -> str:
    """ "contents: 3 of 4 volumes, 12 MB"; empty where none was asked for."""
    if not it["volumes"]:
        return ""
    lost = f", {len(it['wrong'])} of them LOST: {'; '.join(it['wrong'].values())}" if it["wrong"] else ""
    return f"contents: {it['volumes']} of {count(it['of'], 'volume')}, {storage(it['bytes'])}{lost}"


def held(volume: Mapping[str, Any]) -> str:
    if (it := volume["contents"]) is None:
        return "contents not kept"
    return f"contents: backup {it['backup']} ({count(it['files'], 'file')}, {storage(it['size'])})"


def in_both(then: Checkpoint, now: Checkpoint, backups: Store) -> tuple[Difference, ...]:
    """What differs in volumes whose contents both of them keep."""
    after = {volume.name: volume.contents for volume in now.volumes}
    found = []
    for volume in then.volumes:
        other = after.get(volume.name)
        if volume.contents is not None and other is not None:
            text = _between(volume.contents.backup, other.backup, backups)
            found += [Difference("contents", volume.name, text)] if text else []
    return tuple(found)


def _between(then: str, now: str, backups: Store) -> str:
    try:
        found = list(islice(compared(backups.manifest(then), backups.manifest(now)), _TOLD + 1))
    except BackupError as error:
        return f"cannot be compared: {error}"
    more = "; …" if len(found) > _TOLD else ""
    return "; ".join(f"{clean(each.path, 80)} {each.text}" for each in found[:_TOLD]) + more
