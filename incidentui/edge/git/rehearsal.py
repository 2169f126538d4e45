"""Rehearsals: what a way back would give, tried in a scratch worktree outside the repository before anything moves.

The user's own work tree never sees a sequencer. A scratch worktree is gone afterwards, whatever happens but kill -9
(see `tidy`); one that a responder asked for is theirs until it was used.
"""

import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from incidentui.config.model import RehearseConfig
from incidentui.core.format import duration
from incidentui.core.model import Precondition, Rehearsal, RehearsedCommand
from incidentui.core.value import dataclass
from incidentui.edge import step
from incidentui.edge.git.backup import identity
from incidentui.edge.git.leftovers import SCRATCH, named, tidy
from incidentui.edge.git.place import Layout
from incidentui.edge.git.run import GitError, git
from incidentui.edge.text import clean_and_redact

_CHECKOUT_S = 120.0
_KEPT = 4_000
"""Characters of a command's output that the plan carries into the record."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A commit to take back; of a merge the side that stays."""

    sha: str
    mainline: int | None = None

    @property
    def argv(self) -> tuple[str, ...]:
        side = ("-m", str(self.mainline)) if self.mainline else ()
        return ("git", "revert", "--no-commit", *side, self.sha)


@dataclass(frozen=True, slots=True)
class Conflict:
    at: int
    """Which of the picks."""
    files: tuple[str, ...]
    words: str


async def take_back(scratch: Path, picks: Sequence[Pick]) -> Conflict | None:
    """Without these commits, given newest first; at a conflict the worktree is left as git left it."""
    who = await identity(scratch)
    for n, pick in enumerate(picks):
        done = await git(
            scratch, "-c", "rerere.enabled=false", *pick.argv[1:-1], "--no-edit", "--no-gpg-sign", pick.sha,
            writes=True, ok=None, env=who, timeout_s=60,
        )  # fmt: skip
        if done.code:
            unmerged = await git(scratch, "diff", "--name-only", "--diff-filter=U", "-z", ok=None)
            files = tuple(clean_and_redact(os.fsencode(name), limit=120) for name in unmerged.names)
            return Conflict(n, files, clean_and_redact(done.err, limit=200))
    return None


async def tree_without(where: Layout, base: str, picks: Sequence[Pick]) -> str | Conflict:
    """The tree of `base` without these commits, or where that stops."""
    async with scratch(where, base) as folder:
        return await take_back(folder, picks) or await tree_in(folder)


async def tree_in(folder: Path) -> str:
    return (await git(folder, "write-tree", writes=True)).line


# -- the project's own commands


async def rehearsed(where: Layout, commit: str, tree: str, text: str, config: RehearseConfig, skip: str) -> Rehearsal:
    """Of a tree that a commit has already: only the commands need a worktree."""
    if skip or not config.commands:
        return _without_commands(tree, text, config, skip)
    began = time.monotonic()
    async with scratch(where, commit) as folder:
        return await run_commands(folder, where.top, tree, text, config, began)


async def rehearsed_in(
    folder: Path, where: Layout, tree: str, text: str, config: RehearseConfig, skip: str
) -> Rehearsal:
    """Of a tree that lies in a scratch worktree."""
    if skip or not config.commands:
        return _without_commands(tree, text, config, skip)
    return await run_commands(folder, where.top, tree, text, config, time.monotonic())


def _without_commands(tree: str, text: str, config: RehearseConfig, skip: str) -> Rehearsal:
    missing = "" if skip else config.refused or "no [rehearse] commands are configured"
    return Rehearsal(tree, text, skipped=skip, missing=missing)


async def run_commands(
    folder: Path, top: Path, tree: str, text: str, config: RehearseConfig, began: float
) -> Rehearsal:
    """One after the other; after a red one the others are not run."""
    done: list[RehearsedCommand] = []
    for argv in config.commands:
        red = bool(done) and done[-1].state != "ok"
        done.append(RehearsedCommand(argv, "not run") if red else await _run(argv, folder, top, config.timeout_ms))
    return Rehearsal(tree, text, tuple(done), round((time.monotonic() - began) * 1000))


async def _run(argv: Sequence[str], folder: Path, top: Path, within_ms: int) -> RehearsedCommand:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment = {**plain, "INCIDENTUI_REHEARSAL": "1", "INCIDENTUI_PROJECT": str(top)}
    began = time.monotonic()
    try:
        ran = await step.run(argv, folder, within_ms / 1000, environment)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        return RehearsedCommand(tuple(argv), "failed", f"could not be started: {why}")
    took = round((time.monotonic() - began) * 1000)
    said = clean_and_redact(ran.output[-4 * _KEPT :], limit=4 * _KEPT, lines=True)[-_KEPT:]
    if ran.code is None:
        return RehearsedCommand(tuple(argv), "stopped", f"stopped after {duration(within_ms)}", took, said)
    return RehearsedCommand(
        tuple(argv), "ok" if ran.code == 0 else "failed", "" if ran.code == 0 else f"exit {ran.code}", took, said
    )


def check(rehearsal: Rehearsal) -> Precondition:
    """As a row of the plan; a red one closes it."""
    if rehearsal.skipped:
        note = f"{rehearsal.text}; commands skipped: {rehearsal.skipped}"
        return Precondition("rehearsed", "rehearsed only in part", note=note)
    said = [rehearsal.text, *(_told(command) for command in rehearsal.commands)]
    red = rehearsal.red is not None
    return Precondition(
        "rehearsed", "the rehearsal is red" if red else "rehearsed",
        ok=not red, note="; ".join([*said, rehearsal.missing] if rehearsal.missing else said),
    )  # fmt: skip


def _told(command: RehearsedCommand) -> str:
    name = " ".join(command.argv[2:] if command.argv[:2] == ("sh", "-ec") else command.argv)
    words = {"ok": "ok", "not run": "not run"}.get(command.state) or command.why
    took = "" if command.took_ms is None else f", {duration(command.took_ms)}"
    return f"{name[:60]} {words}{took}"


# -- scratch worktrees


@asynccontextmanager
async def scratch(where: Layout, commit: str) -> AsyncIterator[Path]:
    """A detached worktree in the temporary directory."""
    tidy(where)
    folder = Path(tempfile.mkdtemp(prefix=named(SCRATCH)))
    try:
        await lay_out(where, folder, commit)
        yield folder
    finally:
        await put_away(where, folder)


async def lay_out(where: Layout, folder: Path, commit: str) -> None:
    await git(
        where.top, "worktree", "add", "--quiet", "--detach", "--force", "--", str(folder), commit,
        writes=True, timeout_s=_CHECKOUT_S,
    )  # fmt: skip


async def put_away(where: Layout, folder: Path) -> None:
    with suppress(GitError):
        await git(where.top, "worktree", "remove", "--force", "--force", "--", str(folder), writes=True, ok=None)
    shutil.rmtree(folder, ignore_errors=True)
