"""Our own disk refuses: it is said of the file or folder it happened to, not of the engine."""

import io
import os
import socket
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from incidentui.edge.inside.copying import CopyError, out, packed


def archive() -> Iterator[bytes]:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("x"))
    yield made.getvalue()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CopyError, match=r"file/evidence: Not a directory"):
        out(archive(), tmp_path / "file" / "evidence", "x", threading.Event())


def test_a_full_disk_of_the_last_step_is_named_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(CopyError, match=f"{tmp_path}: No space left on device"):
        out(archive(), tmp_path, "x", threading.Event())
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_goes_away_is_not_told_as_the_disk(tmp_path: Path) -> None:
    def cut() -> Iterator[bytes]:
        yield next(archive())[:512]
        raise ConnectionResetError("by peer")

    with pytest.raises(ConnectionResetError, match="by peer"):
        out(cut(), tmp_path, "x", threading.Event())
    assert list(tmp_path.iterdir()) == []


def test_what_an_archive_cannot_hold_is_refused_by_its_name() -> None:
    # A socket's path is limited to about a hundred characters.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/agent.sock")
        with pytest.raises(CopyError, match=r"agent\.sock is neither a file nor a folder"):
            packed(Path(folder), "x", {})


@pytest.mark.parametrize("inside", ["", "gone"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    source = tmp_path / inside
    file = tmp_path / "secret" if inside == "" else source
    (tmp_path / "secret").write_text("x")

    def refused(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refused)
    why = "Permission denied" if inside == "" else "No such file or directory"
    with pytest.raises(CopyError, match=f"{file}: {why}"):
        packed(source, "x", {})
