"""kill -9 in the middle of `incidentui act`, and the reopening: what is there, what is said; one more finishes it."""

import contextlib
import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from incidentui.core.events import ActionEnded, ActionRequested, VerdictGiven
from tests.e2e.world import COMMAND, Place, until
from tests.git.table.ground import Ground, Slot
from tests.git.table.judge import Asked, Judge, Said
from tests.git.table.play import Case, act, asked, environment, processes, ready, temporary, words
from tests.git.table.seen import run, text
from tests.git.table.state import State

WORK = State("work beside", lambda ground: None)


@dataclass
class Ending:
    """One kill, and what came of it."""

    where: str = "before the request"
    outcome: str = ""
    left: list[str] = field(default_factory=list)
    """What the killed one left behind: locks, scratch worktrees, folders."""
    faults: list[str] = field(default_factory=list)


def below(pid: int) -> list[int]:
    """The processes that this one started, and theirs."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found, more = {pid}, True
    while more:
        new = {child for child, parent in parents.items() if parent in found} - found
        found, more = found | new, bool(new)
    return sorted(found - {pid})


def started(ground: Ground, case: Case, tmp: Path) -> "subprocess.Popen[bytes]":
    argv = [COMMAND, "act", *words(ground, case.action, case.push), "--json", "--yes", ground.branch]
    env = environment(ground, tmp)
    return subprocess.Popen(
        argv, cwd=ground.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def requested(place: Place, seen: int, it: "subprocess.Popen[bytes]") -> float:
    """The moment from which the action is on record; the start's own, when it never comes."""
    while it.poll() is None:
        if any(isinstance(r.event, ActionRequested) for r in place.records()[seen:]):
            break
        time.sleep(0.01)
    return time.monotonic()


def span(slot: Slot, case: Case) -> float:
    """How long an undisturbed one takes from its request on, on this machine today."""
    ground = ready(slot, case)
    place = Place(ground.repo, slot.home)
    seen = len(place.records())
    with temporary(slot.folder) as tmp, started(ground, case, tmp) as it:
        began = requested(place, seen, it)
        assert it.wait() == 0
        return time.monotonic() - began


def killed(ground: Ground, place: Place, case: Case, tmp: Path, chance: random.Random, n: int, span_s: float) -> None:
    """Started, met at a random moment, killed: alone, or (each second) with every git it started, as by a power cut."""
    seen = len(place.records())
    with started(ground, case, tmp) as it:
        if n % 5:
            # From the request on: so that most moments lie inside the action.
            requested(place, seen, it)
            time.sleep(chance.uniform(0.0, span_s))
        else:
            time.sleep(chance.uniform(0.0, 2 * span_s))
        with_it = below(it.pid)
        it.kill()
        for pid in with_it if n % 2 else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        it.wait()
    until(lambda: not processes(ground), "what the killed one started ends")


def moment(slot: Slot, case: Case, chance: random.Random, n: int, span_s: float) -> Ending:
    ground = ready(slot, case)
    place, ending = Place(ground.repo, slot.home), Ending()
    old = text(run(ground.remote if case.push else ground.repo, "rev-parse", "refs/heads/main"))
    judge = Judge(ground, slot.folder / "judged")
    seen = len(place.records())
    with temporary(slot.folder) as tmp:
        killed(ground, place, case, tmp, chance, n, span_s)
        wanted = asked(ground, case, slot.folder / "judged")
        faults = judge.after(wanted, Said(4, "unknown", {"why": "killed"}))
        ending.left = [f.what for f in faults if f.kind == "stuck"] + [p.name for p in tmp.iterdir()]
        ending.faults = [f"{f.kind}: {f.what}" for f in faults if f.kind != "stuck"]
        _reopened(ground, place, case, wanted, old, seen, tmp, ending)
        _once_more(ground, case, wanted, old, tmp, ending)
        place.whole()
    return ending


def _moved(ground: Ground, case: Case, wanted: Asked, old: str, ending: Ending) -> bool:
    """Whether the branch (the remote's with a push) is where it should be; else it must be where it was."""
    store = ground.remote if case.push else ground.repo
    new = text(run(store, "rev-parse", "refs/heads/main"))
    if new == old:
        return False
    tree, parent = text(run(store, "log", "-1", "--format=%T %P", new)).partition(" ")[::2]
    if tree != wanted.tree or (case.action != "branch" and parent != old):
        ending.faults.append(f"between: {new} is neither where it was nor where it should be")
    return True


def _reopened(
    ground: Ground, place: Place, case: Case, wanted: Asked, old: str, seen: int, tmp: Path, ending: Ending
) -> None:
    moved = _moved(ground, case, wanted, old, ending)
    requested = [r for r in place.records()[seen:] if isinstance(r.event, ActionRequested)]
    said = doctor(ground, tmp)
    if requested:
        ended = any(isinstance(r.event, ActionEnded) for r in place.records()[seen:])
        ending.where = "after the effect" if ended else "inside"
        said += settled(ground, place, seen, tmp)
        verdict = [r.event for r in place.records()[seen:] if isinstance(r.event, VerdictGiven)]
        ending.outcome = verdict[-1].outcome if verdict else "none"
        if len(verdict) != 1 or ending.outcome != ("done" if moved else "failed"):
            ending.faults.append(f"reopening says {[v.outcome for v in verdict]}, moved: {moved}: {said[-300:]}")
    elif moved:
        ending.faults.append("moved, and the record knows of no request")
    ending.faults += [f"not named: {left}" for left in unnamed(ending.left, said)]
    here = text(run(ground.repo, "rev-parse", "refs/heads/main"))
    if case.push and moved and here == old and "did not follow" not in said:
        ending.faults.append("the branch here did not follow, and nothing says so")


def unnamed(left: list[str], said: str) -> list[str]:
    """What lies there and is not told of by its name."""
    seen = [one for one in left if not one.startswith("remote.git/")]
    names = {one: one.split(" ")[0] if "worktree" not in one else one.split(" ")[1] for one in seen}
    return [one for one, name in names.items() if name.removeprefix(".git/") not in said]


def doctor(ground: Ground, tmp: Path) -> str:
    done = subprocess.run(
        [COMMAND, "doctor"], cwd=ground.folder, env=environment(ground, tmp), capture_output=True, check=False
    )
    return done.stdout.decode()


def settled(ground: Ground, place: Place, seen: int, tmp: Path) -> str:
    """Opened again, without a key: the screen's session does the same."""
    with subprocess.Popen(
        [COMMAND, "watch"],
        cwd=ground.folder,
        env=environment(ground, tmp),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as watch:
        try:
            until(lambda: any(isinstance(r.event, VerdictGiven) for r in place.records()[seen:]), "a verdict", 40)
        finally:
            watch.terminate()
            out, _ = watch.communicate(timeout=30)
    whys = [r.event.why for r in place.records()[seen:] if isinstance(r.event, ActionEnded)]
    return out.decode() + "\n".join(whys)


def _once_more(ground: Ground, case: Case, wanted: Asked, old: str, tmp: Path, ending: Ending) -> None:
    """The same command again, after the locks that were named are gone: it finishes, and nothing is done twice."""
    for folder in (ground.repo / ".git", ground.remote):
        for lock in folder.rglob("*.lock"):
            lock.unlink()
    said = act(ground, words(ground, case.action, case.push), tmp)
    _moved(ground, case, wanted, old, ending)
    store = ground.remote if case.push else ground.repo
    new = text(run(store, "rev-parse", "refs/heads/main"))
    if text(run(store, "rev-parse", f"{new}^{{tree}}")) != wanted.tree:
        ending.faults.append(f"not finished by the same command: {said.outcome}: {said.why}")
    if case.action != "branch" and text(run(store, "rev-list", "--count", f"{old}..{new}")) != "1":
        ending.faults.append("done twice")
    listed = text(run(ground.repo, "worktree", "list", "--porcelain")).count("worktree ")
    if listed != 1 or any(tmp.iterdir()):
        ending.faults.append(f"still left afterwards: {[p.name for p in tmp.iterdir()]}, {listed} worktrees")
