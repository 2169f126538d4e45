"""A disk that refuses at any write, a full one, a read-only one; a file that goes while a screen has it open.

Nothing is silent: what was acknowledged without a word is in the journal's file; else a word says where it is.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests import parts
from tests.faults.journal import test_while_open as faults
from tests.faults.journal import unguarded
from tests.faults.journal.conftest import Done, Run, file_of, fill, notes, ok
from tests.faults.pty import Pty
from tests.faults.table import record

COMMANDS = {
    "note": ("note", "--json", "words of the case"),
    "open": ("open", "--json", "words of the case"),
    "close": ("close", "--json", "--reason", "words of the case"),
}
FAULTS = [
    *((name, f"pwrite64:error=ENOSPC:when={n}+") for name in COMMANDS for n in range(1, 13)),
    *(("note", f"fdatasync:error=EIO:when={n}") for n in range(1, 6)),
    *(("note", f"ftruncate:error=EIO:when={n}") for n in range(1, 3)),
]
ROW = "disk refuses, read-only, file gone or foreign"


def words_in(path: Path) -> str:
    conn = sqlite3.connect(f"file:{path}?mode=rw", uri=True)
    try:
        return "\n".join(data for (data,) in conn.execute("SELECT data FROM events"))
    finally:
        conn.close()


def silent(done: Done, path: Path, words: str) -> bool:
    """Said to be done, but the file does not hold it and no word says so."""
    return done.returncode == 0 and "waits in" not in done.stderr and words not in words_in(path)


def refused_at(run: Run, home: Path, name: str, fault: str) -> None:
    """The fault hits one command; the next, without it, takes in what waits."""
    ok(run("note", "before"))
    if name == "close":
        ok(run("open", "API down"))
    path = file_of(home)
    before = ("strace", "-f", "-o", "/dev/null", f"--inject={fault}")
    done = run(*COMMANDS[name], before=before)
    quiet = silent(done, path, "words of the case")
    record(ROW, cases=1, silent=int(quiet))
    assert "Traceback" not in done.stderr
    assert not quiet
    assert done.returncode == 0, "the side file takes it"
    ok(run("note", "after"))
    assert words_in(path).count("words of the case") == 1
    assert notes(path)[-1] == "after"
    assert "whole" in ok(run("journal", "verify"))


@pytest.mark.slow
@pytest.mark.req("F25")
@pytest.mark.parametrize(("name", "fault"), [*FAULTS[2::9], ("note", "fdatasync:error=EIO:when=5")])
def test_a_write_that_is_refused(run: Run, home: Path, name: str, fault: str) -> None:
    parts.need("strace")
    refused_at(run, home, name, fault)


@pytest.mark.soak
@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_every_write_that_is_refused(run: Run, home: Path, name: str, fault: str) -> None:
    parts.need("strace")
    refused_at(run, home, name, fault)


def test_a_build_that_drops_what_the_disk_refuses_is_seen(
    run: Run, home: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    """The control: a build that says `done` whatever the disk says."""
    parts.need("strace")
    put_aside = "Written(draft, None, side.write(aside_lines([draft], (), project)), str(error))"
    build = unguarded.build(tmp_path, {"edge/store/single.py": [(put_aside, "Written(draft, 2, path)")]})
    ok(run("note", "before"))
    before = ("strace", "-f", "-o", "/dev/null", "--inject=pwrite64:error=ENOSPC:when=1+")
    done = run(*COMMANDS["note"], before=before, env={**env, "PYTHONPATH": str(build)})
    assert silent(done, file_of(home), "words of the case")


@pytest.mark.soak
@pytest.mark.parametrize("left", [0, 100, 512, 1000, 2000, 4096, 6000, 8192, 12_288, 20_000])
def test_both_disks_full_but_for_some_bytes(run: Run, small_disk: Path, env: dict[str, str], left: int) -> None:
    """Journal and side file on one disk: it is stored, or waits, or the command fails and says so."""
    ok(run("note", "before"))
    both = {**env, "TMPDIR": str(small_disk)}
    ballast = small_disk / "ballast"
    fill(ballast)
    with ballast.open("r+b") as file:
        file.truncate(ballast.stat().st_size - left)
    done = run("note", "words of the case " + "z" * 3000, env=both)
    quiet = silent(done, file_of(small_disk), "words of the case")
    record(ROW, cases=1, silent=int(quiet))
    assert not quiet
    assert done.returncode == 0 or "nothing could be saved" in done.stderr
    ballast.unlink()
    ok(run("note", "after", env=both))
    expected = int(done.returncode == 0)
    assert words_in(file_of(small_disk)).count("words of the case") == expected
    assert "whole" in ok(run("journal", "verify"))


READERS: Sequence[tuple[str, ...]] = (
    ("events",),
    ("journal", "verify"),
    ("incidents", "--json"),
    ("show", "INC-1"),
    ("export", "INC-1"),
    ("status",),
)


@pytest.mark.soak
@pytest.mark.parametrize("argv", [*READERS, COMMANDS["note"], COMMANDS["close"]], ids=" ".join)
def test_a_read_only_disk(run: Run, small_disk: Path, argv: tuple[str, ...]) -> None:
    ok(run("open", "API down"))
    ok(run("note", "before"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = run(*argv)
    quiet = argv not in READERS and silent(done, file_of(small_disk), "words of the case")
    record(ROW, cases=1, silent=int(quiet))
    assert not quiet
    assert done.returncode == 0 or argv == ("status",), done.stderr
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    ok(run("note", "after"))
    assert notes(file_of(small_disk))[-1] == "after"


GONE: dict[str, Callable[[Path], None]] = {
    fault.__name__: fault
    for fault in (
        faults.deleted,
        faults.renamed,
        faults.folder_renamed,
        faults.folder_deleted,
        faults.swapped_for_a_copy,
        faults.older_copy,
        faults.another_journal,
        faults.garbage_file,
        faults.overwritten_by_an_older_one,
        faults.emptied,
        faults.cut,
        faults.overwritten_by_garbage,
    )
}


def typed_into(run: Run, home: Path, project: Path, env: dict[str, str], fault: Callable[[Path], None]) -> None:
    """A note typed on a screen after the fault: in the file, or the bar is red; then the next command has it."""
    ok(run("note", "long before"))
    path = file_of(home)
    Path(f"{path}.older").write_bytes(path.read_bytes())
    ok(run("note", "before"))
    with Pty([sys.executable, "-m", "incidentui"], project, env, 120, 40) as screen:
        screen.see("journal ok", 30)
        screen.rest(0.4, 2)
        fault(path)
        screen.press(".", ".", gap_s=0.2)  # the timeline is read anew
        screen.press("n", gap_s=0.2)
        screen.see("note ›")
        screen.press(*"typed", gap_s=0.02)
        screen.write(b"\r")
        screen.see(r"✗ journal|typed(?![\s\S]*note ›)")
        screen.rest(0.5, 3)
        red = "journal ok" not in screen.text
        found = "typed" in words_of_any(path)
        record(ROW, cases=1, silent=int(not red and not found))
        assert red or found, screen.text
        screen.press("q", gap_s=0.3)
        screen.press("y", gap_s=0.3)
    ok(run("note", "after"))
    texts = notes(path)
    assert texts.count("typed") == 1
    assert texts[-1] == "after"


def words_of_any(path: Path) -> str:
    try:
        return words_in(path)
    except sqlite3.DatabaseError:
        return ""


@pytest.mark.slow
@pytest.mark.req("F25")
@pytest.mark.parametrize("name", ["deleted", "older_copy", "emptied", "overwritten_by_garbage"])
def test_the_file_goes_while_a_screen_has_it_open(
    run: Run, home: Path, project: Path, env: dict[str, str], name: str
) -> None:
    typed_into(run, home, project, env, GONE[name])


@pytest.mark.soak
@pytest.mark.parametrize("name", GONE)
def test_every_way_the_file_goes_while_a_screen_has_it_open(
    run: Run, home: Path, project: Path, env: dict[str, str], name: str
) -> None:
    typed_into(run, home, project, env, GONE[name])


@pytest.mark.soak
@pytest.mark.parametrize("content", [b"", b"x", b"once upon a time\n" * 99, b"SQLite format 3\0" + bytes(4080)])
def test_another_file_at_its_place(run: Run, home: Path, content: bytes) -> None:
    ok(run("note", "before"))
    path = file_of(home)
    path.write_bytes(content)
    done = run("note", "words of the case")
    (kept,) = [f for f in path.parent.glob("*.damaged-*") if not f.name.endswith("-journal")]
    named = "journal.replaced" in json.dumps([json.loads(line) for line in ok(run("events")).splitlines()])
    record(ROW, cases=1, silent=int(silent(done, path, "words of the case") or not named))
    assert named
    assert kept.read_bytes() == content
    assert "words of the case" in words_in(path)
    assert f"kept aside: {kept}" in ok(run("journal", "verify"))
