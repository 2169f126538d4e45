"""Which checkpoint what runs is compared with, when nobody names one."""

from pathlib import Path

import pytest

from incidentui.core.checkpoint import Checkpoint, FileCopy
from incidentui.core.inputs import DriftLooked
from incidentui.edge.checkpoints.files_source import FilesSource
from incidentui.edge.checkpoints.reference import Reference
from incidentui.edge.checkpoints.store import CheckpointError, Store
from incidentui.edge.checkpoints.taking import copied


def kept(store: Store, minute: int, why: str) -> str:
    return store.keep(Checkpoint(f"20261130-06{minute:02d}00", minute, "ana", why, None), {}).id


def found(reference: Reference) -> str:
    it = reference.checkpoint()
    return it.id if it is not None else ""


def test_it_is_the_last_that_was_good_not_the_last_before_an_action(tmp_path: Path) -> None:
    store = Store(tmp_path / "checkpoints")
    reference = Reference(tmp_path, store)
    assert (reference.checkpoint(), reference.stamp()) == (None, None)
    before = kept(store, 1, "before workload.restart web")
    assert found(reference) == "", "what was there before an action may have been broken"
    by_hand = kept(store, 2, "by hand")
    kept(store, 3, "before checkpoint.restore x")
    assert found(reference) == by_hand
    green = kept(store, 4, "green for 10m after deploy 59a77c4")
    assert found(reference) == green
    assert found(Reference(tmp_path, store, before[:15])) == before
    assert found(Reference(tmp_path, store, "latest")) == green
    with pytest.raises(CheckpointError, match="no checkpoint 1999"):
        Reference(tmp_path, store, "1999").checkpoint()


def test_its_stamp_moves_with_a_new_one_and_with_its_files_and_not_by_itself(tmp_path: Path) -> None:
    store = Store(tmp_path / "checkpoints")
    (tmp_path / "compose.yml").write_text("a")
    it = Checkpoint("20261130-060100", 1, "ana", "by hand", None, files=(FileCopy("compose.yml", "", 1, 0o644),))
    store.keep(it, {})
    reference = Reference(tmp_path, store)
    first = reference.stamp()
    assert reference.stamp() == first
    (tmp_path / "compose.yml").write_text("bb")
    second = reference.stamp()
    assert second != first
    (tmp_path / "compose.yml").unlink()
    assert reference.stamp() != second
    (store.folder / it.id / "checkpoint.json").write_text("{")
    assert "cannot be read" in str(Reference(tmp_path, store).stamp())


def test_of_those_taken_on_green_the_newest_stay_and_the_others_are_not_counted(tmp_path: Path) -> None:
    store = Store(tmp_path / "checkpoints", green=2)
    by_hand, before = kept(store, 1, "by hand"), kept(store, 2, "before workload.stop web")
    greens = [kept(store, 10 + n, f"green for {n}m after deploy 59a77c4") for n in range(4)]
    assert store.ids() == [by_hand, before, *greens[2:]]


async def test_files_beside_it_where_no_engine_is_watched(tmp_path: Path) -> None:
    store = Store(tmp_path / "checkpoints")
    (tmp_path / "run.conf").write_text("port = 5051\n")
    source = FilesSource(Reference(tmp_path, store))
    assert await source.look() == [DriftLooked(())]
    copy, content = copied(tmp_path, "run.conf")
    assert content is not None
    store.keep(Checkpoint("20261130-060100", 1, "ana", "by hand", None, files=(copy,)), {copy.sha256: content})
    assert await bad(source) == {}
    (tmp_path / "run.conf").write_text("port = 5050\n")
    assert list(await bad(source)) == ["file run.conf"]
    (tmp_path / "run.conf").unlink()
    assert await bad(source) == {"file run.conf": "not there"}
    (lost,) = await FilesSource(Reference(tmp_path, store, "1999")).look()
    assert isinstance(lost, DriftLooked)
    assert lost.drifts[0].why.startswith("no checkpoint 1999")


async def bad(source: FilesSource) -> dict[str, str]:
    (seen,) = await source.look()
    assert isinstance(seen, DriftLooked)
    return {row.what: row.running for drift in seen.drifts for row in drift.rows if row.level == "bad"}
