"""Somebody else pushes while an action runs, at chosen moments, also with a fetch in the background: never overwritten.

A `git` before the real one on PATH gives the colleague the turn; hooks do where a push is under way.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.table import record
from tests.git.kill import WORK
from tests.git.table.ground import Ground, Slot, quiet_home
from tests.git.table.play import ACTIONS, Case, act, ready, temporary, words
from tests.git.table.seen import run, text
from tests.git.world import plain

REAL = shutil.which("git") or "git"
SHIM = f"""#!/bin/sh
for word; do case $word in ls-remote|for-each-ref|update-ref|commit-tree|push|merge|checkout|diff-index)
  echo $word >>"$SHIM_LOG"
  [ "$word $(grep -c -x -e $word "$SHIM_LOG")" = "$SHIM_AT" ] && sh "$SHIM_THEN"
  break;; esac; done
exec {REAL} "$@"
"""
THEN = """mkdir '{mark}' 2>/dev/null || exit 0
cd '{clone}' || exit 1
alone="env -i PATH=$PATH HOME=$HOME GIT_CONFIG_NOSYSTEM=1"
$alone {git} push -q origin HEAD:refs/heads/main 2>/dev/null ||
  {{ $alone {git} pull -q --rebase origin main && $alone {git} push -q origin HEAD:refs/heads/main; }}
{fetch}
"""
MOMENTS = (
    "before the plan asks: ls-remote 1", "the plan chooses a backup: for-each-ref 1", "the act asks again: ls-remote 2",
    "it saves: update-ref 1", "it writes: commit-tree 3", "it keeps what it wrote: update-ref 2", "it pushes: push 1",
    "the push has begun: pre-push", "the server looks at it: pre-receive", "right after it: post-receive",
    "it asks whether it is there: ls-remote 3", "the last look: diff-index 1",
)  # fmt: skip


@dataclass(frozen=True)
class Turn:
    moment: str
    fetch: bool
    action: str

    @property
    def at(self) -> str:
        return self.moment.partition(": ")[2]


EVERY = [Turn(moment, fetch, action) for moment in MOMENTS for fetch in (False, True) for action in ACTIONS]
IN_CI = [
    Turn(moment, fetch, ACTIONS[(n + 2 * fetch) % 4]) for n, moment in enumerate(MOMENTS) for fetch in (False, True)
]


def colleague(ground: Ground, turn: Turn, folder: Path) -> None:
    """A commit that is ready to go, and whatever sets it off."""
    clone = folder / "colleague"
    shutil.rmtree(clone, ignore_errors=True)
    plain(folder, "clone", "-q", str(ground.remote), str(clone))
    for key, value in (("user.name", "kim"), ("user.email", "kim@x")):
        plain(clone, "config", key, value)
    (clone / "fix.txt").write_text("fix\n")
    plain(clone, "add", "-A")
    plain(clone, "commit", "-q", "-m", "hotfix")
    fetch = f"$alone {REAL} -C '{ground.repo}' fetch -q" if turn.fetch else ""
    then = ground.root / "then"
    then.write_text(THEN.format(mark=ground.root / "pushed", clone=clone, git=REAL, fetch=fetch))
    (ground.root / "shim").mkdir()
    (ground.root / "shim" / "git").write_text(SHIM)
    (ground.root / "shim" / "git").chmod(0o755)
    ground.env = {
        "PATH": f"{ground.root / 'shim'}:{os.environ['PATH']}", "SHIM_LOG": str(ground.root / "calls"),
        "SHIM_AT": turn.at, "SHIM_THEN": str(then),
    }  # fmt: skip
    (ground.root / "calls").touch()
    if "-" in turn.at and " " not in turn.at:
        ground.hook(turn.at, f"cat >/dev/null; sh '{then}'", None if turn.at == "pre-push" else ground.remote)


def faults(slot: Slot, turn: Turn) -> list[str]:
    ground = ready(slot, Case(WORK, turn.action, True))
    colleague(ground, turn, slot.folder)
    before = {name: (ground.repo / name).read_bytes() for name in ("beside.txt", "docs/plan.txt", "notes/to do.txt")}
    with temporary(slot.folder) as tmp:
        said = act(ground, [*words(ground, turn.action, True), "within=2s"], tmp)
    if not (ground.root / "pushed").exists():
        return ["the moment never came"] if turn.at not in ("commit-tree 3", "update-ref 2") else []
    found = [f"changed: {n}" for n, raw in before.items() if (ground.repo / n).read_bytes() != raw]
    found += [f"left: {path}" for path in (ground.repo / ".git").rglob("*.lock")]
    found += ["left: a sequencer"] if (ground.repo / ".git/sequencer").exists() else []
    there = text(run(ground.remote, "log", "--format=%s", "main")).split("\n")
    listed = [one["subject"] for one in (said.plan or {}).get("takes_back", ())]
    # Where the plan had seen it already, it named it among what it takes from the branch; and the backup keeps it.
    if "hotfix" not in there and (turn.action != "branch" or "hotfix" not in listed):
        found.append(f"overwritten: {there[:4]}")
    on_it = (
        bool(said.revision)
        and run(ground.remote, "merge-base", "--is-ancestor", str(said.revision), "main") is not None
    )
    if said.outcome == "done" and not on_it:
        found.append("done, and it is not on the remote")
    if said.outcome != "done" and (there[0] != "hotfix" or not re.search("moved|came on top", said.why)):
        found.append(f"{said.outcome}, not said clearly: {said.why}; there: {there[:2]}")
    return found


def swept(folder: Path, turns: list[Turn]) -> None:
    slot = Slot(folder / "slot")
    slot.folder.mkdir()
    with quiet_home(folder):
        found = {turn: faults(slot, turn) for turn in turns}
    record("git: a colleague pushes meanwhile", cases=len(turns), wrong=sum(map(bool, found.values())))
    assert {turn: what for turn, what in found.items() if what} == {}


@pytest.mark.slow
@pytest.mark.req("R3-05")
def test_what_a_colleague_pushes_meanwhile_is_never_overwritten(tmp_path: Path) -> None:
    assert len(IN_CI) == 24
    swept(tmp_path, IN_CI)


@pytest.mark.soak
def test_what_a_colleague_pushes_meanwhile_is_never_overwritten_by_any_action(tmp_path: Path) -> None:
    swept(tmp_path, EVERY)
