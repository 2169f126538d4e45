"""The program in a terminal of its own, and a fault played before it: what was not said, what was lost, is it deaf."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from incidentui.drills.history import git
from tests.containers.table.fault import Fault, Ground, memory_kb
from tests.e2e.world import COMMAND, Place, until
from tests.engine import Dockerd
from tests.faults.pty import Pty, leaks

PLAIN = '[project]\nname = "ferry"\ndocker = {}\n'
_PANES = "4 (WORKLOADS|workloads)"
"""On a narrow screen one pane at a time stands under a bar of their names."""
MOST_KB = 250 << 10
"""Of memory, whatever a container writes."""


@dataclass(frozen=True)
class Result:
    fault: Fault
    unsaid: tuple[str, ...]
    """Words that did not come, each with the screen."""
    lost: str
    deaf: str

    @property
    def told(self) -> str:
        return "\n".join(filter(None, (f"== {self.fault.name}", *self.unsaid, self.lost, self.deaf)))

    @property
    def bad(self) -> bool:
        return bool(self.unsaid or self.lost or self.deaf)


def board(results: Sequence[Result]) -> dict[str, int]:
    return {
        "cases": len(results),
        "wrong_words": sum(bool(r.unsaid) for r in results),
        "lost": sum(bool(r.lost) for r in results),
        "deaf": sum(bool(r.deaf) for r in results),
    }


class Stage:
    """One engine; the program stays on it from fault to fault, as on a bad night, until one is told wrongly."""

    def __init__(self, engine: Dockerd, columns: int = 120, rows: int = 40) -> None:
        self.engine = engine
        self._size = columns, rows
        self._folder = Path(tempfile.mkdtemp(prefix="faults-", dir="/tmp"))
        self._shared: tuple[Place, Pty] | None = None
        self._n = 0

    def close(self) -> None:
        self._end_shared()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end_shared(self) -> None:
        if self._shared is not None:
            self._shared[1].__exit__(None, None, None)
            self._shared = None

    def _place(self, fault: Fault) -> Place:
        folder = self._new_folder()
        root = folder / "ferry"
        root.mkdir()
        (root / "incidentui.toml").write_text(PLAIN)
        for name, text in fault.files.items():
            (root / name).write_text(text)
        git(["init", "-q", "-b", "main"], root)
        git(["add", "-A"], root)
        git(["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "as it is"], root)
        return Place(root, folder / "home")

    def _new_folder(self) -> Path:
        self._n += 1
        folder = self._folder / str(self._n)
        folder.mkdir()
        return folder

    def _screen(self, fault: Fault, ground: Ground) -> Pty:
        host = fault.host(ground) if fault.host else self.engine.url
        more = dict(fault.env(ground)) if fault.env else {}
        argv = [*fault.before, COMMAND, str(ground.place.root)]
        screen = Pty(argv, ground.place.root, ground.place.env(DOCKER_HOST=host, **more), *self._size)
        screen.see(_PANES, 30)
        screen.rest(0.4, 1)  # keys of the first moment are dropped
        return screen

    @contextmanager
    def _before(self, fault: Fault) -> Iterator[tuple[Ground, Pty]]:
        if fault.alone:
            ground = Ground(self.engine, self._new_folder(), self._place(fault))
            with self._screen(fault, ground) as screen:
                yield ground, screen
            return
        if self._shared is None:
            place = self._place(fault)
            self._shared = place, self._screen(fault, Ground(self.engine, self._folder, place))
        place, screen = self._shared
        yield Ground(self.engine, self._new_folder(), place), screen

    def play(self, fault: Fault, within_s: float | None = None) -> Result:
        with self._before(fault) as (ground, screen):
            try:
                fault.inject(ground)
                unsaid = tuple(_unsaid(fault, ground, screen, within_s or fault.patience_s))
                result = Result(fault, unsaid, _lost(fault, ground, screen), _deaf(screen))
            finally:
                if fault.heal:
                    fault.heal(ground)
                self.engine.remove_all()
        if result.bad and not fault.alone:
            self._end_shared()
        elif not fault.alone:
            screen.see("No workloads", 30)
        return result


def _unsaid(fault: Fault, ground: Ground, screen: Pty, within_s: float) -> Iterator[str]:
    """Looks as a person does: the panes, the workload's page, the plan of a deed; back again."""
    if fault.row:
        if "4 WORKLOADS" not in screen.text:
            screen.press("4", gap_s=0.3)
        yield from _missing(screen, (fault.row,), within_s)
    if fault.page or fault.deed:
        yield from _open(screen, fault.of)
        yield from _missing(screen, fault.page, within_s)
    if fault.deed:
        screen.press("a", gap_s=0.3)
        if found := re.search(rf"(\d)  {fault.deed}", screen.text):
            screen.press(found[1], gap_s=0.3)
        yield from _missing(screen, fault.plan, within_s)
    if fault.then:
        fault.then(ground)
        yield from _missing(screen, (fault.after,), within_s)
    for _ in range(4):
        if re.search(_PANES, screen.text):
            return
        screen.press("\x1b", gap_s=0.3)


def _missing(screen: Pty, words: Sequence[str], within_s: float) -> Iterator[str]:
    for wanted in words:
        try:
            screen.see(_wrapped(wanted), within_s)
        except AssertionError as error:
            yield str(error)


def _wrapped(wanted: str) -> str:
    """Words that go over the end of a line stand together all the same."""
    return "(?s)" + re.sub(r" (?![+*])", r"\\s+", wanted)


def _open(screen: Pty, name: str) -> Iterator[str]:
    wanted = re.compile(rf"WORKLOAD  {re.escape(name)}\b")
    screen.press("4", "g", "\r", gap_s=0.3)
    for key in (*"JJJJJJ", *"KKKKKKKKKKKK"):
        if wanted.search(screen.text):
            return
        screen.press(key, gap_s=0.2)
    if not wanted.search(screen.text):
        yield f"the page of {name} did not open:\n{screen.text}"


def _lost(fault: Fault, ground: Ground, screen: Pty) -> str:
    """The record, by its own store; what a terminal would obey; the program's memory; what the fault knows of."""
    if torn := _torn(ground.place):
        return torn
    # Up to the last code: of that one perhaps only a part has come yet.
    if live := leaks(bytes(screen.raw[: screen.raw.rfind(b"\x1b")])):
        return f"obeyed by a terminal: {live[:3]}"
    if (held := memory_kb(screen.process.pid)) > MOST_KB:
        return f"{held} kB of memory"
    return fault.lost(ground)


def _torn(place: Place) -> str:
    """The chain and the sequence; the program goes on writing meanwhile."""
    with place.journal() as journal:
        seqs = [record.seq for record in journal.read()]
        whole = journal.verify() == [] and seqs == list(range(1, len(seqs) + 1))
    return "" if whole else "the record is torn"


def _deaf(screen: Pty) -> str:
    """A key is answered: the help opens and closes."""
    try:
        screen.press("?")
        screen.see("HELP|KEYS", 10)
        screen.press("\x1b")
        screen.see(_PANES, 10)
    except AssertionError as error:
        return f"deaf: {error}"
    return ""


def recorded(ground: Ground, what: str, within_s: float = 20) -> str:
    """Empty once such an event is in the record."""
    try:
        until(lambda: what in ground.place.names(), what, within_s)
    except AssertionError:
        return f"no {what} in the record"
    return ""


def play_all(engine: Dockerd, faults: Sequence[Fault], columns: int = 120, rows: int = 40) -> list[Result]:
    stage = Stage(engine, columns, rows)
    try:
        return [stage.play(fault) for fault in faults]
    finally:
        stage.close()
