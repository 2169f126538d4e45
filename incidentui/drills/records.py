"""What the state directory remembers of drills: one folder each, with the place of its sandbox and its own journal.

A drill has its own state directory (`home`), so that it never mixes with a responder's real journals.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from incidentui.core.value import dataclass
from incidentui.drills import engine
from incidentui.drills import sandbox as sandboxes
from incidentui.drills.registry import CONTAINERS, DRILLS
from incidentui.drills.sandbox import Sandbox
from incidentui.drills.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Record:
    """One drill, as remembered."""

    place: Path
    drill: str
    root: str
    seed: int
    ended: bool = False
    engine: str = ""
    """The address of the engine that has its containers; empty: it has none, or none any more."""

    @property
    def home(self) -> Path:
        """INCIDENTUI_HOME of everything that runs in this drill."""
        return self.place / "home"

    @property
    def sandbox(self) -> Sandbox:
        return Sandbox(Path(self.root))

    @property
    def scenario(self) -> Scenario:
        return (CONTAINERS if self.engine else DRILLS)[self.drill]

    @property
    def stands(self) -> bool:
        """Whether its sandbox is still there."""
        return (self.sandbox.root / sandboxes.MARKER).is_file()

    @property
    def leaves(self) -> bool:
        """Whether there is anything of it to take down, or may be."""
        return self.stands or not self.ended or bool(self.engine)


def remember(folder: Path, sandbox: Sandbox, drill: str, seed: int, host: str = "") -> Record:
    """A new record under the state directory's `drills`."""
    record = Record(folder / sandbox.root.name, drill, str(sandbox.root), seed, engine=host)
    record.home.mkdir(mode=0o700, parents=True)  # it says what may be run: nobody else writes there
    _save(record)
    return record


def mark_ended(record: Record) -> Record:
    ended = replace(record, ended=True)
    _save(ended)
    return ended


def _save(record: Record) -> None:
    values = {name: value for name, value in asdict(record).items() if name != "place"}
    written = record.place / "drill.json.new"
    written.write_text(json.dumps(values), encoding="utf-8")
    written.replace(record.place / "drill.json")


def known(folder: Path) -> list[Record]:
    """Every remembered drill, newest first; what cannot be read is left alone."""
    found = sorted(folder.glob("*/drill.json"), key=lambda path: path.parent.stat().st_mtime_ns, reverse=True)
    records = []
    for path in found:
        with contextlib.suppress(OSError, ValueError, TypeError):
            records.append(Record(path.parent, **json.loads(path.read_text(encoding="utf-8"))))
    return records


def unfinished(folder: Path, drill: str) -> Record | None:
    """The newest drill of this name whose sandbox still stands and which nobody runs."""
    for record in known(folder):
        if record.drill == drill and not record.ended and record.stands and not in_use(record):
            return record
    return None


def abandoned(folder: Path) -> list[Record]:
    """Those that never ended and that nobody runs, and those that ended and whose containers may be there still."""
    return [r for r in known(folder) if (not r.ended or (r.engine and not r.stands)) and not in_use(r)]


@contextlib.contextmanager
def using(record: Record) -> Iterator[bool]:
    """Hold the drill as long as this process lives; False when another one does."""
    handle = os.open(record.place / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def in_use(record: Record) -> bool:
    with using(record) as free:
        return not free


def clean(folder: Path) -> list[Record]:
    """Take down every sandbox that nobody runs any more; records of drills that ended keep their journal.

    Raises SandboxError when an engine does not answer: what it has stays, and so does the record of it.
    """
    cleaned = []
    for record in known(folder):
        with using(record) as free:
            if free and record.leaves:
                dismantle(record)
                cleaned.append(record)
    return cleaned


def dismantle(record: Record) -> None:
    """Processes, containers, sandbox, and the record too when the drill never ended."""
    if record.stands:
        sandboxes.take_down(record.sandbox)
    if record.engine:
        # Also those of a sandbox that was never finished, or whose folder somebody has cleaned away.
        engine.take_down(record.engine, record.sandbox.root.name)
    sandboxes.remove(record.sandbox)
    if record.ended and record.engine:
        _save(replace(record, engine=""))
    if not record.ended:
        shutil.rmtree(record.place, ignore_errors=True)
