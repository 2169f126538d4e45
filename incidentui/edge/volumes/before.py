"""Which volume a workload had before, where it has another one now: from the checkpoints. Asks no engine; blocks."""

from collections.abc import Iterator, Mapping

from incidentui.core.checkpoint import ContainerThen
from incidentui.edge.checkpoints.store import CheckpointError, Store


def before(store: Store, workload: str, now: Mapping[str, str]) -> dict[str, str]:
    """By the volume that it has now, the one that was at the same place in the newest checkpoint that knows another.

    `now`: where it has a volume, and which one.
    """
    found: dict[str, str] = {}
    for then in _past(store, workload):
        for mount in then.mounts or ():
            have = now.get(mount.target, "")
            if have and mount.volume and mount.source not in ("", have):
                found.setdefault(have, mount.source)
    return found


def _past(store: Store, workload: str) -> Iterator[ContainerThen]:
    """That workload in every checkpoint, the newest first; one that cannot be read tells nothing."""
    for ident in reversed(store.ids()):
        try:
            then = store.read(ident)
        except CheckpointError:
            continue
        yield from (each for each in then.containers if each.name == workload)
