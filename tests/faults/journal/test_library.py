"""A library with the WAL fault, a file system that other machines share: no write-ahead log, and `doctor` says why."""

import json
import os
import sqlite3
from pathlib import Path

import pytest

from incidentui.edge.store.filesystem import of_device, shared
from tests.faults.journal import unguarded
from tests.faults.journal.conftest import file_of
from tests.faults.journal.cuts import Program

SCHEMA, FILESYSTEM = "edge/store/schema.py", "edge/store/filesystem.py"
FIXED = [("version: tuple[int, ...] = sqlite3.sqlite_version_info", "version: tuple[int, ...] = (3, 51, 3)")]
AFFECTED = [("version: tuple[int, ...] = sqlite3.sqlite_version_info", "version: tuple[int, ...] = (3, 40, 1)")]
TMPFS_IS_SHARED = [('"nfs4"', '"nfs4", "tmpfs"')]
"""So that a real mount can be one: everything but the list of names is as it is."""


def findings(program: Program) -> dict[str, tuple[str, str]]:
    told = json.loads(program.run("doctor", "--json").stdout)["findings"]
    return {finding["name"]: (finding["state"], finding["text"]) for finding in told}


def has_log(path: Path) -> bool:
    """What the file itself says: bytes 18 and 19 are 2 with a write-ahead log."""
    return path.read_bytes()[18:20] == b"\2\2"


@pytest.mark.req("F25")
@pytest.mark.parametrize(
    ("library", "disk", "log", "says"),
    [
        (FIXED, [], True, "the journal uses WAL"),
        (AFFECTED, [], False, "the journal uses TRUNCATE, because WAL has a known fault in this version"),
        (FIXED, TMPFS_IS_SHARED, False, "the journal uses TRUNCATE, because WAL does not work on tmpfs"),
    ],
    ids=["fit", "library", "disk"],
)
def test_a_log_only_where_library_and_disk_are_fit(
    library: list[tuple[str, str]],
    disk: list[tuple[str, str]],
    log: bool,
    says: str,
    project: Path,
    env: dict[str, str],
    tmp_path: Path,
    small_disk: Path,
) -> None:
    program = Program((), project, env).built(unguarded.build(tmp_path, {SCHEMA: library, FILESYSTEM: disk}))
    assert program.run("note", "one").stdout == "noted as 1\n"
    assert has_log(file_of(small_disk)) is log
    told = findings(program)
    assert says in told["sqlite"][1]
    assert ("other machines" in told["state"][1]) is bool(disk)


def test_a_log_is_given_up_where_it_is_not_fit(project: Path, env: dict[str, str], home: Path, tmp_path: Path) -> None:
    """The library was replaced by an affected one, or the journal was moved to a shared disk."""
    (tmp_path / "fixed").mkdir()
    fixed = Program((), project, env).built(unguarded.build(tmp_path / "fixed", {SCHEMA: FIXED}))
    affected = Program((), project, env).built(unguarded.build(tmp_path, {SCHEMA: AFFECTED}))
    assert fixed.run("note", "one").returncode == 0
    assert has_log(file_of(home))
    assert affected.run("note", "two").stdout == "noted as 2\n"
    assert not has_log(file_of(home))
    assert sqlite3.connect(file_of(home)).execute("SELECT count(*) FROM events").fetchone() == (2,)


MOUNTS = """\
22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
91 28 0:51 / /home/ana rw,relatime shared:50 - nfs4 server:/home rw,vers=4.2
92 28 0:52 / /mnt/my\\040sync rw shared:51 - fuse.rclone remote: rw
93 28 0:53 / /half
""".splitlines()


@pytest.mark.parametrize(
    ("device", "kind"), [("254:0", "ext4"), ("0:51", "nfs4"), ("0:52", "fuse.rclone"), ("0:53", ""), ("9:9", "")]
)
def test_the_kind_of_a_file_system(device: str, kind: str) -> None:
    assert of_device(MOUNTS, device) == kind


def test_a_folder_that_is_not_there_is_not_shared(tmp_path: Path) -> None:
    assert shared(str(tmp_path / "none")) == ""
    assert shared(os.sep + "proc") == ""
