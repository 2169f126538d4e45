"""A backup that was cut off, damaged or could not be written never looks whole; lists are compared as they stream."""

import io
import itertools
import resource
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from incidentui.core.backup import Backup, Entry, compared, place_of
from incidentui.edge.volumes.archive import TOP, BrokenArchiveError, Stream, entries
from incidentui.edge.volumes.store import ARCHIVE, MANIFEST, BackupError, Store

IT = Backup("20260301-101010", 0, "ana", "by hand", "run-1", "leads", "local", "then", 0, 0, 0, 0, "", "")


def archive(*files: tuple[str, bytes]) -> bytes:
    """As an engine sends it: the names in the order of its walk, two empty blocks at the end and nothing more."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        top = tarfile.TarInfo(TOP)
        top.type = tarfile.DIRTYPE
        tar.addfile(top)
        for name, content in files:
            info = tarfile.TarInfo(f"{TOP}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        end = tar.offset
    return made.getvalue()[: end + 1024]


WHOLE = archive(("a", b"x" * 700), ("b", b"\0" * 1500), ("c", b""), ("z" * 300, b"long name"), ("zz", b"\0" * 512))


def pieces(content: bytes, size: int = 333) -> Iterator[bytes]:
    yield from (content[at : at + size] for at in range(0, len(content), size))


def kept(store: Store, content: bytes) -> Backup:
    with store.beside() as writing:
        found, files, size = writing.take(pieces(content), lambda written: None)
        return writing.keep(replace(IT, entries=found, files=files, size=size))


def test_one_that_is_cut_off_at_any_block_is_none(tmp_path: Path) -> None:
    """Also where the cut lies between two files, or in the zeros of one, which look like an archive's end."""
    store = Store(tmp_path / "backups")
    for end in range(0, len(WHOLE), 512):
        with pytest.raises((BrokenArchiveError, BackupError)):
            kept(store, WHOLE[:end])
        assert store.ids() == []
    assert list(store.folder.iterdir()) == []
    assert kept(store, WHOLE).entries == 6


def test_a_changed_byte_of_archive_or_list_is_damage(tmp_path: Path) -> None:
    store = Store(tmp_path)
    it = kept(store, WHOLE)
    assert store.wrong(it) == ""
    for name in (ARCHIVE, MANIFEST):
        file = tmp_path / it.id / name
        content = file.read_bytes()
        for at in range(0, len(content), max(1, len(content) // 20)):
            file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
            assert store.wrong(it), (name, at)
        file.write_bytes(content[:-1])
        assert store.wrong(it), name
        file.write_bytes(content)
    assert store.wrong(it) == ""


def test_a_write_that_the_disk_refuses_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        with pytest.raises(BackupError, match="no backup can be kept in"):
            kept(store, WHOLE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_the_next_of_the_same_second_gets_a_name_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (tmp_path / ".new-left").mkdir()
    assert [kept(store, WHOLE).id for _ in range(3)] == [IT.id, f"{IT.id}-2", f"{IT.id}-3"]
    assert store.ids() == [IT.id, f"{IT.id}-2", f"{IT.id}-3"], "what a killed program left is gone"
    assert (tmp_path / IT.id).stat().st_mode & 0o777 == 0o700
    assert {f.stat().st_mode & 0o777 for f in (tmp_path / IT.id).iterdir()} == {0o600}


class Counted(bytes):
    """A chunk that counts the bytes copied out of it."""

    copied = 0

    @override
    def __getitem__(self, part: SupportsIndex | slice) -> bytes:  # type: ignore[override]
        found = Counted(super().__getitem__(part))
        Counted.copied += len(found)
        return found


def test_an_archive_that_comes_as_one_piece_is_copied_once() -> None:
    """Else each small read copies all that is left: seconds for a file of a few MB."""
    whole = Counted(archive(*((f"{n:03}", b"x" * 20_000) for n in range(100))))
    assert len(list(entries(Stream([whole])))) == 101
    assert Counted.copied < 2 * len(whole)


def test_what_is_not_of_the_volume_is_refused() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(f"{TOP}x/passwd"))
    with pytest.raises(BrokenArchiveError, match="does not lie in incidentui-volume"):
        list(entries(Stream(pieces(made.getvalue()))))


paths = st.lists(st.sampled_from(["a", "a b", "a-b", "b", "\udcff", "é", "-"]), min_size=1, max_size=3).map("/".join)
trees = st.dictionaries(paths, st.integers(0, 2))


@given(trees, trees)
def test_lists_that_stream_differ_where_the_trees_do(then: dict[str, int], now: dict[str, int]) -> None:
    def listed(tree: dict[str, int]) -> list[Entry]:
        return [Entry(path, "file", mode=mode) for path, mode in sorted(tree.items(), key=lambda i: place_of(i[0]))]

    found = {each.path for each in compared(listed(then), listed(now))}
    assert found == {path for path in then.keys() | now.keys() if then.get(path) != now.get(path)}


@pytest.mark.parametrize(
    "change",
    [{"mode": 0o600}, {"uid": 1}, {"gid": 1}, {"sha256": "x"}, {"kind": "link"}, {"link": "x"}, {"device": (1, 3)}],
)
def test_each_part_counts_but_the_time(change: dict[str, object]) -> None:
    entry = Entry("a", "file")
    assert len(list(compared([entry], [replace(entry, **change)]))) == 1  # type: ignore[arg-type]
    assert not list(itertools.islice(compared([entry], [replace(entry, mtime=5)]), 1))
