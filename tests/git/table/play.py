"""Plays the cases: each state, each action, kept here or pushed, judged one by one; and the scoreboard."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from tests.git.table import names, past, remotes, standing, work
from tests.git.table.ground import Ground, Slot, quiet_home
from tests.git.table.judge import Asked, Fault, Judge, Said
from tests.git.table.seen import below, run, text
from tests.git.table.state import State

COMMAND = str(Path(sys.executable).with_name("incidentui"))
STATES: tuple[State, ...] = (*work.STATES, *standing.STATES, *remotes.STATES, *past.STATES)
ACTIONS = ("reset", "revert", "branch", "undo")
AT_ONCE = ("reset, undo", "branch, undo")
"""An undo right after, in the same state; `undo` alone: the state came after what is undone."""
LIMIT_S = 280.0
"""Beyond every limit of the program: what takes longer has no end."""


@dataclass(frozen=True)
class Case:
    state: State
    action: str
    push: bool

    @property
    def name(self) -> str:
        return f"{self.state.name} · {self.action} {'pushed' if self.push else 'here'}"


@dataclass(frozen=True)
class Result:
    case: Case
    outcome: str
    why: str
    faults: tuple[Fault, ...]
    took_s: float = 0.0


Way = Callable[[Ground, Case, Path], Said]
"""How an action is done: by the program, or (to test the judge) by plain git."""


def cases(chosen_names: Sequence[str] = (), waits: bool = True, of: Sequence[State] = STATES) -> list[Case]:
    chosen = [s for s in of if (not chosen_names or s.name in chosen_names) and (waits or not s.waits)]
    return [Case(state, action, push) for state in chosen for action in (*ACTIONS, *AT_ONCE) for push in (False, True)]


# -- by the program


def words(ground: Ground, action: str, push: bool) -> list[str]:
    pushed = f"push={str(push).lower()}"
    match action:
        case "reset" | "branch":
            mode = ["mode=branch"] if action == "branch" else []
            return ["git.reset", f"to={ground.to or ground.good}", *mode, pushed]
        case "revert":
            return ["git.revert", f"commits={ground.culprit}", pushed]
        case _:  # undo, at whatever time
            return ["git.undo", pushed]


def environment(ground: Ground, temporary: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_DIR", "GIT_INDEX", "GIT_WORK", "XDG_"))}
    kept |= {"INCIDENTUI_HOME": str(ground.root / "home"), "INCIDENTUI_USER": "ana", "TMPDIR": str(temporary)}
    return kept | ground.env


def program(ground: Ground, case: Case, temporary: Path) -> Said:
    """`incidentui act`, as another program would start it."""
    return act(ground, words(ground, case.action, case.push), temporary)


def act(ground: Ground, asked: Sequence[str], temporary: Path) -> Said:
    argv = [*ground.prefix, COMMAND, "act", *asked, "--json", "--yes", ground.branch]
    with subprocess.Popen(
        argv, cwd=ground.folder, env=environment(ground, temporary), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            out, errors = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return Said(-9, None, hung=True)
    return Said.of(process.returncode, out.decode(), errors.decode(errors="replace"))


# -- one case


def ready(slot: Slot, case: Case) -> Ground:
    """The ground in its state; for an undo, with something done that can be undone."""
    on = "plain"
    slot.fresh("plain", lambda g: g.build())
    if case.action == "undo":
        on = f"acted {case.push}"
        slot.fresh(on, lambda g: _acted(g, case.push, slot.folder), on="plain")

    def make(ground: Ground) -> None:
        case.state.make(ground)
        if case.state.work:
            ground.work()

    return slot.fresh(f"{on} {case.state.name}", make, on=on)


def _acted(ground: Ground, push: bool, folder: Path) -> None:
    before = ground.bad[-1]
    with temporary(folder) as there:
        said = act(ground, words(ground, "reset", push), there)
    assert said.outcome == "done", said
    ground.git("fetch", "-q")
    ground.target = before


@contextmanager
def temporary(folder: Path) -> Iterator[Path]:
    path = folder / "tmp"
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path)


def acted_in_it(slot: Slot, ground: Ground, case: Case) -> bool:
    """For an undo at once: first what is to be undone."""
    store, branch = (ground.far, ground.there) if case.push else (ground.folder, ground.branch)
    ground.target = text(run(store, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"))
    with temporary(slot.folder) as there:
        return act(ground, words(ground, case.action.partition(",")[0], case.push), there).outcome == "done"


def play(slot: Slot, case: Case, way: Way = program) -> Result:
    ground = ready(slot, case)
    began = time.monotonic()
    try:
        if case.action in AT_ONCE and not acted_in_it(slot, ground, case):
            return Result(case, "-", "nothing was done that could be undone", ())
        judge = Judge(ground, slot.folder / "judged")
        with temporary(slot.folder) as there:
            said = way(ground, case, there)
            left = [Fault("stuck", f"left in the temporary folder: {path.name}") for path in there.iterdir()]
        left += [Fault("stuck", f"a process goes on: {name}") for name in processes(ground)]
        left += [Fault("lie", f"a name was run: {one}") for one in below(slot.root) if Path(one).name == names.CANARY]
        faults = judge.after(asked(ground, case, slot.folder / "judged"), said)
    finally:
        ground.clear()
    return Result(case, said.outcome or f"exit {said.exit}", said.why, (*left, *faults), time.monotonic() - began)


def ours(process: Path, root: Path) -> bool:
    """By its settings; one that is just being started shows none for a moment, but a folder it always has."""
    settings = (process / "environ").read_bytes()
    if not settings:
        return (process / "cwd").readlink().is_relative_to(root)
    return f"INCIDENTUI_HOME={root / 'home'}".encode() in settings.split(b"\0")


def processes(ground: Ground) -> list[str]:
    """What still runs with our settings; a moment is given to what is just ending."""
    found: list[str] = []
    for _ in range(20):
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if ours(folder, ground.root):
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
        if not found:
            break
        time.sleep(0.05)
    return found


def asked(ground: Ground, case: Case, scratch: Path) -> Asked:
    """The tree it should lead to, made by plain git in a clone of its own."""
    mode = "branch" if case.action.startswith("branch") else "tree"
    store = ground.folder
    if case.action != "revert":
        name = ground.target
        tree = text(run(store, "rev-parse", "--verify", "--quiet", f"{name}^{{tree}}")) if name else ""
        return Asked(case.action, case.push, mode, tree or None)
    return Asked(case.action, case.push, mode, _reverted(ground, case.push, scratch))


def _reverted(ground: Ground, push: bool, scratch: Path) -> str | None:
    """On the tip that the action found: the parent of the one it left."""
    here = text(run(ground.folder, "rev-parse", "--path-format=absolute", "--git-common-dir"))
    source = ground.far if push else Path(here or ground.folder)
    branch = ground.there if push else ground.branch
    tip = text(run(source, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"))
    subject = text(run(source, "log", "-1", "--format=%s", tip)) if tip else ""
    clone = scratch / "reverted"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    tree = None
    if tip and _brought(source, branch, clone):
        for base in (f"{tip}~1", tip) if subject.startswith("Revert ") else (tip,):
            tree = tree or _reverted_on(clone, base, ground.culprit)
    shutil.rmtree(scratch)
    return tree


def _brought(source: Path, branch: str, clone: Path) -> bool:
    """The history of one branch alone: a clone would stop at any other ref that is broken."""
    kind = text(run(source, "rev-parse", "--show-object-format")) or "sha1"
    run(clone.parent, "init", "-q", f"--object-format={kind}", "--template=", str(clone))
    got = run(clone, "fetch", "-q", "--update-shallow", "--no-tags", str(source), f"+refs/heads/{branch}:refs/got")
    return got is not None


def _reverted_on(clone: Path, base: str, culprit: str) -> str | None:
    run(clone, "checkout", "-q", "-f", "--detach", base)
    who = ("-c", "user.name=j", "-c", "user.email=j@x")
    done = run(clone, *who, "revert", "--no-edit", "--no-commit", culprit)
    return text(run(clone, "write-tree")) if done is not None else None


# -- all of them


def play_all(chosen: Iterable[Case], slots: int = 2, way: Way = program, told: bool = False) -> list[Result]:
    """In a few places at once: most of a case is waiting for processes."""
    folder = Path(tempfile.mkdtemp(prefix="incidentui-table-"))
    free: Queue[Slot] = Queue()
    for n in range(slots):
        (folder / f"slot{n}").mkdir()
        free.put(Slot(folder / f"slot{n}"))

    def one(case: Case) -> Result:
        slot = free.get()
        try:
            result = play(slot, case, way)
        except Exception as error:  # the others go on; this one is no success
            result = Result(case, "no judgement", "", (Fault("stuck", f"the judge fell: {error!r}"),))
        finally:
            free.put(slot)
        if told:
            sys.stdout.write(line(result) + "\n")
            sys.stdout.flush()
        return result

    try:
        with quiet_home(folder), ThreadPoolExecutor(slots) as pool:
            return list(pool.map(one, chosen))
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", str(folder)], check=False, capture_output=True)
        shutil.rmtree(folder)


def line(result: Result) -> str:
    faults = "".join(f"\n      {fault.kind.upper()}: {fault.what}" for fault in result.faults)
    return f"{result.took_s:5.1f} s  {result.outcome:<8} {result.case.name}: {result.why[:150]}{faults}"


def board(results: Sequence[Result]) -> dict[str, int]:
    """Cases, and how many of them have a fault of each kind."""
    kinds = {"lost": "lost", "lies": "lie", "stuck": "stuck"}
    counted = {name: sum(any(f.kind == kind for f in r.faults) for r in results) for name, kind in kinds.items()}
    return {"cases": len(results), **counted}
