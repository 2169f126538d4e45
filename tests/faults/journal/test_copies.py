"""kill -9 while an export or a copy is written, and events arrive: no file yet, or a whole one; never half of one."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from incidentui.tui.pages.draft import write
from tests import parts
from tests.faults.journal import unguarded
from tests.faults.journal.conftest import ROOT, Run, file_of, fill, ok
from tests.faults.table import record

FORMS = {
    "jsonl": ("export", "INC-1", "--format", "jsonl", "-o"),
    "json": ("export", "INC-1", "--format", "json", "-o"),
    "md": ("export", "INC-1", "-o"),
    "backup": ("journal", "backup"),
}
NOTES = 12
CALLS = "write,pwrite64,ftruncate,fsync,fdatasync,link,unlink,rename"


def half(form: str, file: Path, notes: int) -> bool:
    """Whether the file is not all that it should be; asked of the file alone."""
    if form == "backup":
        conn = sqlite3.connect(file)
        try:
            return int(conn.execute("SELECT max(seq) FROM events").fetchone()[0]) < notes
        except sqlite3.DatabaseError:
            return True
        finally:
            conn.close()
    text = file.read_text()
    try:
        if form == "jsonl":
            lines = [json.loads(line) for line in text.splitlines()]
            return bool(max(line.get("sequence", 0) for line in lines) != lines[0]["to_seq"])
        if form == "json":
            return not isinstance(json.loads(text), dict)
    except (ValueError, IndexError):
        return True
    return f"note {notes - 2} " not in text or not text.endswith("\n")


def sweep(run: Run, home: Path, kills: int, seed: int, **more: object) -> tuple[int, int]:
    """How many were killed, and how many left half a file."""
    chance, killed, torn, n = random.Random(seed), 0, 0, 0
    ok(run("open", "API down"))
    for k in range(1, NOTES):
        ok(run("note", f"note {k} " + "z" * 2000))
    reach = dict.fromkeys(FORMS, 40)
    while killed < kills:
        n += 1
        form = chance.choice(list(FORMS))
        file = home.parent / f"copy-{n}"
        when = chance.randint(1, reach[form])
        fault = f"--inject={CALLS}:signal=KILL:when={when}"
        done = run(
            *FORMS[form], str(file), before=("strace", "-f", "-o", "/dev/null", f"--trace={CALLS}", fault), **more
        )
        if done.returncode == 0:
            reach[form] = max(2, when - 1)
            assert file.exists()
        else:
            assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), done.stderr
            killed += 1
        torn += file.exists() and half(form, file, NOTES)
    return killed, torn


WRITER = """
import sys, time
from incidentui.edge.clock import SystemClock
from incidentui.edge.store.sqlite import open_journal
from tests.store.conftest import note
journal = open_journal(sys.argv[1], "leads", SystemClock())
while True:
    journal.append([note("meanwhile", incident="INC-1")])
    time.sleep(0.02)
"""


@pytest.mark.slow
@pytest.mark.req("F25")
def test_a_killed_export_leaves_no_half_file(run: Run, home: Path) -> None:
    parts.need("strace")
    assert sweep(run, home, 10, 5) == (10, 0)


@pytest.mark.soak
def test_a_hundred_killed_exports_while_events_arrive(run: Run, home: Path) -> None:
    parts.need("strace")
    ok(run("note", "where the journal lies"))
    others = subprocess.Popen([sys.executable, "-c", WRITER, str(file_of(home))], cwd=ROOT)
    try:
        time.sleep(0.5)
        killed, torn = sweep(run, home, 100, 6)
    finally:
        others.kill()
        others.wait()
    record("kill -9 while an export or a copy is written", cases=killed, half_a_file=torn)
    assert torn == 0


def test_a_full_disk_leaves_the_old_draft(small_disk: Path) -> None:
    """What `w` on the draft page writes, over a file that was asked for."""
    file = small_disk / "INC-1.md"
    write(file, "the old one\n", replace=False)
    with pytest.raises(FileExistsError):
        write(file, "another\n", replace=False)
    fill(small_disk / "ballast")
    with pytest.raises(OSError, match="No space"):
        write(file, "the new one\n" * 9_000, replace=True)
    assert file.read_text() == "the old one\n"
    (small_disk / "ballast").unlink()
    write(file, "the new one\n", replace=True)
    assert file.read_text() == "the new one\n"
    assert [f.name for f in small_disk.iterdir()] == ["INC-1.md"]


@pytest.mark.slow
def test_written_in_place_it_would_be_half(run: Run, home: Path, tmp_path: Path, env: dict[str, str]) -> None:
    """The control: the same kills."""
    parts.need("strace")
    in_place = [
        ('tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")', "(os.open(target, 66, 0o600), target)"),
        ("if not put_new(temporary, str(target)):", "if False:"),
        ("Path(temporary).unlink(missing_ok=True)", "pass"),
    ]
    build = unguarded.build(tmp_path, {"edge/store/jsonl.py": in_place})
    # Else most kills would meet the bytecode of the copy being written.
    assert sweep(run, home, 10, 5, env={**env, "PYTHONPATH": str(build), "PYTHONDONTWRITEBYTECODE": "1"})[1] > 0
