"""Power cuts: whatever was not synced is lost, torn or out of order, after every system call that changed a file.

Each state is put on disk and opened by the installed program. Judged is what SQLite itself reads afterwards: everything
that a command had acknowledged is there, at its sequence, once.
"""

from pathlib import Path
from typing import Any

import pytest

from tests import parts
from tests.e2e.world import COMMAND
from tests.faults.journal import unguarded
from tests.faults.journal.cuts import Counts, Program, Step, journal_in, long_sweep, sweep
from tests.faults.table import record

SECRET = "hunter2-zorro-4711"
FULL_DISK = ("pwrite64:error=ENOSPC",)
"""SQLite writes by `pwrite64`, the side file by `write`."""


def noted(text: str, **more: Any) -> Step:
    return Step(("note", "--json", text), f'"text":"{text}"', **more)


def cut_short(top: Path) -> None:
    path = journal_in(top)
    path.write_bytes(path.read_bytes()[:-1])


def side_file_blocked(top: Path) -> None:
    Path(f"{journal_in(top)}.aside.jsonl").mkdir()


def side_file_free(top: Path) -> None:
    Path(f"{journal_in(top)}.aside.jsonl").rmdir()


LIFE = (
    noted("first of all"),
    Step(("open", "--json", "API down"), "incident.opened"),
    *(noted(f"seen {n}" + " y" * 450 * n) for n in range(4)),
    Step(("close", "--json", "--reason", "it is over"), "incident.closed"),
)
SCENARIOS: dict[str, tuple[Step, ...]] = {
    "life": LIFE,
    "full disk": (
        noted("before"),
        noted("aside one", inject=FULL_DISK),
        noted("aside two", inject=FULL_DISK),
        noted("merged"),
        noted("elsewhere", inject=FULL_DISK, before=side_file_blocked),
        noted("merged again", before=side_file_free),
    ),
    "damage": (
        *(noted(f"whole {n} " + "z" * 900) for n in range(4)),
        noted("after the damage", before=cut_short),
        noted("and on"),
    ),
    "erasure": (
        noted("calm"),
        Step(("note", "--json", f"it is {SECRET}")),
        noted("between"),
        Step(("journal", "erase", "2", "--reason", "leaked", "--json"), "data.erased", erases=SECRET),
        noted("on we go"),
    ),
}


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """All that the program can write to."""
    parts.need("strace")
    folder = tmp_path / "disk"
    (folder / "aside").mkdir(parents=True, mode=0o700)
    return folder


@pytest.fixture
def program(top: Path, project: Path, env: dict[str, str]) -> Program:
    mine = {**env, "INCIDENTUI_HOME": str(top / "home"), "TMPDIR": str(top / "aside")}
    return Program((COMMAND,), project, mine)


def whole(counts: Counts, row: str, name: str) -> None:
    # A journal that was damaged before says so, until a writer has mended it.
    refused = [r for r in counts.refused if name != "damage" or "was cut in the middle of a page" not in r]
    record(row, cases=counts.states, lost=counts.lost, doubled=counts.doubled, unreadable=len(refused))
    assert (counts.worst, refused) == ([], [])
    assert name == "damage" or counts.damaged == 0


@pytest.mark.slow
@pytest.mark.req("F25")
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_power_cut_loses_nothing_that_was_acknowledged(program: Program, top: Path, name: str) -> None:
    whole(sweep(program, top, SCENARIOS[name], 25), "power cut (sample)", name)


@pytest.mark.soak
@pytest.mark.parametrize("name", SCENARIOS)
def test_three_thousand_power_cuts(program: Program, top: Path, name: str) -> None:
    whole(long_sweep(program, top, SCENARIOS[name], 750), "power cut: lost, torn, re-ordered writes", name)


SCHEMA, PLACE, ASIDE = "edge/store/schema.py", "edge/store/place.py", "edge/store/aside.py"
UNGUARDED = {
    "never synced": ("life", {SCHEMA: [("synchronous = FULL", "synchronous = OFF")]}),
    "synced now and then": ("life", {SCHEMA: [("synchronous = FULL", "synchronous = NORMAL")]}),
    "new folders not synced": ("life", {PLACE: [("_sync(str(folder))", "pass")]}),
    "side file not synced": ("full disk", {ASIDE: [("os.fsync(handle)", "pass")]}),
    "its name not synced": ("full disk", {ASIDE: [("sync_folders(str(path))", "pass")]}),
}


@pytest.mark.slow
@pytest.mark.parametrize("guard", UNGUARDED)
def test_a_build_that_does_not_sync_loses_something(program: Program, top: Path, tmp_path: Path, guard: str) -> None:
    """The control: the same sweep, the same seed."""
    name, changes = UNGUARDED[guard]
    counts = long_sweep(program.built(unguarded.build(tmp_path, changes)), top, SCENARIOS[name], 40)
    assert counts.lost + counts.damaged + len(counts.refused) > 0


WAL = {SCHEMA: [("if not wal_is_safe():", "if False:")]}
"""What the program does where SQLite has the fix for WAL."""


@pytest.mark.soak
@pytest.mark.parametrize("name", ["life", "full disk", "erasure"])
def test_power_cuts_with_a_write_ahead_log(program: Program, top: Path, tmp_path: Path, name: str) -> None:
    counts = long_sweep(program.built(unguarded.build(tmp_path, WAL)), top, SCENARIOS[name], 300)
    whole(counts, "power cut, with a write-ahead log", name)
