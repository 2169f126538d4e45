"""One shell block of a runbook, run as its attributes say: where, by which program, how often, how long, on what."""

import asyncio
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from incidentui.core.format import count, duration
from incidentui.core.model import Ms
from incidentui.core.value import dataclass
from incidentui.core.visible import plainly
from incidentui.edge import step as steps
from incidentui.edge.flow import Flow, handing_over
from incidentui.edge.step import HEAD, TAIL, Ran
from incidentui.edge.terminal import Terminal
from incidentui.edge.text import clean_and_redact, redact
from incidentui.runbook.attributes import Fence, fence
from incidentui.runbook.model import Command
from incidentui.session.ports import Clock

BETWEEN_TRIES_S = 1.0
NOT_STARTED = 126
"""What a shell says of a command that cannot be run."""
LIVE_LINES = 12
_LIVE_WIDE = 300
_SHELLS = {"bash": "bash", "zsh": "zsh"}
_LIKE_SH = frozenset(("sh", "bash", "zsh", "dash", "ash", "ksh", "mksh", "busybox"))
Said = Callable[[str], None]
"""Hears how it goes: a first line, then the last lines of its output."""


@dataclass(frozen=True, slots=True)
class Block:
    command: Command
    folder: Path | None
    """Where its author wants it to run; None: where the block before it left off."""
    title: str
    shown: str = ""
    """How people read its text, where that is not what runs."""

    @property
    def head(self) -> str:
        return first_line(self.shown or self.command.text)

    @property
    def how(self) -> Fence:
        return fence(self.command)


@dataclass(frozen=True, slots=True)
class Blocks:
    clock: Clock
    terminal: Terminal

    async def run(self, block: Block, flow: Flow, said: Said) -> tuple[Ran, Flow, str]:
        """(how it ended, what it set, how to say it). A block that asks again and again is over when it comes out as
        wanted, or its time is."""
        said(block.head)
        if block.how.polls_ms is not None:
            return await self._polled(block, flow, said, block.how.polls_ms)
        again, tries = block.how.retries, 1
        while True:
            ran, after = await self._once(block, flow, block.how.timeout_ms, said)
            if ran.code in (block.how.wanted, None) or again < tries:
                return ran, after, words(ran, block.how.timeout_ms)
            said(f"try {tries} of {again + 1}: {words(ran, 0)}")
            tries += 1
            await asyncio.sleep(BETWEEN_TRIES_S)

    async def _polled(self, block: Block, flow: Flow, said: Said, within: Ms) -> tuple[Ran, Flow, str]:
        end, tries = self.clock.mono() + within, 0
        while True:
            left = max(1, end - self.clock.mono())
            limit = min(block.how.timeout_ms, left)
            ran, after = await self._once(block, flow, limit, None)
            tries += 1
            asked = f"asked {count(tries, 'time')}, {words(ran, limit)}"
            left = end - self.clock.mono()
            if ran.code == block.how.wanted:
                return ran, after, words(ran, 0) + (f"; asked {count(tries, 'time')}" if tries > 1 else "")
            said(f"{asked}\n{tail(ran.output)}")
            await asyncio.sleep(max(0, min(block.how.every_ms, left)) / 1000)
            if left <= block.how.every_ms:  # nothing is left: started once more, it would be stopped at once
                return ran, after, f"{asked}, after {duration(within)}"

    async def _once(self, block: Block, flow: Flow, within: Ms, said: Said | None) -> tuple[Ran, Flow]:
        folder, loop = block.folder or flow.folder, asyncio.get_running_loop()
        head = block.head

        def seen(output: bytes) -> None:
            if said is not None and (text := tail(output)):
                loop.call_soon_threadsafe(said, f"{head}\n{text}")

        with _prepared(block, flow) as (argv, environment, after):
            try:
                if block.how.interactive:
                    ran = await asyncio.to_thread(self.terminal.run, argv, folder, environment, block.title)
                else:
                    ran = await steps.run(argv, folder, within / 1000, environment, seen=seen)
            except (OSError, ValueError) as error:  # longer than the system takes, no such folder
                ran = Ran(NOT_STARTED, f"it could not be started: {error}".encode())
        if not after:
            return ran, flow
        return ran, replace(after[0], folder=flow.folder) if block.folder else after[0]


@contextmanager
def _prepared(block: Block, flow: Flow) -> "Iterator[tuple[tuple[str, ...], Mapping[str, str], list[Flow]]]":
    """A shell hands over what it set; another program gets the text as a file, and hands on nothing."""
    if _is_shell(block.command):
        with handing_over(flow, block.command.text) as (text, environment, after):
            yield argv_of(replace(block.command, text=text)), environment, after
        return
    with tempfile.TemporaryDirectory(prefix="incidentui-") as folder:
        file = Path(folder, "block")
        file.write_text(block.command.text, encoding="utf-8")
        yield argv_of(replace(block.command, text=str(file))), flow.environment, []


def _is_shell(command: Command) -> bool:
    given = _program(command)
    return not given or os.path.basename(given[0]) in _LIKE_SH


def _program(command: Command) -> tuple[str, ...]:
    """The interpreter that its author wants, split into words; none when it cannot be read."""
    try:
        return tuple(shlex.split(fence(command).interpreter))
    except ValueError:
        return ()


def argv_of(command: Command) -> tuple[str, ...]:
    """What is run, its text in it (for another program than a shell: in the place of the file that holds it)."""
    given = _program(command)
    if given and not _is_shell(command):
        return (*given, command.text)
    shell = given or (shutil.which(_SHELLS.get(command.lang, "sh")) or "/bin/sh",)
    return (*shell, "-e", "-c", command.text)


def cannot_run(command: Command, folder: Path | None) -> str:
    """Why it could not even be started, as far as can be seen before; empty when it can."""
    how = fence(command)
    if folder is not None and not folder.is_dir():
        return f"cwd {how.folder}: there is no such folder ({plainly(str(folder))})"
    if how.interpreter and not _program(command):
        return f"interpreter {how.interpreter!r} cannot be read"
    if (given := _program(command)) and shutil.which(given[0], path=os.environ.get("PATH")) is None:
        return f"interpreter {given[0]}: it is not installed here"
    if not given and (shell := _SHELLS.get(command.lang)) and shutil.which(shell) is None:
        return f"it is written for {shell}, which is not installed here"  # another shell reads the same words otherwise
    return ""


def words(ran: Ran, within_ms: Ms) -> str:
    if ran.code is None:
        return f"stopped after {duration(within_ms)}"
    ended = f"exit {ran.code}" if ran.code >= 0 else f"ended by signal {-ran.code}"
    left = f"; {count(ran.left, 'process', 'processes')} it left behind ended" if ran.left else ""
    return ended + left


def tail(output: bytes) -> str:
    """The last whole lines of what was said so far, clean: half a line may be half a secret."""
    whole, newline, _ = output.rpartition(b"\n")
    if not newline:
        return ""
    text = clean_and_redact(whole, limit=HEAD + TAIL, lines=True)
    lines = [line[:_LIVE_WIDE] for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-LIVE_LINES:])


def first_line(text: str) -> str:
    """Of what runs: a remark above it is none."""
    lines = redact(text).strip().splitlines()
    lines = [line for line in lines if not line.lstrip().startswith("#")] or lines
    return plainly(lines[0]) + (" …" if len(lines) > 1 else "") if lines else ""
