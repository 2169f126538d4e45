"""A run of commands under strace, the states that a power cut can leave of it, and what the program makes of each."""

import copy
import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from tests.faults.journal.calls import Call, traced
from tests.faults.journal.powercut import Disk
from tests.faults.journal.unsynced import LUCKS, Tree, as_it_is, left, on_disk
from tests.faults.journal.warm import Warm

SEED = 20
AFTER = "written after the power came back"


@dataclass(frozen=True)
class Step:
    """A command, what the record must hold once it said that it is done, and what happens to the files before."""

    argv: tuple[str, ...]
    promise: str = ""
    inject: tuple[str, ...] = ()
    before: Callable[[Path], None] | None = None
    erases: str = ""


def journal_in(top: Path) -> Path:
    return next((top / "home").glob("projects/*/journal.db"), top / "none")


@dataclass(frozen=True)
class Program:
    """The program as a command, and the variables it needs."""

    argv: tuple[str, ...]
    project: Path
    env: Mapping[str, str]

    def built(self, top: Path) -> "Program":
        """Another build of it."""
        return replace(self, argv=(sys.executable, "-m", "incidentui"), env={**self.env, "PYTHONPATH": str(top)})

    def run(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 60}
        return subprocess.run([*self.argv, *argv], cwd=self.project, env=dict(self.env), check=False, **options)  # type: ignore[call-overload,no-any-return]


class Runs(Protocol):
    def run(self, *argv: str) -> "subprocess.CompletedProcess[str]": ...


@dataclass(frozen=True)
class Played:
    step: Step
    calls: list[Call]
    start: Disk | None
    """The disk, when something else than the command before left it so."""


@dataclass(frozen=True)
class Promise:
    words: str
    seq: int | None


@dataclass
class State:
    """What a power cut left, and what had been promised until then."""

    tree: Tree
    promised: list[Promise]
    gone: str
    """What must stand in no file any more."""


@dataclass
class Counts:
    states: int = 0
    lost: int = 0
    doubled: int = 0
    damaged: int = 0
    refused: list[str] = field(default_factory=list)
    worst: list[str] = field(default_factory=list)


def record_run(program: Program, top: Path, steps: Sequence[Step]) -> list[Played]:
    """Run the steps under strace; the disk that the calls describe is the real one, after each of them."""
    disk, played = Disk(top), list[Played]()
    for step in steps:
        start = copy.deepcopy(disk) if not played else None
        if step.before:
            step.before(top)
            disk = Disk(top)
            start = copy.deepcopy(disk)
        disk.begin()
        seen = traced([*program.argv, *step.argv], top.parent / "strace.log", program.project, program.env, step.inject)
        assert seen.code == 0, seen.err
        for call in seen.calls:
            disk.step(call)
        assert disk.said.decode() == seen.out
        assert seen_alike(as_it_is(disk.root), on_disk(top)), "the model is the disk"
        played.append(Played(step, seen.calls, start))
    return played


def seen_alike(ours: Tree, real: Tree) -> bool:
    """The shared memory of WAL is written without calls; it is not needed after a power cut."""
    return {k: v for k, v in ours.items() if "-shm" not in k} == {k: v for k, v in real.items() if "-shm" not in k}


def points(played: Sequence[Played]) -> Iterator[tuple[Disk, list[Promise], str]]:
    """After every call that changed something: the disk, what was promised, what was erased."""
    disk, promised, gone = None, list[Promise](), ""
    for part in played:
        disk = copy.deepcopy(part.start) if part.start else disk
        assert disk
        disk.begin()
        waits = True
        for call in part.calls:
            if not disk.step(call):
                continue
            if waits and disk.said.endswith(b"\n"):
                waits, gone = False, part.step.erases or gone
                promised = [*promised, Promise(part.step.promise, json.loads(disk.said)["seq"])]
            yield disk, promised, gone


def states(played: Sequence[Played], most: int, seed: int) -> Iterator[State]:
    """`most` of them: half from the moments right after a command said that it is done, half from all the others."""
    chance = random.Random(seed)
    told = [len(promised) for _, promised, _ in points(played)]
    after = [n for n in range(len(told)) if told[n] > (told[n - 1] if n else 0)]
    chosen = [
        *_drawn(after, most // 2, chance),
        *_drawn(sorted({*range(len(told))} - {*after}), most - most // 2, chance),
    ]
    for n, (disk, promised, gone) in enumerate(points(played)):
        for point, luck in chosen:
            if point == n:
                yield State(left(disk.root, LUCKS[luck], chance), promised, gone)


def _drawn(moments: Sequence[int], most: int, chance: random.Random) -> list[tuple[int, str]]:
    every = [(moment, luck) for moment in moments for luck in LUCKS]
    return chance.sample(every * (1 + most // len(every)), most)


def put(tree: Tree, top: Path) -> None:
    shutil.rmtree(top)
    top.mkdir()
    for name, content in tree.items():
        if content is None:
            (top / name).mkdir(mode=0o700)
        else:
            (top / name).write_bytes(content)


def read_back(top: Path) -> list[tuple[int, str]]:
    return events_of(journal_in(top))


def events_of(journal: Path) -> list[tuple[int, str]]:
    """Sequence and words of all events, asked of SQLite itself; the file is whole and the chain without a gap."""
    conn = sqlite3.connect(journal)
    try:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = conn.execute("SELECT seq, type || ' ' || data, prev, hash FROM events ORDER BY seq").fetchall()
    finally:
        conn.close()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), "a dense sequence"
    assert [row[2] for row in rows] == ["", *(row[3] for row in rows[:-1])], "a chain"
    return [row[:2] for row in rows]


def refusals(program: Runs, promised: bool, chance: random.Random) -> list[str]:
    """Let the program at the state, in any order; what it could not do."""
    commands = [("events",), ("journal", "verify"), ("note", AFTER)]
    chance.shuffle(commands)
    found = []
    for argv in commands:
        done = program.run(*argv)
        nothing_yet = argv[0] != "note" and not promised and "nothing was recorded here yet" in done.stderr
        if done.returncode and not nothing_yet:
            found.append(f"{argv}: {done.returncode} {done.stdout} {done.stderr}")
    return found


def judged(program: Runs, top: Path, state: State, counts: Counts, chance: random.Random) -> None:
    put(state.tree, top)
    counts.states += 1
    counts.refused += refusals(program, bool(state.promised), chance)
    try:
        found = read_back(top)
    except (AssertionError, sqlite3.DatabaseError) as error:
        counts.refused.append(f"read back: {error}")
        return
    counts.damaged += any(".damaged-" in file.name for file in journal_in(top).parent.iterdir())
    texts = [words for _, words in found if words.startswith("note.added")]
    wanted = [*state.promised, Promise(AFTER, None)]
    lost = [p for p in wanted if not any(p.words in words and p.seq in (None, seq) for seq, words in found)]
    counts.lost += len(lost) > 0
    counts.doubled += len(texts) - len(set(texts))
    counts.worst += [f"{p.words[:60]} (seq {p.seq})" for p in lost]
    if state.gone:
        counts.worst += [f"{state.gone} is in {file}" for file in files_with(top, state.gone)]


def files_with(top: Path, secret: str) -> list[str]:
    return [str(file) for file in top.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]


def sweep(program: Program, top: Path, steps: Sequence[Step], most: int) -> Counts:
    """Each state is opened by a command that is started for it."""
    return judge(program, top, record_run(program, top, steps), most)


def long_sweep(program: Program, top: Path, steps: Sequence[Step], most: int) -> Counts:
    """Each state is opened by a fork of the program."""
    played = record_run(program, top, steps)
    with Warm(program.project, program.env, top.parent) as warm:
        return judge(warm, top, played, most)


def judge(runs: Runs, top: Path, played: Sequence[Played], most: int) -> Counts:
    counts, chance = Counts(), random.Random(SEED)
    for state in states(played, most, SEED):
        judged(runs, top, state, counts, chance)
    return counts
